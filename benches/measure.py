"""Runs a command and measures the tree of processes that it starts: wall time, processor time, peak memory.

Invariant: every process of the command stays a descendant of ours. Being a *subreaper*, we inherit those
whose parent ends (a JVM that outlives its Python, a daemon's workers), so that none escapes the count and
none is left when `run` returns.

*Wall* is the time until the command itself has ended, as a user at a prompt waits for it. *Processor time*
is that of all processes until the last has ended, known in two ways. What the kernel hands over when a
process is reaped is exact and contains the children that it had reaped itself, but the children of a
process that ignores SIGCHLD are lost. The samples see those, and miss the last moments of each process.
Both only ever miss something, so the larger one is taken. *Memory* is told in `memory.py`.
"""

import ctypes
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from memory import memory_of
from process_tree import Process, descendants

PR_SET_CHILD_SUBREAPER = 36

SAMPLE_INTERVAL = 0.02
"""Seconds between two looks at the tree. A peak that is shorter than this can be missed."""
LARGEST_SHARE = 0.1
"""Looking costs time that the program cannot use on a small machine; it may take this share of one core."""
LINGER = 10.0
"""Seconds that processes may outlive the command, before they are killed and reported as left behind."""


@dataclass
class Measurement:
    """What one run of a command took: seconds, seconds and bytes."""

    wall: float
    cpu: float
    peak_memory: int
    processes: int
    exit_code: int
    left_behind: int
    stdout: str
    stderr: str


def run(command: Sequence[str], environment: Mapping[str, str], limit: float) -> Measurement:
    """Runs the command in a directory of its own; after `limit` seconds, whatever it started is killed."""
    become_subreaper()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, output_files() as (out, err):
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        with Sampler() as sampler, killing_after(limit):
            reaped, process.returncode = reap_until(process.pid)
            wall = time.perf_counter() - begin
            left_behind, reaped_later = reap_the_rest()
        return Measurement(
            wall=wall,
            cpu=max(reaped + reaped_later, sampler.cpu()),
            peak_memory=sampler.peak_memory,
            processes=len(sampler.cpu_of),
            exit_code=process.returncode,
            left_behind=left_behind,
            stdout=content(out),
            stderr=content(err),
        )


def become_subreaper() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")


@contextmanager
def output_files() -> Iterator[tuple]:
    """Files and not pipes: nobody has to read along, and a process that lives on cannot keep us waiting."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        yield out, err


def content(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def reap_until(pid: int) -> tuple[float, int]:
    """Reaps children until this one has ended: the processor time of all of them, and its exit code."""
    cpu = 0.0
    while True:
        ended, status, usage = os.wait4(-1, 0)
        cpu += usage.ru_utime + usage.ru_stime
        if ended == pid:
            return cpu, os.waitstatus_to_exitcode(status)


def reap_the_rest() -> tuple[int, float]:
    """Reaps what is left, killing what does not end: how many those were, and the processor time of all."""
    cpu = 0.0
    with killing_after(LINGER) as killed:
        while True:
            try:
                _, _, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return len(killed), cpu
            cpu += usage.ru_utime + usage.ru_stime


@contextmanager
def killing_after(seconds: float) -> Iterator[set[int]]:
    """Kills every descendant once the time is over, again and again until leaving; tells which those were."""
    killed: set[int] = set()
    left = threading.Event()

    def watch() -> None:
        pause = seconds
        while not left.wait(pause):
            pause = SAMPLE_INTERVAL
            for pid, _ in descendants():
                killed.add(pid)
                kill(pid)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield killed
    finally:
        left.set()
        watcher.join()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@dataclass
class Sampler:
    """Looks at the tree of our descendants from a thread of its own, for as long as the `with` lasts."""

    cpu_of: dict[Process, float] = field(default_factory=dict)
    peak_memory: int = 0

    def __enter__(self) -> "Sampler":
        self._stop = threading.Event()
        self._executor = ThreadPoolExecutor(1)
        self._watching = self._executor.submit(self._watch)
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._executor.shutdown()
        # Raises what went wrong while watching: half a measurement is none.
        self._watching.result()

    def cpu(self) -> float:
        """The processor time of all processes ever seen, as last seen."""
        return sum(self.cpu_of.values())

    def _watch(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            begin = time.thread_time()
            self._sample()
            pause = max(SAMPLE_INTERVAL, (time.thread_time() - begin) / LARGEST_SHARE)

    def _sample(self) -> None:
        tree = descendants()
        self.cpu_of |= tree
        self.peak_memory = max(self.peak_memory, memory_of([pid for pid, _ in tree]))
