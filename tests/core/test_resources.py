"""Devices of driver, executors and tasks: PySpark's settings, discovery scripts and words."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext, TaskContext
from firesteel.errors import FiresteelError
from firesteel.resource import (
    ExecutorResourceRequests,
    ResourceProfile,
    ResourceProfileBuilder,
    TaskResourceRequests,
)

Start = Callable[..., SparkContext]
CLUSTER = "local-cluster[2,2,512]"


@pytest.fixture
def find(tmp_path: Path) -> Callable[[str], str]:
    """Write a discovery script that prints this."""

    def write(printed: str) -> str:
        script = tmp_path / "find-devices"
        script.write_text(f"#!/bin/sh\necho '{printed}'\n")
        script.chmod(0o755)
        return str(script)

    return write


def asks(component: str, amount: Any, script: str | None = None) -> dict[str, Any]:
    """Return the settings that ask for so much."""
    key = f"spark.{component}.resource.gpu"
    return {f"{key}.amount": amount, **({f"{key}.discoveryScript": script} if script else {})}


def test_the_driver_has_what_its_script_finds(start_context: Start, find: Callable[[str], str]) -> None:
    script = find('{"name": "gpu", "addresses": ["0", "1"]}')
    sc = start_context("local[2]", asks("driver", 1, script))
    assert {name: (found.name, found.addresses) for name, found in sc.resources.items()} == {
        "gpu": ("gpu", ["0", "1"])
    }


def devices_and_meeting(sc: SparkContext, folder: Path, tasks: int) -> list[tuple[str, list[str]]]:
    """Return executor and devices of so many tasks that run at once, which the folder shows."""
    path = str(folder)

    def look(_: int) -> tuple[str, list[str]]:
        import os
        import time

        context = TaskContext.get()
        assert context is not None
        Path(path, str(context.taskAttemptId())).touch()
        deadline = time.monotonic() + 20
        while len(os.listdir(path)) < tasks and time.monotonic() < deadline:
            time.sleep(0.001)
        executor = context.getLocalProperty("firesteel.executor.id")
        assert executor is not None
        assert context.getLocalProperty("firesteel.task.resources") is None
        return executor, context.resources()["gpu"].addresses

    return sorted(sc.parallelize(range(tasks), tasks).map(look).collect())


def test_tasks_at_once_have_devices_of_their_own(
    start_context: Start, find: Callable[[str], str], tmp_path: Path
) -> None:
    script = find('{"name": "gpu", "addresses": ["a", "b", "c"]}')
    sc = start_context(CLUSTER, {**asks("executor", 2, script), **asks("task", 1)})
    (tmp_path / "seen").mkdir()
    seen = devices_and_meeting(sc, tmp_path / "seen", 4)
    assert seen == [("0", ["a"]), ("0", ["b"]), ("1", ["a"]), ("1", ["b"])]


def test_a_device_can_be_shared_and_a_task_can_have_two(
    start_context: Start, find: Callable[[str], str], tmp_path: Path
) -> None:
    script = find('{"name": "gpu", "addresses": ["0", "1"]}')
    sc = start_context(CLUSTER, {**asks("executor", 1, script), **asks("task", 0.5)})
    (tmp_path / "shared").mkdir()
    shared = devices_and_meeting(sc, tmp_path / "shared", 4)
    assert shared == [("0", ["0"]), ("0", ["0"]), ("1", ["0"]), ("1", ["0"])]
    sc.stop()
    sc = start_context(CLUSTER, {**asks("executor", 2, script), **asks("task", 2)})
    (tmp_path / "both").mkdir()
    # Two devices are one task, whatever the cores.
    assert devices_and_meeting(sc, tmp_path / "both", 2) == [("0", ["0", "1"]), ("1", ["0", "1"])]
    barrier = sc.parallelize(range(3), 3).barrier().mapPartitions(lambda elements: elements)
    with pytest.raises(FiresteelError, match="SPARK-24819"):
        barrier.collect()


def asking(cores: int | None = None, script: str = "", **amounts: float) -> ResourceProfile:
    """Return a profile of amounts for each task, and of executors with so many cores and a device each."""
    requests = TaskResourceRequests()
    for name, amount in amounts.items():
        requests.resource(name, amount)
    builder = ResourceProfileBuilder().require(requests)
    if cores is not None:
        builder.require(ExecutorResourceRequests().cores(cores).resource("gpu", 1, script))
    return builder.build


def seen_at_once(sc: SparkContext, folder: Path, tasks: int, profile: ResourceProfile) -> int:
    """Return the most of so many tasks that one has seen running, which each does until nobody more comes."""
    path = str(folder)

    def look(_: int) -> int:
        import os
        import time

        context = TaskContext.get()
        assert context is not None
        mine = Path(path, str(context.taskAttemptId()))
        mine.touch()
        most, quiet = 0, time.monotonic()
        while time.monotonic() - quiet < 0.2:
            now = len(os.listdir(path))
            if now > most:
                most, quiet = now, time.monotonic()
            time.sleep(0.001)
        mine.unlink()
        return most

    return sc.parallelize(range(tasks), tasks).withResources(profile).map(look).max()


def test_a_stage_runs_no_more_tasks_than_executors_have_enough_for(
    start_context: Start, find: Callable[[str], str], tmp_path: Path
) -> None:
    script = find('{"name": "gpu", "addresses": ["0", "1"]}')
    sc = start_context(CLUSTER, asks("executor", 2, script))
    (tmp_path / "running").mkdir()
    for profile in (asking(cpus=2), asking(gpu=2), asking(cpus=1.5, gpu=0.5)):
        assert seen_at_once(sc, tmp_path / "running", 4, profile) <= 2
    assert len(sc._running_engine().worker_pids()) <= 2


def test_a_share_of_a_processor_lets_more_tasks_run(start_context: Start, tmp_path: Path) -> None:
    sc = start_context(CLUSTER)
    (tmp_path / "seen").mkdir()
    path = str(tmp_path / "seen")

    def meet(number: int) -> int:
        import os
        import time

        Path(path, str(number)).touch()
        deadline = time.monotonic() + 20
        while len(os.listdir(path)) < 8 and time.monotonic() < deadline:
            time.sleep(0.001)
        return len(os.listdir(path))

    numbers = sc.parallelize(range(8), 8).withResources(asking(cpus=0.5))
    assert numbers.map(meet).collect() == [8] * 8
    assert sc.parallelize(range(8), 8).map(str).count() == 8


def test_a_task_may_have_the_part_of_the_memory_that_its_processors_are(start_context: Start) -> None:
    sc = start_context("local-cluster[1,4,512]")

    def spills(profile: ResourceProfile | None) -> int:
        before = sc._running_engine().counters()["spills"]
        numbers = sc.parallelize(range(400_000), 1)
        pairs = numbers.map(lambda number: (f"number {number:030}", [number]))
        if profile is not None:
            pairs.withResources(profile)
        assert pairs.reduceByKey(lambda a, b: a + b, 1).count() == 400_000
        return sc._running_engine().counters()["spills"] - before

    usual, all_of_it = spills(None), spills(asking(cpus=4))
    assert usual > all_of_it


def test_a_profile_has_executors_of_its_own(
    start_context: Start, find: Callable[[str], str], tmp_path: Path
) -> None:
    script = find('{"name": "gpu", "addresses": ["a"]}')
    sc = start_context(CLUSTER, {"spark.dynamicAllocation.enabled": "true"})
    profile = asking(cores=1, script=script, cpus=1, gpu=1)

    def told(_: int) -> tuple[str | None, list[str]]:
        context = TaskContext.get()
        assert context is not None
        devices = [address for kind in context.resources().values() for address in kind.addresses]
        return context.getLocalProperty("firesteel.executor.id"), devices

    own = sc.parallelize(range(8), 8).withResources(profile)
    assert set(map(repr, own.map(told).collect())) <= {repr(("2", ["a"])), repr(("3", ["a"]))}
    usual = sc.parallelize(range(8), 8).map(told).collect()
    assert {executor for executor, _ in usual} <= {"0", "1"}
    # A shuffle crosses from the ones to the others.
    sums = own.map(lambda number: (number % 2, number)).reduceByKey(lambda a, b: a + b, 2)
    assert sorted(sums.collect()) == [(0, 12), (1, 16)]
    executors = sc._running_engine().executor_pids()
    assert set(executors) >= {2}
    os.kill(executors[2], signal.SIGKILL)
    assert sorted(own.map(lambda number: -number).collect()) == list(range(-7, 1))


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (asking(cpus=3), r"\(=2\) has to be >= the number of cpus per task = 3"),
        (asking(cpus=0), "must be at least 1e-9"),
        (asking(cpus=float("nan")), "must be at least 1e-9"),
        (asking(gpu=1), "No executor resource configs were specified for the following task configs: gpu"),
        (asking(cores=1, cpus=1), "with dynamic allocation enabled"),
    ],
)
def test_a_profile_that_cannot_be_had_is_refused(
    start_context: Start, profile: ResourceProfile, message: str
) -> None:
    sc = start_context(CLUSTER)
    numbers = sc.parallelize(range(4), 4)
    with pytest.raises(FiresteelError, match=message):
        numbers.withResources(profile)
    assert numbers.count() == 4


def test_executors_of_its_own_must_make_sense(start_context: Start) -> None:
    sc = start_context(CLUSTER, {"spark.dynamicAllocation.enabled": "true", "spark.task.cpus": 2})
    for cores, script, amounts, message in (
        (0, "", {}, "The cores amount 0 must be at least 1"),
        (2, "", {"cpus": 1}, "didn't specify a discovery script"),
        (2, "/nowhere/at-all", {"cpus": 1}, "does not run"),
    ):
        with pytest.raises(FiresteelError, match=message):
            sc.range(3).withResources(asking(cores=cores, script=script, **amounts))
    small = ResourceProfileBuilder().require(ExecutorResourceRequests().cores(1)).build
    with pytest.raises(FiresteelError, match=r"\(=1\) has to be >= the number of cpus per task = 2"):
        sc.range(3).withResources(small)


def test_profiles_in_one_stage_and_a_barrier_for_too_many_are_errors_of_the_job(start_context: Start) -> None:
    sc = start_context(CLUSTER)
    numbers = sc.parallelize(range(3), 3).withResources(asking(cpus=2))
    several = numbers.map(str).withResources(asking(cpus=1))
    with pytest.raises(
        FiresteelError, match=r"Multiple ResourceProfiles .* which ends in map at test_resources"
    ):
        several.collect()
    barrier = numbers.barrier().mapPartitions(lambda part: part)
    with pytest.raises(FiresteelError, match=r"SPARK-24819.* of such tasks the executors run 2 at once"):
        barrier.collect()
    assert numbers.sum() == 3


@pytest.mark.parametrize(
    ("settings", "printed", "message"),
    [
        (asks("driver", 3), None, "didn't specify a discovery script"),
        (
            asks("driver", 3),
            '{"name": "gpu", "addresses": ["0", "1"]}',
            "is less than what the user requested: 3",
        ),
        (asks("driver", 1), '{"name": "fpga", "addresses": ["0"]}', "fpga and we were expecting gpu"),
        (asks("driver", 1), "0 1", "must print"),
        (asks("driver", 1, "/nowhere/at-all"), None, "does not run"),
        (asks("driver", "many"), None, "must be a number"),
        (asks("task", 1), None, "No executor resource configs"),
        (
            {**asks("task", 2), **asks("executor", 1)},
            '{"name": "gpu", "addresses": ["0"]}',
            "needs to be >= the task",
        ),
        (
            {**asks("task", 1.5), **asks("executor", 2)},
            '{"name": "gpu", "addresses": ["0", "1"]}',
            "a whole number",
        ),
    ],
)
def test_what_cannot_be_had_is_said(
    start_context: Start,
    find: Callable[[str], str],
    settings: dict[str, Any],
    printed: str | None,
    message: str,
) -> None:
    script = find(printed) if printed is not None else None
    scripts = {
        key.replace(".amount", ".discoveryScript"): script
        for key in settings
        if script is not None and key.endswith(".amount") and ".task." not in key
    }
    with pytest.raises(FiresteelError, match=message):
        start_context(CLUSTER, {**scripts, **settings})
