"""The functions themselves: those that need a rule of their own, and all others from the table."""

from collections.abc import Callable
from typing import Any

from firesteel import _public_names
from firesteel.sql._arguments import wrong_type
from firesteel.sql._expressions import Attribute, Call, CaseWhen, Literal, Sql
from firesteel.sql._surface import functions_of
from firesteel.sql._types.data_type import DataType, StringType
from firesteel.sql.column import Column, expression_of, named
from firesteel.sql.dataframe import DataFrame
from firesteel.sql.functions import _calls
from firesteel.sql.pandas.functions import (  # noqa: F401  offered here, too
    ArrowUDFType,
    PandasUDFType,
    arrow_udf,
    pandas_udf,
)
from firesteel.sql.udf import UserDefinedFunction, decorated  # noqa: F401
from firesteel.sql.udtf import (  # noqa: F401
    AnalyzeArgument,
    AnalyzeResult,
    OrderingColumn,
    PartitioningColumn,
    SelectedColumn,
    SkipRestOfInputTableException,
    UserDefinedTableFunction,
    decorated_table_function,
)

_TABLE = functions_of("pyspark.sql.functions.builtin")


def col(col: str) -> Column:
    """Return a column by its name.

    >>> col("a") > 1
    Column<'>(a, 1)'>
    """
    return Column(Attribute(col))


column = col


def lit(col: Any) -> Column:
    """Return a value as a column; of a list, the array of its elements.

    >>> lit("x"), lit([1, 2])
    (Column<''x''>, Column<'array(1, 2)'>)
    """
    if isinstance(col, Column):
        return col
    if isinstance(col, list):
        return Column(Call("array", tuple(lit(element)._expression for element in col)))
    return Column(Literal(col.item() if hasattr(col, "dtype") and hasattr(col, "item") else col))


def expr(str: str) -> Column:
    """Return the column of a text of SQL."""
    return Column(Sql(str))


def when(condition: Column, value: Any) -> Column:
    """Return a value where a condition holds; go on with `.when` and `.otherwise`."""
    if not isinstance(condition, Column):
        raise wrong_type("condition", "Column", condition)
    return Column(CaseWhen(((condition._expression, expression_of(value)),)))


def broadcast(df: DataFrame) -> DataFrame:
    """Return the DataFrame: the mark for joins means nothing on one machine."""
    if not isinstance(df, DataFrame):
        raise wrong_type("df", "DataFrame", df)
    return df


def udf(
    f: Callable[..., Any] | DataType | str | None = None,
    returnType: DataType | str = StringType(),  # noqa: B008  as in PySpark
    *,
    useArrow: bool | None = None,
) -> Any:
    """Make a function of the user's one on columns; also as a decorator.

    >>> @udf("int")
    ... def plus_one(x):
    ...     return x + 1
    >>> plus_one("a"), plus_one.func(1)
    (Column<'plus_one(a)'>, 2)
    """
    return decorated(f, returnType)


def udtf(cls: type | None = None, *, returnType: Any = None, useArrow: bool | None = None) -> Any:
    """Make a class of the user's a function that gives rows; also as a decorator."""
    return decorated_table_function(cls, returnType)


def arrow_udtf(cls: type | None = None, *, returnType: Any = None) -> Any:
    """Make a class of the user's a function that gives rows, on Arrow's batches; also as a decorator."""
    return decorated_table_function(cls, returnType)


def _sorting(method: str) -> Callable[[Any], Column]:
    def function(col: Column | str) -> Column:
        return getattr(Column(named(col)), method)()

    function.__name__ = function.__qualname__ = method
    function.__doc__ = f"Sort by a column, as `Column.{method}` does."
    return function


asc, asc_nulls_first, asc_nulls_last = map(_sorting, ("asc", "asc_nulls_first", "asc_nulls_last"))
desc, desc_nulls_first, desc_nulls_last = map(_sorting, ("desc", "desc_nulls_first", "desc_nulls_last"))


def call_function(funcName: str, *cols: Column | str) -> Column:
    """Call a function by its name."""
    return Column(Call(funcName, tuple(map(named, cols))))


def call_udf(udfName: str, *cols: Column | str) -> Column:
    """Call a registered function by its name."""
    return call_function(udfName, *cols)


_OTHERS = (
    "AnalyzeArgument", "AnalyzeResult", "ArrowUDFType", "OrderingColumn", "PandasUDFType",
    "PartitioningColumn", "SelectedColumn", "SkipRestOfInputTableException", "UserDefinedFunction",
    "UserDefinedTableFunction", "arrow_udf", "pandas_udf",
)  # fmt: skip

__all__ = sorted({*_TABLE, *_OTHERS})  # pyright: ignore[reportUnsupportedDunderAll]  # noqa: PLE0605  a list


def __getattr__(name: str) -> Any:
    if name not in _TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _calls.make(_TABLE[name], "firesteel.sql.functions")
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


_public_names.publish(__name__)
