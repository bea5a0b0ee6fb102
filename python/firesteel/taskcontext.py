"""TaskContext: what a task may know about itself, and in a barrier stage how it meets the others.

PySpark's own numbers of the operations are here for programs that import them.
"""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from firesteel import _public_names

if TYPE_CHECKING:
    from decimal import Decimal

    from firesteel._native import Barrier
    from firesteel.resource import ResourceInformation

__all__ = ["BarrierTaskContext", "BarrierTaskInfo", "TaskContext"]

BARRIER_FUNCTION = 1
ALL_GATHER_FUNCTION = 2

ADDRESSES = "addresses"
"""The local property that holds the addresses of a barrier stage's tasks, with commas between."""
DESCRIBED = (
    "stageId", "partitionId", "attemptNumber", "taskAttemptId", "cpus", "resources", "localProperties",
)  # fmt: skip
"""What the description of a task holds, besides its exact share of processors."""
BILLION = 1_000_000_000
LOOPBACK = "127.0.0.1:0"
"""The address of each task: all run on this machine, and none of them listens at a port."""
EXECUTOR = "firesteel.executor.id"
"""The local property that holds the id of a task's executor, under a master `local-cluster`."""

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

    # None in a context that is made without saying them.
    _stageId: Any = None
    _partitionId: Any = None
    _attemptNumber: Any = None
    _taskAttemptId: Any = None
    _cpus: Any = None
    _cpuAmount: Any = None
    _cpuBillionths: Any = None
    _resources: Any = None
    _localProperties: Any = None

    def __new__(cls, **kwargs: Any) -> "TaskContext":
        """Return the running task; there is no other one. Outside a task, an empty one."""
        if not kwargs and isinstance(cls._current, cls):
            return cls._current
        return object.__new__(cls)

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            if not hasattr(TaskContext, f"_{key}"):
                raise TypeError(f"__init__() got an unexpected keyword argument '{key}'")
            setattr(self, f"_{key}", value)

    @classmethod
    def from_json(cls: type[Context], json: dict[str, Any]) -> Context:
        """Return a task context with the values of a dict, as a task's description has them.

        >>> names = ("stageId", "partitionId", "attemptNumber", "taskAttemptId", "cpus")
        >>> described = {**dict.fromkeys(names, 3), "resources": {}, "localProperties": {}}
        >>> TaskContext.from_json(described).stageId()
        3
        """
        from decimal import Decimal

        from firesteel.resource import ResourceInformation

        known = {name: json[name] for name in DESCRIBED}
        known["resources"] = {
            name: ResourceInformation(found["name"], found["addresses"])
            for name, found in known["resources"].items()
        }
        if "cpuAmount" in json:
            known["cpuAmount"] = Decimal(json["cpuAmount"])
        return cls(**known)  # type: ignore[return-value]  # __new__ makes no other class

    @classmethod
    def get(cls) -> "TaskContext | None":
        """Return the running task, or None on the driver."""
        return TaskContext._current

    def stageId(self) -> int:
        """Return the id of the stage that this task belongs to."""
        return self._stageId

    def partitionId(self) -> int:
        """Return the index of the partition that this task computes."""
        return self._partitionId

    def attemptNumber(self) -> int:
        """Return how many times this task was tried before: 0 for the first attempt."""
        return self._attemptNumber

    def taskAttemptId(self) -> int:
        """Return an id that no other task attempt of this context has."""
        return self._taskAttemptId

    def getLocalProperty(self, key: str) -> str | None:
        """Return a property that the thread had set which started the job, or None.

        Under a master `local-cluster` the property `firesteel.executor.id` is the id of the task's executor.

        >>> sc.setLocalProperty("season", "winter")
        >>> sc.parallelize([1]).map(lambda _: TaskContext.get().getLocalProperty("season")).collect()
        ['winter']
        """
        return (self._localProperties or {}).get(key)

    def cpus(self) -> int:
        """Return the number of processors that a task counts for, rounded up.

        It is `spark.task.cpus`, or in a rehearsal what the stage's `ResourceProfile` says.
        """
        return self._cpus

    def cpuAmount(self) -> "Decimal":
        """Return the number of processors as a Decimal, which may be a share of one."""
        if self is not TaskContext._current:
            return self._cpuAmount
        from decimal import Decimal

        whole, rest = divmod(self._cpuBillionths, BILLION)
        return Decimal(whole) if not rest else Decimal(self._cpuBillionths).scaleb(-9).normalize()

    def resources(self) -> "dict[str, ResourceInformation]":
        """Return the devices of the task, in a rehearsal.

        They are what `spark.task.resource.*` asks for, or the `ResourceProfile` of its stage.
        """
        return self._resources


