"""The exceptions that come out of an engine."""

from typing import Any

from firesteel.errors.exceptions import base
from firesteel.errors.exceptions.base import PySparkException

__all__ = [
    "AnalysisException",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "CapturedException",
    "DateTimeException",
    "IllegalArgumentException",
    "NumberFormatException",
    "ParseException",
    "PythonException",
    "QueryExecutionException",
    "SparkNoSuchElementException",
    "SparkRuntimeException",
    "SparkUpgradeException",
    "StreamingQueryException",
    "UnknownException",
    "UnsupportedOperationException",
]


class CapturedException(PySparkException):
    """An engine's exception: its description and its stack trace.

    Examples
    --------
    >>> str(CapturedException("it broke"))
    'it broke'
    """

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
