"""What PySpark keeps in `pyspark.util` and programs use: threads that inherit, versions, tracebacks."""

import functools
import gc
import re
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, NoReturn, TextIO, TypeVar

from firesteel import _public_names
from firesteel._call_site import is_ours
from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError, PySparkTypeError
from firesteel.serializers import SpecialLengths, write_int, write_with_length

__all__ = [
    "JVM_BYTE_MAX",
    "JVM_BYTE_MIN",
    "JVM_INT_MAX",
    "JVM_INT_MIN",
    "JVM_LONG_MAX",
    "JVM_LONG_MIN",
    "JVM_SHORT_MAX",
    "JVM_SHORT_MIN",
    "InheritableThread",
    "PythonEvalType",
    "VersionUtils",
    "default_api_mode",
    "disable_gc",
    "fail_on_stopiteration",
    "handle_worker_exception",
    "inheritable_thread_target",
    "is_remote_only",
    "local_connect_and_auth",
    "print_exec",
    "spark_connect_mode",
    "try_simplify_traceback",
    "walk_tb",
]

Function = TypeVar("Function", bound=Callable[..., Any])

JVM_BYTE_MIN, JVM_BYTE_MAX = -(1 << 7), (1 << 7) - 1
JVM_SHORT_MIN, JVM_SHORT_MAX = -(1 << 15), (1 << 15) - 1
JVM_INT_MIN, JVM_INT_MAX = -(1 << 31), (1 << 31) - 1
JVM_LONG_MIN, JVM_LONG_MAX = -(1 << 63), (1 << 63) - 1


# Threads.


