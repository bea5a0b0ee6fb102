"""The exceptions that come out of an engine."""

from typing import Any

from firesteel.errors.exceptions import base
from firesteel.errors.exceptions.base import PySparkException

__all__ = [
    "CapturedException",
    "IllegalArgumentException",
    "PythonException",
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
