"""Failures: one short error that says what happened and where; and the next job on the context works."""

import contextlib
import inspect
import os
import pickle
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext
from firesteel.errors import (
    ContextStoppedError,
    FiresteelError,
    InputError,
    JobError,
    OutputError,
    PythonException,
)
from support.waiting import wait_until

LONGEST = 15
"""Lines of an error, at most."""
NOT_FOR_USERS = ("panicked", "RUST_BACKTRACE", ".rs:", "site-packages/firesteel", "python/firesteel", "pyo3")
"""What no error may show."""


def line_of(function: Callable[..., Any], text: str) -> int:
    """Return the line of this file where a function's source has a text."""
    lines, first = inspect.getsourcelines(function)
    return next(first + number for number, line in enumerate(lines) if text in line)


def check_text(error: BaseException) -> str:
    """Check that an error's text is short and the user's, and return it."""
    text = str(error)
    assert len(text.splitlines()) <= LONGEST, text
    assert not [word for word in NOT_FOR_USERS if word in text], text
    return text


def check_next_job(sc: SparkContext) -> None:
    """Check that the context goes on working, shuffles included."""
    rdd = sc.parallelize(range(20), 4).map(lambda x: (x % 3, x))
    assert sorted(rdd.reduceByKey(lambda a, b: a + b, 2).collect()) == [(0, 63), (1, 70), (2, 57)]


def failure(sc: SparkContext, action: Callable[[], Any]) -> JobError:
    """Run an action that must fail in a task; return its error, checked, after a next job that worked."""
    from firesteel._py4j.protocol import Py4JJavaError

    with pytest.raises(JobError) as caught:
        action()
    error = caught.value
    assert isinstance(error, PythonException)
    assert isinstance(error, Py4JJavaError)
    check_text(error)
    check_next_job(sc)
    return error


@pytest.fixture
def once(tmp_path: Path) -> Callable[[], bool]:
    """A function for tasks: true the first time it is called, false ever after, whichever process asks."""
    marker = str(tmp_path / "once")

    def first_time() -> bool:
        import os

        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    return first_time


# Exceptions of the user's functions.


def test_an_exception_in_a_lambda(sc: SparkContext) -> None:
    rdd = sc.parallelize(["1", "2", "seven", "4"], 2).map(lambda x: int(x))
    text = str(failure(sc, rdd.collect))
    assert "ValueError: invalid literal for int() with base 10: 'seven'" in text
    line = line_of(test_an_exception_in_a_lambda, "lambda x")
    assert f'File "{__file__}", line {line}, in <lambda>' in text
    assert "record: 'seven'" in text
    assert "partition 1" in text
    assert "map at" in text
    assert "test_failures.py" in text


def test_the_parts_of_an_error_are_attributes_too(sc2: SparkContext) -> None:
    def invert(x: int) -> float:
        return 1 / x

    error = failure(sc2, sc2.parallelize([1, 0], 2).map(invert).collect)
    assert error.exception == "ZeroDivisionError"
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert (error.record, error.partition, error.operation) == ("0", 1, "map")
    assert error.traceback_text is not None
    assert "Traceback (most recent call last)" in error.traceback_text
    assert "in invert" in error.traceback_text


def test_only_the_innermost_frames_are_shown(sc2: SparkContext) -> None:
    def deep(x: int) -> int:
        return deep(x - 1) if x else 1 // x

    text = str(failure(sc2, sc2.parallelize([40], 1).map(deep).collect))
    line = line_of(test_only_the_innermost_frames_are_shown, "return deep")
    assert f"line {line}, in deep" in text


