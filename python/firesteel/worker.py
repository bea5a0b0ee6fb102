"""The Python half of a worker: what the native runtime calls around a task, never per element.

Invariant: nothing of one task is seen by the next. `begin_task` forgets the accumulators of the task before,
and functions are unpickled anew by every attempt.
"""

import base64
import contextlib
import faulthandler
import linecache
import os
import pickle
import reprlib
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from io import BufferedWriter, FileIO, TextIOWrapper
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from firesteel import accumulators
from firesteel._call_site import is_ours
from firesteel._pickling import dumps
from firesteel.core._includes import Includes
from firesteel.resultiterable import ResultIterable
from firesteel.taskcontext import BILLION, BarrierTaskContext, TaskContext

if TYPE_CHECKING:
    from firesteel._native import Barrier
    from firesteel.profiler import Profiler
    from firesteel.resource import ResourceInformation

__all__ = [
    "ResultIterable",
    "TaskInterrupted",
    "begin_task",
    "describe_exception",
    "dumps_fallback",
    "end_task",
    "give_memory_back",
    "install_interrupt_handler",
    "load_code",
    "pairs_of",
    "short_repr",
]

Frame = tuple[str, int, str, str]

RECORD_LENGTH = 120
"""Characters of a record's repr that errors show."""
MOST_FRAMES = 20
"""Frames that a report carries: recursion may have a thousand, and the driver shows few."""
MEMORY_VARIABLE = "FIRESTEEL_WORKER_MEMORY"
"""Holds what a worker's address space may have, in MiB: `spark.executor.pyspark.memory`."""
PROFILE = "firesteel.profile"
"""The local property that holds the id of the accumulator for profiles."""
PROFILER = "firesteel.profiler"
"""The local property that holds the program's own profiler, pickled, in Base64."""
RESOURCES = "firesteel.task.resources"
"""The local property that holds the addresses of the task's devices, as JSON."""
NOTE = 512
"""Bytes of the file that says which element a task reads that has been tried before."""
LARGEST_EXCEPTION = 1 << 20
"""Bytes of a pickled exception that are sent to the driver; a larger one is told by its text."""


STDERR = 2


class TaskInterrupted(BaseException):
    """Raised inside the user's function when its job is cancelled. No `except Exception` catches it."""


_running = False
_includes = Includes()
_profiled: "TaskProfile | OwnProfile | None" = None
_note: int | None = None
_noted = False


class TaskProfile:
    """The profile of a task, where the driver asks for one."""

    def __init__(self, accumulator: int, rdd: int) -> None:
        import cProfile

        self._accumulator = accumulator
        self._rdd = rdd
        self._profile = cProfile.Profile()
        self._profile.enable()

    def add_to(self, updates: dict[int, Any]) -> None:
        """Add the statistics to the updates of accumulators."""
        from firesteel.profiler import statistics

        self._profile.disable()
        updates[self._accumulator] = (self._rdd, statistics(self._profile))


class OwnProfile:
    """The profile of a task by a profiler of the program's own."""

    def __init__(self, accumulator: int, rdd: int, pickled: str) -> None:
        self._accumulator = accumulator
        self._rdd = rdd
        self.profiler: Profiler = pickle.loads(base64.b64decode(pickled))
        self._own = [aid for aid, _ in accumulators.collected_updates()]

    def add_to(self, updates: dict[int, Any]) -> None:
        """Set apart what the profiler added to its accumulators: the driver has one of each for every RDD."""
        updates[self._accumulator] = (self._rdd, {aid: updates.pop(aid) for aid in self._own})


def _profile_of(rdd: int, properties: dict[str, str]) -> TaskProfile | OwnProfile | None:
    """Return what profiles a task, if its job says where to."""
    accumulator, own = properties.get(PROFILE), properties.get(PROFILER)
    if accumulator is None:
        return None
    return TaskProfile(int(accumulator), rdd) if own is None else OwnProfile(int(accumulator), rdd, own)


