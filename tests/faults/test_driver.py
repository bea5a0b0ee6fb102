"""The driver's process: signals at any moment, forks, threads, many contexts, and every end that it has."""

import os
import signal
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger import note

from firesteel import SparkContext
from support.processes import Footprint, abandoned_directories, descriptors, exists, run_directories
from support.programs import PYTHON, Programs
from support.waiting import wait_until

SECTION = "The driver"
GONE_WITHIN = 10.0
"""Seconds after which nothing of ours may be left of a driver that ended. Two are promised, and usually it is
a tenth of one, but this machine may be busy with other things. What stays, stays longer than this."""
NOTHING_LEFT = "no process is left"
SWEPT = "no process is left, and after the next start no file"

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
DOING = {
    "born": "import",
    "imported": "start",
    "started": "a job",
    "worked": "stop",
    "stopped": "the end of the interpreter",
}
"""What a program does after each of its words."""
STATIONS = list(DOING)


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
    note(SECTION, "Ctrl-C" if times == 1 else "Ctrl-C twice quickly", DOING[station], NOTHING_LEFT)


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
    note(SECTION, "Ctrl-C twice", "a job and what cleans up after it", "the context works on")


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
        note(SECTION, "SIGKILL", "a job beside a child of os.fork", NOTHING_LEFT)
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
    note(SECTION, "several contexts at once", "processes of multiprocessing", "the right answers")


def line_from(process: subprocess.Popen[str], expected: str) -> str:
    """Return the rest of the next line that a program prints, which must begin as expected."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(expected), (line, process.stderr.read() if process.poll() is not None else "")
    return line.removeprefix(expected).strip()


# The end of the driver, by whatever.

KILLED_PROGRAM = """
    import multiprocessing, os, time
    from pathlib import Path
    from firesteel import SparkContext

    def users_own():
        time.sleep(1000)

    def child():
        process = multiprocessing.get_context("fork").Process(target=users_own)
        process.start()
        return process.pid

    children = [child()] if {children} else []
    sc = SparkContext("local[2]", "killed")
    sc.parallelize(range(10_000), 4).map(lambda x: (x, str(x))).cache().reduceByKey(max).count()
    children += [child()] if {children} else []
    def task(x):
        open({marker!r}, "w").close()
        {task}
    holds = {{os.readlink(f"/proc/self/fd/{{fd}}").rpartition("/")[0] for fd in os.listdir("/proc/self/fd")
              if os.path.islink(f"/proc/self/fd/{{fd}}")}}
    print("directories", *[name for name in holds if "/firesteel-run-" in name], flush=True)
    print("children", *children, flush=True)
    sc.parallelize([1, 2, 3, 4], 4).map(task).collect()
"""
TASKS = {
    "busy": "while True: pass",
    "asleep": "time.sleep(1000)",
    "in a program of its own": "import subprocess; subprocess.run(['sleep', '1000'])",
}


@pytest.mark.parametrize("children", [False, True], ids=["alone", "with children of the user's"])
@pytest.mark.parametrize("task", TASKS)
def test_kill_9_of_the_driver_leaves_no_process(programs: Programs, task: str, children: bool) -> None:
    marker = programs.folder / "started"
    source = KILLED_PROGRAM.format(children=children, marker=str(marker), task=TASKS[task])
    process = programs.start(PYTHON, str(programs.write(source)))
    directories = [Path(name) for name in line_from(process, "directories").split()]
    users = [int(pid) for pid in line_from(process, "children").split()]
    wait_until(marker.exists, "a task running")
    wait_until(lambda: len(programs.ours(*users, process.pid)) >= 3, "daemon and two workers")
    process.kill()
    process.wait()
    try:
        wait_until(
            lambda: not programs.ours(*users), f"no process of ours: {programs.ours(*users)}", GONE_WITHIN
        )
        assert all(exists(pid) for pid in users), "the user's own processes are not ours to end"
    finally:
        for pid in users:
            os.kill(pid, signal.SIGKILL)
    assert directories
    swept_by_next_start(programs, directories)
    beside = " beside children of multiprocessing" if children else ""
    note(SECTION, "SIGKILL", f"a task {task}{beside}", SWEPT)


def swept_by_next_start(programs: Programs, directories: list[Path]) -> None:
    """Check that what a killed driver left is removed by the next one that starts."""
    done = programs.python("""
        from firesteel import SparkContext
        SparkContext("local[1]", "next").stop()
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    wait_until(lambda: not any(path.exists() for path in directories), "abandoned run directories swept")
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


def test_the_run_directory_of_a_living_driver_is_not_swept(
    start_context: Callable[..., SparkContext], programs: Programs
) -> None:
    sc = start_context("local[2]")
    kept = sc.parallelize(range(1000), 4).map(lambda x: (x % 3, x)).reduceByKey(max).cache()
    first = kept.collect()
    mine = run_directories()
    assert mine
    swept_by_next_start(programs, [])
    assert all(path.exists() for path in mine)
    assert not mine & abandoned_directories()
    assert kept.collect() == first


