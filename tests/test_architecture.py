"""The promises of the design that results alone do not show: what runs where, how often, and what travels."""

import json
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext
from support.calls import calls_here, calls_in_worker
from support.processes import run_directories
from support.programs import Programs

FEW, MANY = 10, 1000

Job = Callable[[SparkContext, int], Any]


def numbers(sc: SparkContext, count: int) -> Any:
    return sc.parallelize(list(range(count)), 1)


def pairs(sc: SparkContext, count: int) -> Any:
    """Pairs with seven keys, made before the functions under test run."""
    return sc.parallelize([(x % 7, x) for x in range(count)], 1)


JOBS: dict[str, Job] = {
    "collect": lambda sc, n: numbers(sc, n).collect(),
    "collect of mixed types": lambda sc, n: sc.parallelize(
        [y for x in range(n) for y in ([x], str(x), None)], 1
    ).collect(),
    "count": lambda sc, n: numbers(sc, n).count(),
    "map": lambda sc, n: numbers(sc, n).map(lambda x: x + 1).collect(),
    "map, filter, flatMap, mapValues": lambda sc, n: (
        numbers(sc, n)
        .map(lambda x: (x % 7, x))
        .filter(lambda pair: pair[0])
        .flatMap(lambda pair: [pair, pair])
        .mapValues(lambda x: x + 1)
        .collect()
    ),
    "keys, values, keyBy, flatMapValues": lambda sc, n: (
        pairs(sc, n).keyBy(lambda pair: pair[0]).values().flatMapValues(lambda x: [x, x]).keys().count()
    ),
    "reduceByKey": lambda sc, n: pairs(sc, n).reduceByKey(lambda a, b: a + b, 2).collect(),
    "reduceByKey of as many keys": lambda sc, n: (
        numbers(sc, n).map(lambda x: (str(x), x)).reduceByKey(lambda a, b: a + b, 2).collect()
    ),
    "combineByKey": lambda sc, n: (
        pairs(sc, n).combineByKey(lambda v: v, lambda a, b: a + b, lambda a, b: a + b, 2).collect()
    ),
    "aggregateByKey": lambda sc, n: (
        pairs(sc, n).aggregateByKey(0, lambda a, b: a + b, lambda a, b: a + b, 2).collect()
    ),
    "groupByKey": lambda sc, n: pairs(sc, n).groupByKey(2).count(),
    "partitionBy": lambda sc, n: pairs(sc, n).partitionBy(2).collect(),
    "distinct": lambda sc, n: numbers(sc, n).distinct(2).collect(),
    "join": lambda sc, n: numbers(sc, n).map(lambda x: (x, x)).join(sc.parallelize([(1, 1)], 1), 2).collect(),
    "join of as many pairs": lambda sc, n: (
        numbers(sc, n).map(lambda x: (x, x)).join(numbers(sc, n).map(lambda x: (x, -x)), 2).collect()
    ),
    "sortBy": lambda sc, n: numbers(sc, n).sortBy(lambda x: -x, numPartitions=2).collect(),
    "sortByKey": lambda sc, n: pairs(sc, n).sortByKey(numPartitions=2).collect(),
    "repartition": lambda sc, n: numbers(sc, n).repartition(3).collect(),
    "union, coalesce": lambda sc, n: numbers(sc, n).union(numbers(sc, n)).coalesce(1).collect(),
    "glom": lambda sc, n: numbers(sc, n).glom().collect(),
    "reduce": lambda sc, n: numbers(sc, n).reduce(lambda a, b: a + b),
    "fold": lambda sc, n: numbers(sc, n).fold(0, lambda a, b: a + b),
    "aggregate": lambda sc, n: numbers(sc, n).aggregate(0, lambda a, b: a + b, lambda a, b: a + b),
    "sum": lambda sc, n: numbers(sc, n).sum(),
    "take": lambda sc, n: numbers(sc, n).map(lambda x: x).take(n),
    "takeOrdered": lambda sc, n: numbers(sc, n).takeOrdered(5, key=lambda x: -x),
    "countByValue": lambda sc, n: numbers(sc, n).countByValue(),
    "countByKey": lambda sc, n: pairs(sc, n).countByKey(),
    "foreach": lambda sc, n: numbers(sc, n).foreach(lambda x: None),
    "cache": lambda sc, n: [rdd := numbers(sc, n).map(lambda x: x).cache(), rdd.count(), rdd.collect()],
}


