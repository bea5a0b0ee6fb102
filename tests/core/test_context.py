"""SparkContext: one at a time, from the first line of a program to stop()."""

import os
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import RDD, SparkConf, SparkContext, TaskContext
from firesteel.conf import system_properties
from firesteel.errors import (
    ArgumentError,
    ContextStoppedError,
    FiresteelError,
    JobCancelledError,
    JobError,
    PySparkRuntimeError,
    PySparkTypeError,
)
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


def test_tags_and_properties_belong_to_the_thread(sc2: SparkContext) -> None:
    sc2.addJobTag("a")
    sc2.addJobTag("b")
    sc2.removeJobTag("a")
    sc2.removeJobTag("unknown")
    seen: list[set[str]] = []
    thread = threading.Thread(target=lambda: seen.append(sc2.getJobTags()))
    thread.start()
    thread.join()
    assert (sc2.getJobTags(), sc2.getLocalProperty("spark.job.tags"), seen) == ({"b"}, "b", [set()])
    sc2.clearJobTags()
    assert sc2.getLocalProperty("spark.job.tags") is None


def test_what_is_no_property_changes_nothing(sc2: SparkContext) -> None:
    before = sc2._properties.copy()
    wrong: list[tuple[Callable[..., None], list[object], str]] = [
        (sc2.setLocalProperty, ["x", 1], "the local property x must be a str, not int"),
        (sc2.setLocalProperty, [None, "x"], "the name of a local property must be a str, not NoneType"),
        (sc2.setJobGroup, [1, "x"], "the id of a job group must be a str, not int"),
        (sc2.setJobGroup, ["x", 1], "its description must be a str, not int"),
        (sc2.setJobGroup, ["x", "y", "yes"], "interruptOnCancel must be a bool, not str"),
        (sc2.setInterruptOnCancel, [None], "interruptOnCancel must be a bool, not NoneType"),
        (sc2.cancelJobGroup, [None], "the id of a job group must be a str, not NoneType"),
        (sc2.addJobTag, [1], "a job tag must be a str, not int"),
    ]
    for method, arguments, message in wrong:
        with pytest.raises(PySparkTypeError, match=message):
            method(*arguments)
    assert sc2._properties.copy() == before
    assert sc2.parallelize([1]).count() == 1


def test_tasks_read_local_properties(sc: SparkContext) -> None:
    sc.setLocalProperty("season", "winter")
    sc.setJobDescription("described")

    def read(_: object) -> tuple[str | None, ...]:
        context = TaskContext.get()
        assert context is not None
        return tuple(map(context.getLocalProperty, ("season", "spark.job.description", "unset")))

    expected = ("winter", "described", None)
    assert sc.parallelize([0]).map(read).collect() == [expected]
    # Also in the map side of a shuffle.
    assert sc.parallelize([0]).map(lambda x: (read(x), 1)).reduceByKey(max).keys().collect() == [expected]
    for key in ("season", "spark.job.description"):
        sc.setLocalProperty(key, None)  # type: ignore[arg-type]


def test_run_job_on_chosen_partitions(sc: SparkContext) -> None:
    numbers = sc.parallelize(range(10), 3)
    assert sc.runJob(numbers, lambda part: [x * 2 for x in part]) == list(range(0, 20, 2))
    assert sc.runJob(numbers, lambda part: [sum(part)], [2, 0], True) == [30, 3]
    assert sc.runJob(numbers, lambda part: part, []) == []
    with pytest.raises(ArgumentError, match=r"non-existent partition: 5\. Total number of partitions: 3"):
        sc.runJob(numbers, list, [5])


def test_a_task_cannot_make_a_context(sc2: SparkContext) -> None:
    for make in (SparkContext, SparkContext.getOrCreate):
        with pytest.raises(JobError, match="CONTEXT_ONLY_VALID_ON_DRIVER"):
            sc2.parallelize([0]).foreach(lambda _, make=make: make())


def test_context_and_rdd_cannot_be_broadcast(sc2: SparkContext) -> None:
    for value, problem in ((sc2, "CONTEXT_ONLY_VALID_ON_DRIVER"), (sc2.range(1), "RDD_TRANSFORM_ONLY_VALID")):
        with pytest.raises(pickle.PicklingError, match=problem):
            sc2.broadcast(value)


