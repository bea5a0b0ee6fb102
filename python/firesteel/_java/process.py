"""The driver's end of keeper.py: starts it, and through it the JVM, without a copy of this process."""

import json
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

__all__ = ["Keeper"]

PROGRAM = os.path.join(os.path.dirname(__file__), "keeper.py")
PATIENCE = 15.0
"""Seconds to wait for the reason when a connection breaks: it is hardly any but the end of the JVM."""


class Keeper:
    """A running keeper. What it was given to keep ends with `end`, or with this process."""

    def __init__(self, command: list[str]) -> None:
        self._channel, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._heard = b""
        self._obituary = ""
        # A group of its own: Ctrl-C is for the driver.
        with theirs:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", PROGRAM, str(os.getpid()), *command],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)],
                setpgroup=0,
                setsigmask=(),
                setsigdef=(signal.SIGINT, signal.SIGPIPE),
            )

    def report(self) -> dict[str, Any]:
        """Wait for what the keeper says next: port and token, `failed`, or `ended`."""
        while b"\n" not in self._heard:
            chunk = self._channel.recv(1 << 16)
            if not chunk:
                return {"failed": "the process that kept it has ended"}
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def obituary(self, patience: float = PATIENCE) -> str:
        """Return how the JVM ended, if it has, for an error that says why it does not answer."""
        with self._lock:
            if not self._obituary and self._has_news(patience):
                code = self.report().get("ended")
                self._obituary = "has ended" if code is None else f"has ended with exit code {code}"
            return self._obituary

    def _has_news(self, patience: float) -> bool:
        if b"\n" in self._heard:
            return True
        try:
            return bool(select.select([self._channel], [], [], patience)[0])
        except ValueError:  # another thread has closed it in this moment
            return False

    def end(self) -> None:
        """End the JVM and wait until it has gone."""
        with suppress(OSError):  # a forked child may have the socket, too: closing alone would say nothing
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        with suppress(ChildProcessError):  # a program that waits for any child has reaped it
            os.waitpid(self._pid, 0)

    def let_go(self) -> None:
        """In a forked child, close what is the parent's."""
        os.close(self._channel.detach())
