"""Processes that are struck from outside, or before and after a task."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger import note

from firesteel import SparkContext
from firesteel.errors import FiresteelError, JobError
from support.contexts import stop, use_all_workers
from support.waiting import wait_until

SECTION = "Processes"
Start = Callable[..., SparkContext]
HARMLESS_AT_START = {
    # Python prints what a function for the child of a fork raises, and goes on.
    "exception": "raise ValueError('struck')",
    "SystemExit": "raise SystemExit(3)",
    "out of memory": "bytearray(1 << 46)",
    "recursion overflow": "strike()",
    "a thread left running": (
        "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    ),
    "a child process left running": "import subprocess; subprocess.Popen(['sleep', '1000'])",
    "streams closed": "import sys; sys.stdout.close(); sys.stderr.close()",
    "streams flooded": "import sys; [stream.write('flood ' * 20_000) for stream in (sys.stdout, sys.stderr)]",
}
AT_START = {
    "os._exit": ("os._exit(5)", "exit code 5"),
    "abort": ("os.abort()", "killed by signal 6 (SIGABRT)"),
    "SIGKILL": ("os.kill(os.getpid(), 9)", "killed by signal 9 (SIGKILL)"),
    "SIGSEGV": ("os.kill(os.getpid(), 11)", "killed by signal 11 (SIGSEGV)"),
}
HOOK = """
import os
def strike():
    if {always} or not os.path.exists({marker!r}):
        open({marker!r}, "w").close()
        {act}
if "FIRESTEEL_IMPORT_PATH" in os.environ:
    os.register_at_fork(after_in_child=strike)
"""


def check_next_job(sc: SparkContext) -> None:
    assert sc.parallelize(range(20), 4).map(lambda x: (x % 3, x)).reduceByKey(max, 2).count() == 3


def strike_workers_at_start(monkeypatch: pytest.MonkeyPatch, folder: Path, act: str, *, always: bool) -> Path:
    marker = folder / "struck"
    folder.joinpath("sitecustomize.py").write_text(HOOK.format(act=act, marker=str(marker), always=always))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return marker


@pytest.mark.parametrize("fault", AT_START)
def test_a_worker_that_dies_at_its_start(
    start_context: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    marker = strike_workers_at_start(monkeypatch, tmp_path, AT_START[fault][0], always=False)
    sc = start_context("local[2]")
    check_next_job(sc)
    assert marker.exists()
    note(SECTION, f"{fault} of a worker, once", "its start", "another one starts")


@pytest.mark.parametrize("fault", AT_START)
def test_workers_that_never_start(
    start_context: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    act, says = AT_START[fault]
    strike_workers_at_start(monkeypatch, tmp_path, act, always=True)
    sc = start_context("local[2]")
    for _ in range(2):
        with pytest.raises(JobError) as caught:
            sc.range(4).count()
        text = str(caught.value)
        assert "no worker could be started" in text
        assert says in text
    note(SECTION, f"{fault} of every worker", "its start", "error that names the cause")


@pytest.mark.parametrize("fault", HARMLESS_AT_START)
def test_what_a_worker_survives_at_its_start(
    start_context: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    marker = strike_workers_at_start(monkeypatch, tmp_path, HARMLESS_AT_START[fault], always=True)
    sc = start_context("local[2]")
    check_next_job(sc)
    assert marker.exists()
    note(SECTION, f"{fault} of every worker", "its start", "unharmed")


def test_a_worker_that_freezes_at_its_start(
    start_context: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    marker = strike_workers_at_start(monkeypatch, tmp_path, "os.kill(os.getpid(), 19)", always=False)
    sc = start_context("local[1]", {"firesteel.worker.start.timeout": "6s"})
    check_next_job(sc)
    assert marker.exists()
    note(SECTION, "SIGSTOP of a worker, once", "its start", "another one starts")


def test_a_daemon_that_dies_while_many_workers_start(start_context: Start) -> None:
    sc = start_context("local[8]")
    daemon = wait_until(sc._engine.daemon_pid, "the daemon started")
    # Stopped, so that all eight are on their way when it dies.
    os.kill(daemon, signal.SIGSTOP)
    rdd = sc.range(8, numSlices=8).map(lambda x: x + 1)
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(rdd.collect()))
    thread.start()
    os.kill(daemon, signal.SIGKILL)
    thread.join()
    assert results == [list(range(1, 9))]
    note(SECTION, "SIGKILL of the daemon", "while many workers start", "another one starts")


@pytest.mark.parametrize("point", ["a call", "shuffle read"])
def test_a_daemon_killed_by_a_task(sc2: SparkContext, tmp_path: Path, point: str) -> None:
    marker = tmp_path / "struck"

    def strike_once(x: int) -> int:
        if not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
        return x

    numbers = sc2.range(8, numSlices=4)
    struck = numbers.map(strike_once) if point == "a call" else numbers.repartition(3).map(strike_once)
    assert sorted(struck.collect()) == list(range(8))
    check_next_job(sc2)
    note(SECTION, "SIGKILL of the daemon", point, "retried")


def test_frozen_processes_at_the_end(start_context: Start) -> None:
    for frozen in ("the workers", "the daemon", "the daemon and the workers"):
        sc = start_context("local[2]")
        workers = use_all_workers(sc, 2)
        daemon = sc._engine.daemon_pid()
        assert daemon is not None
        for pid in [daemon] * ("daemon" in frozen) + workers * ("workers" in frozen):
            os.kill(pid, signal.SIGSTOP)
        stop(sc)
        note(SECTION, f"SIGSTOP of {frozen}", "the end of the context", "all are gone")


def test_a_daemon_that_is_frozen_for_good(start_context: Start) -> None:
    sc = start_context("local[2]", {"firesteel.worker.start.timeout": "6s"})
    # Before a worker has been asked for, so that one is needed.
    os.kill(wait_until(sc._engine.daemon_pid, "the daemon started"), signal.SIGSTOP)
    assert sc.range(8, numSlices=4).map(lambda x: x).sum() == 28
    assert sc._engine.counters()["daemons_died"] >= 1
    note(SECTION, "SIGSTOP of the daemon", "when workers are to start", "another one starts")


def test_idle_workers_that_are_frozen(start_context: Start) -> None:
    sc = start_context("local[2]", {"firesteel.task.timeout": "4s"})
    for pid in use_all_workers(sc, 2):
        os.kill(pid, signal.SIGSTOP)
    assert sc.range(8, numSlices=4).map(lambda x: x).sum() == 28
    note(SECTION, "SIGSTOP of the workers", "between two jobs (with a task time limit)", "retried")


@pytest.mark.parametrize("value", ["soon", "0", "-1s"])
def test_a_time_limit_that_is_none(value: str) -> None:
    from support.contexts import start

    with pytest.raises(FiresteelError, match=r"firesteel\.task\.timeout must be a duration"):
        start("local[1]", {"firesteel.task.timeout": value})
