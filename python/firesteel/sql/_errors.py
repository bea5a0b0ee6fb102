"""What a query engine would raise: errors whose description begins with their condition."""

from typing import TypeVar

from firesteel.errors.exceptions.captured import AnalysisException, CapturedException

__all__ = ["AnalysisException", "engine_error"]

E = TypeVar("E", bound=CapturedException)


def engine_error(kind: type[E], description: str, condition: str) -> E:
    """Make the error.

    >>> str(engine_error(AnalysisException, "[PATH_NOT_FOUND] There is no such path.", "PATH_NOT_FOUND"))
    '[PATH_NOT_FOUND] There is no such path.'
    """
    error = kind(description)
    error._error_class = condition
    return error
