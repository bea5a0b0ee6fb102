"""Where a program called the API, as PySpark tells it."""

import sys
from types import TracebackType
from typing import Any, ClassVar, NamedTuple

from firesteel import _public_names
from firesteel._call_site import is_ours

__all__ = ["CallSite", "SCCallSiteSync", "first_spark_call"]


class CallSite(NamedTuple):
    """The function that was called, and the file and line of the call.

    >>> CallSite("collect", "app.py", 12).linenum
    12
    """

    function: str
    file: str
    linenum: int


def first_spark_call() -> CallSite | None:
    """Return the outermost call of the API on this thread's stack, and the place in the program.

    >>> first_spark_call().function
    'first_spark_call'
    """
    frame = sys._getframe()
    function = frame.f_code.co_name
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        function = frame.f_code.co_name
        frame = frame.f_back
    return CallSite(function, frame.f_code.co_filename, frame.f_lineno)


class SCCallSiteSync:
    """Names the call site of jobs in a `with` block. Ours find theirs themselves; this counts depth."""

    _spark_stack_depth: ClassVar[int] = 0

    def __init__(self, sc: Any) -> None:
        self._context = sc
        self._call_site = first_spark_call()

    def __enter__(self) -> None:
        SCCallSiteSync._spark_stack_depth += 1

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        SCCallSiteSync._spark_stack_depth -= 1


_public_names.publish(__name__)