def give_memory_back() -> None:
    """Let the C library return what it keeps free, where it can: glibc keeps a lot after large strings."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def pairs_of(left: Iterable[Any], right: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair each with each, left outside. Unlike `itertools.product` it keeps neither side in memory."""
    return ((v, w) for v in left for w in right)


def begin_task(
    stage: int,
    partition: int,
    attempt: int,
    task_id: int,
    *,
    rdd: int = 0,
    cpu_billionths: int = BILLION,
    properties: dict[str, str] | None = None,
    barrier: "tuple[int, Barrier] | None" = None,
) -> Callable[..., Any] | None:
    """Begin a task, before its functions are unpickled; in a barrier stage one of several, which can meet.

    Return what is to be called with the rest of the task as a function, if anything is.
    """
    global _running, _profiled
    accumulators.forget_copies()
    _includes.refresh()
    resources = (properties or {}).pop(RESOURCES, None)
    known = {
        "stageId": stage,
        "partitionId": partition,
        "attemptNumber": attempt,
        "taskAttemptId": task_id,
        "cpus": -(-cpu_billionths // BILLION),
        "cpuBillionths": cpu_billionths,
        "resources": {} if resources is None else _resources(resources),
        "localProperties": properties or {},
    }
    if barrier is None:
        TaskContext._current = TaskContext(**known)
    else:
        TaskContext._current = BarrierTaskContext.of_stage(*barrier, **known)
    _profiled = _profile_of(rdd, properties or {})
    _running = True
    return _profiled.profiler.profile if isinstance(_profiled, OwnProfile) else None


def _resources(told: str) -> "dict[str, ResourceInformation]":
    import json

    from firesteel.resource import ResourceInformation

    return {name: ResourceInformation(name, addresses) for name, addresses in json.loads(told).items()}


def end_task() -> bytes | None:
    """End a task that has not failed: return what it added to accumulators, if anything, pickled."""
    global _running
    _running = False
    TaskContext._current = None
    if _noted:
        # A task need not read to the end, and the next one is not to be blamed on what it has left.
        note_record(0)
    _flush_output()
    updates = dict(accumulators.collected_updates())
    if _profiled is not None:
        _profiled.add_to(updates)
    return dumps(list(updates.items())) if updates else None


def load_code(pickled: bytes) -> Any:
    """Return an operation's functions, unpickled anew."""
    return pickle.loads(pickled)


def dumps_fallback(elements: list[Any]) -> bytes:
    """Return elements that plain pickle refuses, pickled: instances of the program's own classes, lambdas."""
    return dumps(elements)


def install_interrupt_handler() -> None:
    """Let SIGINT, which only the daemon sends, raise TaskInterrupted in a running task."""
    signal.signal(signal.SIGINT, _interrupt)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    if _running:
        raise TaskInterrupted


def short_repr(value: object) -> str:
    """Return what an error shows of a record: its repr, shortened. Never raises.

    >>> short_repr(("a", 1))
    "('a', 1)"
    """
    try:
        text = _SHORT.repr(value)
    except Exception:
        # A __repr__ of the user's, on a record that was the trouble to begin with.
        text = f"<{type(value).__qualname__} whose repr fails>"
    return text if len(text) <= RECORD_LENGTH else text[: RECORD_LENGTH - 3] + "..."


def _short_repr_settings() -> reprlib.Repr:
    settings = reprlib.Repr()
    settings.maxlevel = 4
    settings.maxstring = settings.maxother = RECORD_LENGTH
    settings.maxlong = 60
    return settings


_SHORT = _short_repr_settings()


def describe_exception(exc: BaseException) -> tuple[str, str, str, list[Frame], bytes | None]:
    """Return type name, message, traceback text, the user's frames, and, where possible, it pickled."""
    global _running
    _running = False
    _flush_output()
    users = _users_traceback(exc.__traceback__)
    text = "".join(traceback.format_exception(type(exc), exc, users))
    return _type_name(type(exc)), _message(exc), text, _frames(users), _pickled(exc)


def _type_name(cls: type[BaseException]) -> str:
    """Return an exception type as tracebacks print it."""
    short = cls.__module__ in ("builtins", "__main__")
    return cls.__qualname__ if short else f"{cls.__module__}.{cls.__qualname__}"


def _message(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception:
        # A __str__ of the user's.
        return "<exception whose str() fails>"


def _users_traceback(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the user's outermost frame on."""
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _frames(trace: TracebackType | None) -> list[Frame]:
    """Return the innermost frames of a traceback, outermost first, without ours."""
    frames = [entry for entry in traceback.walk_tb(trace) if not is_ours(entry[0].f_code.co_filename)]
    return [_frame(*entry) for entry in frames[-MOST_FRAMES:]]


def _frame(frame: FrameType, line: int) -> Frame:
    file = frame.f_code.co_filename
    return file, line, frame.f_code.co_name, linecache.getline(file, line, frame.f_globals).strip()


def _pickled(exc: BaseException) -> bytes | None:
    """Return the exception, if the driver will be able to unpickle it: some can be pickled and no more."""
    try:
        pickled = dumps(exc)
        pickle.loads(pickled)
    except Exception:
        # Whatever the user's exception class does in __reduce__ or __init__.
        return None
    return pickled if len(pickled) <= LARGEST_EXCEPTION else None


def _flush_output() -> None:
    """Let what the task printed appear before its action returns."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # no stream, or one that the user closed


class LastWords(FileIO):
    """The worker's stderr, the end of which the daemon can read when the worker has died."""

    MOST = 1 << 16
    """Bytes after which the copy begins anew: what was said earlier does not matter."""

    def __init__(self, copy: int) -> None:
        super().__init__(STDERR, "w", closefd=False)
        self._copy = copy
        self._copied = 0

    def write(self, data: Any) -> int | None:
        """Write to stderr, and the end of it to the copy."""
        try:
            self._keep(bytes(memoryview(data)[-(self.MOST // 4) :]))
        except OSError:
            pass  # the user's code has closed descriptors that are not its own
        return super().write(data)

    def _keep(self, tail: bytes) -> None:
        if self._copied > self.MOST:
            os.ftruncate(self._copy, 0)
            self._copied = 0
        self._copied += os.write(self._copy, tail)


def keep_last_words(copy: int) -> None:
    """Let the daemon know what this worker said last: its stderr, and its stack when a signal kills it."""
    faulthandler.enable(file=copy, all_threads=False)
    if isinstance(sys.stderr, TextIOWrapper) and not sys.stderr.closed:
        encoding, errors = sys.stderr.encoding, sys.stderr.errors
        sys.stderr = TextIOWrapper(BufferedWriter(LastWords(copy)), encoding=encoding, errors=errors)


def note_record(number: int, element: object = None) -> None:
    """Note which element a task reads that has been tried before, or 0: if it kills us, it is named."""
    global _noted
    if _note is None:
        return
    _noted = number > 0
    text = f"{number}: {short_repr(element)}" if number else ""
    try:
        os.pwrite(_note, text.encode(errors="backslashreplace")[: NOTE - 1].ljust(NOTE, b"\0"), 0)
    except OSError:
        pass  # the user's code has closed descriptors that are not its own


def prepare_process(last_words: int | None = None, record: int | None = None) -> None:
    """Make a freshly forked worker a process of its own: no terminal, its own random numbers."""
    global _note
    _note = record
    if last_words is not None:
        keep_last_words(last_words)
    limit = os.environ.get(MEMORY_VARIABLE)
    if limit is not None:
        from firesteel.worker_util import setup_memory_limits

        setup_memory_limits(int(limit))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for stream in (sys.stdout, sys.stderr):
        # One that a module has closed, at the fork or before, stays closed.
        if isinstance(stream, TextIOWrapper) and not stream.closed:
            # One write for each line: those of several workers then never mix, also under PYTHONUNBUFFERED.
            stream.reconfigure(line_buffering=True, write_through=False)
    # The standard library's generator reseeds itself after a fork; numpy's does not.
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