@pytest.fixture
def sc1(shared: Any) -> SparkContext:
    """A context with one worker, so that every task runs in the same process."""
    from support.contexts import Mode

    return shared.get(Mode("local[1]"))


def not_the_users(calls: Counter[str]) -> dict[str, int]:
    """Return the calls of functions that are not the test's own."""
    own = {__file__, str(Path(__file__).parent / "support/calls.py")}
    return {file: count for file, count in sorted(calls.items()) if file not in own}


@pytest.mark.parametrize("name", JOBS)
def test_in_a_worker_only_the_users_functions_run_per_element(sc1: SparkContext, name: str) -> None:
    job = JOBS[name]
    job(sc1, FEW)  # whatever is imported or cached once
    few, many = (not_the_users(calls_in_worker(sc1, lambda n=n: job(sc1, n))) for n in (FEW, MANY))
    growth = {file: (few.get(file, 0), count) for file, count in many.items() if count > few.get(file, 0)}
    assert not growth, f"calls of 10 and of 1,000 elements, by file: {growth}"


@pytest.mark.parametrize("name", JOBS)
def test_on_the_driver_nothing_of_ours_runs_per_element(sc1: SparkContext, name: str) -> None:
    job = JOBS[name]
    job(sc1, FEW)
    package = str(Path(sys.modules["firesteel"].__file__ or "").parent)
    few, many = (calls_here(lambda n=n: job(sc1, n)) for n in (FEW, MANY))

    def ours(calls: Counter[str]) -> int:
        return sum(count for file, count in calls.items() if file.startswith(package))

    # The number of elements may decide how many jobs an operation takes; never as many as there are elements.
    assert ours(many) <= 2 * ours(few)


def test_the_count_of_calls_does_see_calls(sc1: SparkContext) -> None:
    calls = calls_in_worker(sc1, lambda: numbers(sc1, MANY).map(lambda x: x).filter(lambda x: x).count())
    assert calls[__file__] >= 2 * MANY


@pytest.mark.parametrize("name", JOBS)
def test_what_a_task_says_does_not_grow_with_its_elements(sc1: SparkContext, name: str) -> None:
    """Elements travel as blocks. Small results stay inside the message, so here they are many."""
    job = JOBS[name]

    def said(count: int) -> int:
        before = sc1._engine.counters()
        job(sc1, count)
        after = sc1._engine.counters()
        tasks = after["tasks"] - before["tasks"]
        names = ("control_bytes_sent", "control_bytes_received")
        return sum(after[name] - before[name] for name in names) // tasks

    inline = 64 * 1024
    small, large = said(20_000), said(100_000)
    assert large <= small + 1024 or large <= inline, (small, large)


def test_control_messages_of_a_shuffle_are_small(sc1: SparkContext) -> None:
    for count in (100, 100_000):
        numbers(sc1, count).map(lambda x: (x, x)).reduceByKey(lambda a, b: a + b, 3).count()
        tasks = sc1._engine.last_job_tasks()
        assert len(tasks) == 4
        assert max(task["control_bytes"] for task in tasks) < 8192


def test_every_task_reports_elements_bytes_and_times(sc1: SparkContext) -> None:
    sc1.parallelize(range(1000), 4).map(lambda x: (x % 10, str(x))).reduceByKey(
        lambda a, b: a + b, 2
    ).collect()
    tasks = sc1._engine.last_job_tasks()
    assert len(tasks) == 6
    assert sorted({task["partition"] for task in tasks}) == [0, 1, 2, 3]
    for task in tasks:
        for name in ("elements_read", "elements_written", "bytes_written", "user_nanos", "total_nanos"):
            assert task[name] > 0, (name, task)
        assert task["user_nanos"] <= task["total_nanos"]
    stages = sorted({task["stage"] for task in tasks})
    mapped = [task for task in tasks if task["stage"] == stages[0]]
    assert sum(task["elements_read"] for task in mapped) == 1000


