"""Functions of the user's on columns: they are made, named and registered; a query engine would run them."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from firesteel import _public_names
from firesteel.errors import PySparkTypeError
from firesteel.sql._absent import complete
from firesteel.sql._arguments import wrong_type
from firesteel.sql._expressions import PythonFunction
from firesteel.sql._types.data_type import DataType, StringType
from firesteel.sql._types.ddl import parse_type_or_columns
from firesteel.sql.column import Column, named

if TYPE_CHECKING:
    from firesteel.sql.session import SparkSession

__all__ = ["UDFRegistration", "UserDefinedFunction"]

PLAIN = 100
"""PySpark's number for functions that are called for every row."""


class UserDefinedFunction:
    """A function of the user's with the type of what it returns.

    >>> UserDefinedFunction(len, "int")("a")
    Column<'len(a)'>
    """

    def __init__(
        self,
        func: Callable[..., Any],
        returnType: DataType | str = StringType(),  # noqa: B008  as in PySpark
        name: str | None = None,
        evalType: int = PLAIN,
        deterministic: bool = True,
    ) -> None:
        if not callable(func):
            raise wrong_type("func", "callable", func)
        if not isinstance(returnType, (DataType, str)):
            raise wrong_type("returnType", "DataType or str", returnType)
        if not isinstance(evalType, int):
            raise wrong_type("evalType", "int", evalType)
        self.func = func
        self._returnType = returnType
        self._name = name or getattr(func, "__name__", type(func).__name__)
        self.evalType = evalType
        self.deterministic = deterministic

    @property
    def returnType(self) -> DataType:
        """The type of what it returns; a text is read when it is first asked for."""
        if isinstance(self._returnType, str):
            self._returnType = parse_type_or_columns(self._returnType)
        return self._returnType

    def __call__(self, *args: Any, **kwargs: Any) -> Column:
        """Return the column of a call."""
        arguments = tuple(map(named, (*args, *kwargs.values())))
        return Column(PythonFunction(self, arguments))

    def asNondeterministic(self) -> "UserDefinedFunction":
        """Say that it may return something else for the same arguments."""
        self.deterministic = False
        return self

    def _wrapped(self) -> Any:
        """Return a plain function, which keeps name and documentation of the user's."""

        @functools.wraps(self.func, assigned=_assigned(self.func), updated=())
        def wrapper(*args: Any, **kwargs: Any) -> Column:
            return self(*args, **kwargs)

        found: Any = wrapper
        found.__name__ = self._name
        found.func = self.func
        found.returnType = self.returnType
        found.evalType = self.evalType
        found.deterministic = self.deterministic
        found.asNondeterministic = functools.wraps(self.asNondeterministic)(
            lambda: self.asNondeterministic()._wrapped()
        )
        found._unwrapped = self
        return found


def _assigned(function: Callable[..., Any]) -> list[str]:
    return [name for name in functools.WRAPPER_ASSIGNMENTS if hasattr(function, name)]


def decorated(f: Any, return_type: Any, eval_type: int = PLAIN, default: Any = None) -> Any:
    """Return a function of the user's on columns, or the decorator that makes one of it."""
    if f is None or isinstance(f, (str, DataType)):
        wanted = f or return_type or default
        return lambda function: decorated(function, wanted, eval_type)
    return UserDefinedFunction(f, return_type, evalType=eval_type)._wrapped()


@complete
class UDFRegistration:
    """Gives functions names for SQL: `spark.udf`."""

    def __init__(self, sparkSession: "SparkSession") -> None:
        self.sparkSession = sparkSession

    def register(self, name: str, f: Any, returnType: DataType | str | None = None) -> Any:
        """Register a function, or one that `functions.udf` has made; return the latter.

        >>> from firesteel.sql import SparkSession
        >>> SparkSession.builder.getOrCreate().udf.register("size", len, "int").returnType
        IntegerType()
        """
        made = f if isinstance(f, UserDefinedFunction) else getattr(f, "_unwrapped", None)
        if made is None:
            found = UserDefinedFunction(f, returnType or StringType(), name)
        elif returnType is None:
            found = UserDefinedFunction(made.func, made._returnType, name, made.evalType, made.deterministic)
        else:
            parameters = {"arg_name": "f", "return_type": str(returnType)}
            raise PySparkTypeError(
                errorClass="CANNOT_SPECIFY_RETURN_TYPE_FOR_UDF", messageParameters=parameters
            )
        return found._wrapped()


_public_names.publish(__name__)
