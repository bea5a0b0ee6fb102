"""StatusTracker: what becomes of jobs and stages, while they run and afterwards."""

import socket
from typing import TYPE_CHECKING, NamedTuple

from firesteel import _public_names
from firesteel.errors.job import call_engine

if TYPE_CHECKING:
    from firesteel._native import Engine

__all__ = ["SparkExecutorInfo", "SparkJobInfo", "SparkStageInfo", "StatusTracker"]


class SparkJobInfo(NamedTuple):
    """A job: its stages, and RUNNING, SUCCEEDED or FAILED."""

    jobId: int
    stageIds: list[int]
    status: str


class SparkStageInfo(NamedTuple):
    """A stage, and how many of its tasks run and have ended."""

    stageId: int
    currentAttemptId: int
    name: str
    numTasks: int
    numActiveTasks: int
    numCompletedTasks: int
    numFailedTasks: int


class SparkExecutorInfo(NamedTuple):
    """A process that runs tasks: the driver, with its workers; or an executor of a rehearsal, by its host."""

    host: str
    port: int
    cacheSize: int
    numRunningTasks: int
    usedOnHeapStorageMemory: int
    usedOffHeapStorageMemory: int
    totalOnHeapStorageMemory: int
    totalOffHeapStorageMemory: int


class StatusTracker:
    """Answers for jobs and stages by their ids. The last thousand of each are remembered.

    `SparkContext.statusTracker()` makes one.

    Examples
    --------
    >>> tracker = sc.statusTracker()
    >>> sc.setJobGroup("squares", "squares of small numbers")
    >>> sc.parallelize(range(4), 2).map(lambda x: x * x).sum()
    14
    >>> job = tracker.getJobInfo(tracker.getJobIdsForGroup("squares")[0])
    >>> job.status
    'SUCCEEDED'
    >>> stage = tracker.getStageInfo(job.stageIds[0])
    >>> stage.numTasks, stage.numCompletedTasks
    (2, 2)
    """

    def __init__(self, jtracker: "Engine") -> None:
        self._engine = jtracker

    def getJobIdsForGroup(self, jobGroup: str | None = None) -> list[int]:
        """Return the jobs of a group, or with None those of no group, the latest first."""
        return call_engine(self._engine.jobs_in_group, jobGroup)

    def getActiveStageIds(self) -> list[int]:
        """Return the stages that run."""
        return call_engine(self._engine.active_stages)

    def getActiveJobsIds(self) -> list[int]:
        """Return the jobs that run."""
        return call_engine(self._engine.active_jobs)

    def getJobInfo(self, jobId: int) -> SparkJobInfo | None:
        """Return what is known of a job, or None."""
        status = call_engine(self._engine.job_status, jobId)
        return None if status is None else SparkJobInfo(jobId, *status)

    def getStageInfo(self, stageId: int) -> SparkStageInfo | None:
        """Return what is known of a stage that has begun, or None."""
        status = call_engine(self._engine.stage_status, stageId)
        return None if status is None else SparkStageInfo(stageId, *status)

    def getExecutorInfos(self) -> list[SparkExecutorInfo]:
        """Return the driver, and under a master `local-cluster` the executors, by id."""
        stages = [self.getStageInfo(stage) for stage in self.getActiveStageIds()]
        running = sum(stage.numActiveTasks for stage in stages if stage)
        others = call_engine(self._engine.executors)
        driver = (socket.gethostname(), 0 if others else running)
        return [SparkExecutorInfo(host, 0, 0, tasks, 0, 0, 0, 0) for host, tasks in [driver, *others]]


_public_names.publish(__name__)
