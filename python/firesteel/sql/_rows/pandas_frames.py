"""To and from pandas, which is loaded only here, and only when it is asked for."""

import importlib
from typing import Any

from firesteel.errors import PySparkImportError
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.nested import StructField, StructType

_DTYPES: dict[type[DataType], str] = {
    plain.BooleanType: "bool",
    plain.ByteType: "int8",
    plain.ShortType: "int16",
    plain.IntegerType: "int32",
    plain.LongType: "int64",
    plain.FloatType: "float32",
    plain.DoubleType: "float64",
}


def to_pandas(tuples: list[Any], schema: StructType) -> Any:
    """Return tuples as a DataFrame of pandas."""
    pandas = _pandas()
    columns = list(zip(*tuples, strict=True)) or [()] * len(schema.fields)
    series = [_series(pandas, values, f) for values, f in zip(columns, schema.fields, strict=True)]
    frame = pandas.concat(series, axis=1) if series else pandas.DataFrame(index=range(len(tuples)))
    frame.columns = schema.names
    return frame


def _series(pandas: Any, values: Any, field: StructField) -> Any:
    dtype = _DTYPES.get(type(field.dataType)) or _dtype_of_version(pandas, field.dataType)
    has_nulls = None in values
    if has_nulls and isinstance(field.dataType, plain.IntegralType):
        dtype = "float64"
    elif has_nulls and isinstance(field.dataType, plain.BooleanType):
        dtype = "object"
    return pandas.Series(list(values), dtype=dtype)


def _dtype_of_version(pandas: Any, data_type: DataType) -> str:
    """Return the dtype of what changed with pandas 3: texts, and the unit of times."""
    is_new = int(pandas.__version__.split(".")[0]) >= 3
    if isinstance(data_type, plain.StringType):
        return "str" if is_new else "object"
    unit = "us" if is_new else "ns"
    if isinstance(data_type, (plain.TimestampType, plain.TimestampNTZType)):
        return f"datetime64[{unit}]"
    return f"timedelta64[{unit}]" if isinstance(data_type, plain.DayTimeIntervalType) else "object"


def is_pandas(data: Any) -> bool:
    """Tell whether data is a DataFrame of pandas, without loading it."""
    return type(data).__module__.split(".")[0] == "pandas" and type(data).__name__ == "DataFrame"


def is_arrow(data: Any) -> bool:
    """Tell whether data is a Table of Arrow, without loading it."""
    return type(data).__module__.split(".")[0] == "pyarrow" and type(data).__name__ == "Table"


def from_pandas(frame: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the names of columns, and rows of Python's own values."""
    pandas = _pandas()
    columns = [_python_values(pandas, frame.iloc[:, place]) for place in range(frame.shape[1])]
    return [str(name) for name in frame.columns], list(zip(*columns, strict=True))


def _python_values(pandas: Any, series: Any) -> list[Any]:
    return [_python_value(pandas, value) for value in series.astype(object)]


def _python_value(pandas: Any, value: Any) -> Any:
    if value is pandas.NaT or value is pandas.NA or value != value:
        return None
    if isinstance(value, pandas.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, pandas.Timedelta):
        return value.to_pytimedelta()
    return value.item() if hasattr(value, "dtype") and hasattr(value, "item") else value


def from_arrow(arrow_table: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the names of columns, and rows of Python's own values."""
    columns = [column.to_pylist() for column in arrow_table.columns]
    return list(arrow_table.column_names), list(zip(*columns, strict=True))


def _pandas() -> Any:
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise PySparkImportError("pandas must be installed for this: pip install pandas") from error
