"""The life and death of the engine's processes, and what they share with the program that started them."""

import importlib.util
import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext
from support.contexts import use_all_workers
from support.processes import descriptors, group_of, parent_of
from support.programs import PYTHON, Programs
from support.waiting import wait_until

GONE_WITHIN = 10.0
"""Seconds after which nothing of ours may be left of a driver that ended; see faults/test_driver.py."""
INTERRUPTED_WITHIN = 10.0
"""Seconds from Ctrl-C to KeyboardInterrupt. One is promised, on a machine that has time."""


def line_from(process: subprocess.Popen[str], expected: str) -> str:
    """Return the rest of the next line that a program prints, which must begin as expected."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(expected), (line, process.stderr.read() if process.poll() is not None else "")
    return line.removeprefix(expected).strip()


# Who is there.


def test_the_daemon_forks_the_workers(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[3]")
    pids = use_all_workers(sc, 3)
    daemon = sc._engine.daemon_pid()
    assert daemon is not None
    assert sorted(sc._engine.worker_pids()) == sorted(pids)
    assert parent_of(daemon) == os.getpid()
    assert {parent_of(pid) for pid in pids} == {daemon}


def test_daemon_and_workers_have_process_groups_of_their_own(
    start_context: Callable[..., SparkContext],
) -> None:
    sc = start_context("local[2]")
    pids = [*use_all_workers(sc, 2), sc._engine.daemon_pid() or 0]
    assert [group_of(pid) for pid in pids] == pids
    assert os.getpgid(0) not in pids


def test_workers_are_reused(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]")
    pids = set(use_all_workers(sc, 2))
    for _ in range(5):
        assert set(sc.parallelize(range(8), 8).map(lambda _: os.getpid()).collect()) <= pids
    assert sc._engine.counters()["workers_started"] == 2


def test_no_port_is_open_and_no_descriptor_of_the_driver_reaches_a_worker(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.touch()
    with open(secret) as file:
        os.set_inheritable(file.fileno(), True)
        sc = start_context("local[2]")
        for pid in use_all_workers(sc, 2):
            held = descriptors(pid).values()
            assert str(secret) not in held
            assert sum(name.startswith("socket:") for name in held) == 1, held
    mine = {name for name in descriptors().values() if name.startswith("socket:")}
    inodes = {name.removeprefix("socket:[").removesuffix("]") for name in mine}
    for table in ("tcp", "tcp6", "udp"):
        rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        assert not {row.split()[9] for row in rows} & inodes


def test_the_daemon_has_one_thread_and_no_numpy(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]")
    use_all_workers(sc, 1)
    daemon = sc._engine.daemon_pid()
    assert len(os.listdir(f"/proc/{daemon}/task")) == 1
    assert "numpy" not in Path(f"/proc/{daemon}/maps").read_text()


def test_workers_see_the_drivers_import_path_and_environment(
    start_context: Callable[..., SparkContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "users_module.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("FURNACE", "hot")
    sc = start_context("local[1]")

    def look(_: int) -> Any:
        import users_module  # type: ignore[import-not-found]

        return users_module.ANSWER, os.environ["FURNACE"], os.environ["OMP_NUM_THREADS"]

    assert sc.parallelize([0]).map(look).collect() == [(42, "hot", "1")]


def test_random_numbers_differ_between_workers(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[3]")
    use_all_workers(sc, 3)

    def draw(_: int) -> Any:
        import random
        import time
        import uuid

        time.sleep(0.01)  # so that all workers get some of the tasks
        return os.getpid(), random.random(), uuid.uuid4()

    drawn = sc.parallelize(range(12), 12).map(draw).collect()
    assert len({pid for pid, _, _ in drawn}) > 1
    assert len({number for _, number, _ in drawn}) == 12
    assert len({identity for _, _, identity in drawn}) == 12


def test_numpys_random_numbers_differ_between_workers(start_context: Callable[..., SparkContext]) -> None:
    # Not imported here: it starts threads that stay.
    if importlib.util.find_spec("numpy") is None:
        pytest.skip("numpy is not installed: it is no dependency, not even of the tests")
    sc = start_context("local[3]")

    def draw(_: int) -> Any:
        import numpy

        return float(numpy.random.rand())

    assert len(set(sc.parallelize(range(12), 12).map(draw).collect())) == 12


def test_equal_strings_hash_alike_in_all_workers(programs: Programs) -> None:
    source = """
        from firesteel import SparkContext
        words = [f"word {i}" for i in range(50)]
        with SparkContext("local[4]", "hashes") as sc:
            hashes = sc.parallelize(words * 4, 8).map(lambda word: (word, hash(word))).distinct().collect()
            print(len(hashes), sc.parallelize(words, 4).keyBy(str).partitionBy(5).values().glom().collect())
    """
    outputs = []
    for seed in (None, "0", "7"):
        done = programs.python(source, env=programs.environment(PYTHONHASHSEED=seed))
        assert (done.returncode, done.stderr) == (0, "")
        outputs.append(done.stdout)
    assert [output.split()[0] for output in outputs] == ["50"] * 3
    assert outputs[0] == outputs[1] != outputs[2]


# What a program prints.


def test_a_successful_program_writes_nothing_of_ours(programs: Programs) -> None:
    done = programs.python("""
        from firesteel import SparkContext
        sc = SparkContext("local[2]", "quiet")
        rdd = sc.parallelize(range(1000), 4).map(lambda x: (x % 10, x)).cache()
        print(rdd.reduceByKey(lambda a, b: a + b).count())
        print(sc.broadcast([1]).value)
        sc.stop()
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("10\n[1]\n", "", 0)


