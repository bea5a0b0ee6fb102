"""TaskContext: set while a task runs."""

from firesteel import TaskContext, worker


def test_a_task_knows_itself_while_it_runs() -> None:
    worker.begin_task(3, 1, 2, 40)
    context = TaskContext.get()
    assert context is not None
    assert (context.stageId(), context.partitionId(), context.attemptNumber(), context.taskAttemptId()) == (
        3,
        1,
        2,
        40,
    )
    worker.end_task()
    assert TaskContext.get() is None
