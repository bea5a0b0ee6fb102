"""Functions of the user's that give rows: they are made and named; a query engine would run them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from firesteel import _public_names
from firesteel.sql._absent import complete, fill
from firesteel.sql._arguments import wrong_type
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.ddl import parse_type_or_columns
from firesteel.sql._types.nested import StructType


@dataclass(frozen=True)
class AnalyzeArgument:
    """What `analyze` is told of an argument."""

    dataType: DataType
    value: Any
    isTable: bool
    isConstantExpression: bool


@dataclass(frozen=True)
class PartitioningColumn:
    """A column, or a text of SQL, by which rows are grouped."""

    name: str


@dataclass(frozen=True)
class OrderingColumn:
    """A column, or a text of SQL, by which rows are sorted."""

    name: str
    ascending: bool = True
    overrideNullsFirst: bool | None = None


@dataclass(frozen=True)
class SelectedColumn:
    """A column, or a text of SQL, that is given on."""

    name: str
    alias: str = ""


@dataclass
class AnalyzeResult:
    """What `analyze` says of the rows, and of how it wants its input."""

    schema: StructType
    withSinglePartition: bool = False
    partitionBy: Sequence[PartitioningColumn] = field(default_factory=tuple)
    orderBy: Sequence[OrderingColumn] = field(default_factory=tuple)
    select: Sequence[SelectedColumn] = field(default_factory=tuple)


class SkipRestOfInputTableException(Exception):
    """What `eval` raises when it needs no more rows."""


@complete
class UDTFRegistration:
    """Gives functions that give rows names for SQL: `spark.udtf`."""

    def __init__(self, sparkSession: Any) -> None:
        self.sparkSession = sparkSession


@complete
class UserDefinedTableFunction:
    """A class of the user's with the type of the rows that it gives."""

    def __init__(
        self,
        func: type,
        returnType: StructType | str | None,
        name: str | None = None,
        evalType: int = 300,
        deterministic: bool = False,
    ) -> None:
        if not isinstance(func, type):
            raise wrong_type("func", "a class", func)
        self.func = func
        self._returnType = returnType
        self._name = name or func.__name__
        self.evalType = evalType
        self.deterministic = deterministic

    @property
    def returnType(self) -> Any:
        """The type of the rows, or None where `analyze` says it."""
        if isinstance(self._returnType, str):
            return parse_type_or_columns(self._returnType)
        return self._returnType

    def asDeterministic(self) -> "UserDefinedTableFunction":
        """Say that it always gives the same rows for the same arguments."""
        self.deterministic = True
        return self


def decorated_table_function(cls: type | None, return_type: Any) -> Any:
    """Return a class of the user's as a function that gives rows, or the decorator that makes one of it."""
    if cls is None:
        return lambda found: decorated_table_function(found, return_type)
    return UserDefinedTableFunction(cls, return_type)


fill(globals())


_public_names.publish(__name__)
