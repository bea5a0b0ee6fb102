"""SparkContext: one at a time, from the first line of a program to stop()."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import RDD, SparkConf, SparkContext
from firesteel.errors import ContextStoppedError, JobCancelledError
from support.contexts import SharedContext
from support.processes import Footprint, run_directories
from support.waiting import wait_until


def test_only_one_at_a_time(sc2: SparkContext) -> None:
    with pytest.raises(
        ValueError, match=r"Cannot run multiple SparkContexts at once; existing SparkContext\(app="
    ):
        SparkContext("local[1]", "second")
    assert SparkContext.getOrCreate() is sc2


def test_the_constructor_takes_pysparks_arguments(shared: SharedContext) -> None:
    shared.close()
    conf = SparkConf().setAppName("from the conf").set("spark.default.parallelism", "3")
    with SparkContext("local[2]", "named", batchSize=2, environment={"FURNACE": "hot"}, conf=conf) as sc:
        assert (sc.master, sc.appName, sc.defaultParallelism) == ("local[2]", "named", 3)
        assert sc.getConf().get("spark.app.name") == "named"
        assert sc.parallelize([0]).map(lambda _: __import__("os").environ["FURNACE"]).collect() == ["hot"]
        assert [len(part) for part in sc.parallelize(list(range(10)), 2).glom().collect()] == [4, 6]
    assert conf.get("spark.app.name") == "from the conf"


def test_a_with_block_ends_it(shared: SharedContext) -> None:
    shared.close()
    with SparkContext("local[1]", "short") as sc:
        assert sc.range(3).count() == 3
    with SparkContext("local[1]", "next") as sc:
        assert sc.appName == "next"


@pytest.mark.parametrize(("master", "parallelism"), [("local", 1), ("local[3]", 3), ("local[2,4]", 2)])
def test_local_masters(start_context: Callable[..., SparkContext], master: str, parallelism: int) -> None:
    assert start_context(master).defaultParallelism == parallelism


@pytest.mark.parametrize("master", ["nonsense", "local[0]", "local[x]", "local[2"])
def test_another_master_is_one_clear_line(shared: SharedContext, master: str) -> None:
    shared.close()
    with pytest.raises(Exception, match=r"master|Master|0 threads") as error:
        SparkContext(master, "app")
    assert len(str(error.value).splitlines()) == 1
    # And the next one starts.
    SparkContext("local[1]", "app").stop()


def test_it_says_whose_api_it_has_and_who_it_is(sc2: SparkContext) -> None:
    assert sc2.version == "4.3.0"
    assert sc2.applicationId.startswith("local-")
    first, second = sc2.range(1), sc2.range(1)
    assert isinstance(first, RDD)
    assert first.id() != second.id()


def test_stopping_twice_is_fine(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context()
    sc.range(3).count()
    sc.stop()
    sc.stop()


def test_starting_and_stopping_twenty_times_leaks_nothing(start_context: Callable[..., SparkContext]) -> None:
    before = Footprint.now()
    for number in range(20):
        sc = start_context("local[2]")
        if number % 2:
            sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).reduceByKey(max).collect()
        sc.stop()
    wait_until(
        lambda: not Footprint.now().exceeds(before), "as few threads, descriptors, processes as before"
    )


def test_stop_from_another_thread_ends_the_running_job(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc, started = start_context("local[1]"), tmp_path / "started"

    def forever(_: int) -> int:
        started.touch()
        while True:
            pass

    stopper = threading.Thread(target=lambda: (wait_until(started.exists, "the task running"), sc.stop()))
    stopper.start()
    with pytest.raises(ContextStoppedError):
        sc.parallelize([0]).map(forever).collect()
    stopper.join()


def test_cancelling_a_group_leaves_other_jobs_alone(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc, errors = start_context("local[2]"), []

    def forever(_: int) -> int:
        (tmp_path / "started").touch()
        while True:
            pass

    def in_group() -> None:
        sc.setJobGroup("slow", "never ends")
        try:
            sc.parallelize([0], 1).map(forever).collect()
        except JobCancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=in_group)
    thread.start()
    wait_until((tmp_path / "started").exists, "the task running")
    sc.cancelJobGroup("another")
    assert sc.parallelize([1, 2], 1).sum() == 3
    assert thread.is_alive()
    sc.cancelJobGroup("slow")
    thread.join(10)
    assert "cancelled job group slow" in str(errors[0])
    assert sc.parallelize(range(10), 4).sum() == 45


def test_cancelling_all_jobs(start_context: Callable[..., SparkContext], tmp_path: Path) -> None:
    sc, ended = start_context("local[2]"), []

    def forever(name: int) -> int:
        (tmp_path / str(name)).touch()
        while True:
            try:
                pass
            except Exception:
                continue

    def run(name: int) -> None:
        with pytest.raises(JobCancelledError):
            sc.parallelize([name], 1).map(forever).collect()
        ended.append(name)

    threads = [threading.Thread(target=run, args=[name]) for name in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, "both tasks running")
    sc.cancelAllJobs()
    for thread in threads:
        thread.join(10)
    assert sorted(ended) == [0, 1]
    assert sc.parallelize(range(10), 4).sum() == 45


def test_a_task_that_swallows_the_cancellation_is_killed(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc = start_context("local[1]")

    def stubborn(_: int) -> int:
        (tmp_path / "started").touch()
        while True:
            try:
                while True:
                    pass
            except BaseException:
                continue

    def run() -> None:
        with pytest.raises(JobCancelledError):
            sc.parallelize([0], 1).map(stubborn).collect()

    thread = threading.Thread(target=run)
    thread.start()
    wait_until((tmp_path / "started").exists, "the task running")
    sc.cancelAllJobs()
    thread.join(10)
    assert not thread.is_alive()
    assert sc.parallelize(range(10), 4).sum() == 45


def test_the_run_directories_are_private(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]")
    kept = sc.parallelize(range(10_000), 4).map(lambda x: (x, str(x))).cache()
    shuffled = kept.reduceByKey(max)
    shared = sc.broadcast(b"x" * 100_000)
    assert (shuffled.count(), len(shared.value)) == (10_000, 100_000)
    directories = run_directories()
    files = [path for directory in directories for path in directory.rglob("*") if path.is_file()]
    assert {directory.stat().st_mode & 0o777 for directory in directories} == {0o700}
    assert len(files) > len(directories)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_local_properties_belong_to_their_thread(sc2: SparkContext) -> None:
    sc2.setLocalProperty("spark.scheduler.pool", "mine")
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(sc2.getLocalProperty("spark.scheduler.pool")))
    thread.start()
    thread.join()
    assert (sc2.getLocalProperty("spark.scheduler.pool"), theirs) == ("mine", [None])
    sc2.setLocalProperty("spark.scheduler.pool", None)


def test_a_lineage_can_be_read(sc2: SparkContext) -> None:
    rdd = sc2.parallelize(range(4), 3).map(lambda x: (x, x)).reduceByKey(max, 2).mapValues(str)
    text = (rdd.toDebugString() or b"").decode()
    assert text.startswith("(2) ")
    assert "+-(3) " in text
    assert "test_context.py" in text
