"""Devices of driver, executors and tasks: PySpark's settings, discovery scripts and words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext, TaskContext
from firesteel.errors import FiresteelError

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
