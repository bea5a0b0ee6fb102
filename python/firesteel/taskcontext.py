"""TaskContext: what a task may know about itself."""

from typing import Any, ClassVar

__all__ = ["TaskContext"]


class TaskContext:
    """The running task, as `TaskContext.get()` returns it inside a function that a worker runs.

    Examples
    --------
    >>> from firesteel import TaskContext
    >>> sc.parallelize(range(2), 2).map(lambda _: TaskContext.get().partitionId()).collect()
    [0, 1]
    >>> TaskContext.get() is None
    True
    """

    _current: ClassVar["TaskContext | None"] = None

    def __init__(self, stage: int = 0, partition: int = 0, attempt: int = 0, task_id: int = 0) -> None:
        self._stage = stage
        self._partition = partition
        self._attempt = attempt
        self._task_id = task_id

    @classmethod
    def get(cls) -> "TaskContext | None":
        """Return the running task, or None on the driver."""
        return cls._current

    def stageId(self) -> int:
        """Return the id of the stage that this task belongs to."""
        return self._stage

    def partitionId(self) -> int:
        """Return the index of the partition that this task computes."""
        return self._partition

    def attemptNumber(self) -> int:
        """Return how many times this task was tried before: 0 for the first attempt."""
        return self._attempt

    def taskAttemptId(self) -> int:
        """Return an id that no other task attempt of this context has."""
        return self._task_id

    def getLocalProperty(self, key: str) -> str | None:
        """Return None: the properties of the submitting thread stay on the driver."""
        return None

    def cpus(self) -> int:
        """Return the number of processors that a task has: 1."""
        return 1

    def resources(self) -> dict[str, Any]:
        """Return no resources: there are none on one machine."""
        return {}