def test_a_program_that_forgets_to_stop_ends_quietly_too(programs: Programs) -> None:
    done = programs.python("""
        from firesteel import SparkContext
        sc = SparkContext("local[2]", "forgetful")
        print(sc.range(10).map(str).count())
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("10\n", "", 0)
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


def test_what_workers_print_is_on_stderr_before_the_action_returns(programs: Programs) -> None:
    done = programs.python("""
        import os, sys
        from firesteel import SparkContext

        def chatty(x):
            print("printed", x)
            sys.stderr.write(f"written {x}\\n")
            os.write(1, f"raw {x}\\n".encode())
            return x

        with SparkContext("local[2]", "chatty") as sc:
            for action in range(2):
                assert sc.parallelize([1, 2], 2).map(chatty).sum() == 3
                sys.stderr.write("action returned\\n")
        print("the program's own")
    """)
    assert (done.returncode, done.stdout) == (0, "the program's own\n")
    first, second, rest = done.stderr.split("action returned\n")
    for part in (first, second):
        lines = [f"{verb} {x}" for verb in ("printed", "raw", "written") for x in (1, 2)]
        assert sorted(part.splitlines()) == lines
    assert rest == ""


def test_ten_thousand_lines_from_workers_do_not_block(programs: Programs) -> None:
    done = programs.python("""
        from firesteel import SparkContext
        with SparkContext("local[2]", "chatty") as sc:
            sc.parallelize(range(10_000), 4).foreach(lambda x: print("line", x))
    """)
    assert done.returncode == 0
    assert sorted(done.stderr.splitlines()) == sorted(f"line {x}" for x in range(10_000))


def test_a_worker_reads_nothing_from_the_programs_stdin(programs: Programs) -> None:
    done = programs.python(
        """
        import sys
        from firesteel import SparkContext
        with SparkContext("local[2]", "stdin") as sc:
            print(sc.parallelize([1, 2], 2).map(lambda _: sys.stdin.read()).collect())
        print(sys.stdin.read())
        """,
        text="the program's",
    )
    assert (done.stdout, done.returncode) == ("['', '']\nthe program's\n", 0)


def run_on_terminal(programs: Programs, source: str, terminal_for: str) -> tuple[str, str]:
    """Run a program with one stream on a terminal; return what came there and what came on the other."""
    master, slave = pty.openpty()
    other = "stdout" if terminal_for == "stderr" else "stderr"
    process = programs.start(
        PYTHON, str(programs.write(source)), **{terminal_for: slave, other: subprocess.PIPE}
    )
    os.close(slave)
    shown = b""
    while True:
        ready, _, _ = select.select([master], [], [], 50)
        try:
            chunk = os.read(master, 65536) if ready else b""
        except OSError:  # the last program on the terminal has closed it
            chunk = b""
        if not chunk:
            break
        shown += chunk
    os.close(master)
    piped = getattr(process, other)
    rest = piped.read()
    assert process.wait(20) == 0, (shown, rest)
    return shown.decode(), rest


SLOW_PROGRAM = """
    import time
    from firesteel import SparkConf, SparkContext
    conf = SparkConf().setMaster("local[2]").setAppName("slow")
    conf.set("spark.ui.showConsoleProgress", "{shown}")
    with SparkContext(conf=conf) as sc:
        print(sc.parallelize(range(8), 8).map(lambda x: time.sleep({seconds}) or x).count())
"""


def on_screen(text: str) -> str:
    """Return what is left on a terminal's line after carriage returns and erasing."""
    line, column, rest = "", 0, text
    while rest:
        if rest.startswith("\x1b["):
            sequence = re.match(r"\x1b\[(\d*)([A-Za-z])", rest)
            assert sequence is not None, rest
            if sequence[2] == "K":
                line = "" if sequence[1] == "2" else line[:column]
            rest = rest[sequence.end() :]
            continue
        if rest[0] == "\r":
            column = 0
        else:
            line, column = line[:column].ljust(column) + rest[0] + line[column + 1 :], column + 1
        rest = rest[1:]
    return line.strip()


def test_the_progress_bar_shows_on_a_terminal_and_is_erased(programs: Programs) -> None:
    shown, output = run_on_terminal(programs, SLOW_PROGRAM.format(shown="true", seconds=0.4), "stderr")
    assert output == "8\n"
    assert "Stage" in shown
    assert "/ 8" in shown or "/8" in shown
    assert on_screen(shown) == ""


def test_a_quick_job_shows_no_progress_bar(programs: Programs) -> None:
    source = """
        import time
        from firesteel import SparkContext
        with SparkContext("local[2]") as sc:
            begin = time.monotonic()
            print(sc.parallelize(range(8), 8).count(), time.monotonic() - begin)
    """
    for _ in range(20):
        shown, output = run_on_terminal(programs, source, "stderr")
        count, seconds = output.split()
        assert count == "8"
        if float(seconds) < 0.5:  # a busy machine may make any job a slow one
            assert shown == ""
            return
    pytest.skip("no job was quick")


def test_no_progress_bar_when_it_is_not_wanted(programs: Programs) -> None:
    shown, output = run_on_terminal(programs, SLOW_PROGRAM.format(shown="false", seconds=0.3), "stderr")
    assert (shown, output) == ("", "8\n")


def test_no_progress_bar_without_a_terminal(programs: Programs) -> None:
    shown, errors = run_on_terminal(programs, SLOW_PROGRAM.format(shown="true", seconds=0.3), "stdout")
    assert (shown.replace("\r\n", "\n"), errors) == ("8\n", "")


# Ctrl-C.

INTERRUPTED_PROGRAM = """
    import os, sys, time
    from firesteel import BarrierTaskContext, SparkContext

    def busy(x):
        while True:
            pass

    def asleep(x):
        time.sleep(1000)

    def stubborn(x):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                continue

    def endless(x):
        while True:
            yield x

    def started(f):
        def begin(x):
            open({marker!r}, "w").close()
            return f(x)
        return begin

    def meet_nobody(index, elements):
        if index == 1:
            started(asleep)(index)
        BarrierTaskContext.get().barrier()
        return elements

    sc = SparkContext("local[2]", "interrupted")
    rdd = sc.parallelize([1, 2, 3], 3)
    print("ready", flush=True)
    try:
        if "{what}" == "endless":
            rdd.flatMap(started(endless)).map(lambda x: x).filter(lambda x: False).collect()
        elif "{what}" == "meet_nobody":
            sc.range(2, numSlices=2).barrier().mapPartitionsWithIndex(meet_nobody).collect()
        else:
            rdd.map(started({what})).collect()
    except KeyboardInterrupt:
        print("interrupted", time.monotonic(), flush=True)
    print("next", sc.parallelize(range(10), 4).map(lambda x: (x % 2, x)).reduceByKey(max, 2).collect())
    sc.stop()
"""


@pytest.mark.parametrize("whole_group", [False, True], ids=["driver", "terminal"])
@pytest.mark.parametrize("what", ["busy", "asleep", "stubborn", "endless", "meet_nobody"])
def test_ctrl_c_ends_the_job_soon(programs: Programs, what: str, whole_group: bool) -> None:
    marker = programs.folder / "started"
    source = INTERRUPTED_PROGRAM.format(what=what, marker=str(marker))
    process = programs.start(PYTHON, str(programs.write(source)))
    line_from(process, "ready")
    wait_until(marker.exists, "a task running")
    pressed = time.monotonic()
    # A terminal sends it to the whole foreground group.
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    caught = float(line_from(process, "interrupted"))
    assert caught - pressed < INTERRUPTED_WITHIN
    assert process.stdout is not None
    # Not communicate(), which does not know of what readline() has read ahead.
    output = process.stdout.read()
    _, errors = process.communicate(timeout=20)
    assert (output, errors, process.returncode) == ("next [(0, 8), (1, 9)]\n", "", 0)


def test_ctrl_c_that_nobody_catches_ends_the_program(programs: Programs) -> None:
    marker = programs.folder / "started"
    process = programs.start(
        PYTHON,
        str(
            programs.write(f"""
                from firesteel import SparkContext
                def forever(x):
                    open({str(marker)!r}, "w").close()
                    while True: pass
                SparkContext("local[2]", "interrupted").parallelize([1]).map(forever).collect()
            """)
        ),
    )
    wait_until(marker.exists, "a task running")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)


