"""Every fault at every point: the right answer or one clear error, and the context works on."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from catalogue import ANSWER, FAULTS, POINTS, Died, Raised, Strike, StrikesWhenDumped, Unharmed
from ledger import note

from firesteel import SparkContext
from firesteel.errors import JobError

LONGEST = 15
"""Lines of an error, at most."""
SECTION = "Deaths"
SWALLOWED = {"`__del__`"}
"""Where Python itself prints an exception and goes on."""
RAISING = [fault for fault, (_, outcome) in FAULTS.items() if isinstance(outcome, Raised)]
FATAL = [fault for fault, (_, outcome) in FAULTS.items() if isinstance(outcome, Died)]
DYING = [fault for fault in FATAL if fault != "SIGSTOP"]
HARMLESS = [fault for fault, (_, outcome) in FAULTS.items() if isinstance(outcome, Unharmed)]
PATIENT = {"firesteel.task.timeout": "8s"}
"""Longer than any of these tasks takes; where a machine is that busy, it runs again with the same answer."""


def check_error(error: JobError, says: str) -> None:
    text = str(error)
    assert says in text
    assert len(text.splitlines()) <= LONGEST, text
    assert re.search(r"\(stage \d+, partition \d+", text), text
    assert ".rs:" not in text
    assert "python/firesteel" not in text


def check_next_job(sc: SparkContext) -> None:
    assert sc.parallelize(range(20), 4).map(lambda x: (x % 3, x)).reduceByKey(max, 2).count() == 3


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("fault", RAISING)
def test_what_raises(sc2: SparkContext, fault: str, point: str, tmp_path: Path) -> None:
    expected = FAULTS[fault][1]
    assert isinstance(expected, Raised)
    strike = Strike(fault, os.getpid())
    if point in SWALLOWED:
        assert POINTS[point](sc2, strike, tmp_path) == ANSWER
        note(SECTION, fault, point, "unharmed")
        return
    with pytest.raises(JobError) as caught:
        POINTS[point](sc2, strike, tmp_path)
    check_error(caught.value, expected.says)
    assert caught.value.attempts == 1
    assert not (tmp_path / "saved").exists()
    check_next_job(sc2)
    note(SECTION, fault, point, "error")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("fault", DYING)
def test_what_kills_a_worker_once(sc2: SparkContext, fault: str, point: str, tmp_path: Path) -> None:
    marker = tmp_path / "struck"
    assert POINTS[point](sc2, Strike(fault, os.getpid(), str(marker)), tmp_path) == ANSWER
    assert marker.exists()
    check_next_job(sc2)
    note(SECTION, fault, point, "retried")


@pytest.mark.parametrize(
    ("fault", "point"),
    list(zip(DYING, ["unpickling a function", "shuffle write", "saving", "cache write"], strict=True)),
)
def test_what_kills_every_worker(sc2: SparkContext, fault: str, point: str, tmp_path: Path) -> None:
    expected = FAULTS[fault][1]
    assert isinstance(expected, Died)
    with pytest.raises(JobError) as caught:
        POINTS[point](sc2, Strike(fault, os.getpid()), tmp_path)
    check_error(caught.value, expected.says)
    assert len(caught.value.deaths) == caught.value.attempts == 4
    assert all(re.search(r"having used \d+ MiB", death) for death in caught.value.deaths)
    assert not (tmp_path / "saved").exists()
    check_next_job(sc2)


@pytest.mark.parametrize("fault", HARMLESS)
def test_what_does_no_harm(start_context: Callable[..., SparkContext], fault: str, tmp_path: Path) -> None:
    # A context of its own: what is left running is to go with it, and does not go before.
    sc = start_context("local[2]")
    for number, (point, run) in enumerate(POINTS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert run(sc, Strike(fault, os.getpid(), str(folder / "struck")), folder) == ANSWER
        assert (folder / "struck").exists()
        note(SECTION, fault, point, "unharmed")
    check_next_job(sc)


def test_a_frozen_worker_is_killed_after_the_time_limit(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    # Side by side, so that all of them wait for the limit only once.
    sc = start_context(f"local[{len(POINTS)}]", PATIENT)
    folders = {point: tmp_path / str(number) for number, point in enumerate(POINTS)}

    def run(point: str) -> Any:
        folders[point].mkdir()
        strike = Strike("SIGSTOP", os.getpid(), str(folders[point] / "struck"))
        return POINTS[point](sc, strike, folders[point])

    with ThreadPoolExecutor(len(POINTS)) as threads:
        answers = dict(zip(POINTS, threads.map(run, POINTS), strict=True))
    for point in POINTS:
        assert answers[point] == ANSWER, point
        assert (folders[point] / "struck").exists()
        note(SECTION, "SIGSTOP", point, "retried")
    assert sc._engine.counters()["tasks_timed_out"] >= len(POINTS)
    check_next_job(sc)


def test_a_task_that_never_ends_is_told_by_its_limit(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]", {"firesteel.task.timeout": "300ms"})

    def forever(x: int) -> int:
        while True:
            pass

    with pytest.raises(JobError) as caught:
        sc.parallelize([1], 1).map(forever).collect()
    check_error(caught.value, "killed after 300ms, the limit that firesteel.task.timeout sets")
    assert caught.value.attempts == 4
    note(SECTION, "an endless loop", "a call", "error")


@pytest.mark.parametrize("fault", ["exception", "os._exit", "SIGKILL"])
def test_a_spill_is_struck(start_context: Callable[..., SparkContext], fault: str, tmp_path: Path) -> None:
    sc = start_context("local[1]", {"firesteel.memory": "48m"})
    raises = isinstance(FAULTS[fault][1], Raised)
    # Once would do for a death; pickling that raises is tried another way first.
    strike = Strike(fault, os.getpid(), "" if raises else str(tmp_path / "struck"))

    def create(x: int) -> Any:
        # The first key, which is in the first run that is spilled.
        return StrikesWhenDumped(x, strike) if x == 0 else x

    pairs = sc.range(300_000, numSlices=1).map(lambda x: (f"key {x}", x))
    combined = pairs.combineByKey(create, max, max, 4).mapValues(int)
    if raises:
        with pytest.raises(JobError) as caught:
            combined.count()
        check_error(caught.value, "ValueError: struck")
        note(SECTION, fault, "a spill", "error")
    else:
        assert combined.values().sum() == sum(range(300_000))
        assert sc._engine.counters()["spills"] > 0
        assert (tmp_path / "struck").exists()
        note(SECTION, fault, "a spill", "retried")
    check_next_job(sc)


# What the error of a death tells.


def test_a_crash_shows_where_it_was(sc2: SparkContext) -> None:
    def crash(x: int) -> int:
        os.abort()

    with pytest.raises(JobError) as caught:
        sc2.parallelize([1], 1).map(crash).collect()
    text = str(caught.value)
    check_error(caught.value, "killed by signal 6 (SIGABRT)")
    assert "Fatal Python error: Aborted" in text
    assert re.search(rf'File "{re.escape(__file__)}", line \d+ in crash', text), text
    assert "Fatal Python error" in str(caught.value.last_words)


def test_a_death_shows_the_last_lines_of_stderr(sc2: SparkContext) -> None:
    def complain(x: int) -> int:
        import sys

        for number in range(100):
            print("complaint", number, file=sys.stderr)
        os._exit(9)

    with pytest.raises(JobError) as caught:
        sc2.parallelize([1], 1).map(complain).collect()
    text = str(caught.value)
    check_error(caught.value, "exit code 9")
    assert "| complaint 99" in text
    assert "complaint 5\n" not in text


def test_memory_above_the_hard_limit_is_an_error_of_python(
    start_context: Callable[..., SparkContext],
) -> None:
    sc = start_context("local[1]", {"spark.executor.pyspark.memory": "1g"})

    def hoard(x: int) -> int:
        return len(b"x" * (2 << 30))

    with pytest.raises(JobError) as caught:
        sc.parallelize([1], 1).map(hoard).collect()
    check_error(caught.value, "MemoryError")
    check_next_job(sc)
    note(SECTION, "more memory than spark.executor.pyspark.memory", "a call", "error")


def test_a_result_that_cannot_be_pickled_anywhere(sc2: SparkContext) -> None:
    import threading

    lock = threading.Lock
    jobs: dict[str, Callable[[], Any]] = {
        "pickling a result": lambda: sc2.parallelize([1], 1).map(lambda x: lock()).collect(),
        "shuffle write": lambda: sc2.parallelize([1], 1).map(lambda x: (x, lock())).partitionBy(2).count(),
        "cache write": lambda: sc2.parallelize([1], 1).map(lambda x: lock()).cache().count(),
    }
    for point, job in jobs.items():
        with pytest.raises(JobError) as caught:
            job()
        check_error(caught.value, "cannot pickle '_thread.lock' object")
        check_next_job(sc2)
        note(SECTION, "what cannot be pickled", point, "error")