# fmt: off
OPERATIONS = [
    "map", "filter", "flatMap", "mapValues", "flatMapValues", "keyBy", "mapPartitions", "foreach",
    "reduceByKey", "combineByKey", "aggregateByKey", "sortBy", "partitionBy",
    "reduce", "fold", "aggregate", "takeOrdered", "top",
]
# fmt: on


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_says_where_it_failed(sc2: SparkContext, operation: str) -> None:
    def boom(*_: Any) -> Any:
        raise KeyError("boom")

    rdd: Any = sc2.parallelize([("k", 1), ("k", 2)], 1)
    arguments: dict[str, Any] = {
        "combineByKey": (boom, boom, boom),
        "aggregateByKey": (0, boom, boom),
        "partitionBy": (2, boom),
        "fold": (0, boom),
        "aggregate": (0, boom, boom),
        "takeOrdered": (1, boom),
        "top": (1, boom),
    }

    def run() -> None:
        result = getattr(rdd, operation)(*arguments.get(operation, (boom,)))
        if hasattr(result, "collect"):
            result.collect()

    text = str(failure(sc2, run))
    assert "KeyError: 'boom'" in text
    line = line_of(test_every_operation_says_where_it_failed, "raise KeyError")
    assert f'File "{__file__}", line {line}, in boom' in text


def test_an_exception_on_the_reduce_side(sc: SparkContext) -> None:
    rdd = sc.parallelize([(1, "a"), (1, 2)], 2).reduceByKey(lambda a, b: a + b, 2)
    text = str(failure(sc, rdd.collect))
    assert "TypeError: can only concatenate str" in text
    assert f"line {line_of(test_an_exception_on_the_reduce_side, 'reduceByKey')}, in <lambda>" in text


def test_an_exception_that_cannot_be_pickled(sc: SparkContext) -> None:
    def f(x: int) -> int:
        class Local(Exception):
            def __init__(self, what: str) -> None:
                super().__init__(what)
                self.lock = threading.Lock()

        raise Local("cannot travel")

    error = failure(sc, sc.parallelize([5], 1).map(f).collect)
    assert "Local: cannot travel" in str(error)
    assert "record: 5" in str(error)
    assert error.__cause__ is None


def test_an_exception_that_pickles_but_does_not_unpickle(sc2: SparkContext) -> None:
    def f(x: int) -> int:
        class Picky(Exception):
            def __init__(self, one: int, two: int) -> None:
                super().__init__(f"{one} and {two}")

        raise Picky(1, 2)

    assert "Picky: 1 and 2" in str(failure(sc2, sc2.parallelize([5], 1).map(f).collect))


def test_an_exception_whose_str_fails(sc2: SparkContext) -> None:
    def f(x: int) -> int:
        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no words")

        raise Mute

    assert "Mute" in str(failure(sc2, sc2.parallelize([5], 1).map(f).collect))


def test_a_record_whose_repr_fails_or_is_endless(sc2: SparkContext) -> None:
    def f(x: Any) -> Any:
        raise ValueError("no good")

    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError("go away")

    assert "ValueError: no good" in str(failure(sc2, sc2.parallelize([Shy()], 1).map(f).collect))
    text = str(failure(sc2, sc2.parallelize(["long " * 100_000], 1).map(f).collect))
    assert "record: 'long long" in text
    assert len(text) < 3000


def test_a_message_of_a_thousand_lines_is_shortened(sc2: SparkContext) -> None:
    def f(x: Any) -> Any:
        raise ValueError("\n".join(f"line {i}" for i in range(1000)))

    text = str(failure(sc2, sc2.parallelize([1], 1).map(f).collect))
    assert "ValueError: line 0" in text


def test_an_exception_raised_from_another_tells_both_in_the_traceback(sc2: SparkContext) -> None:
    def f(x: Any) -> Any:
        try:
            return {}[x]
        except KeyError as error:
            raise ValueError("not known") from error

    error = failure(sc2, sc2.parallelize([1], 1).map(f).collect)
    assert "ValueError: not known" in str(error)
    assert "KeyError: 1" in (error.traceback_text or "")


def test_sys_exit_in_a_function(sc: SparkContext) -> None:
    text = str(failure(sc, sc.parallelize([1], 1).map(lambda x: sys.exit(f"not today {x}")).collect))
    assert "SystemExit: not today 1" in text


def test_stop_iteration_in_a_function(sc: SparkContext) -> None:
    rdd = sc.parallelize([1, 2, 3], 1).map(lambda x: next(iter([])))
    text = str(failure(sc, rdd.collect))
    assert "StopIteration" in text
    assert f"line {line_of(test_stop_iteration_in_a_function, 'next(iter')}, in <lambda>" in text