# Children of the driver.


def test_a_forked_child_of_the_driver_may_end_without_harm(
    start_context: Callable[..., SparkContext],
) -> None:
    sc = start_context("local[2]")
    assert sc.range(10).count() == 10
    child = os.fork()
    if child == 0:
        try:
            sc.stop()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert sc.parallelize(range(10), 4).map(lambda x: (x % 2, x)).reduceByKey(max, 2).collect() == [
        (0, 8),
        (1, 9),
    ]


def test_a_forked_child_cannot_use_the_context(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sc.range(10).count()
        except RuntimeError:
            code = 0
        except Exception:
            code = 2
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert sc.range(10).count() == 10


def test_a_forked_child_may_have_a_context_of_its_own(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]")
    assert sc.range(10).count() == 10
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with SparkContext("local[1]", "child") as own:
                code = own.range(5).map(lambda x: x + 1).sum() - 15
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert sc.range(10).count() == 10


def test_a_multiprocessing_pool_beside_the_context(start_context: Callable[..., SparkContext]) -> None:
    import multiprocessing

    sc = start_context("local[2]")
    assert sc.range(10).sum() == 45
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
        assert sc.parallelize(range(10), 4).sum() == 45
        pool.terminate()
        pool.join()
    assert sc.range(10).sum() == 45


def test_stop_ends_a_worker_that_does_not_listen(programs: Programs) -> None:
    marker = programs.folder / "started"
    done = programs.python(f"""
        import os, signal, threading, time
        from firesteel import SparkContext
        sc = SparkContext("local[2]", "deaf")

        def deaf(x):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            open({str(marker)!r}, "w").close()
            while True:
                time.sleep(1000)

        def run():
            try:
                sc.parallelize([1], 1).map(deaf).collect()
            except Exception as error:
                print(type(error).__name__)

        thread = threading.Thread(target=run)
        thread.start()
        while not os.path.exists({str(marker)!r}):
            time.sleep(0.01)
        sc.stop()
        thread.join()
        print("stopped")
    """)
    assert done.stdout.splitlines()[-1] == "stopped", done.stderr
    assert done.returncode == 0
    wait_until(lambda: not programs.ours(), "nothing left", within=GONE_WITHIN)
