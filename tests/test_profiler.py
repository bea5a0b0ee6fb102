"""Profiles: what tasks did comes to the driver, and is shown and dumped there."""

import os
import pstats
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firesteel import BasicProfiler, SparkConf, SparkContext
from firesteel.errors import PySparkRuntimeError
from firesteel.profiler import (
    MemoryProfiler,
    MemUsageParam,
    Profiler,
    ProfilerCollector,
    PStatsParam,
    UDFBasicProfiler,
)


def heat(x: int) -> int:
    return x + 1


def test_tasks_are_profiled_by_rdd(
    start_context: Callable[..., SparkContext], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sc = start_context(settings={"spark.python.profile": "true"})
    heated = sc.parallelize(range(100), 4).map(heat)
    assert heated.sum() == 5050
    assert heated.map(lambda x: (x % 2, x)).reduceByKey(max).count() == 2
    collector = sc.profiler_collector
    assert collector is not None
    ids = [entry[0] for entry in collector.profilers]
    # The sum is one stage, the reduction two.
    assert len(set(ids)) == len(ids) == 3
    sc.show_profiles()
    shown = capsys.readouterr().out
    assert all(f"Profile of RDD<id={id}>" in shown for id in ids)
    assert "test_profiler.py:14(heat)" in shown or "(heat)" in shown
    sc.show_profiles()
    assert capsys.readouterr().out == ""
    sc.dump_profiles(str(tmp_path / "profiles"))
    files = {path.name: pstats.Stats(str(path)) for path in (tmp_path / "profiles").iterdir()}
    assert set(files) == {f"rdd_{id}.pstats" for id in ids}
    calls = {name: count for (_, _, name), (count, *_) in files[f"rdd_{ids[0]}.pstats"].stats.items()}  # type: ignore[attr-defined]
    assert calls["heat"] == 100
    assert collector.profilers == []


def test_a_failed_task_leaves_no_profile_behind(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]", {"spark.python.profile": "true"})
    with pytest.raises(Exception, match="ZeroDivisionError"):
        sc.parallelize([0], 1).foreach(lambda x: 1 // x)
    assert sc.parallelize([1], 1).map(heat).collect() == [2]
    collector = sc.profiler_collector
    assert collector is not None
    assert len(collector.profilers) == 1
    collector.profilers.clear()


def test_a_programs_own_profiler(
    start_context: Callable[..., SparkContext], capsys: pytest.CaptureFixture[str]
) -> None:
    class Brief(BasicProfiler):
        def show(self, id: int) -> None:
            print("brief", self.stats().total_calls > 0)

    start_context().stop()
    conf = SparkConf().setMaster("local[1]").setAppName("own").set("spark.python.profile", "true")
    with SparkContext(conf=conf, profiler_cls=Brief) as sc:
        sc.parallelize([1], 1).map(heat).count()
        sc.show_profiles()
        assert capsys.readouterr().out == "brief True\n"
        assert sc.profiler_collector is not None
        sc.profiler_collector.profilers.clear()


class InWorkers(BasicProfiler):
    """Notes where it is called, and with what."""

    def __init__(self, ctx: SparkContext) -> None:
        super().__init__(ctx)
        self.driver = os.getpid()
        self.seen = ctx.accumulator(0)

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        assert os.getpid() != self.driver
        assert (args, kwargs) == ((), {})
        result = super().profile(func)
        assert result is None
        self.seen += 1
        return result

    def stats(self) -> Any:
        return super().stats(), self.seen.value


class Counting(Profiler):
    """Has an accumulator of its own, and no statistics."""

    def __init__(self, ctx: SparkContext) -> None:
        self.calls = ctx.accumulator(0)

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.calls.add(1)
        return func()

    def stats(self) -> Any:
        return self.calls.value


@pytest.fixture
def profiled_by(
    start_context: Callable[..., SparkContext],
) -> Iterator[Callable[[type[Profiler]], SparkContext]]:
    contexts: list[SparkContext] = []

    def start(cls: type[Profiler]) -> SparkContext:
        start_context().stop()
        conf = SparkConf().setMaster("local[2]").setAppName("own").set("spark.python.profile", "true")
        contexts.append(SparkContext(conf=conf, profiler_cls=cls))
        return contexts[-1]

    yield start
    for sc in contexts:
        assert sc.profiler_collector is not None
        sc.profiler_collector.profilers.clear()
        sc.stop()


def profiles(sc: SparkContext) -> dict[int, Any]:
    assert sc.profiler_collector is not None
    return {entry[0]: entry[1].stats() for entry in sc.profiler_collector.profilers}


def test_profile_is_called_in_workers(profiled_by: Callable[[type[Profiler]], SparkContext]) -> None:
    sc = profiled_by(InWorkers)
    mine = sc.accumulator(0)

    def noted(x: int) -> tuple[int, int]:
        mine.add(1)
        return heat(x) % 2, x

    reduced = sc.parallelize(list(range(100)), 4).map(noted).reduceByKey(max, 2)
    assert sorted(reduced.collect()) == [(0, 99), (1, 98)]
    assert mine.value == 100
    (map_stats, map_tasks), (_, reduce_tasks) = profiles(sc).values()
    assert (map_tasks, reduce_tasks) == (4, 2)
    calls = {name: count for (_, _, name), (count, *_) in map_stats.stats.items()}
    assert calls["heat"] == calls["noted"] == 100
    # One profiler for every RDD, and each with its own tasks.
    assert sc.parallelize([1, 2], 2).map(heat).count() == 2
    assert [tasks for _, tasks in profiles(sc).values()] == [4, 2, 2]


def test_a_profiler_with_its_own_accumulator(
    profiled_by: Callable[[type[Profiler]], SparkContext],
) -> None:
    sc = profiled_by(Counting)
    numbers = sc.parallelize([1, 2, 3], 3).map(heat)
    assert (numbers.collect(), numbers.take(1), numbers.sum()) == ([2, 3, 4], [2], 9)
    assert list(profiles(sc).values()) == [3, 1, 3]
    with pytest.raises(Exception, match="ZeroDivisionError"):
        numbers.map(lambda x: 1 // 0).collect()
    assert numbers.map(heat).collect() == [3, 4, 5]


@pytest.mark.parametrize("times", [0, 2])
def test_a_profiler_has_to_run_the_task_once(
    profiled_by: Callable[[type[Profiler]], SparkContext], times: int
) -> None:
    class Careless(BasicProfiler):
        def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            for _ in range(times):
                func()

    sc = profiled_by(Careless)
    with pytest.raises(Exception, match=r"RuntimeError: (a|the) profiler"):
        sc.parallelize([1], 1).map(heat).collect()


def test_without_the_setting_there_are_no_profiles(sc2: SparkContext) -> None:
    assert sc2.profiler_collector is None
    for use in (sc2.show_profiles, lambda: sc2.dump_profiles("nowhere")):
        with pytest.raises(PySparkRuntimeError, match="INCORRECT_CONF_FOR_PROFILE"):
            use()


def test_statistics_add_up(sc2: SparkContext, tmp_path: Path) -> None:
    assert PStatsParam.zero(None) is None
    assert PStatsParam.addInPlace(None, None) is None
    profiler = UDFBasicProfiler(sc2)
    assert [profiler.profile(heat, x) for x in (1, 2)] == [2, 3]
    assert profiler.stats().total_calls >= 2
    profiler.dump(7, str(tmp_path))
    assert (tmp_path / "udf_7.pstats").exists()


def test_what_a_collector_makes(sc2: SparkContext) -> None:
    collector = ProfilerCollector(BasicProfiler, UDFBasicProfiler, MemoryProfiler)
    assert type(collector.new_profiler(sc2)) is BasicProfiler
    assert type(collector.new_udf_profiler(sc2)) is UDFBasicProfiler
    assert type(collector.new_memory_profiler(sc2)) is MemoryProfiler
    base = Profiler(sc2)
    for use in (lambda: base.profile(len, ""), base.stats, lambda: base.show(1), lambda: base.dump(1, "")):
        with pytest.raises(NotImplementedError):
            use()


def test_memory_of_lines_adds_up(
    sc2: SparkContext, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiler = MemoryProfiler(sc2)
    assert profiler.stats() is None
    monkeypatch.setitem(sys.modules, "memory_profiler", None)
    with pytest.raises(PySparkRuntimeError, match="Install the 'memory_profiler' library"):
        profiler.profile(None, None, heat, 1)
    for usage in (None, (20.0, 2.0, 1), (19.0, 1.5, 2)):
        profiler._accumulator.add({__file__: [(1, usage), (2, None)]})
    assert profiler.stats() == {__file__: [(1, (39.0, 3.5, 3)), (2, None)]}
    profiler.show(3)
    profiler.dump(3, str(tmp_path))
    shown = capsys.readouterr().out
    assert "39.0 MiB" in shown
    assert shown.endswith((tmp_path / "udf_3_memory.txt").read_text())
    assert MemUsageParam.zero(None) is None


def test_a_collector_knows_its_classes(
    sc2: SparkContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collector = ProfilerCollector(BasicProfiler, UDFBasicProfiler, MemoryProfiler, str(tmp_path))
    assert collector.profiler_cls is BasicProfiler
    assert (collector.udf_profiler_cls, collector.memory_profiler_cls) == (UDFBasicProfiler, MemoryProfiler)
    assert collector.profile_dump_path == str(tmp_path)
    assert PStatsParam.addInPlace(None, None) is MemUsageParam.zero(None) is None
    profiler = UDFBasicProfiler(sc2)
    # In a thread of its own: cProfile takes the place of whatever profiles this one.
    thread = threading.Thread(target=profiler.profile, args=(heat, 1))
    thread.start()
    thread.join()
    profiler.show(8)
    assert "Profile of UDF<id=8>" in capsys.readouterr().out
    profiler.dump(8, str(tmp_path))
    assert (tmp_path / "udf_8.pstats").exists()
