"""Sessions, rows, types and expressions on columns, with the names of pyspark.sql.

DataFrames that only hold rows work; queries need an engine that joins as a sibling (see `dataframe`).
Importing loads little: every name is looked up in its module on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firesteel.sql.catalog import Catalog
    from firesteel.sql.column import Column
    from firesteel.sql.context import HiveContext, SQLContext
    from firesteel.sql.dataframe import DataFrame, DataFrameNaFunctions, DataFrameStatFunctions
    from firesteel.sql.group import GroupedData
    from firesteel.sql.merge import MergeIntoWriter
    from firesteel.sql.observation import Observation
    from firesteel.sql.pandas.group_ops import PandasCogroupedOps
    from firesteel.sql.readwriter import DataFrameReader, DataFrameWriter
    from firesteel.sql.session import SparkSession
    from firesteel.sql.types import Geography, Geometry, Row, VariantVal
    from firesteel.sql.udf import UDFRegistration
    from firesteel.sql.udtf import UDTFRegistration
    from firesteel.sql.utils import is_remote
    from firesteel.sql.window import Window, WindowSpec

    # Made from the table when they are imported.
    DataFrameWriterV2: Any

__all__ = [
    "Catalog",
    "Column",
    "DataFrame",
    "DataFrameNaFunctions",
    "DataFrameReader",
    "DataFrameStatFunctions",
    "DataFrameWriter",
    "DataFrameWriterV2",
    "Geography",
    "Geometry",
    "GroupedData",
    "HiveContext",
    "MergeIntoWriter",
    "Observation",
    "PandasCogroupedOps",
    "Row",
    "SQLContext",
    "SparkSession",
    "UDFRegistration",
    "UDTFRegistration",
    "VariantVal",
    "Window",
    "WindowSpec",
    "is_remote",
]

_MODULE_OF = {
    "Catalog": "catalog",
    "Column": "column",
    "DataFrame": "dataframe",
    "DataFrameNaFunctions": "dataframe",
    "DataFrameReader": "readwriter",
    "DataFrameStatFunctions": "dataframe",
    "DataFrameWriter": "readwriter",
    "DataFrameWriterV2": "readwriter",
    "Geography": "types",
    "Geometry": "types",
    "GroupedData": "group",
    "HiveContext": "context",
    "MergeIntoWriter": "merge",
    "Observation": "observation",
    "PandasCogroupedOps": "pandas.group_ops",
    "Row": "types",
    "SQLContext": "context",
    "SparkSession": "session",
    "UDFRegistration": "udf",
    "UDTFRegistration": "udtf",
    "VariantVal": "types",
    "Window": "window",
    "WindowSpec": "window",
    "is_remote": "utils",
}

# PySpark has loaded these by the time `import pyspark.sql` returns, so programs use them without an import.
_MODULES = (
    "catalog", "column", "conf", "context", "dataframe", "functions", "group", "merge", "observation",
    "pandas", "readwriter", "session", "streaming", "types", "udf", "udtf", "utils", "window",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
