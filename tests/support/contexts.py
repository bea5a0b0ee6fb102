"""Contexts for tests: one that many tests share, since starting one per example takes long."""

import gc
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firesteel import SparkConf, SparkContext
from support.processes import MARK, Footprint, run_directories
from support.waiting import wait_until


@dataclass(frozen=True)
class Mode:
    """A way to run the same test."""

    master: str
    settings: tuple[tuple[str, str], ...] = field(default=())

    def __str__(self) -> str:
        return "-".join([self.master, *(f"{key}={value}" for key, value in self.settings)])


MODES = [
    Mode("local[1]"),
    # Frames of three elements, so that tiny examples cross every limit.
    Mode("local[2]", (("firesteel.frame.elements", "3"),)),
    # Everything in Python that might run natively.
    Mode("local[4]", (("firesteel.native", "false"),)),
]


def start(master: str, settings: dict[str, Any] | None = None) -> SparkContext:
    """Start a context."""
    conf = SparkConf().setMaster(master).setAppName("tests")
    if master.startswith("local-cluster"):
        # Executors inherit no environment, and would not be found.
        conf.setExecutorEnv(MARK, os.environ[MARK])
    for key, value in (settings or {}).items():
        conf.set(key, value)
    return SparkContext(conf=conf)


def stop(context: SparkContext) -> None:
    """Stop a context, and check that its run directories go with it."""
    directories = run_directories()
    context.stop()
    left = [directory for directory in directories if directory.exists()]
    assert not left, left


def use_all_workers(sc: SparkContext, workers: int) -> list[int]:
    """Run a job that only ends when that many workers run at once; return their process ids."""
    with tempfile.TemporaryDirectory() as folder:

        def meet(_: int) -> int:
            Path(folder, str(os.getpid())).touch()
            deadline = time.monotonic() + 20
            while len(os.listdir(folder)) < workers and time.monotonic() < deadline:
                time.sleep(0.001)
            return os.getpid()

        pids = sc.parallelize(range(workers), workers).map(meet).collect()
    assert len(set(pids)) == workers, pids
    return pids


class SharedContext:
    """At most one context, kept as long as tests want the same mode."""

    def __init__(self) -> None:
        self._context: SparkContext | None = None
        self._mode: Mode | None = None
        self._idle = Footprint.now()
        self._busy = self._idle

    def get(self, mode: Mode) -> SparkContext:
        """Return a running context in this mode."""
        context = self._running()
        if context is None or self._mode != mode:
            self.close()
            context = self._start(mode)
            self._context, self._mode, self._busy = context, mode, Footprint.now()
        return context

    def _running(self) -> SparkContext | None:
        """Return the context, unless a test has stopped it."""
        return self._context if self._context is not None and self._context._engine is not None else None

    def _start(self, mode: Mode) -> SparkContext:
        context = start(mode.master, dict(mode.settings))
        use_all_workers(context, context.defaultParallelism)
        context.parallelize(range(10), 2).map(lambda x: (x, x)).reduceByKey(max).collect()
        return context

    def close(self) -> None:
        """Stop the context, if one runs."""
        context, self._context, self._mode = self._context, None, None
        if context is not None:
            stop(context)

    def accept_footprint(self) -> None:
        """Let what a test has started on purpose, for the tests that follow, count as the context's."""
        self._busy = Footprint.now()

    def check_footprint(self) -> None:
        """Check that nothing has grown since the context started, or that nothing is left if none runs."""
        allowed = self._idle if self._running() is None else self._busy

        def is_clean() -> bool:
            if Footprint.now().exceeds(allowed):
                gc.collect()  # what only a cycle still holds is not left behind
            return not Footprint.now().exceeds(allowed)

        try:
            wait_until(is_clean, "nothing left behind")
        except AssertionError:
            raise AssertionError(f"left behind: {Footprint.now().exceeds(allowed)}") from None
