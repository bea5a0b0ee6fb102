"""TaskContext: set while a task runs."""

from firesteel import TaskContext, worker


def test_a_task_knows_itself_while_it_runs() -> None:
    worker.begin_task(3, 1, 2, 40, cpus=4, properties={"season": "winter"})
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


def test_one_can_be_made_of_a_description() -> None:
    context = TaskContext.from_json({"attemptNumber": 1, "localProperties": {"a": "b"}})
    assert (context.attemptNumber(), context.getLocalProperty("a"), context.cpus()) == (1, "b", 1)