def test_endless_recursion(sc: SparkContext) -> None:
    def f(x: int) -> int:
        return f(x + 1)

    assert "RecursionError: maximum recursion depth exceeded" in str(
        failure(sc, sc.parallelize([1], 1).map(f).collect)
    )


def test_a_keyboard_interrupt_raised_by_the_users_code(sc2: SparkContext) -> None:
    def f(x: int) -> int:
        raise KeyboardInterrupt("mine")

    assert "KeyboardInterrupt" in str(failure(sc2, sc2.parallelize([1], 1).map(f).collect))


def test_a_result_that_cannot_be_pickled(sc: SparkContext) -> None:
    text = str(failure(sc, sc.parallelize([1], 1).map(lambda x: threading.Lock()).collect))
    assert "cannot pickle '_thread.lock' object" in text


def test_a_result_whose_pickling_raises(sc2: SparkContext) -> None:
    def f(x: int) -> Any:
        class Heavy:
            def __reduce__(self):  # type: ignore[no-untyped-def]
                raise ValueError("will not move")

        return Heavy()

    assert "will not move" in str(failure(sc2, sc2.parallelize([1], 1).map(f).collect))


def test_a_shuffled_element_that_cannot_be_pickled(sc2: SparkContext) -> None:
    rdd = sc2.parallelize([1], 1).map(lambda x: (x, threading.Lock())).groupByKey(2)
    assert "cannot pickle '_thread.lock' object" in str(failure(sc2, rdd.collect))


# Wrong shapes.


@pytest.mark.parametrize("element", [5, (1, 2, 3), (1,)], ids=["int", "triple", "single"])
def test_a_non_pair_given_to_reduce_by_key(sc: SparkContext, element: Any) -> None:
    rdd: Any = sc.parallelize([(1, 2), element], 1)
    error = failure(sc, rdd.reduceByKey(lambda a, b: a + b).collect)
    kind = type(element).__name__
    assert f"TypeError: reduceByKey needs (key, value) pairs; got {kind} {element!r}" in str(error)
    assert f"record: {element!r}" in str(error)
    assert "reduceByKey at" in str(error)
    assert "test_failures.py" in str(error)


