"""The errors of the engine, and their making from what the native module raises.

A failed job is one class, which is both PySpark's PythonException and py4j's Py4JJavaError: a program that
catches either goes on working. Its text is for a reader at a terminal and stays under fifteen lines.
"""

import functools
import pickle
import re
import sys
import textwrap
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from firesteel._call_site import is_ours
from firesteel._py4j.protocol import Py4JJavaError
from firesteel.errors.exceptions.base import IllegalArgumentException, PySparkException, PySparkRuntimeError
from firesteel.errors.exceptions.captured import PythonException

Result = TypeVar("Result")

MESSAGE_LINES = 3
"""Lines that the user's own message may take."""
SHOWN_FRAMES = 3
"""Innermost frames of the user's functions that are shown, two lines each."""
SHOWN_LAST_WORDS = 5
"""Lines of what a worker said last that are shown."""
FRAME = re.compile(r'  File "(.*)", line \d+ in ')
"""A line of a stack as faulthandler writes it."""
SHOWN_DEATHS = 4
"""Deaths of workers that are shown, one line each."""
LINE_LENGTH = 200
"""A longer line is cut."""
ADVICE_WIDTH = 110
"""Advice of a rehearsal is broken into lines."""


class TaskFailure(Protocol):
    """What the native TaskFailed tells about the task that made a job fail."""

    exception: str | None
    message: str
    traceback: str | None
    frames: list[tuple[str, int, str, str]]
    record: str | None
    operation: str | None
    call_site: str | None
    stage: int | None
    partition: int | None
    attempts: int | None
    deaths: list[str]
    advice: str | None
    pickled: bytes | None


class JavaClass:
    """The answer to `java_exception.getClass()`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def getName(self) -> str:
        """Return the full name of the class."""
        return self._name

    def getSimpleName(self) -> str:
        """Return the name of the class without its package."""
        return self._name.rpartition(".")[2]


class JavaException:
    """Stands where py4j puts the JVM's exception, and answers what programs ask of it."""

    def __init__(self, class_name: str, message: str) -> None:
        self._class = JavaClass(class_name)
        self._message = message

    def getMessage(self) -> str:
        """Return the text."""
        return self._message

    getLocalizedMessage = getMessage

    def printStackTrace(self) -> None:
        """Print class and text to stderr."""
        print(self.toString(), file=sys.stderr)

    def getClass(self) -> JavaClass:
        """Return the class that Spark would have raised."""
        return self._class

    def getCause(self) -> None:
        """Return None: `__cause__` of the Python error holds the cause."""

    def getStackTrace(self) -> list[Any]:
        """Return no frames: there is no JVM."""
        return []

    def toString(self) -> str:
        """Return class and text."""
        return f"{self._class.getName()}: {self._message}"

    __str__ = toString


class FiresteelError(PySparkException, Py4JJavaError):
    """Base of what the engine raises."""

    java_class = "org.apache.spark.SparkException"
    _has_class = False

    def __init__(self, message: str) -> None:
        PySparkException.__init__(self, message)
        self.errmsg = message
        self.exception_cmd = ""
        self.cause = None
        self.java_exception = JavaException(self.java_class, message)

    def __str__(self) -> str:
        return self._message


class ArgumentError(FiresteelError, IllegalArgumentException):
    """An argument is not allowed."""

    java_class = "java.lang.IllegalArgumentException"


class InputError(FiresteelError):
    """An input cannot be read: a missing path, a folder inside the input, an unknown scheme."""

    java_class = "org.apache.hadoop.mapred.InvalidInputException"


class OutputError(FiresteelError):
    """An output cannot be written: mostly because it exists already."""

    java_class = "org.apache.hadoop.mapred.FileAlreadyExistsException"


