"""FAIR scheduling: which job gets the worker, and what the allocation file may say."""

import os
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import InheritableThread, SparkConf, SparkContext
from firesteel.core._pools import Pool, configured_pools
from firesteel.errors import ArgumentError, FiresteelError
from support.waiting import PATIENCE, wait_until

FAIR = {"spark.scheduler.mode": "FAIR"}


class Race:
    """Jobs that wait for the only worker, while a task of the first holds it."""

    def __init__(self, sc: SparkContext, folder: Path) -> None:
        self._sc, self._folder = sc, folder
        self._threads: list[threading.Thread] = []

    def submit(self, name: str, tasks: int, pool: str | None) -> None:
        """Start a job in a thread and pool of its own, and wait until it has its place in the queue."""
        thread = InheritableThread(target=self._run, args=(name, tasks, pool))
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: self._is_queued(name), f"{name} is queued")
        if len(self._threads) == 1:
            wait_until(lambda: len(self.order()) == 1, f"{name} runs")

    def _run(self, name: str, tasks: int, pool: str | None) -> None:
        self._sc.setJobGroup(name, name)
        if pool is not None:
            self._sc.setLocalProperty("spark.scheduler.pool", pool)
        self._sc.parallelize(range(tasks), tasks).foreach(_note(self._folder, name))

    def _is_queued(self, name: str) -> bool:
        tracker = self._sc.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(name)]
        return any(job is not None and job.stageIds for job in jobs)

    def finish(self) -> list[str]:
        """Let all tasks go on; return the jobs of the tasks in the order in which they ran."""
        (self._folder / "go").touch()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.order()

    def order(self) -> list[str]:
        """Return the jobs of the tasks that have begun."""
        noted = self._folder / "order"
        return noted.read_text().split() if noted.exists() else []


def _note(folder: Path, name: str) -> Callable[[int], None]:
    def note(_: int) -> None:
        with open(folder / "order", "a") as file:
            file.write(name + "\n")
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(folder / "go") and time.monotonic() < deadline:
            time.sleep(0.001)

    return note


@pytest.fixture
def start_race(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> Callable[[dict[str, str]], Race]:
    """Starts a race for one worker."""
    return lambda settings: Race(start_context("local[1]", settings), tmp_path)


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        (FAIR, ["long", "short", "long", "long"]),
        ({"spark.scheduler.mode": "fifo"}, ["long", "long", "long", "short"]),
        ({}, ["long", "long", "long", "short"]),
    ],
)
def test_a_short_job_does_not_wait_for_a_long_one_in_another_pool(
    start_race: Callable[[dict[str, str]], Race], settings: dict[str, str], order: list[str]
) -> None:
    race = start_race(settings)
    race.submit("long", 3, "reports")
    race.submit("short", 1, "interactive")
    assert race.finish() == order


def test_the_allocation_file_decides(start_race: Callable[[dict[str, str]], Race], tmp_path: Path) -> None:
    path = tmp_path / "pools.xml"
    path.write_text("<allocations><pool name='z'><minShare>1</minShare></pool></allocations>")
    race = start_race(FAIR | {"spark.scheduler.allocation.file": path.as_uri()})
    race.submit("first", 1, None)
    race.submit("a", 1, "a")
    race.submit("z", 1, "z")
    race.submit("second", 1, None)
    race.submit("third", 1, None)
    assert race.finish() == ["first", "z", "a", "second", "third"]


def read(text: str, path: Path) -> list[Pool] | None:
    """Return the pools of a file with this text."""
    path.write_text(text)
    conf = SparkConf(loadDefaults=False).set("spark.scheduler.mode", "fair")
    return configured_pools(conf.set("spark.scheduler.allocation.file", str(path)))


def test_what_a_file_says(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?>
        <allocations>
          <pool name="a">
            <schedulingMode> fair </schedulingMode>
            <weight>3</weight>
            <minShare>2</minShare>
          </pool>
          <pool name="b"/>
          <more><pool name="c"><weight>0</weight></pool></more>
        </allocations>"""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(text, tmp_path / "pools") == [Pool("a", True, 3, 2), Pool("b"), Pool("c", weight=0)]


@pytest.mark.parametrize(
    "setting", ["<weight>x</weight>", "<minShare>2.5</minShare>", "<schedulingMode>NONE</schedulingMode>"]
)
def test_a_value_that_is_none_is_told_of(tmp_path: Path, setting: str) -> None:
    with pytest.warns(UserWarning, match="pool 'a'.* cannot be"):
        assert read(f"<x><pool name='a'>{setting}</pool></x>", tmp_path / "pools") == [Pool("a")]


def test_a_broken_file_is_one_clear_error(start_context: Callable[..., SparkContext], tmp_path: Path) -> None:
    path = tmp_path / "pools.xml"
    settings = FAIR | {"spark.scheduler.allocation.file": str(path)}
    with pytest.raises(FiresteelError, match=r"pools\.xml: No such file or directory$"):
        start_context("local[1]", settings)
    path.write_text("<allocations>")
    with pytest.raises(FiresteelError, match=r"pools\.xml is no XML: no element found"):
        start_context("local[1]", settings)
    assert SparkContext._active_spark_context is None


def test_without_a_file_jobs_of_the_default_pool_share(tmp_path: Path) -> None:
    assert configured_pools(SparkConf().set("spark.scheduler.mode", "FAIR")) == [
        Pool("default", is_fair=True)
    ]
    # Whose file does not name it has it first in, first out.
    assert read("<allocations/>", tmp_path / "pools") == []


def test_the_file_among_sparks_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name in (("own", "mine"), ("home/conf", "theirs"), (".", "nobody's")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        text = f'<allocations><pool name="{name}"><weight>3</weight></pool></allocations>'
        (tmp_path / folder / "fairscheduler.xml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    monkeypatch.delenv("SPARK_HOME", raising=False)
    conf = SparkConf(loadDefaults=False).set("spark.scheduler.mode", "FAIR")
    assert configured_pools(conf) == [Pool("default", is_fair=True)]
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "home"))
    assert configured_pools(conf) == [Pool("theirs", weight=3)]
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "own"))
    assert configured_pools(conf) == [Pool("mine", weight=3)]
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "missing"))
    assert configured_pools(conf) == [Pool("default", is_fair=True)]


def test_another_mode_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"Unsupported scheduling mode: NONE\. Use FAIR or FIFO instead"):
        configured_pools(SparkConf().set("spark.scheduler.mode", "NONE"))
