"""The exceptions that come out of an engine. What reads those of a JVM says that there is none."""

from collections.abc import Callable
from typing import Any, NoReturn

from firesteel import _public_names
from firesteel.errors.exceptions import base
from firesteel.errors.exceptions.base import (
    PySparkException,
    PySparkNotImplementedError,
    QueryContext,
    QueryContextType,
)

__all__ = [
    "AnalysisException",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "CapturedException",
    "DataFrameQueryContext",
    "DateTimeException",
    "IllegalArgumentException",
    "NumberFormatException",
    "ParseException",
    "PythonException",
    "QueryExecutionException",
    "SQLQueryContext",
    "SparkNoSuchElementException",
    "SparkRuntimeException",
    "SparkUpgradeException",
    "StreamingQueryException",
    "UnknownException",
    "UnsupportedOperationException",
    "capture_sql_exception",
    "convert_exception",
    "install_exception_handler",
    "unwrap_spark_exception",
]


class CapturedException(PySparkException):
    """An engine's exception: its description and its stack trace.

    Examples
    --------
    >>> str(CapturedException("it broke"))
    'it broke'
    """

    _has_class = False

    def __init__(
        self,
        desc: str | None = None,
        stackTrace: str | None = None,
        cause: Any = None,
        origin: Any = None,
    ) -> None:
        super().__init__(desc)
        self._desc = desc
        self._stackTrace = stackTrace or ""
        self._cause = cause
        self._origin = origin


class IllegalArgumentException(CapturedException, base.IllegalArgumentException):
    """An argument is not allowed."""


class UnsupportedOperationException(CapturedException, base.UnsupportedOperationException):
    """An operation is not possible here."""


class PythonException(CapturedException, base.PythonException):
    """A function that a worker ran has raised."""


class AnalysisException(CapturedException, base.AnalysisException):
    """A query cannot be planned."""


class ArithmeticException(CapturedException, base.ArithmeticException):
    """An arithmetic operation has no result."""


class ArrayIndexOutOfBoundsException(CapturedException, base.ArrayIndexOutOfBoundsException):
    """An index is outside an array."""


class DateTimeException(CapturedException, base.DateTimeException):
    """A date or time is not valid."""


class QueryExecutionException(CapturedException, base.QueryExecutionException):
    """A query failed."""


class SparkNoSuchElementException(CapturedException, base.SparkNoSuchElementException):
    """Something that was asked for does not exist."""


class SparkRuntimeException(CapturedException, base.SparkRuntimeException):
    """The engine failed while running."""


class SparkUpgradeException(CapturedException, base.SparkUpgradeException):
    """A result depends on a behaviour that changed between releases."""


class StreamingQueryException(CapturedException, base.StreamingQueryException):
    """A streaming query failed."""


class UnknownException(CapturedException, base.UnknownException):
    """An exception of no other class."""


class ParseException(AnalysisException, base.ParseException):
    """A query cannot be parsed."""


class NumberFormatException(IllegalArgumentException, base.NumberFormatException):
    """A text is not a number."""


class _QueryContextOfJvm(QueryContext):
    """What an exception of a JVM says about a query."""

    def __init__(self, q: Any) -> None:
        raise _without_jvm()

    def contextType(self) -> QueryContextType:
        """Return what it is part of."""
        raise _without_jvm()

    def objectType(self) -> str:
        """Return the kind of view or function that it is in."""
        raise _without_jvm()

    def objectName(self) -> str:
        """Return the name of that view or function."""
        raise _without_jvm()

    def startIndex(self) -> int:
        """Return where in the text it begins."""
        raise _without_jvm()

    def stopIndex(self) -> int:
        """Return where in the text it ends."""
        raise _without_jvm()

    def fragment(self) -> str:
        """Return its text."""
        raise _without_jvm()

    def callSite(self) -> str:
        """Return the place in the program."""
        raise _without_jvm()

    def summary(self) -> str:
        """Return all of it for a reader."""
        raise _without_jvm()


class SQLQueryContext(_QueryContextOfJvm):
    """A part of a text of SQL."""


class DataFrameQueryContext(_QueryContextOfJvm):
    """A call on a DataFrame."""


def convert_exception(e: Any) -> NoReturn:
    """Raise: a failed job is one class here, `firesteel.errors.JobError`, and needs no conversion."""
    raise _without_jvm()


def capture_sql_exception(f: Callable[..., Any]) -> NoReturn:
    """Raise: what a function raises comes as it is."""
    raise _without_jvm()


def unwrap_spark_exception() -> NoReturn:
    """Raise: what a block raises comes as it is."""
    raise _without_jvm()


def install_exception_handler() -> NoReturn:
    """Raise: there is no bridge to a JVM to handle exceptions of."""
    raise _without_jvm()


def _without_jvm() -> PySparkNotImplementedError:
    return PySparkNotImplementedError(
        "there is no exception of a JVM to read: catch firesteel.errors.JobError, which is also a "
        "PythonException and a Py4JJavaError"
    )


_public_names.publish(__name__)
