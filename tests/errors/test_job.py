"""The error of a failed job: its text, its classes, its attributes."""

import pickle
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from firesteel._py4j.protocol import Py4JJavaError
from firesteel.errors import InputError, JobCancelledError, JobError, PythonException
from firesteel.errors.job import _with_real_py4j, describe_failure


@dataclass
class Failure:
    """What the native module tells."""

    exception: str | None = "ZeroDivisionError"
    message: str = "division by zero"
    traceback: str | None = None
    frames: list[tuple[str, int, str, str]] = field(
        default_factory=lambda: [("app.py", 3, "f", "return 1 / x")]
    )
    record: str | None = "0"
    operation: str | None = "map"
    call_site: str | None = "app.py:5"
    stage: int | None = 2
    partition: int | None = 1
    attempts: int | None = 1
    deaths: list[str] = field(default_factory=list)
    pickled: bytes | None = None


def test_the_text_says_what_and_where() -> None:
    assert describe_failure(Failure()).splitlines() == [
        "ZeroDivisionError: division by zero",
        "  record: 0",
        "  in map at app.py:5 (stage 2, partition 1)",
        '  File "app.py", line 3, in f',
        "    return 1 / x",
    ]


def test_the_text_stays_short() -> None:
    failure = Failure(
        message="\n".join("x" * 1000 for _ in range(1000)),
        frames=[("app.py", line, "f" * 1000, "y" * 1000) for line in range(1000)],
        record="z" * 1000,
        deaths=["killed"] * 100,
        attempts=100,
    )
    lines = describe_failure(failure).splitlines()
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 200
    assert lines[2] == "... 998 lines more"
    assert "line 999" in lines[-2]


def test_deaths_of_workers_are_listed() -> None:
    death = "killed by signal 9 (SIGKILL)"
    failure = Failure(None, "the worker died", None, [], None, None, None, attempts=4, deaths=[death] * 4)
    assert describe_failure(failure).splitlines() == [
        "the worker died",
        *[f"  {death}"] * 4,
        "  in a task (stage 2, partition 1, 4 attempts)",
    ]


def test_the_last_words_of_the_last_death_are_shown() -> None:
    stack = 'Fatal Python error: Aborted\n\nStack (most recent call first):\n  File "app.py", line 3 in f'
    deaths = ["exit code 1\nnot shown", f"exit code 2\nsaid before\n{stack}"]
    failure = Failure(None, "the worker died", None, [], None, None, None, attempts=2, deaths=deaths)
    assert describe_failure(failure).splitlines() == [
        "the worker died",
        "  exit code 1",
        "  exit code 2",
        "    | Fatal Python error: Aborted",
        "    | Stack (most recent call first):",
        '    |   File "app.py", line 3 in f',
        "  in a task (stage 2, partition 1, 2 attempts)",
    ]


def test_a_job_without_any_worker_has_no_place() -> None:
    failure = Failure(None, "no worker could be started", None, [], None, None, None, deaths=["killed"] * 3)
    failure.stage = failure.partition = failure.attempts = None
    assert describe_failure(failure).splitlines() == [
        "no worker could be started",
        *["  killed"] * 3,
        "  in a task",
    ]


def test_an_exception_without_a_message() -> None:
    assert describe_failure(Failure(message="")).startswith("ZeroDivisionError\n")


def test_programs_for_pyspark_and_py4j_catch_it() -> None:
    error = JobError("boom", {"stage": 1})
    assert isinstance(error, PythonException)
    assert isinstance(error, Py4JJavaError)
    assert isinstance(JobCancelledError("stop"), JobError)
    assert str(error) == error.getMessage() == error.java_exception.getMessage() == "boom"
    assert error.java_exception.toString() == "org.apache.spark.api.python.PythonException: boom"
    assert error.java_exception.getClass().getName().endswith("PythonException")
    missing = InputError("Input path does not exist: file:/nope")
    assert "InvalidInputException" in str(missing.java_exception)


def test_it_can_be_pickled() -> None:
    error: Any = pickle.loads(pickle.dumps(JobError("boom", {"stage": 1, "record": "0"})))
    assert (str(error), error.stage, error.record) == ("boom", 1, "0")


def test_it_derives_from_a_real_py4j_that_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Real(Exception):
        def __init__(self, msg: str, java_exception: Any) -> None:
            raise AssertionError("the real one talks to a JVM")

    monkeypatch.delitem(sys.modules, "py4j.protocol", raising=False)
    assert _with_real_py4j(JobError) is JobError
    module = ModuleType("py4j.protocol")
    module.Py4JJavaError = Real  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "py4j.protocol", module)
    error = _with_real_py4j(JobError)("boom")
    assert isinstance(error, Real)
    assert isinstance(error, JobError)
    assert str(error) == "boom"
    assert _with_real_py4j(JobError) is type(error)
