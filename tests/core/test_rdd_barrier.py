"""Barrier stages: what fails, what is run again, and what ends instead of waiting for ever."""

import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from firesteel import RDD, BarrierTaskContext, SparkContext
from firesteel.errors import FiresteelError, JobCancelledError, JobError
from support.processes import run_directories
from support.waiting import wait_until

Function = Callable[[int, Iterable[Any]], Iterable[Any]]


def together(sc: SparkContext, function: Function, tasks: int = 2) -> "RDD[Any]":
    """Return an RDD of a barrier stage, one element in each partition."""
    return sc.parallelize(range(tasks), tasks).barrier().mapPartitionsWithIndex(function)


def wait(elements: Iterable[Any]) -> Iterable[Any]:
    """Meet once."""
    BarrierTaskContext.get().barrier()
    return elements


def shuffle_files() -> set[Path]:
    """Return the map outputs that there are."""
    return {file for directory in run_directories() for file in directory.rglob("*shuffle*")}


def check_next_job(sc: SparkContext) -> None:
    """Check that the context goes on working, with and without a barrier."""
    assert sc.parallelize(range(2), 2).barrier().mapPartitions(wait).collect() == [0, 1]
    assert sc.parallelize(range(4), 4).map(lambda x: x + 1).sum() == 10


@pytest.fixture
def once(tmp_path: Path) -> Callable[[], bool]:
    """A function for tasks: true the first time it is called, false ever after, whichever process asks."""
    marker = str(tmp_path / "once")

    def first_time() -> bool:
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    return first_time


def test_each_task_has_a_worker_of_its_own(sc2: SparkContext) -> None:
    pids = together(sc2, lambda i, _: [BarrierTaskContext.get().allGather(str(os.getpid()))]).collect()
    assert pids[0] == pids[1]
    assert len(set(pids[0])) == 2


def test_long_and_many_messages(sc2: SparkContext) -> None:
    def gather(index: int, _: Any) -> Iterator[tuple[list[int], bool]]:
        context = BarrierTaskContext.get()
        long = context.allGather("ab"[index] * 3_000_000)
        many = all(context.allGather(str(number)) == [str(number)] * 2 for number in range(300))
        yield [len(text) for text in long if set(text) in ({"a"}, {"b"})], many

    assert together(sc2, gather).collect() == [([3_000_000, 3_000_000], True)] * 2


# What can never run all at once.


def test_more_tasks_than_workers_are_refused_at_once(sc2: SparkContext, tmp_path: Path) -> None:
    def touch(index: int, _: Any) -> list[Any]:
        (tmp_path / str(index)).touch()
        return []

    rdd = together(sc2, touch, 3)
    with pytest.raises(FiresteelError, match=r"SPARK-24819.* 3 tasks and this context 2 workers.*local\[3\]"):
        rdd.collect()
    behind_a_shuffle = sc2.range(4).map(lambda x: (x, x)).union(rdd).groupByKey(2)
    with pytest.raises(FiresteelError, match="SPARK-248"):
        behind_a_shuffle.collect()
    with pytest.raises(FiresteelError, match="SPARK-24819"):
        rdd.map(lambda x: (x, x)).groupByKey(1).collect()
    assert not list(tmp_path.iterdir())
    check_next_job(sc2)


def test_a_refusal_names_the_operation(sc2: SparkContext) -> None:
    rdd = sc2.range(8, numSlices=4).coalesce(2).barrier().mapPartitions(wait)
    with pytest.raises(FiresteelError, match="range has 4, and 2 are asked for"):
        rdd.collect()
    barrier = together(sc2, lambda _, elements: elements)
    with pytest.raises(FiresteelError, match=r"zip at test_rdd_barrier\.py:\d+ does"):
        barrier.zip(barrier).collect()


# Tasks that will never meet.


