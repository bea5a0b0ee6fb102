"""A driver or worker that takes most of the memory starts processes: none of them begins as its copy."""

import textwrap
from pathlib import Path

import pytest

from support.java import PATIENCE, jvm_or_skip
from support.programs import Programs

START = """
from firesteel import SparkContext

with SparkContext("local[1]") as sc:
    words = sc.parallelize(["spark", "steel"], 1).mapPartitions(fatten)
    print([line.split() for line in words.pipe("cat -n", {"PATH": "/bin:/usr/bin"}).collect()])
"""
START_JVM = """
from firesteel import SparkContext

with SparkContext("local[1]") as sc:
    print(sc._jvm.java.util.Collections.emptyList().size())
"""
STARTED = "[['1', 'spark'], ['2', 'steel']]\n"

# Where overcommit_memory is 0, Linux gives a process no single private region larger than memory and swap:
# not by mmap, and not by fork. Two regions side by side are one that a fork may not copy.
FILL = """
import mmap, os, sys

def fatten(elements):
    fill()
    return elements

def fill():  # two gigabytes at least
    with open("/proc/meminfo") as file:
        sizes = dict(line.split(":") for line in file)
    total = sum(int(sizes[name].split()[0]) << 10 for name in ("MemTotal", "SwapTotal"))
    size = max(total * 6 // 10, 1 << 30) >> 21 << 21
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    sys.regions = [mmap.mmap(-1, size, flags=private) for _ in range(2)]
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        return
    raise RuntimeError("this process can be copied")

fill()
"""

# The C library calls whoever asked for it before each fork, but not before posix_spawn and vfork.
WATCH = """
import ctypes, sys

def fatten(elements):
    watch()
    return elements

def watch():
    def fail():
        print("a fork", file=sys.stderr, flush=True)
    sys.hook = ctypes.CFUNCTYPE(None)(fail)
    ctypes.CDLL(None).__register_atfork(sys.hook, None, None, None)

watch()
"""


def overcommit() -> str:
    path = Path("/proc/sys/vm/overcommit_memory")
    return path.read_text().strip() if path.exists() else "unknown"


@pytest.mark.skipif(overcommit() != "0", reason="this machine promises memory in another way")
def test_a_memory_limit_that_a_copy_would_break(programs: Programs) -> None:
    assert outcome(programs, START) == (STARTED, "")


@pytest.mark.skipif(overcommit() != "0", reason="this machine promises memory in another way")
@pytest.mark.timeout(PATIENCE)
def test_a_jvm_starts_beside_such_a_driver(programs: Programs) -> None:
    jvm_or_skip()
    assert outcome(programs, START_JVM) == ("0\n", "")


def outcome(programs: Programs, source: str) -> tuple[str, str]:
    """Return what a program prints whose driver has most of the memory."""
    done = programs.python(FILL + source, within=PATIENCE)
    if "this process can be copied" in done.stderr:
        pytest.skip("this machine copies whatever it is asked to")
    return done.stdout, done.stderr


def test_the_daemon_and_commands_start_without_a_fork(programs: Programs) -> None:
    done = programs.python(WATCH + START)
    assert (done.stdout, done.stderr) == (STARTED, "")


@pytest.mark.timeout(PATIENCE)
def test_the_jvm_starts_without_a_fork(programs: Programs) -> None:
    jvm_or_skip()
    done = programs.python(WATCH + START_JVM, within=PATIENCE)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_watch_sees_a_fork(programs: Programs) -> None:
    done = programs.python(
        WATCH
        + textwrap.dedent("""
        import os
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    """)
    )
    assert done.stderr == "a fork\n"
