"""Where in the user's program the API was called: what errors and toDebugString name."""

import os
import sys
from typing import NamedTuple

import cloudpickle

# Frames are skipped by file, not by module name: doctests borrow our module names. cloudpickle works for us.
_PACKAGES = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep for file in (__file__, cloudpickle.__file__)
)


class CallSite(NamedTuple):
    """The method that the user called, and the place of the call."""

    operation: str
    place: str


def is_ours(file: str) -> bool:
    """Tell whether a source file belongs to this package, or to cloudpickle."""
    return file.startswith(_PACKAGES)


def here() -> CallSite:
    """Return the outermost of our functions on the stack and the user's line that called it: `app.py:12`."""
    frame = sys._getframe(1)
    operation = frame.f_code.co_name
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        operation = frame.f_code.co_name
        frame = frame.f_back
    return CallSite(operation, f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}")
