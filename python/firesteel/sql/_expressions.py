"""Expressions on columns, as trees that nobody has resolved yet: what a query engine will be given.

Invariant: a node is immutable data, holds no DataFrame and runs nothing; `str` of it is the text that PySpark
shows of a column.
"""

import datetime
import decimal
import itertools
from dataclasses import dataclass, field
from typing import Any

from firesteel.sql._types.data_type import DataType


@dataclass(frozen=True)
class Expression:
    """The base of all nodes."""


@dataclass(frozen=True)
class Attribute(Expression):
    """A column by its name; `*` stands for all."""

    name: str

    def __str__(self) -> str:
        quoted = self.name.startswith("`") and self.name.endswith("`") and len(self.name) > 1
        return self.name[1:-1].replace("``", "`") if quoted and "." not in self.name else self.name


@dataclass(frozen=True)
class Literal(Expression):
    """A value."""

    value: Any

    def __str__(self) -> str:
        from firesteel.sql._rows.text import java_text

        if self.value is None:
            return "NULL"
        if isinstance(self.value, str):
            return f"'{self.value}'"
        if isinstance(self.value, datetime.datetime):
            text = java_text(self.value)
            return text if "." in text else f"{text}.0"
        return str(self.value) if isinstance(self.value, decimal.Decimal) else java_text(self.value)

    def __hash__(self) -> int:
        return hash((type(self.value), str(self.value)))


@dataclass(frozen=True)
class Call(Expression):
    """A function or operator of SQL, by its name."""

    name: str
    arguments: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Sql(Expression):
    """A text of SQL, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Extract(Expression):
    """An element of an array or map, or a field of a struct."""

    child: Expression
    key: Expression

    def __str__(self) -> str:
        return f"{self.child}[{self.key}]"


@dataclass(frozen=True)
class Alias(Expression):
    """An expression under a name, or under several where it gives several columns."""

    child: Expression
    names: tuple[str, ...]
    metadata: dict[str, Any] | None = field(default=None, hash=False)

    def __str__(self) -> str:
        names = self.names[0] if len(self.names) == 1 else f"({', '.join(self.names)})"
        return f"{self.child} AS {names}"


@dataclass(frozen=True)
class Cast(Expression):
    """An expression as another type, given as one or by its name."""

    child: Expression
    data_type: DataType | str
    is_try: bool = False

    def __str__(self) -> str:
        from firesteel.sql._types.ddl import parse_type_or_columns, type_as_ddl

        data_type = self.data_type
        if isinstance(data_type, str):
            data_type = parse_type_or_columns(data_type)
        return f"{'TRY_' if self.is_try else ''}CAST({self.child} AS {type_as_ddl(data_type)})"


@dataclass(frozen=True)
class SortOrder(Expression):
    """A direction, and where nulls go."""

    child: Expression
    ascending: bool
    nulls_first: bool

    def __str__(self) -> str:
        direction = "ASC" if self.ascending else "DESC"
        return f"{self.child} {direction} NULLS {'FIRST' if self.nulls_first else 'LAST'}"


@dataclass(frozen=True)
class CaseWhen(Expression):
    """The value of the first condition that holds, or another."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None = None

    def __str__(self) -> str:
        whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in self.branches)
        otherwise = "" if self.otherwise is None else f" ELSE {self.otherwise}"
        return f"CASE {whens}{otherwise} END"


@dataclass(frozen=True)
class LambdaVariable(Expression):
    """A parameter of a function that is called for every element."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Lambda(Expression):
    """A function on elements."""

    parameters: tuple[LambdaVariable, ...]
    body: Expression

    def __str__(self) -> str:
        names = ", ".join(map(str, self.parameters))
        return f"{names if len(self.parameters) == 1 else f'({names})'} -> {self.body}"


@dataclass(frozen=True)
class Over(Expression):
    """A function over a window."""

    child: Expression
    window: Any

    def __str__(self) -> str:
        return f"{self.child} OVER ({self.window})"


@dataclass(frozen=True)
class PythonFunction(Expression):
    """A call of a user's function."""

    function: Any = field(hash=False)
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"{self.function._name}({', '.join(map(str, self.arguments))})"


_numbers = itertools.count(1)


def fresh_variable(prefix: str) -> LambdaVariable:
    """Return a parameter whose name no other has."""
    return LambdaVariable(f"{prefix}_{next(_numbers)}")
