"""TaskContext: set while a task runs."""

from decimal import Decimal
from typing import Any

import pytest

from firesteel import BarrierTaskContext, TaskContext, taskcontext, worker
from firesteel.errors import PySparkRuntimeError


def test_a_task_knows_itself_while_it_runs() -> None:
    worker.begin_task(3, 1, 2, 40, cpu_billionths=4_000_000_000, properties={"season": "winter"})
    context = TaskContext.get()
    assert context is not None
    assert context is TaskContext()
    assert (context.stageId(), context.partitionId(), context.attemptNumber(), context.taskAttemptId()) == (
        3,
        1,
        2,
        40,
    )
    assert (context.cpus(), context.cpuAmount(), context.resources()) == (4, 4, {})
    assert (context.getLocalProperty("season"), context.getLocalProperty("colour")) == ("winter", None)
    worker.end_task()
    assert TaskContext.get() is None


DESCRIBED: dict[str, Any] = {
    "stageId": 3,
    "partitionId": 1,
    "attemptNumber": 2,
    "taskAttemptId": 40,
    "cpus": 1,
    "resources": {"gpu": {"name": "gpu", "addresses": ["0"]}},
    "localProperties": {"a": "b", "addresses": "a:1,b:2"},
}


def test_one_can_be_made_of_a_description() -> None:
    context = TaskContext.from_json({**DESCRIBED, "cpuAmount": "0.5"})
    assert (context.attemptNumber(), context.getLocalProperty("a"), context.cpus()) == (2, "b", 1)
    assert (context.cpuAmount(), context.resources()["gpu"].addresses) == (Decimal("0.5"), ["0"])
    assert TaskContext.from_json(DESCRIBED).cpuAmount() is None
    with pytest.raises(KeyError, match="partitionId"):
        TaskContext.from_json({"stageId": 3})
    with pytest.raises(TypeError, match="unexpected keyword argument 'weather'"):
        TaskContext(weather="cold")


class Meeting:
    """Stands where the native runtime passes the way to the other tasks."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def meet(self, operation: str, message: str) -> list[str]:
        self.calls.append((operation, message))
        return [message, "other"]


def test_a_task_of_a_barrier_stage_meets_the_others() -> None:
    meeting: Any = Meeting()
    worker.begin_task(3, 1, 2, 40, properties={"season": "winter"}, barrier=(2, meeting))
    context = BarrierTaskContext.get()
    assert context is TaskContext.get() is TaskContext() is BarrierTaskContext()
    assert (context.stageId(), context.partitionId(), context.getLocalProperty("season")) == (3, 1, "winter")
    assert [info.address for info in context.getTaskInfos()] == ["127.0.0.1:0", "127.0.0.1:0"]
    assert context.barrier() is None
    assert context.allGather() == ["", "other"]
    assert context.allGather("x") == ["x", "other"]
    assert meeting.calls == [("barrier", ""), ("allGather", ""), ("allGather", "x")]
    worker.end_task()
    with pytest.raises(PySparkRuntimeError, match="NOT_IN_BARRIER_STAGE"):
        BarrierTaskContext.get()


def test_a_task_of_another_stage_meets_nobody() -> None:
    worker.begin_task(3, 1, 2, 40)
    with pytest.raises(PySparkRuntimeError, match="NOT_IN_BARRIER_STAGE"):
        BarrierTaskContext.get()
    with pytest.raises(PySparkRuntimeError, match="CALL_BEFORE_INITIALIZE"):
        BarrierTaskContext().barrier()
    worker.end_task()


def test_a_description_holds_the_addresses() -> None:
    context = BarrierTaskContext.from_json(DESCRIBED)
    assert [info.address for info in context.getTaskInfos()] == ["a:1", "b:2"]
    with pytest.raises(PySparkRuntimeError, match="Not supported to call `allGather` before initializing"):
        context.allGather("x")


def test_the_numbers_of_the_operations() -> None:
    assert (taskcontext.BARRIER_FUNCTION, taskcontext.ALL_GATHER_FUNCTION) == (1, 2)
