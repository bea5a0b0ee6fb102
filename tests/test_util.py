"""firesteel.util: threads that inherit, and the small tools."""

import gc
import io
import sys
import threading
from collections.abc import Callable

import pytest

from firesteel import InheritableThread, SparkContext, inheritable_thread_target, keyword_only, since, util
from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError, PySparkTypeError
from firesteel.sql import SparkSession


def run(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def test_an_inheritable_thread_takes_properties_as_they_are_at_its_start(sc2: SparkContext) -> None:
    seen: list[object] = []

    def look(label: str, end: str = "") -> None:
        seen.append((label + end, sc2.getLocalProperty("season"), sc2.getJobTags()))
        sc2.setLocalProperty("season", "of the child")

    thread = InheritableThread(target=look, args=("a",), kwargs={"end": "!"})
    sc2.setLocalProperty("season", "winter")
    sc2.addJobTag("t")
    run(thread)
    assert seen == [("a!", "winter", {"t"})]
    assert sc2.getLocalProperty("season") == "winter"
    sc2.clearJobTags()
    sc2.setLocalProperty("season", None)  # type: ignore[arg-type]  # as PySpark allows


def test_a_wrapped_target_takes_properties_as_they_are_now(sc2: SparkContext) -> None:
    seen: list[str | None] = []
    sc2.setLocalProperty("season", "winter")

    @inheritable_thread_target
    def look() -> None:
        seen.append(sc2.getLocalProperty("season"))

    sc2.setLocalProperty("season", None)  # type: ignore[arg-type]  # as PySpark allows
    run(threading.Thread(target=look))
    run(threading.Thread(target=look.__wrapped__))
    assert seen == ["winter", None]


def test_a_target_is_a_function_or_made_for_a_session(
    sc2: SparkContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SparkSession, "_instantiatedSession", None)
    session = SparkSession(sc2)
    assert inheritable_thread_target(session)(lambda: 7)() == 7
    with pytest.raises(PySparkTypeError, match="f must be a function or a SparkSession, not NoneType"):
        inheritable_thread_target(None)  # type: ignore[arg-type]


def test_without_a_context_a_thread_is_a_thread(start_context: Callable[..., SparkContext]) -> None:
    seen: list[int] = []
    run(InheritableThread(target=seen.append, args=(1,)))
    run(threading.Thread(target=inheritable_thread_target(seen.append), args=(2,)))
    assert seen == [1, 2]


def test_groups_of_two_threads_are_cancelled_apart(sc2: SparkContext) -> None:
    groups: dict[str, list[int]] = {}

    def work(name: str) -> None:
        sc2.setJobGroup(name, "")
        groups[name] = sc2.parallelize(range(4), 2).map(lambda x: x + 1).collect()

    threads = [InheritableThread(target=work, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert groups == {"left": [1, 2, 3, 4], "right": [1, 2, 3, 4]}
    assert [len(sc2.statusTracker().getJobIdsForGroup(name)) for name in groups] == [1, 1]


def test_stop_iteration_becomes_an_error() -> None:
    def stop() -> None:
        raise StopIteration("here")

    with pytest.raises(PySparkRuntimeError, match=r"\[STOP_ITERATION_OCCURRED\].*failing the task: here"):
        util.fail_on_stopiteration(stop)()
    assert util.fail_on_stopiteration(len)("ab") == 2


def test_the_collector_is_as_it_was() -> None:
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        with util.disable_gc():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    gc.enable()


def test_exceptions_are_written_as_workers_tell_them() -> None:
    stream, printed = io.BytesIO(), io.StringIO()
    try:
        raise ValueError("cold")
    except ValueError as error:
        util.handle_worker_exception(error, stream)
        util.print_exec(printed)
        trace = error.__traceback__
    assert stream.getvalue()[:4] == b"\xff\xff\xff\xfe"
    assert int.from_bytes(stream.getvalue()[4:8], "big") == len(stream.getvalue()) - 8
    assert stream.getvalue()[8:].decode() == printed.getvalue()
    assert printed.getvalue().startswith("Traceback")
    assert trace is not None
    assert [entry.tb_frame for entry in util.walk_tb(trace)] == [sys._getframe()]


def test_frames_of_ours_go_from_tracebacks() -> None:
    def stop() -> None:
        raise StopIteration

    try:
        util.fail_on_stopiteration(stop)()
    except PySparkRuntimeError as error:
        trace = error.__traceback__
    assert trace is not None
    assert len(list(util.walk_tb(trace))) == 2
    assert [entry.tb_frame for entry in util.walk_tb(util.try_simplify_traceback(trace))] == [sys._getframe()]


@pytest.mark.parametrize(("version", "numbers"), [("4.3.0", (4, 3)), ("3.4", (3, 4)), ("3.5.1-rc2", (3, 5))])
def test_versions(version: str, numbers: tuple[int, int]) -> None:
    assert util.VersionUtils.majorMinorVersion(version) == numbers


def test_what_is_no_version() -> None:
    with pytest.raises(ValueError, match="could not find the major and minor version numbers"):
        util.VersionUtils.majorMinorVersion("four")


def test_there_is_no_jvm_and_no_server() -> None:
    assert (util.is_remote_only(), util.default_api_mode(), util.spark_connect_mode()) == (
        False,
        "classic",
        "0",
    )
    with pytest.raises(PySparkNotImplementedError, match="there is no JVM"):
        util.local_connect_and_auth(1, "secret")


def test_keyword_only_refuses_positions() -> None:
    class Stage:
        @keyword_only
        def __init__(self, *, tasks: int = 1) -> None:
            self.tasks = tasks

    with pytest.raises(TypeError, match="Method __init__ forces keyword arguments"):
        Stage(3)  # type: ignore[misc]
    assert Stage(tasks=3).tasks == 3


def test_since_keeps_the_indent() -> None:
    @since(1.2)
    def documented() -> None:
        """One.

        Two.
        """

    assert documented.__doc__ is not None
    assert documented.__doc__.endswith("Two.\n\n        .. versionadded:: 1.2")