def inheritable_thread_target(f: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that another thread runs have this thread's local properties.

    They are copied now: what either thread sets later, the other does not see.

    Examples
    --------
    >>> import threading
    >>> sc.setLocalProperty("season", "winter")
    >>> seen = []
    >>> @inheritable_thread_target
    ... def look():
    ...     seen.append(sc.getLocalProperty("season"))
    >>> thread = threading.Thread(target=look)
    >>> thread.start()
    >>> thread.join()
    >>> seen
    ['winter']
    """
    if not callable(f):
        from firesteel.sql.session import SparkSession

        if not isinstance(f, SparkSession):
            raise PySparkTypeError(f"f must be a function or a SparkSession, not {type(f).__name__}")
        # Of a session the target takes over nothing beyond what its context has.
        return inheritable_thread_target
    properties = _properties_of_this_thread()

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _set_properties_of_this_thread(properties)
        return f(*args, **kwargs)

    return wrapped


class InheritableThread(threading.Thread):
    """A thread that has the local properties, the job group and the tags of the thread that starts it.

    Parameters
    ----------
    target : function
        What the thread runs, with `args` and `kwargs`.
    session : SparkSession, optional
        Accepted as in PySpark. The context decides.

    Examples
    --------
    >>> from firesteel import InheritableThread
    >>> sc.setJobGroup("reports", "the daily report")
    >>> seen = []
    >>> thread = InheritableThread(target=lambda: seen.append(sc.getLocalProperty("spark.jobGroup.id")))
    >>> thread.start()
    >>> thread.join()
    >>> seen
    ['reports']
    """

    def __init__(self, target: Callable[..., Any], *args: Any, session: Any = None, **kwargs: Any) -> None:
        self._inherited: dict[str, str] | None = None

        @functools.wraps(target)
        def inheriting(*args: Any, **kwargs: Any) -> Any:
            _set_properties_of_this_thread(self._inherited)
            return target(*args, **kwargs)

        super().__init__(target=inheriting, *args, **kwargs)  # noqa: B026  # as PySpark passes them on

    def start(self) -> None:
        """Start the thread with the properties that this thread has now."""
        self._inherited = _properties_of_this_thread()
        super().start()


def _properties_of_this_thread() -> dict[str, str] | None:
    from firesteel.core.context import SparkContext

    context = SparkContext._active()
    return None if context is None else context._properties.copy()


def _set_properties_of_this_thread(properties: dict[str, str] | None) -> None:
    from firesteel.core.context import SparkContext

    context = SparkContext._active()
    if context is not None and properties is not None:
        context._properties.replace(properties)


# Functions.


def fail_on_stopiteration(f: Function) -> Function:
    """Let a StopIteration of a function be an error, and not the silent end of whoever iterates.

    >>> fail_on_stopiteration(lambda: next(iter([])))()
    Traceback (most recent call last):
    ...
    pyspark.errors.exceptions.base.PySparkRuntimeError: [STOP_ITERATION_OCCURRED] Caught StopIteration ...
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return f(*args, **kwargs)
        except StopIteration as error:
            raise PySparkRuntimeError(
                errorClass="STOP_ITERATION_OCCURRED", messageParameters={"exc": str(error)}
            ) from error

    return wrapped  # type: ignore[return-value]  # the same signature


@contextmanager
def disable_gc() -> Generator[None, None, None]:
    """Switch the cyclic garbage collector off for a while.

    >>> with disable_gc():
    ...     gc.isenabled()
    False
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# Tracebacks.


def print_exec(stream: TextIO) -> None:
    """Print the exception that is being handled, with its traceback."""
    traceback.print_exception(*sys.exc_info(), file=stream)


def walk_tb(tb: TracebackType | None) -> Iterator[TracebackType]:
    """Go through the entries of a traceback, outermost first."""
    while tb is not None:
        yield tb
        tb = tb.tb_next


def try_simplify_traceback(tb: TracebackType) -> TracebackType | None:
    """Return a traceback without the frames of this package, or None if nothing else is in it."""
    simplified = None
    for entry in reversed(list(walk_tb(tb))):
        if not is_ours(entry.tb_frame.f_code.co_filename):
            simplified = TracebackType(simplified, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return simplified


def handle_worker_exception(e: BaseException, outfile: IO[bytes], hide_traceback: bool | None = None) -> None:
    r"""Write an exception as PySpark's workers tell it: a mark, and the text with its length.

    >>> import io
    >>> stream = io.BytesIO()
    >>> handle_worker_exception(ValueError("cold"), stream, hide_traceback=True)
    >>> stream.getvalue()[8:]
    b'ValueError: cold\n'
    """
    lines = traceback.format_exception_only(e) if hide_traceback else traceback.format_exception(e)
    write_int(SpecialLengths.PYTHON_EXCEPTION_THROWN, outfile)
    write_with_length("".join(lines).encode("utf-8", "replace"), outfile)


# Versions and modes.


class VersionUtils:
    """Reads version numbers of Spark."""

    @staticmethod
    def majorMinorVersion(sparkVersion: str) -> tuple[int, int]:
        """Return the first two numbers of a version.

        >>> VersionUtils.majorMinorVersion("4.3.0-SNAPSHOT")
        (4, 3)
        """
        match = re.search(r"^(\d+)\.(\d+)(\..*)?$", sparkVersion)
        if match is None:
            raise ValueError(
                f"Spark tried to parse '{sparkVersion}' as a Spark version string, but it could not find the "
                "major and minor version numbers."
            )
        return int(match[1]), int(match[2])


def is_remote_only() -> bool:
    """Tell whether only Spark Connect is installed: never."""
    return False


def default_api_mode() -> str:
    """Return the way in which sessions work: `classic`."""
    return "classic"


def spark_connect_mode() -> str:
    """Return 0: there is no Spark Connect."""
    return "0"


def local_connect_and_auth(conn_info: str | int | None, auth_secret: str | None) -> NoReturn:
    """Raise: there is no JVM to connect to; the engine is inside this process."""
    raise PySparkNotImplementedError(
        "there is no JVM to connect to, the engine is in this process: use RDD.collect or RDD.toLocalIterator"
    )


class PythonEvalType:
    """PySpark's numbers for the kinds of functions that its workers run."""

    NON_UDF = 0

    SQL_BATCHED_UDF = 100
    SQL_ARROW_BATCHED_UDF = 101

    SQL_SCALAR_PANDAS_UDF = 200
    SQL_GROUPED_MAP_PANDAS_UDF = 201
    SQL_GROUPED_AGG_PANDAS_UDF = 202
    SQL_WINDOW_AGG_PANDAS_UDF = 203
    SQL_SCALAR_PANDAS_ITER_UDF = 204
    SQL_MAP_PANDAS_ITER_UDF = 205
    SQL_COGROUPED_MAP_PANDAS_UDF = 206
    SQL_MAP_ARROW_ITER_UDF = 207
    SQL_GROUPED_MAP_PANDAS_UDF_WITH_STATE = 208
    SQL_GROUPED_MAP_ARROW_UDF = 209
    SQL_COGROUPED_MAP_ARROW_UDF = 210
    SQL_TRANSFORM_WITH_STATE_PANDAS_UDF = 211
    SQL_TRANSFORM_WITH_STATE_PANDAS_INIT_STATE_UDF = 212
    SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_UDF = 213
    SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_INIT_STATE_UDF = 214
    SQL_GROUPED_MAP_ARROW_ITER_UDF = 215
    SQL_GROUPED_MAP_PANDAS_ITER_UDF = 216
    SQL_GROUPED_AGG_PANDAS_ITER_UDF = 217

    SQL_SCALAR_ARROW_UDF = 250
    SQL_SCALAR_ARROW_ITER_UDF = 251
    SQL_GROUPED_AGG_ARROW_UDF = 252
    SQL_WINDOW_AGG_ARROW_UDF = 253
    SQL_GROUPED_AGG_ARROW_ITER_UDF = 254

    SQL_TABLE_UDF = 300
    SQL_ARROW_TABLE_UDF = 301
    SQL_ARROW_UDTF = 302


_public_names.publish(__name__)
