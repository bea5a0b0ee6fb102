"""PySpark's exception classes. Those that stand for a builtin derive from it: either name catches them."""

import pickle
from abc import ABC, abstractmethod
from enum import Enum
from typing import Any, TypeVar

from firesteel import _public_names
from firesteel.errors.error_classes import SQL_STATES, error_text

__all__ = [
    "AnalysisException",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "DateTimeException",
    "IllegalArgumentException",
    "NumberFormatException",
    "ParseException",
    "PickleException",
    "PySparkAssertionError",
    "PySparkAttributeError",
    "PySparkException",
    "PySparkImportError",
    "PySparkIndexError",
    "PySparkKeyError",
    "PySparkNotImplementedError",
    "PySparkPicklingError",
    "PySparkRuntimeError",
    "PySparkTypeError",
    "PySparkValueError",
    "PythonException",
    "QueryContext",
    "QueryContextType",
    "QueryExecutionException",
    "SessionNotSameException",
    "SparkNoSuchElementException",
    "SparkRuntimeException",
    "SparkUpgradeException",
    "StreamingPythonRunnerInitializationException",
    "StreamingQueryException",
    "TempTableAlreadyExistsException",
    "UnknownException",
    "UnsupportedOperationException",
    "recover_python_exception",
]


E = TypeVar("E", bound=BaseException)


class PySparkException(Exception):
    """Base of all exceptions of the API.

    Parameters
    ----------
    message : str, optional
        The text, or
    errorClass, messageParameters
        a known error class and what to fill into its text.
    contexts : list, optional
        Query contexts, which only SQL has.

    Examples
    --------
    >>> from firesteel.errors import PySparkValueError
    >>> PySparkValueError(errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "x"}).getCondition()
    'VALUE_NOT_ACCESSIBLE'
    """

    _has_class = True

    def __init__(
        self,
        message: str | None = None,
        errorClass: str | None = None,
        messageParameters: dict[str, str] | None = None,
        contexts: list[Any] | None = None,
    ) -> None:
        self._error_class = errorClass
        self._message_parameters = messageParameters
        self._contexts = contexts or []
        if message is None and errorClass is not None:
            message = error_text(errorClass, messageParameters or {})
        self._message = message or ""
        # Not super(): a class that also derives from Py4JJavaError would be asked for that one's arguments.
        Exception.__init__(self, PySparkException.__str__(self))

    def getCondition(self) -> str | None:
        """Return the error class, or None."""
        return self._error_class

    def getErrorClass(self) -> str | None:
        """Return the error class, or None: the old name of `getCondition`."""
        return self.getCondition()

    def getMessageParameters(self) -> dict[str, str] | None:
        """Return what was filled into the error class's text, or None."""
        return self._message_parameters

    def getSqlState(self) -> str | None:
        """Return the state of SQL that the error class has, if any."""
        return SQL_STATES.get(self._error_class or "")

    def getMessage(self) -> str:
        """Return the text after the error class, or after `[None]`; what an engine raises, alone."""
        return f"[{self._error_class}] {self._message}" if self._has_class else self._message

    def getQueryContext(self) -> "list[QueryContext]":
        """Return the query contexts, which only SQL has."""
        return self._contexts

    def getBreakingChangeInfo(self) -> dict[str, Any] | None:
        """Return None: no error of ours tells of a change between releases."""
        return None

    def __str__(self) -> str:
        return self._message if self._error_class is None else self.getMessage()


class SessionNotSameException(PySparkException):
    """Two DataFrames belong to different sessions."""


class AnalysisException(PySparkException):
    """A query cannot be planned."""


class TempTableAlreadyExistsException(AnalysisException):
    """A temporary view of that name exists."""


class ParseException(AnalysisException):
    """A query cannot be parsed."""


class IllegalArgumentException(PySparkException):
    """An argument is not allowed."""


class NumberFormatException(IllegalArgumentException):
    """A text is not a number."""


class ArithmeticException(PySparkException):
    """An arithmetic operation has no result."""


class UnsupportedOperationException(PySparkException):
    """An operation is not possible here."""


class ArrayIndexOutOfBoundsException(PySparkException):
    """An index is outside an array."""


class DateTimeException(PySparkException):
    """A date or time is not valid."""


class QueryExecutionException(PySparkException):
    """A query failed."""


class StreamingQueryException(PySparkException):
    """A streaming query failed."""


class StreamingPythonRunnerInitializationException(PySparkException):
    """The worker of a streaming query did not start."""


class PythonException(PySparkException):
    """A function that a worker ran has raised."""


class SparkRuntimeException(PySparkException):
    """The engine failed while running."""


class SparkUpgradeException(PySparkException):
    """A result depends on a behaviour that changed between releases."""


class SparkNoSuchElementException(PySparkException):
    """Something that was asked for does not exist."""


class UnknownException(PySparkException):
    """An exception of no other class."""


class PickleException(PySparkException):
    """An object cannot be pickled."""


class PySparkValueError(PySparkException, ValueError):
    """ValueError, raised by the API."""


class PySparkTypeError(PySparkException, TypeError):
    """TypeError, raised by the API."""


class PySparkIndexError(PySparkException, IndexError):
    """IndexError, raised by the API."""


class PySparkAttributeError(PySparkException, AttributeError):
    """AttributeError, raised by the API."""


class PySparkRuntimeError(PySparkException, RuntimeError):
    """RuntimeError, raised by the API."""


class PySparkAssertionError(PySparkException, AssertionError):
    """AssertionError, raised by the API; `data` holds what differs."""

    def __init__(
        self,
        message: str | None = None,
        errorClass: str | None = None,
        messageParameters: dict[str, str] | None = None,
        data: Any = None,
    ) -> None:
        super().__init__(message, errorClass, messageParameters)
        self.data = data


class PySparkNotImplementedError(PySparkException, NotImplementedError):
    """NotImplementedError, raised by the API."""


class PySparkPicklingError(PySparkException, pickle.PicklingError):
    """pickle.PicklingError, raised by the API."""


class PySparkKeyError(PySparkException, KeyError):
    """KeyError, raised by the API."""


class PySparkImportError(PySparkException, ImportError):
    """ImportError, raised by the API."""


class QueryContextType(Enum):
    """What a query context is part of."""

    SQL = 0
    DataFrame = 1


class QueryContext(ABC):
    """The part of a query that an error is about. Only SQL has such."""

    @abstractmethod
    def contextType(self) -> QueryContextType:
        """Return what it is part of."""

    @abstractmethod
    def objectType(self) -> str:
        """Return the kind of view or function that it is in."""

    @abstractmethod
    def objectName(self) -> str:
        """Return the name of that view or function."""

    @abstractmethod
    def startIndex(self) -> int:
        """Return where in the text it begins."""

    @abstractmethod
    def stopIndex(self) -> int:
        """Return where in the text it ends."""

    @abstractmethod
    def fragment(self) -> str:
        """Return its text."""

    @abstractmethod
    def callSite(self) -> str:
        """Return the place in the program."""

    @abstractmethod
    def summary(self) -> str:
        """Return all of it for a reader."""


def recover_python_exception(e: E) -> E:
    """Return the exception: ours hold what the user's function raised as their `__cause__` already.

    >>> recover_python_exception(ValueError("cold"))
    ValueError('cold')
    """
    return e


_public_names.publish(__name__)
