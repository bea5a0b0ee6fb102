"""The process between a driver and its JVM: it starts the JVM, and ends with whichever of the two ends first.

The JVM exits when its standard input ends, but not while a shutdown hook hangs; and a child that the driver
has forked may keep every pipe open when the driver is killed. So this process watches the driver itself, and
kills. It is run by its path and imports the standard library only.

    0      a socket: says port and token, or why there are none, and later how the JVM ended. Its end is ours
    1, 2   the driver's own, where everything goes that the JVM prints
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress

FIRST_INHERITED = 3
"""The first descriptor that is not the driver's socket, standard output or standard error."""
GRACE, PATIENT_GRACE = 1.0, 5.0
"""Seconds that shutdown hooks have: few after a driver was killed, of which nothing may be left two later."""
DRAIN = 5.0
"""Seconds for the last output of a JVM to get through to a driver that waits for it."""
PORT = re.compile(rb"\d{1,5}\r?\n")
TOKEN = re.compile(rb"[A-Za-z0-9+/]{32,}=*\r?\n")


def main(driver: int, command: list[str]) -> None:
    """Start the JVM, tell where it listens, and stay until it or the driver has gone."""
    # What the program left inheritable is not for the JVM, which would keep its pipes open.
    os.closerange(FIRST_INHERITED, os.sysconf("SC_OPEN_MAX"))
    try:
        java = Java(command)
    except OSError as error:
        say(failed=f"{command[0]}: {error.strerror}")
        return
    wait_for_an_end(driver, java.ends)
    is_waited_for = os.getppid() == driver
    code = java.end(PATIENT_GRACE if is_waited_for else GRACE)
    if java.is_ready.is_set():
        say(ended=code)
    if is_waited_for:
        java.drain()
    if not java.is_ready.is_set():
        say(failed=java.complaint() or f"it ended with exit code {code}")


class Java:
    """The JVM, and three threads: two pass on what it prints, one waits for it."""

    def __init__(self, command: list[str]) -> None:
        pipe = subprocess.PIPE
        # A group of its own: what the JVM has started can be killed with it.
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
        )
        self.is_ready = threading.Event()
        self.ends, self._ended = os.pipe()
        self._complaints = b""
        self._lock = threading.Lock()
        self._passing = [threading.Thread(target=pass_on, daemon=True) for pass_on in (self._out, self._err)]
        for thread in [*self._passing, threading.Thread(target=self._wait, daemon=True)]:
            thread.start()

    def end(self, grace: float) -> int | None:
        """Close what the JVM reads, give it a moment, kill what is left, and return its exit code."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        select.select([self.ends], [], [], grace)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        select.select([self.ends], [], [], grace)
        return self._process.returncode

    def drain(self) -> None:
        """Wait until what was printed has been passed on: nobody is left who could print more."""
        for thread in self._passing:
            thread.join(DRAIN)

    def complaint(self) -> str:
        """Return what a JVM that did not get ready has said, in one line."""
        lines = self._complaints.decode(errors="replace").splitlines()
        return " ".join(line.strip() for line in lines if line.strip())

    def _wait(self) -> None:
        self._process.wait()
        os.close(self._ended)

    def _out(self) -> None:
        """Pick port and token out of the first lines, which options may have mixed with others."""
        assert self._process.stdout is not None
        wanted, found = [PORT, TOKEN], []
        while wanted:
            line = self._process.stdout.readline()
            if not line:
                return
            if wanted[0].fullmatch(line):
                found.append(line.decode().strip())
                wanted.pop(0)
            else:
                write(1, line)
        self._get_ready()
        say(port=int(found[0]), token=found[1])
        while chunk := os.read(self._process.stdout.fileno(), 1 << 16):
            write(1, chunk)

    def _get_ready(self) -> None:
        with self._lock:
            write(2, self._complaints)
            self.is_ready.set()

    def _err(self) -> None:
        """Keep what is said before the JVM is ready: it may be the reason why it never is."""
        assert self._process.stderr is not None
        while chunk := os.read(self._process.stderr.fileno(), 1 << 16):
            with self._lock:
                if not self.is_ready.is_set():
                    self._complaints += chunk
                    continue
            write(2, chunk)


def wait_for_an_end(driver: int, java_ends: int) -> None:
    """Wait until the driver's socket, the driver itself or the JVM has gone."""
    watched = [0, java_ends]
    with suppress(OSError, AttributeError):  # an old kernel, or another system: the socket tells
        watched.append(os.pidfd_open(driver))
    if os.getppid() == driver:
        select.select(watched, [], [])


def say(**report: object) -> None:
    """Tell the driver in a line of JSON; it may have gone."""
    write(0, json.dumps(report).encode() + b"\n")


def write(descriptor: int, data: bytes) -> None:
    """Write all of it, and nothing to a reader who has gone."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