def test_a_text_task_reports_the_bytes_that_it_read(sc1: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("0123456789\n" * 1000)
    assert sc1.textFile(str(tmp_path / "lines"), 2).count() == 1000
    tasks = sc1._engine.last_job_tasks()
    assert sum(task["elements_read"] for task in tasks) == 1000
    assert sum(task["bytes_read"] for task in tasks) >= 11_000


def test_a_stage_whose_files_live_is_skipped(sc2: SparkContext) -> None:
    calls = sc2.accumulator(0)

    def f(x: int) -> tuple[int, int]:
        calls.add(1)
        return (x % 3, x)

    reduced = sc2.parallelize(range(30), 3).map(f).reduceByKey(max, 2)
    before = sc2._engine.counters()
    first = reduced.collect()
    between = sc2._engine.counters()
    assert reduced.collect() == first
    assert reduced.mapValues(str).count() == 3
    after = sc2._engine.counters()
    assert calls.value == 30
    assert between["stages"] - before["stages"] == 2
    assert between["stages_skipped"] - before["stages_skipped"] == 0
    assert after["stages_skipped"] - between["stages_skipped"] == 2
    assert after["tasks"] - between["tasks"] == 4


def test_a_retry_shows_in_the_counters(sc1: SparkContext, tmp_path: Path) -> None:
    marker = tmp_path / "died"

    def f(x: int) -> int:
        if x == 2 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        return x

    before = sc1._engine.counters()
    assert sc1.parallelize(range(4), 4).map(f).collect() == [0, 1, 2, 3]
    after = sc1._engine.counters()
    grown = {
        name: after[name] - before[name]
        for name in ("tasks_retried", "workers_died", "workers_started", "jobs")
    }
    assert grown == {"tasks_retried": 1, "workers_died": 1, "workers_started": 1, "jobs": 1}


def test_a_lost_map_output_makes_its_stage_run_again(start_context: Any) -> None:
    sc = start_context("local[2]")
    calls = sc.accumulator(0)

    def f(x: int) -> tuple[int, int]:
        calls.add(1)
        return (x % 3, x)

    before_files = files_of_the_run()
    reduced = sc.parallelize(range(30), 3).map(f).reduceByKey(lambda a, b: a + b, 2)
    first = reduced.collect()
    outputs = files_of_the_run() - before_files
    assert outputs
    for path in outputs:
        path.unlink()
    before = sc._engine.counters()
    assert reduced.collect() == first
    after = sc._engine.counters()
    assert after["fetch_failures"] > before["fetch_failures"]
    assert calls.value == 60


def test_a_damaged_map_output_is_noticed_and_made_again(start_context: Any) -> None:
    sc = start_context("local[2]")
    before_files = files_of_the_run()
    reduced = sc.parallelize(range(300), 3).map(lambda x: (x % 50, x)).reduceByKey(lambda a, b: a + b, 2)
    first = reduced.collect()
    for path in files_of_the_run() - before_files:
        damaged = bytearray(path.read_bytes())
        for position in range(len(damaged) // 2, len(damaged)):
            damaged[position] ^= 0x55
        path.chmod(0o600)
        path.write_bytes(damaged)
    assert reduced.collect() == first
    assert sc._engine.counters()["fetch_failures"] > 0


def files_of_the_run() -> set[Path]:
    """Return all files in the run directories but their locks."""
    paths = (path for directory in run_directories() for path in directory.rglob("*"))
    return {path for path in paths if path.is_file() and path.name != "lock"}


def test_a_journal_holds_what_the_scheduler_saw_and_did(start_context: Any, tmp_path: Path) -> None:
    sc = start_context("local[2]", {"firesteel.journal": str(tmp_path / "journal")})
    sc.parallelize(range(30), 3).map(lambda x: (x % 3, x)).reduceByKey(max, 2).collect()
    sc.stop()
    lines = (tmp_path / "journal").read_text().splitlines()
    assert len(lines) > 5
    assert all(isinstance(json.loads(line), (dict, list)) for line in lines)


def test_a_functions_state_is_fresh_in_every_task(sc1: SparkContext) -> None:
    seen: list[int] = []

    def remember(x: int, more: list[int] = []) -> Any:  # noqa: B006  the trap itself
        seen.append(x)
        more.append(x)
        return os.getpid(), len(seen), len(more)

    rdd = sc1.parallelize(range(8), 4).map(remember)
    for _ in range(2):
        results = rdd.collect()
        assert len({pid for pid, _, _ in results}) == 1, "the same worker, or nothing is proven"
        assert [counts for _, *counts in results] == [[1, 1], [2, 2]] * 4
    assert seen == []


def test_the_state_is_fresh_in_a_second_attempt(start_context: Any, tmp_path: Path) -> None:
    sc, seen = start_context("local[1,2]"), []

    def fail_once(x: int) -> int:
        seen.append(x)
        if x == 1 and not (tmp_path / "failed").exists():
            (tmp_path / "failed").touch()
            raise ValueError("once")
        return len(seen)

    assert sc.parallelize(range(3), 1).map(fail_once).collect() == [1, 2, 3]


def test_modules_stay_loaded_in_a_worker(sc1: SparkContext) -> None:
    def loaded(_: int) -> bool:
        import sys

        known = hasattr(sys, "firesteel_tests_loaded")
        sys.firesteel_tests_loaded = True  # type: ignore[attr-defined]
        return known

    assert sc1.parallelize(range(3), 3).map(loaded).collect() == [False, True, True]


# Laziness, and the order of calls.


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file in which functions in workers note that they were called."""
    path = tmp_path / "calls"
    path.touch()
    return path


def noting(log: Path, name: str, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that notes its name and its element before it does what it does."""

    def noted(x: Any) -> Any:
        with open(log, "a") as file:
            file.write(f"{name}{x} ")
        return f(x)

    return noted


def test_transformations_run_nothing(sc2: SparkContext, log: Path) -> None:
    rdd = sc2.parallelize([(1, 2)], 1).map(noting(log, "f", lambda x: x))
    rdd.reduceByKey(max).groupByKey().join(rdd).coalesce(1).cache().distinct().repartition(3).glom()
    assert log.read_text() == ""


def test_first_calls_the_function_once(sc: SparkContext, log: Path) -> None:
    assert sc.parallelize(range(1000), 4).map(noting(log, "f", str)).first() == "0"
    assert log.read_text() == "f0 "


def test_take_calls_the_function_as_often_as_it_takes(sc: SparkContext, log: Path) -> None:
    assert sc.parallelize(range(1000), 4).map(noting(log, "f", str)).take(3) == ["0", "1", "2"]
    assert log.read_text() == "f0 f1 f2 "


def test_three_of_infinitely_many(sc: SparkContext) -> None:
    def forever(_: Any) -> Any:
        number = 0
        while True:
            yield number
            number += 1

    assert sc.parallelize([0], 1).mapPartitions(forever).take(3) == [0, 1, 2]
    assert sc.parallelize([0], 1).flatMap(forever).map(lambda x: x * 2).take(3) == [0, 2, 4]


def test_every_element_goes_through_the_whole_chain_before_the_next(sc: SparkContext, log: Path) -> None:
    f, g, h = (
        noting(log, name, result) for name, result in [("f", lambda x: x), ("g", lambda x: True), ("h", str)]
    )
    assert sc.parallelize(range(3), 1).map(f).filter(g).map(h).count() == 3
    assert log.read_text() == "f0 g0 h0 f1 g1 h1 f2 g2 h2 "


def test_flat_map_pulls_one_element_after_the_other(sc: SparkContext, log: Path) -> None:
    def twice(x: int) -> Any:
        for y in (x, x + 10):
            with open(log, "a") as file:
                file.write(f"f{y} ")
            yield y

    sc.parallelize(range(2), 1).flatMap(twice).map(noting(log, "g", lambda x: x)).count()
    assert log.read_text() == "f0 g0 f10 g10 f1 g1 f11 g11 "


def test_map_partitions_pulls_as_it_asks(sc: SparkContext, log: Path) -> None:
    def every_second(iterator: Any) -> Any:
        for x in iterator:
            next(iterator, None)
            yield x

    rdd = sc.parallelize(range(4), 1).map(noting(log, "f", lambda x: x)).mapPartitions(every_second)
    assert rdd.map(noting(log, "g", lambda x: x)).collect() == [0, 2]
    assert log.read_text() == "f0 f1 g0 f2 f3 g2 "


def test_an_abandoned_generator_is_closed(sc: SparkContext, log: Path) -> None:
    def numbers(_: Any) -> Any:
        try:
            yield from range(1000)
        finally:
            with open(log, "a") as file:
                file.write("closed")

    assert sc.parallelize([0], 1).mapPartitions(numbers).take(2) == [0, 1]
    assert log.read_text() == "closed"


def test_parallelize_takes_a_snapshot(sc: SparkContext) -> None:
    inner, elements = [1], [[0]]
    elements.append(inner)
    rdd = sc.parallelize(elements, 2)
    elements.append([2])
    inner.append(9)
    assert rdd.collect() == [[0], [1]]


def test_a_function_is_pickled_when_its_rdd_first_runs(sc2: SparkContext) -> None:
    factor = 2
    rdd = sc2.parallelize([1], 1).map(lambda x: x * factor)
    factor = 3
    assert rdd.collect() == [3]
    factor = 4
    assert rdd.collect() == [3]
    assert sc2.parallelize([1], 1).map(lambda x: x * factor).collect() == [4]


def test_a_chain_of_five_thousand_operations(sc: SparkContext) -> None:
    rdd: Any = sc.parallelize(range(3), 2)
    for _ in range(5000):
        rdd = rdd.map(lambda x: x + 1)
    assert rdd.collect() == [5000, 5001, 5002]


def test_memory_does_not_grow_with_the_elements_of_a_chain(sc1: SparkContext) -> None:
    def peak(_: Any) -> Any:
        import resource

        return [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]

    def chunks(count: int) -> Any:
        return sc1.parallelize(range(count), 1).map(lambda x: bytes(100_000)).filter(len).map(len)

    assert chunks(100).sum() == 10_000_000
    [before] = sc1.parallelize([0], 1).mapPartitions(peak).collect()
    assert chunks(5_000).sum() == 500_000_000
    [after] = sc1.parallelize([0], 1).mapPartitions(peak).collect()
    assert after - before < 50_000, "KiB more, for 500 MB that went through"


# What importing does.

QUIET_IMPORT = textwrap.dedent("""
    import os, threading
    before = set(os.listdir("/proc/self/task")), set(os.listdir("/proc/self/fd"))
    import firesteel, firesteel.sql
    from firesteel import SparkContext, SparkConf, RDD
    from firesteel.sql import SparkSession
    import firesteel._native
    after = set(os.listdir("/proc/self/task")), set(os.listdir("/proc/self/fd"))
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    print(before == after, children, threading.active_count())
""")


def test_importing_starts_nothing(programs: Programs) -> None:
    done = programs.python(QUIET_IMPORT)
    assert (done.stdout, done.stderr, done.returncode) == ("True [] 1\n", "", 0)


def test_a_job_imports_no_large_package_that_happens_to_be_installed(programs: Programs) -> None:
    for name in ("numpy", "pandas", "pyarrow"):
        programs.write("maximum = minimum = sqrt = None", f"{name}.py")
    done = programs.python("""
        import sys
        from firesteel import SparkContext, SparkConf
        def imported(_):
            return [name for name in ("numpy", "pandas", "pyarrow") if name in sys.modules]
        with SparkContext("local[1]") as sc:
            print(imported(0), sc.parallelize([1, 2]).map(imported).reduce(lambda a, b: a + b))
    """)
    assert (done.stdout, done.stderr) == ("[] []\n", "")


def test_forgotten_rdds_are_collected_by_pythons_own_collector(sc2: SparkContext) -> None:
    import gc
    import weakref

    class Holder:
        pass

    def cycle() -> Any:
        holder: Any = Holder()
        holder.rdd = sc2.parallelize([1]).map(lambda x: (x, holder is None))
        return weakref.ref(holder)

    reference = cycle()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("count", "key"),
    [
        (400_000, lambda i: f"a key that is an object {i % 200_000}"),
        # Ints and short strs are held without objects, and take less.
        (1_400_000, lambda i: i % 1_300_000 * 7),
        (1_400_000, lambda i: f"key {i % 1_300_000}"),
    ],
)
def test_a_map_side_that_is_short_of_memory_spills_and_changes_nothing(
    start_context: Any, count: int, key: Any
) -> None:
    def sums(memory: str) -> tuple[list[list[tuple[Any, int]]], int]:
        sc = start_context("local[1]", {"firesteel.memory": memory})
        pairs = sc.parallelize(range(count), 1).map(lambda i: (key(i), i))
        placed = pairs.reduceByKey(lambda a, b: a + b, 16).glom().collect()
        spills = sc._engine.counters()["spills"]
        sc.stop()
        return placed, spills

    roomy, without = sums("4g")
    cramped, spills = sums("48m")
    assert without == 0
    assert spills > 0
    assert cramped == roomy


def test_a_function_that_leaves_a_cycle_per_element_runs_in_constant_memory(start_context: Any) -> None:
    def leave_cycle(x: int) -> int:
        cycle: list[Any] = [bytearray(5_000)]
        cycle.append(cycle)
        return x

    def peak(_: int) -> int:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    sc = start_context("local[1]")
    elements = 200_000
    assert sc.parallelize(range(elements), 1).map(leave_cycle).count() == elements
    assert sc.parallelize([0], 1).map(peak).first() < elements * 5_000 / 3