@pytest.mark.parametrize(
    ("operation", "element", "message"),
    [
        ("groupByKey", 5, "TypeError: groupByKey needs (key, value) pairs; got int 5"),
        ("keys", 5, "TypeError: keys needs (key, value) pairs; got int 5"),
        ("values", (1,), "TypeError: values needs (key, value) pairs; got tuple (1,)"),
        ("distinct", [1], "TypeError: unhashable type: 'list'"),
        ("countByValue", [1], "TypeError: unhashable type: 'list'"),
        ("sum", "a", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
    ],
)
def test_elements_of_the_wrong_shape(sc2: SparkContext, operation: str, element: Any, message: str) -> None:
    def run() -> None:
        result = getattr(sc2.parallelize([element], 1), operation)()
        if hasattr(result, "collect"):
            result.collect()

    assert message in str(failure(sc2, run))


def test_flat_map_to_what_is_no_iterable(sc2: SparkContext) -> None:
    rdd: Any = sc2.parallelize([7], 1).flatMap(lambda x: x)
    text = str(failure(sc2, rdd.collect))
    assert "TypeError: 'int' object is not iterable" in text
    assert "record: 7" in text


def test_map_partitions_to_nothing(sc2: SparkContext) -> None:
    rdd: Any = sc2.parallelize([7], 1).mapPartitions(lambda it: None)
    assert "TypeError: 'NoneType' object is not iterable" in str(failure(sc2, rdd.collect))


# Workers that die.


def test_a_worker_killed_in_mid_task_is_replaced(sc: SparkContext, once: Callable[[], bool]) -> None:
    def f(x: int) -> int:
        if x == 3 and once():
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    before = sc._engine.counters()
    assert sc.parallelize(range(8), 4).map(f).collect() == list(range(8))
    after = sc._engine.counters()
    assert after["tasks_retried"] - before["tasks_retried"] == 1
    assert after["workers_died"] - before["workers_died"] == 1
    check_next_job(sc)


def test_a_worker_killed_every_time(sc: SparkContext) -> None:
    def f(x: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return x

    error = failure(sc, sc.parallelize([1], 1).map(f).collect)
    assert str(error).count("SIGKILL") >= error.attempts == 4
    assert len(error.deaths) == 4
    assert all("SIGKILL" in death for death in error.deaths)
    assert "map" in str(error)


def test_a_worker_that_exits(sc: SparkContext) -> None:
    error = failure(sc, sc.parallelize([1], 1).map(lambda x: os._exit(3)).collect)
    assert "exit code 3" in str(error)


def test_a_segmentation_fault(sc2: SparkContext) -> None:
    def f(x: int) -> int:
        os.kill(os.getpid(), signal.SIGSEGV)
        return x

    assert "SIGSEGV" in str(failure(sc2, sc2.parallelize([1], 1).map(f).collect))


def test_a_worker_that_dies_on_the_reduce_side(sc: SparkContext, once: Callable[[], bool]) -> None:
    def f(pair: tuple[int, int]) -> tuple[int, int]:
        if once():
            os.kill(os.getpid(), signal.SIGKILL)
        return pair

    rdd = sc.parallelize(range(100), 3).map(lambda x: (x % 5, x)).reduceByKey(lambda a, b: a + b, 2).map(f)
    before = sc._engine.counters()
    assert sorted(rdd.collect()) == [(k, 950 + 20 * k) for k in range(5)]
    after = sc._engine.counters()
    # The map outputs outlive the worker that wrote them: only the reduce task runs again.
    assert after["tasks"] - before["tasks"] == 6
    check_next_job(sc)


def test_an_idle_worker_killed_from_outside(sc: SparkContext) -> None:
    for pid in sc._engine.worker_pids():
        os.kill(pid, signal.SIGKILL)
    check_next_job(sc)


def test_the_daemon_killed_from_outside(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]")
    kept = sc.parallelize(range(10), 3).map(lambda x: (x % 2, x)).reduceByKey(max, 2)
    first = kept.collect()
    daemon = sc._engine.daemon_pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    assert kept.collect() == first
    check_next_job(sc)
    # The workers may have ended both jobs before the driver sees that their daemon has gone.
    wait_until(lambda: sc._engine.counters()["daemons_died"] == 1, "the death of the daemon noticed")
    check_next_job(sc)
    assert sc._engine.daemon_pid() not in (None, daemon)


def test_attempts_as_many_as_the_master_says(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc = start_context("local[2,3]")

    def fail_twice(x: int) -> int:
        attempt = len(list(tmp_path.iterdir()))
        if x == 1 and attempt < 2:
            (tmp_path / str(attempt)).touch()
            raise ValueError(f"attempt {attempt}")
        return x

    assert sc.parallelize(range(4), 2).map(fail_twice).collect() == [0, 1, 2, 3]
    assert sc._engine.counters()["tasks_retried"] == 2

    def fail_always(x: int) -> int:
        raise ValueError("always")

    error = failure(sc, sc.parallelize([1], 1).map(fail_always).collect)
    assert error.attempts == 3


def test_one_attempt_when_the_master_says_nothing(sc: SparkContext, tmp_path: Path) -> None:
    def fail(x: int) -> int:
        (tmp_path / str(len(list(tmp_path.iterdir())))).touch()
        raise ValueError("once")

    assert failure(sc, sc.parallelize([1], 1).map(fail).collect).attempts == 1
    assert len(list(tmp_path.iterdir())) == 1


# Memory.


def test_a_task_over_the_memory_budget_ends_in_one_clear_error(
    start_context: Callable[..., SparkContext],
) -> None:
    sc = start_context("local[1]", {"firesteel.memory": "256m"})

    def hoard(iterator: Iterator[int]) -> Iterator[int]:
        kept = [bytes(range(256)) * 400 for _ in iterator]
        yield len(kept)

    text = str(failure(sc, sc.parallelize(range(20_000), 1).mapPartitions(hoard).collect))
    assert "MemoryError" in text
    assert "firesteel.memory" in text


def test_a_combiner_over_the_memory_budget_ends_in_one_clear_error(
    start_context: Callable[..., SparkContext],
) -> None:
    sc = start_context("local[1]", {"firesteel.memory": "128m"})
    rdd = sc.parallelize(range(4_000), 1).map(lambda x: (0, [str(x) * 20_000]))
    text = str(failure(sc, rdd.reduceByKey(lambda a, b: a.extend(b) or a).count))
    assert "firesteel.memory" in text


# Files.


def test_a_missing_input_path(sc: SparkContext) -> None:
    with pytest.raises(InputError) as caught:
        sc.textFile("/no/such/file.txt").map(str.strip).collect()
    assert "Input path does not exist: file:/no/such/file.txt" in check_text(caught.value)
    check_next_job(sc)


def test_an_input_that_goes_between_two_jobs(sc2: SparkContext, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("one\n")
    rdd = sc2.textFile(str(path))
    assert rdd.collect() == ["one"]
    path.unlink()
    with pytest.raises(FiresteelError) as caught:
        rdd.collect()
    assert str(path) in check_text(caught.value)
    check_next_job(sc2)


def test_an_existing_output_folder(sc: SparkContext, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        sc.parallelize([1]).saveAsTextFile(str(tmp_path))
    assert f"Output directory file:{tmp_path} already exists" in check_text(caught.value)
    assert list(tmp_path.iterdir()) == []
    check_next_job(sc)


# Functions that cannot be sent.


class Furnace:
    """Holds a lock, as objects around programs do."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def heat(self, sc: SparkContext) -> Any:
        def f(x: int) -> int:
            with self.lock:
                return x

        return sc.parallelize([1], 1).map(f).collect()


def test_an_unpicklable_closure_names_the_way_to_the_culprit(sc: SparkContext) -> None:
    with pytest.raises(pickle.PicklingError) as caught:
        Furnace().heat(sc)
    text = check_text(caught.value)
    assert "f -> closure 'self' -> .lock" in text
    assert "cannot pickle '_thread.lock' object" in text
    assert "map at" in text
    assert f"test_failures.py:{line_of(Furnace.heat, 'map(f)')}" in text
    check_next_job(sc)


def test_large_captures_are_named_with_their_size(sc2: SparkContext) -> None:
    table, lock = b"x" * 3_000_000, threading.Lock()
    with pytest.raises(pickle.PicklingError) as caught:
        sc2.parallelize([1], 1).map(lambda x: (table[x], lock)).collect()
    text = check_text(caught.value)
    assert "closure 'lock'" in text
    assert "closure 'table' takes 2.9 MB" in text
    assert "sc.broadcast" in text
    check_next_job(sc2)


@pytest.mark.parametrize("what", ["context", "rdd"])
def test_the_context_and_rdds_stay_on_the_driver(sc2: SparkContext, what: str) -> None:
    inner: Any = sc2 if what == "context" else sc2.range(3)
    with pytest.raises(pickle.PicklingError, match="SPARK-5063"):
        sc2.parallelize([1], 1).map(lambda x: (x, inner)).collect()
    check_next_job(sc2)


def test_an_element_that_cannot_be_pickled(sc2: SparkContext) -> None:
    with pytest.raises(pickle.PicklingError, match=r"cannot pickle '_thread\.lock' object"):
        sc2.parallelize([threading.Lock()], 1).collect()
    check_next_job(sc2)


def test_a_function_that_cannot_be_unpickled_in_the_worker(sc2: SparkContext) -> None:
    class Fragile:
        def __reduce__(self) -> Any:
            return int, ("not a number",)

    fragile = Fragile()
    rdd = sc2.parallelize([1], 1).map(lambda x: (x, fragile))
    assert "ValueError: invalid literal for int()" in str(failure(sc2, rdd.collect))


# After the end.


USES: dict[str, Callable[..., Any]] = {
    "parallelize": lambda sc, rdd: sc.parallelize([1]),
    "range": lambda sc, rdd: sc.range(3),
    "textFile": lambda sc, rdd: sc.textFile("lines.txt"),
    "emptyRDD": lambda sc, rdd: sc.emptyRDD(),
    "defaultParallelism": lambda sc, rdd: sc.defaultParallelism,
    "collect": lambda sc, rdd: rdd.collect(),
    "count": lambda sc, rdd: rdd.count(),
    "map and take": lambda sc, rdd: rdd.map(str).take(1),
    "reduceByKey": lambda sc, rdd: rdd.map(lambda x: (x, x)).reduceByKey(max).collect(),
    "broadcast": lambda sc, rdd: sc.broadcast(1),
    "cancelAllJobs": lambda sc, rdd: sc.cancelAllJobs(),
}


@pytest.mark.parametrize("use", USES)
def test_use_after_stop(start_context: Callable[..., SparkContext], use: str) -> None:
    sc = start_context("local[1]")
    rdd = sc.range(3)
    sc.stop()
    with pytest.raises(ContextStoppedError, match="has been stopped") as caught:
        USES[use](sc, rdd)
    # Programs written for PySpark know it as this.
    assert isinstance(caught.value, AttributeError)
    assert len(check_text(caught.value).splitlines()) == 1


def test_what_needs_no_engine_still_works_after_stop(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]")
    shared, total = sc.broadcast("steel"), sc.accumulator(1)
    sc.stop()
    total.add(1)
    assert (shared.value, total.value) == ("steel", 2)
    assert "local[1]" in repr(sc)


# A failure beside a success.


def test_a_failing_job_does_not_disturb_the_one_beside_it(sc: SparkContext, tmp_path: Path) -> None:
    results: list[Any] = []

    def slow_success() -> None:
        def f(x: int) -> int:
            (tmp_path / str(x)).touch()
            return x

        results.append(
            sc.parallelize(range(40), 8).map(f).map(lambda x: (x % 2, x)).reduceByKey(max, 2).collect()
        )

    thread = threading.Thread(target=slow_success)
    thread.start()
    wait_until(lambda: any(tmp_path.iterdir()), "the other job running")
    for _ in range(5):
        failure(sc, sc.parallelize([1], 1).map(lambda x: 1 // 0).collect)
    thread.join(20)
    assert results == [[(0, 38), (1, 39)]]


def test_the_other_tasks_of_a_failed_job_are_stopped(sc2: SparkContext, tmp_path: Path) -> None:
    def f(x: int) -> int:
        if x == 0:
            while not (tmp_path / "other").exists():
                pass
            raise ValueError("first")
        (tmp_path / "other").touch()
        while True:
            pass

    assert "ValueError: first" in str(failure(sc2, sc2.parallelize([0, 1], 2).map(f).collect))


@pytest.mark.parametrize("seed", range(3))
def test_workers_killed_at_random(start_context: Callable[..., SparkContext], seed: int) -> None:
    """Whatever dies and when: every job ends with the right result."""
    sc, chance = start_context("local[3]"), random.Random(seed)
    done = threading.Event()

    def kill_one_after_the_other() -> None:
        try:
            for _ in range(12):
                pid = chance.choice(wait_until(sc._engine.worker_pids, "a worker"))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                wait_until(lambda pid=pid: pid not in sc._engine.worker_pids(), "its death noticed")
                # Others get on in between, or one unlucky task would die its four deaths.
                tasks = sc._engine.counters()["tasks"]
                wait_until(lambda tasks=tasks: sc._engine.counters()["tasks"] > tasks + 5, "tasks begun")
        finally:
            done.set()

    killer = threading.Thread(target=kill_one_after_the_other)
    killer.start()
    jobs = 0
    while not done.is_set():
        rdd = sc.parallelize(range(2000), 6).map(lambda x: (x % 7, x)).reduceByKey(lambda a, b: a + b, 4)
        assert sorted(rdd.sortByKey(numPartitions=2).collect()) == [
            (k, sum(range(k, 2000, 7))) for k in range(7)
        ]
        jobs += 1
    killer.join()
    assert jobs > 0
    assert sc._engine.counters()["workers_died"] > 5
    check_next_job(sc)


@pytest.mark.parametrize(("leave", "code"), [("return x", 0), ("sys.exit(5)", 5), ("1 / 0", 1)])
def test_a_child_that_a_function_forks_does_not_speak_for_the_worker(
    sc2: SparkContext, leave: str, code: int
) -> None:
    def fork(x: int) -> int:
        import os
        import sys  # noqa: F401

        child = os.fork()
        if child == 0:
            scope: dict[str, Any] = {}
            exec(f"import sys\ndef go(x):\n    {leave}", scope)
            return scope["go"](x)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert sc2.parallelize([1, 2], 2).map(fork).collect() == [code, code]
