"""The driver's process: signals at any moment, forks, threads, many contexts, and its end."""

import os
import signal
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import SparkContext
from support.processes import Footprint
from support.programs import PYTHON, Programs
from support.waiting import wait_until

GONE_WITHIN = 10.0
"""Seconds; two are promised, see test_daemon.py."""

WHOLE_LIFE = """
    import sys
    print("born", flush=True)
    from firesteel import SparkContext
    print("imported", flush=True)
    sc = SparkContext("local[2]", "life")
    print("started", flush=True)
    sc.parallelize(range(2000), 4).map(lambda x: (x % 7, x)).reduceByKey(max).collect()
    print("worked", flush=True)
    sc.stop()
    print("stopped", flush=True)
"""
STATIONS = ["born", "imported", "started", "worked", "stopped"]


def interrupt_after(programs: Programs, station: str, delay: float, times: int) -> subprocess.Popen[str]:
    """Run a context's whole life, and send SIGINT some time after it has printed a word."""
    process = programs.start(PYTHON, str(programs.write(WHOLE_LIFE)))
    assert process.stdout is not None
    while (line := process.stdout.readline().strip()) != station:
        assert line in STATIONS, line
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        for _ in range(times):
            process.send_signal(signal.SIGINT)
    return process


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("station", STATIONS)
def test_ctrl_c_at_any_moment_leaves_nothing(programs: Programs, station: str, times: int) -> None:
    """While importing, starting, working, stopping and exiting; the delays make moments in between."""
    for delay in (0.0001, 0.004, 0.02):
        process = interrupt_after(programs, station, delay, times)
        output, errors = process.communicate(timeout=50)
        assert process.returncode in (0, 1, -signal.SIGINT), (output, errors)
        assert "panicked" not in errors, errors
        wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
    done = programs.python(WHOLE_LIFE)
    assert (done.stdout.split(), done.stderr, done.returncode) == (STATIONS, "", 0)


def test_ctrl_c_twice_in_a_job_leaves_the_context_usable(programs: Programs) -> None:
    marker = programs.folder / "started"
    source = f"""
        import time
        from firesteel import SparkContext

        def endless(x):
            open({str(marker)!r}, "w").close()
            while True:
                time.sleep(0.01)

        sc = SparkContext("local[2]", "twice")
        interrupted = 0
        try:
            try:
                sc.parallelize([1, 2], 2).map(endless).collect()
            finally:
                time.sleep(1000)
        except KeyboardInterrupt:
            pass
        print("next", sc.parallelize(range(10), 4).sum(), flush=True)
        sc.stop()
    """
    process = programs.start(PYTHON, str(programs.write(source)))
    wait_until(marker.exists, "a task running")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: process.poll() is not None or sleeping(process.pid), "the job interrupted")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=50)
    assert (output, errors, process.returncode) == ("next 45\n", "", 0)


def sleeping(pid: int) -> bool:
    """Tell whether the process's main thread is in a sleep of a known system call."""
    try:
        call = Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return False
    return "nanosleep" in call


# Processes of the user's.


def test_a_forked_child_that_outlives_a_killed_driver_holds_nothing(programs: Programs) -> None:
    marker = programs.folder / "started"
    process = programs.start(
        PYTHON,
        str(
            programs.write(f"""
                import os, time
                from firesteel import SparkContext
                sc = SparkContext("local[2]", "forking")
                assert sc.range(10).count() == 10
                child = os.fork()
                if child == 0:
                    time.sleep(1000)
                print(child, flush=True)
                def forever(x):
                    open({str(marker)!r}, "w").close()
                    while True: pass
                sc.parallelize([1, 2], 2).map(forever).collect()
            """)
        ),
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        wait_until(marker.exists, "a task running")
        process.kill()
        process.wait()
        wait_until(lambda: not programs.ours(child), "only the user's child left", within=GONE_WITHIN)
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_context_in_each_of_several_processes(programs: Programs) -> None:
    done = programs.python("""
        import multiprocessing
        from firesteel import SparkContext

        def total(number):
            with SparkContext("local[2]", f"number {number}") as sc:
                pairs = sc.parallelize(range(1000), 4).map(lambda x: (x % 5, x + number))
                return sum(pairs.reduceByKey(lambda a, b: a + b, 3).values().collect())

        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(3) as pool:
                    print(pool.map(total, range(3), chunksize=1))
    """)
    assert done.stdout == "[499500, 500500, 501500]\n" * 2, done.stderr
    assert (done.stderr, done.returncode) == ("", 0)
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


# Threads, and the end of the interpreter.

UNFINISHED = """
    import threading, time
    from pathlib import Path
    from firesteel import SparkContext

    sc = SparkContext("local[2]", "unfinished")
    marker = Path({marker!r})

    def endless(x):
        marker.touch()
        while True:
            time.sleep(0.01)

    def job():
        {job}

    thread = threading.Thread(target=job, daemon=True)
    thread.start()
    while not marker.exists():
        time.sleep(0.001)
    print("leaving", flush=True)
    {ending}
"""
JOBS = {
    "waits": "sc.parallelize([1, 2], 2).map(endless).collect()",
    "tries again": """
        while True:
            try:
                sc.parallelize([1, 2], 2).map(endless).collect()
            except Exception:
                marker.touch()
    """,
}


@pytest.mark.parametrize("ending", ["", "raise SystemExit(0)", "sc.stop()"], ids=["end", "exit", "stop"])
@pytest.mark.parametrize("job", JOBS)
def test_the_interpreter_ends_while_a_thread_runs_jobs(programs: Programs, job: str, ending: str) -> None:
    marker = str(programs.folder / "started")
    body = textwrap.indent(textwrap.dedent(JOBS[job]).strip(), " " * 8).strip()
    source = textwrap.dedent(UNFINISHED).format(marker=marker, job=body.replace("\n", "\n"), ending=ending)
    done = programs.python(source)
    assert done.stdout == "leaving\n", done.stderr
    assert done.returncode == 0, done.stderr
    assert "panicked" not in done.stderr
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


def test_jobs_of_driver_threads_that_nobody_joins(programs: Programs) -> None:
    done = programs.python("""
        import threading
        from firesteel import SparkContext

        sc = SparkContext("local[2]", "threads")
        for number in range(8):
            # Not daemons: the interpreter waits for them, and the context is there until they have ended.
            threading.Thread(target=lambda: print(sc.parallelize(range(100), 4).sum(), flush=True)).start()
    """)
    assert done.stdout == "4950\n" * 8, done.stderr
    assert (done.stderr, done.returncode) == ("", 0)
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


# Many contexts.


def test_thirty_contexts_in_a_row_leave_nothing(start_context: Callable[..., SparkContext]) -> None:
    """benches/contexts.py does it a thousand times, and measures the memory, too."""

    def live() -> None:
        sc = start_context("local[2]")
        pairs = sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).cache()
        assert pairs.reduceByKey(lambda a, b: a + b, 2).count() == 5
        sc.stop()

    live()
    before = Footprint.now()
    for _ in range(30):
        live()
    wait_until(lambda: not Footprint.now().exceeds(before), "no more than before")
