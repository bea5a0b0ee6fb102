"""The exceptions of the API: PySpark's classes, and the errors of the engine that derive from them."""

from firesteel.errors.exceptions.base import *  # noqa: F403
from firesteel.errors.exceptions.base import __all__ as _base_names
from firesteel.errors.job import (
    ContextStoppedError,
    FiresteelError,
    InputError,
    JobCancelledError,
    JobError,
    OutputError,
)

__all__ = [  # noqa: PLE0604
    *_base_names,
    "ContextStoppedError",
    "FiresteelError",
    "InputError",
    "JobCancelledError",
    "JobError",
    "OutputError",
]
