"""TaskContext: what a task may know about itself."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal

    from firesteel.resource import ResourceInformation

__all__ = ["TaskContext"]

Context = TypeVar("Context", bound="TaskContext")


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

    def __new__(cls, **kwargs: Any) -> "TaskContext":
        """Return the running task; there is no other one. Outside a task, an empty one."""
        if not kwargs and isinstance(cls._current, cls):
            return cls._current
        return object.__new__(cls)

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs and self is TaskContext._current:
            return
        self._stage: int = kwargs.get("stageId", 0)
        self._partition: int = kwargs.get("partitionId", 0)
        self._attempt: int = kwargs.get("attemptNumber", 0)
        self._task_id: int = kwargs.get("taskAttemptId", 0)
        self._cpus: int = kwargs.get("cpus", 1)
        self._properties: dict[str, str] = kwargs.get("localProperties") or {}
        self._resources: dict[str, ResourceInformation] = kwargs.get("resources") or {}

    @classmethod
    def from_json(cls: type[Context], json: dict[str, Any]) -> Context:
        """Return a task context with the values of a dict, as a task's description has them.

        >>> TaskContext.from_json({"stageId": 3, "partitionId": 1}).stageId()
        3
        """
        return cls(**json)  # type: ignore[return-value]  # __new__ makes no other class

    @classmethod
    def get(cls) -> "TaskContext | None":
        """Return the running task, or None on the driver."""
        return TaskContext._current

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
        """Return a property that the thread had set which started the job, or None.

        >>> sc.setLocalProperty("season", "winter")
        >>> sc.parallelize([1]).map(lambda _: TaskContext.get().getLocalProperty("season")).collect()
        ['winter']
        """
        return self._properties.get(key)

    def cpus(self) -> int:
        """Return the number of processors that a task counts for: `spark.task.cpus`."""
        return self._cpus

    def cpuAmount(self) -> "Decimal":
        """Return the number of processors as a Decimal."""
        from decimal import Decimal

        return Decimal(self._cpus)

    def resources(self) -> "dict[str, ResourceInformation]":
        """Return no resources: there are none on one machine."""
        return self._resources
