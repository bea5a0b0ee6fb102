"""Every fault at every point: the right answer or one clear error, and the context works on."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from catalogue import (
    ABOVE_LIMIT,
    ANSWER,
    FAULTS,
    POINTS,
    SHORT_OF_MEMORY,
    SPILL_POINTS,
    Died,
    Raised,
    Strike,
    Unharmed,
)
from ledger import note

from firesteel import SparkContext
from firesteel.errors import JobError

LONGEST = 15
"""Lines of an error, at most."""
SECTION = "Deaths"
Start = Callable[..., SparkContext]
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
def test_what_does_no_harm(start_context: Start, fault: str, tmp_path: Path) -> None:
    # A context of its own: what is left running is to go with it, and does not go before.
    sc = start_context("local[2]")
    for number, (point, run) in enumerate(POINTS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert run(sc, Strike(fault, os.getpid(), str(folder / "struck")), folder) == ANSWER
        assert (folder / "struck").exists()
        note(SECTION, fault, point, "unharmed")
    check_next_job(sc)


def test_a_frozen_worker_is_killed_after_the_time_limit(start_context: Start, tmp_path: Path) -> None:
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


def test_a_task_that_never_ends_is_told_by_its_limit(start_context: Start) -> None:
    sc = start_context("local[1]", {"firesteel.task.timeout": "300ms"})

    def forever(x: int) -> int:
        while True:
            pass

    with pytest.raises(JobError) as caught:
        sc.parallelize([1], 1).map(forever).collect()
    check_error(caught.value, "killed after 300ms, the limit that firesteel.task.timeout sets")
    assert caught.value.attempts == 4
    note(SECTION, "an endless loop", "a call", "error")


@pytest.mark.parametrize("fault", [*RAISING, *DYING, *HARMLESS])
def test_a_spill_is_struck(start_context: Start, fault: str, tmp_path: Path) -> None:
    sc = start_context("local[1]", SHORT_OF_MEMORY)
    outcome = FAULTS[fault][1]
    for number, (point, run) in enumerate(SPILL_POINTS.items()):
        marker = tmp_path / str(number)
        if isinstance(outcome, Raised):
            # Every time: what cannot be pickled in one way is tried in another.
            with pytest.raises(JobError) as caught:
                run(sc, Strike(fault, os.getpid()), tmp_path)
            check_error(caught.value, outcome.says)
            note(SECTION, fault, point, "error")
        else:
            assert run(sc, Strike(fault, os.getpid(), str(marker)), tmp_path) == ANSWER
            assert marker.exists()
            note(SECTION, fault, point, "retried" if isinstance(outcome, Died) else "unharmed")
        check_next_job(sc)
    assert isinstance(outcome, Raised) or sc._engine.counters()["spills"] > 0


def test_a_worker_that_freezes_in_a_spill(start_context: Start, tmp_path: Path) -> None:
    sc = start_context("local[2]", {**PATIENT, **SHORT_OF_MEMORY})

    def run(point: str) -> Any:
        marker = str(tmp_path / point)
        return SPILL_POINTS[point](sc, Strike("SIGSTOP", os.getpid(), marker), tmp_path)

    with ThreadPoolExecutor(len(SPILL_POINTS)) as threads:
        assert list(threads.map(run, SPILL_POINTS)) == [ANSWER] * len(SPILL_POINTS)
    for point in SPILL_POINTS:
        assert (tmp_path / point).exists()
        note(SECTION, "SIGSTOP", point, "retried")
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


def test_what_kills_each_attempt_is_named(sc2: SparkContext) -> None:
    def die_of_it(word: str) -> str:
        if word == "poison":
            os._exit(5)
        return word

    words = ["wine", "bread", "poison", "salt"]
    with pytest.raises(JobError) as caught:
        sc2.parallelize(words, 1).map(die_of_it).collect()
    first, *others = [death.partition(", at ")[2] for death in caught.value.deaths]
    assert (first, others) == ("", ["element 3: 'poison'"] * 3)


def test_a_generator_is_killed_by_the_element_that_it_has_pulled(sc2: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("one\ntwo\n\N{SNOWMAN} three\n")

    def die_of_it(lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if "three" in line:
                os._exit(5)
            yield line

    with pytest.raises(JobError) as caught:
        sc2.textFile(str(tmp_path / "lines"), 1).mapPartitions(die_of_it).count()
    assert caught.value.deaths[-1].endswith("at element 3: '\N{SNOWMAN} three'")


def test_a_death_is_not_blamed_on_what_an_earlier_task_left_unread(
    start_context: Start, tmp_path: Path
) -> None:
    def read_one(words: Iterator[str]) -> list[str]:
        word = next(words)
        if not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os._exit(5)
        return [word]

    def die(words: Iterator[str]) -> list[str]:
        os._exit(6)

    sc = start_context("local[1]")
    assert sc.parallelize(["first", "second"], 1).mapPartitions(read_one).collect() == ["first"]
    with pytest.raises(JobError) as caught:
        sc.parallelize(["third"], 1).mapPartitions(die).collect()
    assert [death.partition(",")[0] for death in caught.value.deaths] == ["exit code 6"] * 4
    assert not any(" at element" in death for death in caught.value.deaths)


def test_a_death_behind_the_last_element_is_nobodys_fault(sc2: SparkContext) -> None:
    def die_afterwards(numbers: Iterator[int]) -> Iterator[int]:
        yield from numbers
        os._exit(5)

    with pytest.raises(JobError) as caught:
        sc2.parallelize(range(9), 1).mapPartitions(die_afterwards).sum()
    assert not any(" at element" in death for death in caught.value.deaths)


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


def test_memory_above_the_hard_limit_is_an_error_of_python(start_context: Start, tmp_path: Path) -> None:
    sc = start_context("local[1]", {"spark.executor.pyspark.memory": "1g"})
    for number, (point, run) in enumerate(POINTS.items()):
        folder, strike = tmp_path / str(number), Strike(ABOVE_LIMIT, os.getpid())
        folder.mkdir()
        if point in SWALLOWED:
            assert run(sc, strike, folder) == ANSWER
            note(SECTION, ABOVE_LIMIT, point, "unharmed")
            continue
        with pytest.raises(JobError) as caught:
            run(sc, strike, folder)
        check_error(caught.value, "MemoryError")
        check_next_job(sc)
        note(SECTION, ABOVE_LIMIT, point, "error")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_waits_for_the_end_of_a_worker(start_context: Start, fault: str, tmp_path: Path) -> None:
    """Workers end by `os._exit`, as PySpark's do: functions for the end of the interpreter do not run."""
    sc = start_context("local[2]", {"spark.python.worker.reuse": "false"})
    strike = Strike(fault, os.getpid(), str(tmp_path / "struck"))

    def prepare(x: int) -> int:
        import atexit

        atexit.register(strike)
        return x

    for _ in range(2):
        assert sc.parallelize(ANSWER, 4).map(prepare).collect() == ANSWER
    assert not (tmp_path / "struck").exists()
    note(SECTION, fault, "the end of a worker", "unharmed")


def test_a_result_that_cannot_be_pickled_anywhere(sc2: SparkContext, tmp_path: Path) -> None:
    import threading

    lock = threading.Lock
    jobs: dict[str, Callable[[], Any]] = {
        "pickling a result": lambda: sc2.parallelize([1], 1).map(lambda x: lock()).collect(),
        "shuffle write": lambda: sc2.parallelize([1], 1).map(lambda x: (x, lock())).partitionBy(2).count(),
        "cache write": lambda: sc2.parallelize([1], 1).map(lambda x: lock()).cache().count(),
        "a combiner": lambda: (
            sc2.parallelize([(1, 1)], 1).combineByKey(lambda x: lock(), max, max, 2).count()
        ),
        "saving": lambda: (
            sc2.parallelize([1], 1).map(lambda x: lock()).saveAsPickleFile(str(tmp_path / "saved"))
        ),
    }
    for point, job in jobs.items():
        with pytest.raises(JobError) as caught:
            job()
        check_error(caught.value, "cannot pickle '_thread.lock' object")
        check_next_job(sc2)
        note(SECTION, "what cannot be pickled", point, "error")
