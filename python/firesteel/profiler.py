"""Profiles of the functions that workers run, with `spark.python.profile` set to `true`.

A worker profiles every task as a whole. Its statistics come to the driver as an accumulator's update, once
for each task, and are added up for each RDD that a stage ends in. A `profile` of the program's own is called
in the worker, with the task as its function: all tasks have a copy of one profiler, and what each added to
the accumulators of that one goes to those of the profiler of its RDD.
"""

import atexit
import io
import linecache
import os
import pickle
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from firesteel import _public_names
from firesteel._pickling import dumps
from firesteel.accumulators import Accumulator, AccumulatorParam
from firesteel.errors import PySparkRuntimeError

if TYPE_CHECKING:
    import cProfile
    import pstats

    from firesteel.core.context import SparkContext

__all__ = [
    "BasicProfiler",
    "MemUsageParam",
    "MemoryProfiler",
    "PStatsParam",
    "Profiler",
    "ProfilerCollector",
    "UDFBasicProfiler",
]

LineUsage = dict[str, list[tuple[int, tuple[float, float, int] | None]]]
"""Of each source file the lines: what each added to the memory, the memory after it, how often it ran."""


class Profiler:
    """Base of profilers. A program gives a class of its own, perhaps of a `BasicProfiler`, to SparkContext.

    Parameters
    ----------
    ctx : SparkContext
        The context whose tasks are profiled.
    """

    def __init__(self, ctx: "SparkContext") -> None:
        pass

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, and note what it does."""
        raise NotImplementedError

    def stats(self) -> "pstats.Stats | dict[Any, Any]":
        """Return what was noted."""
        raise NotImplementedError

    def show(self, id: int) -> None:
        """Print what was noted of an RDD."""
        raise NotImplementedError

    def dump(self, id: int, path: str) -> None:
        """Write what was noted of an RDD into a folder."""
        raise NotImplementedError


class PStatsParam(AccumulatorParam["pstats.Stats | None"]):
    """Adds up statistics."""

    @staticmethod
    def zero(value: "pstats.Stats | None") -> None:  # type: ignore[override]  # static, as in PySpark
        """Return no statistics."""

    @staticmethod
    def addInPlace(  # type: ignore[override]  # static, as in PySpark
        value1: "pstats.Stats | None", value2: "pstats.Stats | None"
    ) -> "pstats.Stats | None":
        """Return the sum of both."""
        if value1 is None or value2 is None:
            return value1 or value2
        return value1.add(value2)


class BasicProfiler(Profiler):
    """The standard library's cProfile.

    Examples
    --------
    >>> profiler = BasicProfiler(sc)
    >>> profiler.profile(sum, [1, 2])
    3
    >>> profiler.stats().total_calls
    2
    """

    def __init__(self, ctx: "SparkContext") -> None:
        super().__init__(ctx)
        self._accumulator = ctx.accumulator(None, PStatsParam())

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function with cProfile on."""
        import cProfile

        profile = cProfile.Profile()
        result = profile.runcall(func, *args, **kwargs)
        self._accumulator.add(statistics(profile))
        return result

    def stats(self) -> "pstats.Stats":
        """Return the sum of all statistics."""
        return self._accumulator.value  # type: ignore[return-value]  # asked after a profile

    def show(self, id: int) -> None:
        """Print the statistics of an RDD, the longest first."""
        self._print(f"RDD<id={id}>")

    def dump(self, id: int, path: str) -> None:
        """Write the statistics into `rdd_<id>.pstats` in a folder, which is made if need be."""
        self._write(f"rdd_{id}.pstats", path)

    def _print(self, title: str) -> None:
        stats = self.stats()
        if stats:
            line = "=" * 60
            print(f"{line}\nProfile of {title}\n{line}")
            stats.stream = sys.stdout  # type: ignore[attr-defined]  # what print_stats writes to
            stats.sort_stats("time", "cumulative").print_stats()

    def _write(self, name: str, path: str) -> None:
        os.makedirs(path, exist_ok=True)
        stats = self.stats()
        if stats:
            stats.dump_stats(os.path.join(path, name))


