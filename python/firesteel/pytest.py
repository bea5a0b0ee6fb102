"""A pytest plugin: `pytest -p firesteel.pytest` runs a test suite written for PySpark, as it is.

From its registration on, before any conftest or test module, `import pyspark` means Firesteel. There are the
fixtures `sc` and `spark`, one context for the whole run, and the run fails if processes or directories of the
engine are left at its end. A context that still runs then is stopped, as Python's exit would do.
"""

import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from firesteel.core.context import SparkContext
    from firesteel.sql import SparkSession

MARK = "FIRESTEEL_PYTEST"
"""The variable by which the processes of this run are known, whoever is their parent."""
FILES = "FIRESTEEL_FILES"
"""The variable that only the engine's processes have. It lies in their run directory."""
OPTION = "--firesteel-leaks"
MASTER = "firesteel_master"
OUTPUT = "firesteel_leaks"
"""The key under which a worker of pytest-xdist tells what it has left."""
RUN_DIRECTORY = re.compile(r"^(/.*/firesteel-run-[^/]+)(/|$)")
PATIENCE = 10.0
"""Seconds that processes have to go whose driver has ended: they notice that by themselves."""
PAUSE = 0.01


def pytest_addoption(parser: pytest.Parser) -> None:
    """Install the alias, for this is the first that a plugin hears; and define what can be chosen."""
    _install_alias()
    group = parser.getgroup("firesteel", "Firesteel")
    group.addoption(
        OPTION,
        choices=("session", "test"),
        default="session",
        help="look for processes and files left behind at the end of the run, or after each test as well",
    )
    parser.addini(MASTER, "the master of the fixtures sc and spark", default="local[2]")


def _install_alias() -> None:
    from firesteel import _alias

    loaded = sys.modules.get("pyspark")
    if loaded is not None and loaded is not sys.modules.get("firesteel"):
        raise pytest.UsageError(
            "firesteel.pytest comes too late: the real pyspark has been imported by "
            "another plugin or by a conftest; load it with -p firesteel.pytest, before others"
        )
    _alias.install()


@pytest.fixture(scope="session")
def sc(pytestconfig: pytest.Config) -> "Iterator[SparkContext]":
    """Share a context for the whole run."""
    from firesteel import SparkConf, SparkContext

    conf = SparkConf().setMaster(pytestconfig.getini(MASTER)).setAppName("pytest")
    context = SparkContext.getOrCreate(conf)
    yield context
    context.stop()


@pytest.fixture(scope="session")
def spark(sc: "SparkContext") -> "Iterator[SparkSession]":
    """Share a session on the context of the whole run."""
    from firesteel.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    yield session
    session.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    os.environ[MARK] = uuid.uuid4().hex
    config.stash[_WATCH] = Watch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Take what runs already as allowed."""
    watch = item.config.stash[_WATCH]
    if item.config.getoption(OPTION) == "test":
        watch.allow(Footprint.now())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: "pytest.FixtureDef[Any]", request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Allow what fixtures start that outlive the test."""
    watch = request.config.stash[_WATCH]
    result = yield
    if fixturedef.scope != "function" and request.config.getoption(OPTION) == "test":
        watch.allow(watch.allowed | Footprint.now())
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note what is there, and fail the test if it leaves what it should not."""
    watch = item.config.stash[_WATCH]
    watch.directories |= held_directories()
    result = yield
    if item.config.getoption(OPTION) == "test":
        left = wait_for(lambda: Footprint.now() - watch.allowed)
        if left:
            _stop_context()
            pytest.fail(f"this test has left behind:\n{left}", pytrace=False)
    return result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what runs and fail the run if something stays."""
    watch = session.config.stash[_WATCH]
    watch.directories |= held_directories()
    _stop_context()
    left = wait_for(lambda: Footprint.now(watch.directories))
    if left:
        watch.left.append(str(left))
    workeroutput = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:
        workeroutput[OUTPUT] = watch.left
    elif watch.left and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist says at its end."""
    left = getattr(node, "workeroutput", {}).get(OUTPUT, [])
    node.config.stash[_WATCH].left.extend(left)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what stays."""
    left = config.stash[_WATCH].left
    if left:
        terminalreporter.section("firesteel: left behind at the end of the run", red=True)
        for text in left:
            terminalreporter.line(text)


def _stop_context() -> None:
    """Stop the running context, if Firesteel was used at all."""
    module = sys.modules.get("firesteel.core.context")
    context = module.SparkContext._active() if module is not None else None
    if context is not None:
        context.stop()


@dataclass(frozen=True)
class Footprint:
    """The engine's processes, and its directories, by their names."""

    processes: frozenset[tuple[int, str]] = frozenset()
    directories: frozenset[str] = frozenset()

    @classmethod
    def now(cls, known: "set[str] | None" = None) -> "Footprint":
        """Look at those of this run. Directories are found where this process holds them, or by name."""
        existing = {path for path in known or () if os.path.exists(path)}
        return cls(frozenset(processes()), frozenset(held_directories() | existing))

    def __or__(self, other: "Footprint") -> "Footprint":
        return Footprint(self.processes | other.processes, self.directories | other.directories)

    def __sub__(self, allowed: "Footprint") -> "Footprint":
        """Return what is more than allowed. A worker of an allowed context may be new."""
        runs = {run for _, run in allowed.processes} | allowed.directories
        processes = frozenset((pid, run) for pid, run in self.processes if run not in runs)
        return Footprint(processes, self.directories - allowed.directories)

    def __bool__(self) -> bool:
        return bool(self.processes or self.directories)

    def __str__(self) -> str:
        lines = [f"  process {pid} of {run}" for pid, run in sorted(self.processes)]
        lines += [f"  directory {path}" for path in sorted(self.directories)]
        return "\n".join([*lines, "A context was not stopped, or its driver was killed."])


@dataclass
class Watch:
    """What the plugin remembers."""

    allowed: Footprint = field(default_factory=Footprint)
    directories: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)

    def allow(self, footprint: Footprint) -> None:
        """Replace what a test may leave."""
        self.allowed = footprint


_WATCH = pytest.StashKey[Watch]()


def wait_for(look: Callable[[], Footprint]) -> Footprint:
    """Return what a look shows: nothing as soon as there is nothing, or what is there after a while."""
    deadline = time.monotonic() + PATIENCE
    # A directory does not go by itself.
    while (left := look()) and not left.directories and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return left


def processes() -> Iterator[tuple[int, str]]:
    """Go through the engine's processes of this run: their ids, and the run directory that they work in."""
    mark = f"{MARK}={os.environ.get(MARK, '')}".encode()
    for name in os.listdir("/proc"):
        variables = _environment(name) if name.isdigit() else []
        run = next((entry for entry in variables if entry.startswith(FILES.encode() + b"=")), None)
        if run is not None and mark in variables and _is_alive(name):
            yield int(name), os.path.dirname(os.fsdecode(run.partition(b"=")[2]))


def _environment(pid: str) -> list[bytes]:
    try:
        return Path("/proc", pid, "environ").read_bytes().split(b"\0")
    except OSError:
        return []  # gone, or another user's


def _is_alive(pid: str) -> bool:
    """Tell whether a process is more than an entry that its parent has not read."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def held_directories() -> set[str]:
    """Return the run directories that this process has locked."""
    matches = (RUN_DIRECTORY.match(target) for target in _open_files())
    return {match.group(1) for match in matches if match}


def _open_files() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor of this very listing