def test_a_task_that_has_ended_is_not_waited_for(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        if index == 1:
            BarrierTaskContext.get().barrier()
        return []

    with pytest.raises(
        JobError, match=r"barrier\(\): the task of partition 0 has ended without it"
    ) as caught:
        together(sc2, meet).collect()
    assert "BarrierTaskContext.get().barrier()" in str(caught.value)
    assert isinstance(caught.value.__cause__, RuntimeError)
    check_next_job(sc2)


def test_one_task_meets_more_often(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        for _ in range(1 + index):
            BarrierTaskContext.get().allGather("x")
        return []

    with pytest.raises(JobError, match=r"allGather\(\): the task of partition 0 has ended"):
        together(sc2, meet).collect()


def test_all_must_call_the_same(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        context = BarrierTaskContext.get()
        context.barrier() if index else context.allGather()
        return []

    with pytest.raises(JobError, match=r"some tasks called barrier\(\) and others allGather\(\)"):
        together(sc2, meet).collect()
    check_next_job(sc2)


def test_a_task_that_catches_the_error_can_end_well(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        if index == 0:
            return ["ended"]
        try:
            BarrierTaskContext.get().barrier()
        except RuntimeError:
            return ["alone"]
        return ["met"]

    assert together(sc2, meet).collect() == ["ended", "alone"]


def test_waiting_has_a_limit_where_one_is_set(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]", {"spark.barrier.sync.timeout": "1s"})

    def meet(index: int, _: Any) -> list[Any]:
        while index == 0:
            threading.Event().wait(0.01)
        BarrierTaskContext.get().barrier()
        return []

    with pytest.raises(JobError, match=r"within the time that spark\.barrier\.sync\.timeout allows"):
        together(sc, meet).collect()
    check_next_job(sc)


def test_a_limit_that_is_none_is_refused(start_context: Callable[..., SparkContext]) -> None:
    with pytest.raises(FiresteelError, match=r"spark\.barrier\.sync\.timeout must be a duration"):
        start_context("local[1]", {"spark.barrier.sync.timeout": "soon"})


# Tasks that fail.


def test_an_error_fails_the_job_and_ends_the_tasks_that_wait(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> Iterable[Any]:
        if index == 0:
            raise ValueError("boom")
        return wait([])

    with pytest.raises(JobError, match="boom") as caught:
        together(sc2, meet).collect()
    assert (caught.value.partition, caught.value.attempts) == (0, 1)
    check_next_job(sc2)


def test_attempts_are_of_the_whole_stage(start_context: Callable[..., SparkContext], tmp_path: Path) -> None:
    sc = start_context("local[2,3]")

    def meet(index: int, _: Any) -> Iterable[Any]:
        attempt = BarrierTaskContext.get().attemptNumber()
        (tmp_path / f"{index}-{attempt}").touch()
        wait([])
        if index == attempt % 2:
            raise ValueError(f"attempt {attempt}")
        return []

    with pytest.raises(JobError, match="attempt 2") as caught:
        together(sc, meet).collect()
    assert caught.value.attempts == 3
    assert sorted(os.listdir(tmp_path)) == [
        f"{index}-{attempt}" for index in range(2) for attempt in range(3)
    ]


def test_a_death_makes_all_tasks_run_again(sc2: SparkContext, once: Callable[[], bool]) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        context = BarrierTaskContext.get()
        if index == 1 and once():
            os.kill(os.getpid(), signal.SIGKILL)
        return [(context.attemptNumber(), context.allGather(str(context.attemptNumber())))]

    assert together(sc2, meet).collect() == [(1, ["1", "1"])] * 2


def test_a_death_before_a_shuffle_voids_all_map_outputs(sc2: SparkContext, once: Callable[[], bool]) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        token = BarrierTaskContext.get().allGather(uuid.uuid4().hex)[0]
        if index == 1 and once():
            os._exit(7)
        return [(index, token)]

    tokens = together(sc2, meet).groupByKey(2).mapValues(list).collectAsMap()
    assert tokens[0] == tokens[1]


def test_a_lost_map_output_makes_all_tasks_run_again(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> list[Any]:
        word = BarrierTaskContext.get().allGather(uuid.uuid4().hex)[0]
        return [(0, word), (1, word)]

    grouped = together(sc2, meet).groupByKey(2).mapValues(list)
    before = shuffle_files()
    first = grouped.collectAsMap()
    min(shuffle_files() - before).unlink()
    second = grouped.collectAsMap()
    assert first[0] == first[1]
    assert second[0] == second[1]
    assert first[0] != second[0]


def test_a_task_that_always_dies(sc2: SparkContext) -> None:
    def meet(index: int, _: Any) -> Iterable[Any]:
        if index == 0:
            os._exit(3)
        return wait([])

    with pytest.raises(JobError, match="the worker died each time") as caught:
        together(sc2, meet).collect()
    assert [death.partition(",")[0] for death in caught.value.deaths] == ["exit code 3"] * 4
    check_next_job(sc2)


def wait_for_the_first_end(sc: SparkContext) -> None:
    """Return when a job runs of which one task has ended well."""

    def one_has_ended() -> bool:
        tracker = sc.statusTracker()
        infos = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return any(info is not None and info.numCompletedTasks == 1 for info in infos)

    wait_until(one_has_ended, "a first task has ended")


def kept_and_waiting(sc: SparkContext, marker: Path, once: Callable[[], bool], *, dies: bool) -> "RDD[Any]":
    """Return a cached RDD of a text that all tasks agree on. The first time one of them waits, or dies."""

    def agree(index: int, _: Any) -> list[str]:
        text = BarrierTaskContext.get().allGather(uuid.uuid4().hex)[0]
        if index == 1 and once():
            wait_until(marker.exists, "the marker")
            if dies:
                os._exit(7)
        return [text]

    return together(sc, agree).cache()


def test_blocks_of_two_attempts_are_not_united(
    sc2: SparkContext, once: Callable[[], bool], tmp_path: Path
) -> None:
    rdd = kept_and_waiting(sc2, tmp_path / "marker", once, dies=True)
    with ThreadPoolExecutor(1) as pool:
        collected = pool.submit(rdd.collect)
        wait_for_the_first_end(sc2)
        (tmp_path / "marker").touch()
        first, second = collected.result()
    assert first == second
    assert rdd.collect() == [first, second]


def test_a_part_of_the_blocks_is_not_read(
    start_context: Callable[..., SparkContext], once: Callable[[], bool], tmp_path: Path
) -> None:
    sc = start_context("local[3]")
    rdd = kept_and_waiting(sc, tmp_path / "marker", once, dies=False)
    with ThreadPoolExecutor(1) as pool:
        collected = pool.submit(rdd.collect)
        wait_for_the_first_end(sc)
        beside = rdd.collect()
        (tmp_path / "marker").touch()
        before = collected.result()
    assert len(set(before)) == len(set(beside)) == 1
    assert before != beside


def test_output_and_accumulators_count_once(
    sc2: SparkContext, once: Callable[[], bool], tmp_path: Path
) -> None:
    ended = sc2.accumulator(0)

    def meet(index: int, elements: Iterable[int]) -> Iterator[int]:
        ended.add(1)
        yield from elements
        if index == 1 and once():
            os.kill(os.getpid(), signal.SIGKILL)

    together(sc2, meet).saveAsTextFile(str(tmp_path / "saved"))
    assert sorted(sc2.textFile(str(tmp_path / "saved")).collect()) == ["0", "1"]
    assert ended.value == 2


# Beside other jobs.


def test_a_waiting_task_can_be_cancelled(sc2: SparkContext, tmp_path: Path) -> None:
    def meet(index: int, _: Any) -> Iterable[Any]:
        (tmp_path / str(index)).touch()
        while index == 0:
            threading.Event().wait(0.01)
        return wait([])

    def cancel() -> None:
        wait_until(lambda: len(os.listdir(tmp_path)) == 2, "both tasks running")
        sc2.cancelJobGroup("meeting")

    sc2.setJobGroup("meeting", "")
    try:
        with ThreadPoolExecutor(1) as pool:
            cancelled = pool.submit(cancel)
            with pytest.raises(JobCancelledError):
                together(sc2, meet).collect()
        cancelled.result()
    finally:
        sc2.setLocalProperty("spark.jobGroup.id", None)
        sc2.setLocalProperty("spark.job.description", None)
    check_next_job(sc2)


def test_barrier_jobs_of_several_threads(sc2: SparkContext) -> None:
    def run(number: int) -> list[Any]:
        if number % 3 == 0:
            return [sc2.parallelize(range(5), 5).sum()]
        return together(
            sc2, lambda index, _: BarrierTaskContext.get().allGather(f"{number}{index}")
        ).collect()

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(run, range(18)))
    expected = [[10] if number % 3 == 0 else [f"{number}0", f"{number}1"] * 2 for number in range(18)]
    assert results == expected


def test_status_and_resources_of_a_barrier_stage(sc2: SparkContext) -> None:
    sc2.setLocalProperty("season", "winter")
    try:
        seen = together(sc2, lambda *_: [BarrierTaskContext.get().getLocalProperty("season")]).collect()
    finally:
        sc2.setLocalProperty("season", None)
    assert seen == ["winter", "winter"]


# Who may call it.


def test_a_context_ends_with_its_task(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]")

    def keep(index: int, _: Any) -> list[Any]:
        os.kept_by_a_test = BarrierTaskContext.get()  # type: ignore[attr-defined]
        return []

    assert together(sc, keep, 1).collect() == []
    with pytest.raises(JobError, match="the task of this context has ended"):
        sc.range(1).foreach(lambda _: os.kept_by_a_test.barrier())  # type: ignore[attr-defined]


def test_one_thread_of_a_task_waits_at_a_time(sc2: SparkContext, tmp_path: Path) -> None:
    refused = tmp_path / "refused"

    def meet(index: int, _: Any) -> list[str]:
        context = BarrierTaskContext.get()
        if index == 1:
            wait_until(refused.exists, "a thread was refused")
            context.barrier()
            return []
        said = []

        def call() -> None:
            try:
                context.barrier()
            except RuntimeError as error:
                said.append(str(error))
                refused.touch()

        threads = [threading.Thread(target=call) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return said

    assert together(sc2, meet).collect() == ["another thread of this task waits at a barrier"]


def test_a_forked_child_meets_nobody(sc2: SparkContext, tmp_path: Path) -> None:
    said = tmp_path / "said"

    def meet(index: int, _: Any) -> list[Any]:
        context = BarrierTaskContext.get()
        if index == 0 and (child := os.fork()) == 0:
            try:
                context.barrier()
            except RuntimeError as error:
                said.write_text(str(error))
            os._exit(0)
        if index == 0:
            os.waitpid(child, 0)
        return list(wait([index]))

    assert together(sc2, meet).collect() == [0, 1]
    assert said.read_text() == "only the task's own process can wait at a barrier"