class UDFBasicProfiler(BasicProfiler):
    """The same, for functions of DataFrames."""

    def show(self, id: int) -> None:
        """Print the statistics of a function."""
        self._print(f"UDF<id={id}>")

    def dump(self, id: int, path: str) -> None:
        """Write the statistics into `udf_<id>.pstats` in a folder."""
        self._write(f"udf_{id}.pstats", path)


class MemUsageParam(AccumulatorParam["LineUsage | None"]):
    """Adds up what lines use."""

    @staticmethod
    def zero(value: LineUsage | None) -> None:  # type: ignore[override]  # static, as in PySpark
        """Return nothing used."""

    @staticmethod
    def addInPlace(  # type: ignore[override]  # static, as in PySpark
        value1: LineUsage | None, value2: LineUsage | None
    ) -> LineUsage | None:
        """Return the sum of both.

        >>> MemUsageParam.addInPlace({"app.py": [(1, (9.0, 1.0, 1))]}, {"app.py": [(1, (8.0, 2.0, 3))]})
        {'app.py': [(1, (17.0, 3.0, 4))]}
        """
        if not value1 or not value2:
            return value1 or value2
        for file, lines in value2.items():
            known = dict(value1.get(file, []))
            known.update({line: _added(known.get(line), usage) for line, usage in lines})
            value1[file] = sorted(known.items())
        return value1


def _added(
    first: tuple[float, float, int] | None, second: tuple[float, float, int] | None
) -> tuple[float, float, int] | None:
    if first is None or second is None:
        return first or second
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


