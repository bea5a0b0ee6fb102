"""StatusTracker: jobs and stages are listed while they run and afterwards."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel.core.status import SparkExecutorInfo, SparkJobInfo, SparkStageInfo
from firesteel.errors import ArgumentError, JobCancelledError
from support.waiting import wait_until


@contextmanager
def blocked_job(sc: SparkContext, folder: Path, prepare: Callable[[], None]) -> Iterator[list[BaseException]]:
    """A job of three tasks in a thread of its own, which end with the block; its error, when it has ended."""
    errors: list[BaseException] = []
    gate = folder / "gate"

    def wait(x: int) -> int:
        while not gate.exists():
            pass
        return x

    def run() -> None:
        prepare()
        try:
            sc.parallelize(range(3), 3).map(wait).collect()
        except JobCancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield errors
    finally:
        gate.touch()
        thread.join()


def running_stage(sc: SparkContext, tasks: int) -> int:
    """Wait until so many tasks run in the one stage that runs; return it."""
    tracker = sc.statusTracker()

    def active() -> list[int]:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return [stage.stageId for stage in stages if stage is not None and stage.numActiveTasks == tasks]

    wait_until(lambda: len(active()) == 1, "the tasks run")
    return active()[0]


def test_a_job_lists_its_stages(sc2: SparkContext) -> None:
    tracker = sc2.statusTracker()
    sc2.setJobGroup("listed", "")
    reduced = sc2.parallelize([(1, 2), (3, 4)], 2).reduceByKey(max)
    reduced.collect()
    reduced.collect()
    second, first = (tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup("listed"))
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    assert (len(first.stageIds), len(second.stageIds)) == (2, 2)
    shuffle_map, result = (tracker.getStageInfo(stage) for stage in first.stageIds)
    assert shuffle_map is not None
    assert result is not None
    assert shuffle_map.name.startswith("reduceByKey at test_status.py:")
    assert result.name.startswith("collect at test_status.py:")
    assert shuffle_map[1:2] + shuffle_map[3:] == (0, 2, 0, 2, 0)
    sc2.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]  # as PySpark allows


def test_a_stage_is_known_before_it_begins(sc2: SparkContext, tmp_path: Path) -> None:
    tracker = sc2.statusTracker()
    gate = tmp_path / "gate"

    def wait(x: int) -> tuple[int, int]:
        while not gate.exists():
            pass
        return x, x

    reduced = sc2.parallelize(range(2), 2).map(wait).reduceByKey(max, 3)
    thread = threading.Thread(target=reduced.collect)
    thread.start()
    try:
        first = running_stage(sc2, 2)
        (running,) = tracker.getActiveJobsIds()

        def stages() -> list[int]:
            job = tracker.getJobInfo(running)
            return [] if job is None else job.stageIds

        wait_until(lambda: len(stages()) == 2, "both stages are planned")
        (last,) = (tracker.getStageInfo(stage) for stage in stages() if stage != first)
        assert last is not None
        assert last.name.startswith("collect at ")
        assert last[3:] == (3, 0, 0, 0)
        assert tracker.getActiveStageIds() == [first]
    finally:
        gate.touch()
        thread.join()


def test_unknown_ids_are_none(sc2: SparkContext) -> None:
    tracker = sc2.statusTracker()
    assert tracker.getJobInfo(1 << 30) is None
    assert tracker.getStageInfo(1 << 30) is None
    assert tracker.getJobIdsForGroup("nobody's") == []
    assert [executor.numRunningTasks for executor in tracker.getExecutorInfos()] == [0]


def test_a_running_job_is_seen_and_a_cancelled_one_is_failed(sc2: SparkContext, tmp_path: Path) -> None:
    tracker = sc2.statusTracker()
    with blocked_job(sc2, tmp_path, lambda: sc2.addJobTag("blocked")) as errors:
        stage = running_stage(sc2, 2)
        (job,) = tracker.getActiveJobsIds()
        info = tracker.getJobInfo(job)
        assert info is not None
        assert (info.stageIds, info.status) == ([stage], "RUNNING")
        sc2.cancelJobsWithTag("another")
        assert tracker.getActiveJobsIds() == [job]
        sc2.cancelJobsWithTag("blocked")
        wait_until(lambda: bool(errors), "the job is cancelled")
    info = tracker.getJobInfo(job)
    assert info is not None
    assert info.status == "FAILED"
    assert tracker.getActiveJobsIds() == []
    assert tracker.getActiveStageIds() == []
    assert "blocked" in str(errors[0])


def test_failed_tasks_are_counted(sc2: SparkContext) -> None:
    sc2.setJobGroup("failing", "")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        sc2.parallelize([0], 1).map(lambda x: 1 // x).collect()
    tracker = sc2.statusTracker()
    job = tracker.getJobInfo(tracker.getJobIdsForGroup("failing")[0])
    assert job is not None
    stage = tracker.getStageInfo(job.stageIds[0])
    assert stage is not None
    assert (job.status, stage.numFailedTasks, stage.numActiveTasks) == ("FAILED", 1, 0)
    sc2.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]  # as PySpark allows


@pytest.mark.parametrize(
    ("tag", "problem"), [("", "an empty string"), ("a,b", "contain ','"), (None, "null")]
)
def test_tags_that_cannot_be(sc2: SparkContext, tag: str, problem: str) -> None:
    for use in (sc2.addJobTag, sc2.removeJobTag, sc2.cancelJobsWithTag):
        with pytest.raises(ArgumentError, match=f"Spark job tag cannot .*{problem}"):
            use(tag)


def test_the_one_executor_is_this_process(sc2: SparkContext) -> None:
    (executor,) = sc2.statusTracker().getExecutorInfos()
    assert isinstance(executor, SparkExecutorInfo)
    assert (executor.host, executor.port) == (socket.gethostname(), 0)
    assert (executor.cacheSize, executor.numRunningTasks) == (0, 0)
    assert executor.usedOnHeapStorageMemory == executor.usedOffHeapStorageMemory == 0
    assert executor.totalOnHeapStorageMemory == executor.totalOffHeapStorageMemory == 0
    stage = SparkStageInfo(1, 0, "count at x.py:1", 2, 1, 1, 0)
    assert (stage.stageId, stage.currentAttemptId, stage.name) == (1, 0, "count at x.py:1")
    assert (stage.numTasks, stage.numActiveTasks) == (2, 1)
    assert (stage.numCompletedTasks, stage.numFailedTasks) == (1, 0)
    assert SparkJobInfo(3, [1], "RUNNING") == (3, [1], "RUNNING")