class JobError(PythonException, FiresteelError):
    """A job failed in a task.

    Attributes
    ----------
    traceback_text : str or None
        The whole traceback of the user's function as the worker printed it; `__cause__` is the exception
        itself, where it could be pickled.
    exception, record, operation, call_site, stage, partition, attempts, deaths
        What the text tells, one by one.
    last_words : str or None
        The end of what the worker that died last wrote to its stderr, and its stack if a signal killed it.

    Examples
    --------
    >>> from firesteel.errors import JobError
    >>> try:
    ...     sc.parallelize([1, 0]).map(lambda x: 1 // x).collect()
    ... except JobError as error:
    ...     print(error.exception, "on", error.record)
    ZeroDivisionError on 0
    """

    java_class = "org.apache.spark.api.python.PythonException"

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        FiresteelError.__init__(self, message)
        self._stackTrace = ""
        self._details = details or {}
        self.exception: str | None = self._details.get("exception")
        self.record: str | None = self._details.get("record")
        self.operation: str | None = self._details.get("operation")
        self.call_site: str | None = self._details.get("call_site")
        self.stage: int | None = self._details.get("stage")
        self.partition: int | None = self._details.get("partition")
        self.attempts: int | None = self._details.get("attempts")
        self.deaths: list[str] = self._details.get("deaths", [])
        self.last_words: str | None = self._details.get("last_words")
        self.traceback_text: str | None = self._details.get("traceback_text")

    def __reduce__(self) -> tuple[Any, ...]:
        return JobError, (self._message, self._details)


class JobCancelledError(JobError):
    """A job was cancelled by `cancelJobGroup` or `cancelAllJobs`, or because its context stopped."""

    java_class = "org.apache.spark.SparkException"


class ContextStoppedError(PySparkRuntimeError, AttributeError):
    """A SparkContext was used after `stop()`. PySpark programs know this as an AttributeError."""


_adviser: Callable[[TaskFailure], str | None] | None = None


def advise_with(adviser: Callable[[TaskFailure], str | None] | None) -> None:
    """Let the errors of failed tasks end with what somebody has to say about them: a rehearsal."""
    global _adviser
    _adviser = adviser


def describe_failure(failure: TaskFailure) -> str:
    """Return the text of a failed task: what, on which record, where, and in which partition."""
    lines = _clipped(_headline(failure).splitlines() or [""], MESSAGE_LINES)
    lines += [f"  {_cause(death)}" for death in _clipped(failure.deaths, SHOWN_DEATHS)]
    lines += [f"    | {line}" for line in _telling_lines(_last_words(failure.deaths))]
    if failure.record is not None:
        lines.append(f"  record: {failure.record}")
    lines.append(f"  {_place(failure)}")
    for file, line, function, text in failure.frames[-SHOWN_FRAMES:]:
        lines.append(f'  File "{file}", line {line}, in {function}')
        lines += [f"    {text}"] if text else []
    return "\n".join([*(_cut(line) for line in lines), *_advice_lines(failure)])


def _advice_lines(failure: TaskFailure) -> list[str]:
    advice = _adviser(failure) if _adviser is not None else None
    if advice is None:
        return []
    return textwrap.wrap(f"rehearsal: {advice}", ADVICE_WIDTH, initial_indent="  ", subsequent_indent="    ")


def _cause(death: str) -> str:
    """Return how a worker died; the lines after the first are what it left behind."""
    return death.partition("\n")[0]


def _last_words(deaths: list[str]) -> str:
    return deaths[-1].partition("\n")[2] if deaths else ""


def _telling_lines(words: str) -> list[str]:
    """Return the lines that may tell why: the innermost frames of a fatal error, or the last lines."""
    lines = [line.rstrip() for line in words.splitlines() if line.strip() and not _is_ours(line)]
    fatal = [number for number, line in enumerate(lines) if line.startswith("Fatal Python error")]
    return lines[fatal[-1] :][:SHOWN_LAST_WORDS] if fatal else lines[-SHOWN_LAST_WORDS:]