class MemoryProfiler(Profiler):
    """What the lines of a function add to the memory, as the package `memory_profiler` measures it."""

    def __init__(self, ctx: "SparkContext") -> None:
        super().__init__(ctx)
        self._accumulator = ctx.accumulator(None, MemUsageParam())

    def profile(  # type: ignore[override]  # PySpark's parameters
        self,
        sub_lines: list[Any] | None,
        start_line: int | None,
        func: Callable[..., Any],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Call a function and note what its lines use."""
        try:
            from memory_profiler import CodeMap, LineProfiler  # type: ignore[import-not-found]  # not required
        except ImportError:
            raise PySparkRuntimeError(
                errorClass="MISSING_LIBRARY_FOR_PROFILER", messageParameters={}
            ) from None
        profiler = LineProfiler()
        profiler.code_map = CodeMap(include_children=False, backend="psutil")
        result = profiler(func)(*args, **kwargs)
        self._accumulator.add({file: list(lines) for file, lines in profiler.code_map.items()})
        return result

    def stats(self) -> LineUsage:
        """Return what was noted, or None."""
        return self._accumulator.value  # type: ignore[return-value]  # asked after a profile

    def show(self, id: int) -> None:
        """Print what was noted of a function."""
        if self.stats():
            line = "=" * 60
            print(f"{line}\nProfile of UDF<id={id}>\n{line}")
            self._print(sys.stdout)

    def dump(self, id: int, path: str) -> None:
        """Write what was noted into `udf_<id>_memory.txt` in a folder."""
        os.makedirs(path, exist_ok=True)
        if self.stats():
            with open(os.path.join(path, f"udf_{id}_memory.txt"), "w") as file:
                self._print(file)

    def _print(self, stream: TextIO) -> None:
        title = _LINE.format("Line #", "Mem usage", "Increment", "Occurrences", "Line Contents")
        for file, lines in self.stats().items():
            print(f"Filename: {file}\n\n{title}\n{'=' * len(title)}", file=stream)
            usages = dict(lines)
            for number in range(min(usages), max(usages) + 1):
                print(_shown(number, usages.get(number), linecache.getline(file, number)), file=stream)
            print("\n", file=stream)


_LINE = "{:>6} {:>12} {:>12}  {:>10}   {}"
"""The columns of a line: its number, memory, what it added, how often it ran, and the source."""


def _shown(number: int, usage: tuple[float, float, int] | None, source: str) -> str:
    if usage is None:
        return _LINE.format(number, "", "", "", source.rstrip("\n"))
    added, memory, times = usage
    return _LINE.format(number, f"{memory:.1f} MiB", f"{added:.1f} MiB", times, source.rstrip("\n"))


class ProfilerCollector:
    """The profilers of a context, one for each RDD."""

    def __init__(
        self,
        profiler_cls: type[Profiler],
        udf_profiler_cls: type[Profiler],
        memory_profiler_cls: type[Profiler],
        dump_path: str | None = None,
    ) -> None:
        self.profiler_cls = profiler_cls
        self.udf_profiler_cls = udf_profiler_cls
        self.memory_profiler_cls = memory_profiler_cls
        self.profile_dump_path = dump_path
        # The id, the profiler, and whether it was shown.
        self.profilers: list[list[Any]] = []

    def new_profiler(self, ctx: "SparkContext") -> Profiler:
        """Make a profiler for an RDD."""
        return self.profiler_cls(ctx)

    def new_udf_profiler(self, ctx: "SparkContext") -> Profiler:
        """Make a profiler for a function of DataFrames."""
        return self.udf_profiler_cls(ctx)

    def new_memory_profiler(self, ctx: "SparkContext") -> Profiler:
        """Make a profiler of a function's memory."""
        return self.memory_profiler_cls(ctx)

    def add_profiler(self, id: int, profiler: Profiler) -> None:
        """Keep a profiler. At the end of the program those that were not shown are, or all are dumped."""
        if not self.profilers:
            if self.profile_dump_path:
                atexit.register(self.dump_profiles, self.profile_dump_path)
            else:
                atexit.register(self.show_profiles)
        self.profilers.append([id, profiler, False])

    def show_profiles(self) -> None:
        """Print what was not printed yet."""
        for entry in self.profilers:
            id, profiler, was_shown = entry
            if not was_shown:
                profiler.show(id)
                entry[2] = True

    def dump_profiles(self, path: str) -> None:
        """Write everything into a folder, and forget it."""
        for id, profiler, _ in self.profilers:
            profiler.dump(id, path)
        self.profilers = []


class CollectedProfiles(AccumulatorParam[None]):
    """Hands the statistics of tasks, by their RDD, to the profilers."""

    def __init__(self, context: "SparkContext", collector: ProfilerCollector) -> None:
        self._context = context
        self._collector = collector
        self._by_rdd: dict[int, Profiler] = {}
        self._making = threading.Lock()
        self._copied: bytes | None = None
        self._copied_accumulators: list[Accumulator[Any]] = []

    def copied_profiler(self) -> bytes | None:
        """Return the profiler that tasks run in, pickled, where that is more than cProfile."""
        if self._collector.profiler_cls.profile is BasicProfiler.profile:
            return None
        with self._making:
            if self._copied is None:
                profiler = self._collector.new_profiler(self._context)
                self._copied_accumulators = accumulators_of(profiler)
                self._copied = dumps(profiler)
            return self._copied

    def zero(self, value: None) -> None:
        """Return nothing: workers add to no copy of this."""

    def addInPlace(self, value1: None, value2: Any) -> None:
        """Take the statistics of a task."""
        node, added = value2
        rdd = self._context._rdd_ids.of_node(node)
        profiler = self._by_rdd.get(rdd)
        if profiler is None:
            profiler = self._by_rdd[rdd] = self._collector.new_profiler(self._context)
            self._collector.add_profiler(rdd, profiler)
        if isinstance(added, dict):
            own = zip(self._copied_accumulators, accumulators_of(profiler), strict=False)
            for copied, accumulator in own:
                accumulator.add(added[copied.aid])
        elif isinstance(profiler, BasicProfiler):
            profiler._accumulator.add(added)


def accumulators_of(profiler: Profiler) -> "list[Accumulator[Any]]":
    """Return the accumulators of a profiler, in an order that is the same for all of its class."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # has no types
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, Accumulator):
                found[obj.aid] = obj
            return super().reducer_override(obj)

    found: dict[int, Accumulator[Any]] = {}
    Pickler(io.BytesIO(), pickle.HIGHEST_PROTOCOL).dump(profiler)
    return list(found.values())


def statistics(profile: "cProfile.Profile") -> "pstats.Stats":
    """Return what a profile has noted, to be added up and pickled."""
    import pstats

    stats = pstats.Stats(profile)
    stats.stream = None  # type: ignore[attr-defined]  # a stream cannot be pickled
    return stats.strip_dirs()


_public_names.publish(__name__)