def test_task_cpus_are_honoured(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[4]", {"spark.task.cpus": 2})
    assert sc.defaultParallelism == 4
    assert sc.range(1).map(lambda _: (TaskContext.get().cpus(), os.environ["OMP_NUM_THREADS"])).collect() == [
        (2, "2")
    ]
    sc.range(100, numSlices=20).count()
    assert len(sc._running_engine().worker_pids()) == 2


def test_a_task_can_count_for_a_share_of_a_processor(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]", {"spark.task.cpus": "0.5"})
    told = sc.range(1).map(
        lambda _: (
            TaskContext.get().cpus(),
            str(TaskContext.get().cpuAmount()),
            os.environ["OMP_NUM_THREADS"],
        )
    )
    assert told.collect() == [(1, "0.5", "1")]
    assert sc._jsc.sc().maxNumConcurrentTasks(None) == 4
    sc.range(100, numSlices=20).count()
    assert len(sc._running_engine().worker_pids()) == 4


def test_task_cpus_must_fit(start_context: Callable[..., SparkContext]) -> None:
    with pytest.raises(FiresteelError, match="has to be >= the number of cpus per task = 4"):
        start_context("local[2]", {"spark.task.cpus": 4})
    with pytest.raises(ArgumentError, match=r"spark\.task\.cpus must be a number above 0"):
        start_context("local[2]", {"spark.task.cpus": "many"})
    for wrong in ("0", "-1", "nan", "1e400", "0.3333333333", ".", "1 2"):
        with pytest.raises(ArgumentError, match=r"spark\.task\.cpus must be a number above 0, with nine"):
            start_context("local[2]", {"spark.task.cpus": wrong})


def test_the_python_of_the_workers(
    start_context: Callable[..., SparkContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other-python"
    other.write_text("#!/bin/sh\necho 2.7\n")
    other.chmod(0o700)
    with pytest.raises(PySparkRuntimeError, match=r"PYTHON_VERSION_MISMATCH.*version: 2.7"):
        start_context(settings={"spark.pyspark.python": other})
    monkeypatch.setenv("PYSPARK_PYTHON", "/nowhere/python")
    with pytest.raises(PySparkRuntimeError, match="cannot run the workers' Python, /nowhere/python"):
        start_context()
    link = tmp_path / "python-by-another-name"
    link.write_text(f'#!/bin/sh\nTHROUGH_LINK=1 exec {sys.executable} "$@"\n')
    link.chmod(0o700)
    monkeypatch.setenv("PYSPARK_PYTHON", str(link))
    sc = start_context()
    assert sc.pythonExec == str(link)
    assert sc.range(1).map(lambda _: os.environ["THROUGH_LINK"]).collect() == ["1"]


def test_the_environment_of_the_workers(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context(settings={"spark.executorEnv.COLOUR": "grey"})
    assert sc.environment["COLOUR"] == "grey"
    assert sc.range(1).map(lambda _: os.environ["COLOUR"]).collect() == ["grey"]


def test_checkpoint_directory(sc2: SparkContext, tmp_path: Path) -> None:
    sc2.setCheckpointDir(f"file:{tmp_path}/checkpoints")
    (made,) = (tmp_path / "checkpoints").iterdir()
    assert sc2.getCheckpointDir() == f"file:{made}"


def test_system_properties_are_defaults_of_settings() -> None:
    SparkContext.setSystemProperty("spark.colour", "grey")
    assert SparkContext.getSystemProperty("spark.colour") == "grey"
    assert SparkConf().get("spark.colour") == "grey"
    assert not SparkConf(loadDefaults=False).contains("spark.colour")
    del system_properties["spark.colour"]
    assert SparkContext.getSystemProperty("spark.colour") is None


def test_log_levels(sc2: SparkContext) -> None:
    sc2.setLogLevel("warn")
    with pytest.raises(ArgumentError, match="Supplied level loud did not match one of"):
        sc2.setLogLevel("loud")


def test_a_task_may_make_a_context_if_the_settings_say_so(start_context: Callable[..., SparkContext]) -> None:
    def inside(count: int) -> list[int]:
        conf = SparkConf().setMaster("local[1]").setAppName("inner")
        with SparkContext(conf=conf.set("spark.executor.allowSparkContext", "true")) as inner:
            return inner.range(count).map(lambda x: x + 1).collect()

    assert start_context("local[1]").parallelize([3], 1).map(inside).collect() == [[1, 2, 3]]


def test_a_notebook_shows_what_it_is(start_context: Callable[..., SparkContext]) -> None:
    html = start_context("local[1]")._repr_html_()
    assert "<code>local[1]</code>" in html
    assert "v4.3.0" in html
