"""What the native runtime calls around a task."""

import pickle
import signal
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from firesteel import worker
from firesteel.accumulators import INTEGER_ACCUMULATOR_PARAM, _deserialize_accumulator
from firesteel.worker import TaskInterrupted, describe_exception, short_repr


@pytest.fixture(autouse=True)
def ended_task() -> Iterator[None]:
    yield
    worker.begin_task(0, 0, 0, 0)
    worker.end_task()


def raised(function: Any) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011  anything may be described
        function()
    return caught.value


def test_an_exception_is_described_by_the_users_frames() -> None:
    def divide() -> float:
        return 1 / 0

    name, message, text, frames, pickled = describe_exception(raised(divide))
    assert (name, message) == ("ZeroDivisionError", "division by zero")
    assert text.startswith("Traceback (most recent call last):")
    assert frames[-1][2:] == ("divide", "return 1 / 0")
    assert isinstance(pickle.loads(pickled or b""), ZeroDivisionError)


def test_our_frames_are_left_out() -> None:
    error = raised(lambda: worker.load_code(b"no pickle"))
    trace = error.__traceback__
    assert any(entry.filename == worker.__file__ for entry in traceback.extract_tb(trace))
    _, _, _, frames, _ = describe_exception(error)
    assert all(file != worker.__file__ for file, *_ in frames)


def test_endless_recursion_carries_few_frames() -> None:
    def deeper(x: int) -> int:
        return deeper(x + 1)

    name, _, _, frames, _ = describe_exception(raised(lambda: deeper(0)))
    assert name == "RecursionError"
    assert len(frames) == worker.MOST_FRAMES


class TwoArguments(Exception):
    """Can be pickled, and not unpickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_exceptions_that_resist() -> None:
    def fail(error: Exception) -> Any:
        def function() -> None:
            raise error

        return function

    locked = ValueError(threading.Lock())
    assert describe_exception(raised(fail(locked)))[4] is None
    name, message, _, _, pickled = describe_exception(raised(fail(TwoArguments(1, 2))))
    assert (name.rpartition(".")[2], message, pickled) == ("TwoArguments", "1 and 2", None)
    assert describe_exception(raised(fail(Mute())))[1] == "<exception whose str() fails>"


def test_records_are_shown_short() -> None:
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError("go away")

    assert short_repr(("a", 1)) == "('a', 1)"
    assert short_repr("long " * 10_000).startswith("'long long")
    assert len(short_repr("long " * 10_000)) <= worker.RECORD_LENGTH
    assert len(short_repr([list(range(1000))] * 1000)) <= worker.RECORD_LENGTH
    assert "Shy" in short_repr(Shy())


def test_updates_of_accumulators_are_collected_per_task() -> None:
    worker.begin_task(0, 0, 0, 1)
    assert worker.end_task() is None
    worker.begin_task(0, 0, 0, 2)
    accumulator = _deserialize_accumulator(10**9, 0, INTEGER_ACCUMULATOR_PARAM)
    assert _deserialize_accumulator(10**9, 0, INTEGER_ACCUMULATOR_PARAM) is accumulator
    accumulator.add(5)
    assert pickle.loads(worker.end_task() or b"") == [(10**9, 5)]
    worker.begin_task(0, 0, 0, 3)
    assert worker.end_task() is None


def test_an_interrupt_is_raised_in_a_task_only() -> None:
    previous = signal.getsignal(signal.SIGINT)
    try:
        worker.install_interrupt_handler()
        signal.raise_signal(signal.SIGINT)
        worker.begin_task(0, 0, 0, 0)
        with pytest.raises(TaskInterrupted):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, previous)
