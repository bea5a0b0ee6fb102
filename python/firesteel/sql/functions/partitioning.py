"""The functions that say how a table is partitioned."""

from typing import Any

from firesteel.sql._surface import functions_of
from firesteel.sql.functions import _calls

_TABLE = functions_of("pyspark.sql.functions.partitioning")

__all__ = list(_TABLE)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _calls.make(_TABLE[name], __name__)
    return value
