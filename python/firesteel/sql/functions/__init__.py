"""The functions of SQL on columns: each builds an expression and runs nothing.

They are made from the table of `_surface.py` when they are first asked for, all by the same rule: a text is
the name of a column where the table says so, and itself anywhere else.

>>> from firesteel.sql import functions as F
>>> F.concat_ws("-", "a", F.upper("b"))
Column<'concat_ws('-', a, upper(b))'>
"""

from typing import Any

from firesteel.sql._surface import functions_of
from firesteel.sql.functions import builtin, partitioning

_NAMES = functions_of("pyspark.sql.functions.builtin")

__all__ = [*builtin.__all__, "partitioning"]  # pyright: ignore[reportUnsupportedDunderAll]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in builtin.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(builtin, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