def test_a_program_that_fails_ends_with_everything(programs: Programs) -> None:
    done = programs.python("""
        from firesteel import SparkContext
        sc = SparkContext("local[2]", "failing")
        sc.parallelize([1, 0]).map(lambda x: 1 // x).collect()
    """)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
    note(SECTION, "an exception that nobody catches", "a job that failed", NOTHING_LEFT)


ENDINGS = {"os._exit": "os._exit(5)", "SIGTERM": "os.kill(os.getpid(), 15)", "abort": "os.abort()"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_however_the_driver_ends_everything_goes(programs: Programs, ending: str) -> None:
    done = programs.python(f"""
        import os
        from firesteel import SparkContext
        sc = SparkContext("local[2]", "ending")
        sc.parallelize(range(10), 4).map(lambda x: (x, x)).reduceByKey(max).count()
        print("there", flush=True)
        {ENDINGS[ending]}
    """)
    assert done.stdout == "there\n"
    assert done.returncode != 0
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
    note(SECTION, ending, "between two jobs", NOTHING_LEFT)


# Spill files that are open.

SPILLING_PROGRAM = """
    import os, sys, time
    from pathlib import Path
    from firesteel import SparkConf, SparkContext

    local, marker, *settings = sys.argv[1:]

    def spill_files():
        names = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        targets = [os.readlink(name) for name in names if os.path.islink(name)]
        return [name for name in targets if name.startswith(local) and not name.endswith("/lock")]

    def wait(pair):
        Path(marker + "-").write_text("\\n".join(spill_files()))
        os.rename(marker + "-", marker)
        time.sleep(1000)

    conf = SparkConf().setMaster("local[1]").setAppName("spilling").set("spark.local.dir", local)
    conf.set("spark.python.worker.memory", "1m").set("firesteel.shared.memory.dir", "none")
    # Objects, which take more memory than columns, and so are spilled for certain.
    conf.set("firesteel.native", "false")
    for setting in settings:
        conf.set(*setting.split("="))
    with SparkContext(conf=conf) as sc:
        words = sc.range(100_000, numSlices=1).map(lambda x: (f"word {x * 7919 % 90_001}", x))
        try:
            words.sortByKey(numPartitions=1).map(wait).count()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            sys.stdin.readline()
            print(sc.range(10, numSlices=2).sum())
"""
LIMITS = {"without names": [], "with names for a limit": ["firesteel.local.dir.limit=1g"]}


def open_spill_files(programs: Programs, local: Path) -> list[str]:
    """Return the files below a folder that are visible and unsealed, or open without a name."""
    visible = [str(path) for path in local.rglob(".unsealed-*")]
    opened = [name for pid in programs.ours() for name in descriptors_of(pid).values()]
    return visible + [name for name in opened if name.startswith(str(local)) and "deleted" in name]


def descriptors_of(pid: int) -> dict[int, str]:
    try:
        return descriptors(pid)
    except OSError:
        return {}  # gone in between


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_spill_files_that_are_open_go_with_their_task(programs: Programs, how: str, limit: str) -> None:
    local, marker = programs.folder / "local", programs.folder / "spilled"
    local.mkdir()
    command = [PYTHON, str(programs.write(SPILLING_PROGRAM)), str(local), str(marker), *LIMITS[limit]]
    process = programs.start(*command, stdin=subprocess.PIPE)
    wait_until(marker.exists, "a task that has spilled", within=50)
    opened = [name for name in marker.read_text().splitlines() if "/.unsealed-" in name or "deleted" in name]
    assert opened
    assert all(("/.unsealed-" in name) == bool(LIMITS[limit]) for name in opened), opened
    process.send_signal(getattr(signal, how))
    if how == "SIGINT":
        assert line_from(process, "interrupted") == ""
        wait_until(lambda: not open_spill_files(programs, local), "no spill file", within=GONE_WITHIN)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert line_from(process, "45") == ""
        process.wait(50)
    else:
        process.wait(50)
        wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
        next_start = 'import sys; from firesteel import SparkContext; SparkContext("local[1]", "next").stop()'
        programs.python(next_start, env=programs.environment(SPARK_LOCAL_DIRS=str(local)))
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
    assert list(local.iterdir()) == []
    point = f"open spill files {limit}"
    note(SECTION, how, point, "the context works on, no file" if how == "SIGINT" else SWEPT)


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
    how = {"": "the end of the program", "sc.stop()": "stop"}.get(ending, "SystemExit")
    note(SECTION, how, f"a thread that {job} for a job", NOTHING_LEFT)


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
    note(SECTION, "no stop at all", "jobs of eight threads that nobody joins", "the right answers")


# Many contexts.


def test_thirty_contexts_in_a_row_leave_nothing(start_context: Callable[..., SparkContext]) -> None:
    """benches/contexts.py does it a thousand times, and measures the memory, too."""
    kept = []

    def live() -> None:
        sc = start_context("local[2]")
        pairs = sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).cache()
        assert pairs.reduceByKey(lambda a, b: a + b, 2).count() == 5
        sc.stop()
        # Programs hold on to RDDs for longer than to contexts.
        kept.append(pairs)

    live()
    before = Footprint.now()
    for _ in range(30):
        live()
    wait_until(lambda: not Footprint.now().exceeds(before), "no more than before")
    note(SECTION, "thirty contexts in a row", "one process", "no descriptor, thread or process more")
