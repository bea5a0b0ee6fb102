"""Contexts in every mode; and each test is checked to leave no process, thread, descriptor or file behind."""

import os
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from firesteel import SparkContext
from support import evidence
from support.contexts import MODES, Mode, SharedContext, start, stop
from support.processes import MARK, marked
from support.programs import Programs

# Contexts are shared by all examples of a test on purpose, and a job takes as long as the machine is busy.
_COMMON = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("quick", max_examples=12, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=200, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Give every test a timeout, also where no settings file does."""
    if not config.getini("timeout") and config.getoption("timeout", None) is None:
        config.option.timeout = 60
    os.environ[MARK] = uuid.uuid4().hex
    # A shell that starts the tests in the background lets them ignore Ctrl-C and Ctrl-\, and they would hand
    # that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember whether the test failed: the context it used is not trusted any more."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[object]:
    """Hold a test to the names of the catalogue that it is the evidence for."""
    with evidence.held_to(pyfuncitem):
        return (yield)


_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the engine puts its files on disk, in this process and in those of the tests."""
    folder = tmp_path_factory.mktemp("temporary")
    previous, os.environ["TMPDIR"] = os.environ.get("TMPDIR"), str(folder)
    tempfile.tempdir = None
    yield folder
    tempfile.tempdir = None
    if previous is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = previous


@pytest.fixture(scope="session")
def shared(temporary_folder: Path) -> Iterator[SharedContext]:
    """The one context that tests share."""
    shared = SharedContext()
    yield shared
    shared.close()
    shared.check_footprint()
    assert not list(temporary_folder.glob("firesteel-*"))


@pytest.fixture(autouse=True)
def leaves_nothing_behind(shared: SharedContext, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test ends with no more processes, threads, descriptors and run directories than before."""
    yield
    if request.node.stash.get(_FAILED, False):
        shared.close()
    else:
        shared.check_footprint()


@pytest.fixture(params=MODES, ids=str, scope="module")
def mode(request: pytest.FixtureRequest) -> Mode:
    """Every mode in turn."""
    return request.param


@pytest.fixture
def sc(mode: Mode, shared: SharedContext) -> SparkContext:
    """A running context in every mode. Leave it running."""
    return shared.get(mode)


@pytest.fixture
def sc2(shared: SharedContext) -> SparkContext:
    """A running context with two workers, for what has nothing to do with their number. Leave it running."""
    return shared.get(Mode("local[2]"))


@pytest.fixture
def start_context(shared: SharedContext) -> Iterator[Callable[..., SparkContext]]:
    """Starts a context of the test's own, `start_context(master, settings)`, stopped at the end."""
    shared.close()
    started: list[SparkContext] = []

    def start_one(master: str = "local[2]", settings: dict[str, Any] | None = None) -> SparkContext:
        started.append(start(master, settings))
        return started[-1]

    yield start_one
    for context in started:
        if context._engine is not None:  # not stopped by the test
            stop(context)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Runs programs in processes of their own; none of those may outlive the test."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()
    assert not marked(programs.mark)