class BarrierTaskInfo:
    """One of the tasks of a barrier stage.

    Attributes
    ----------
    address : str
        Its host, and behind a colon a port: 0, for the engine opens none.

    Examples
    --------
    >>> from firesteel import BarrierTaskInfo
    >>> BarrierTaskInfo("127.0.0.1:0").address
    '127.0.0.1:0'
    """

    def __init__(self, address: str) -> None:
        self.address = address


class BarrierTaskContext(TaskContext):
    """The running task of a barrier stage: a TaskContext that can wait for the other tasks of its stage.

    Examples
    --------
    >>> from firesteel import BarrierTaskContext
    >>> def wait(elements):
    ...     context = BarrierTaskContext.get()
    ...     context.barrier()
    ...     return [(context.partitionId(), len(context.getTaskInfos()))]
    >>> sc.range(2, numSlices=2).barrier().mapPartitions(wait).collect()
    [(0, 2), (1, 2)]
    """

    _barrier: "Barrier | None" = None

    @classmethod
    def of_stage(cls, tasks: int, barrier: "Barrier", **known: Any) -> "BarrierTaskContext":
        """Return the context of a task that runs with so many, itself included."""
        properties = known.pop("localProperties") or {}
        if EXECUTOR not in properties:  # else the addresses are there, too
            properties = {**properties, ADDRESSES: ",".join([LOOPBACK] * tasks)}
        context = cls(localProperties=properties, **known)
        assert isinstance(context, cls)
        context._barrier = barrier
        return context

    @classmethod
    def get(cls) -> "BarrierTaskContext":
        """Return the running task.

        Raises
        ------
        PySparkRuntimeError
            On the driver, and in a stage that is no barrier stage.

        Examples
        --------
        >>> from firesteel import BarrierTaskContext
        >>> BarrierTaskContext.get()
        Traceback (most recent call last):
        ...
        pyspark.errors.exceptions.base.PySparkRuntimeError: [NOT_IN_BARRIER_STAGE] It is not ...
        """
        if isinstance(TaskContext._current, BarrierTaskContext):
            return TaskContext._current
        from firesteel.errors import PySparkRuntimeError

        raise PySparkRuntimeError(errorClass="NOT_IN_BARRIER_STAGE", messageParameters={})

    def barrier(self) -> None:
        """Wait until all tasks of the stage have called this. Each must call it equally often.

        Raises
        ------
        RuntimeError
            When a task has ended without calling it, or calls `allGather` instead: nobody waits for ever.

        Examples
        --------
        >>> from firesteel import BarrierTaskContext
        >>> def wait_for_the_other(index, _):
        ...     if index == 0:
        ...         BarrierTaskContext.get().barrier()
        ...     return []
        >>> sc.range(2, numSlices=2).barrier().mapPartitionsWithIndex(wait_for_the_other).collect()
        Traceback (most recent call last):
        ...
        firesteel.errors.JobError: RuntimeError: barrier(): the task of partition 1 has ended without it: ...
        """
        self._meet("barrier", "")

    def allGather(self, message: str = "") -> list[str]:
        """Wait until all tasks of the stage have called this; return the messages of all, by partition.

        >>> from firesteel import BarrierTaskContext
        >>> def sums(numbers):
        ...     return [BarrierTaskContext.get().allGather(str(sum(numbers)))]
        >>> sc.range(4, numSlices=2).barrier().mapPartitions(sums).first()
        Traceback (most recent call last):
        ...
        firesteel.errors.FiresteelError: [SPARK-24820][SPARK-24821]: Barrier execution mode needs ...
        >>> sc.range(4, numSlices=2).barrier().mapPartitions(sums).collect()[0]
        ['1', '5']
        """
        if not isinstance(message, str):
            raise TypeError("Argument `message` must be of type `str`")
        return self._meet("allGather", message)

    def getTaskInfos(self) -> list[BarrierTaskInfo]:
        """Return the tasks of the stage, by partition.

        >>> from firesteel import BarrierTaskContext
        >>> def hosts(_):
        ...     return [info.address.split(":")[0] for info in BarrierTaskContext.get().getTaskInfos()]
        >>> sc.range(1, numSlices=1).barrier().mapPartitions(hosts).collect()
        ['127.0.0.1']
        """
        addresses = self.getLocalProperty(ADDRESSES)
        if addresses is None:
            raise _uninitialized("getTaskInfos")
        return [BarrierTaskInfo(address) for address in addresses.split(",")]

    def _meet(self, operation: str, message: str) -> list[str]:
        if self._barrier is None:
            raise _uninitialized(operation)
        return self._barrier.meet(operation, message)


def _uninitialized(operation: str) -> Exception:
    from firesteel.errors import PySparkRuntimeError

    return PySparkRuntimeError(
        errorClass="CALL_BEFORE_INITIALIZE",
        messageParameters={"func_name": operation, "object": BarrierTaskContext.__name__},
    )


_public_names.publish(__name__)