def _is_ours(line: str) -> bool:
    frame = FRAME.match(line)
    return frame is not None and is_ours(frame[1])


def _headline(failure: TaskFailure) -> str:
    if failure.exception is None:
        return failure.message
    return f"{failure.exception}: {failure.message}" if failure.message else failure.exception


def _place(failure: TaskFailure) -> str:
    place = f"in {failure.operation}" if failure.operation else "in a task"
    if failure.call_site:
        place += f" at {failure.call_site}"
    if failure.stage is None:
        return place
    attempts = f", {failure.attempts} attempts" if (failure.attempts or 1) > 1 else ""
    if failure.partition is None:
        return f"{place} (stage {failure.stage}{attempts})"
    return f"{place} (stage {failure.stage}, partition {failure.partition}{attempts})"


def _clipped(lines: list[str], limit: int) -> list[str]:
    return lines if len(lines) <= limit else [*lines[: limit - 1], f"... {len(lines) - limit + 1} lines more"]


def _cut(line: str) -> str:
    line = line.replace("\n", " ")
    return line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 3] + "..."


def call_engine(function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Call into the native module and raise its errors as the public ones."""
    from firesteel._native import EngineError

    try:
        return function(*arguments, **options)
    except EngineError as error:
        failure = public_error(error)
    # Raised here, outside the handler, so that the native exception is not shown as its context.
    raise failure


def public_error(error: Exception) -> Exception:
    """Return the public exception for one that the native module raised, with its cause set."""
    from firesteel import _native

    if isinstance(error, _native.TaskFailed):
        return _job_error(error)
    message = str(error)
    if isinstance(error, _native.EngineStopped):
        return stopped_error()
    for native_class, public_class in (
        (_native.InputError, InputError),
        (_native.OutputError, OutputError),
        (_native.JobCancelled, JobCancelledError),
    ):
        if isinstance(error, native_class):
            return _with_real_py4j(public_class)(message)
    return _with_real_py4j(FiresteelError)(message)


def stopped_error() -> ContextStoppedError:
    """Return the error for a context that was used after its end."""
    return ContextStoppedError(
        "this SparkContext has been stopped; create another one, or move stop() to the end of the program"
    )


def _job_error(failure: TaskFailure) -> JobError:
    names = ("exception", "record", "operation", "call_site", "stage", "partition", "attempts", "deaths")
    details = {name: getattr(failure, name) for name in names}
    details["deaths"] = [_cause(death) for death in failure.deaths]
    details["last_words"] = _last_words(failure.deaths) or None
    details["traceback_text"] = failure.traceback
    error = _with_real_py4j(JobError)(describe_failure(failure), details)
    error.__cause__ = _unpickled_exception(failure.pickled)
    return error


def _unpickled_exception(pickled: bytes | None) -> BaseException | None:
    if pickled is None:
        return None
    try:
        exception = pickle.loads(pickled)
    except Exception:
        # Whatever an exception class does in its __reduce__ or __init__: the text tells the story without it.
        return None
    return exception if isinstance(exception, BaseException) else None


def _with_real_py4j(error_class: type[Any]) -> type[Any]:
    """Return the class, deriving from the real Py4JJavaError as well where a program has loaded that."""
    real = sys.modules.get("py4j.protocol")
    real_class = getattr(real, "Py4JJavaError", None)
    if real_class is None or issubclass(error_class, real_class):
        return error_class
    return _joined_class(error_class, real_class)


@functools.cache
def _joined_class(error_class: type[Any], real_class: type[Any]) -> type[Any]:
    return type(error_class.__name__, (error_class, real_class), {"__module__": error_class.__module__})


# The short name is what a traceback shows, and where users import them from.
for _class in (
    FiresteelError,
    ArgumentError,
    InputError,
    OutputError,
    JobError,
    JobCancelledError,
    ContextStoppedError,
):
    _class.__module__ = "firesteel.errors"
