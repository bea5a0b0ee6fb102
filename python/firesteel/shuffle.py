"""PySpark's mergers and sorters, for programs that call them. Our own shuffle is native.

Invariant: what is spilled comes back in the order in which it went; files go with what they belong to.
"""

import heapq
import itertools
import os
import platform
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from firesteel.serializers import (
    AutoBatchedSerializer,
    BatchedSerializer,
    CompressedSerializer,
    CPickleSerializer,
    FlattenedValuesSerializer,
    Serializer,
)

__all__ = [
    "Aggregator",
    "ExternalGroupBy",
    "ExternalList",
    "ExternalListOfList",
    "ExternalMerger",
    "ExternalSorter",
    "GroupByKey",
    "Merger",
    "SimpleAggregator",
    "get_used_memory",
]

MemoryBytesSpilled = 0
"""Bytes of memory that spilling has freed in this process."""
DiskBytesSpilled = 0
"""Bytes that it has written."""

SORTED_AT_ONCE = 100
"""Elements that `ExternalSorter` takes before it looks at the memory for the first time."""


def get_used_memory() -> int:
    """Return the memory of this process in MiB.

    >>> get_used_memory() > 1
    True
    """
    if platform.system() == "Linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20


class Aggregator:
    """Three functions that make one value of all values of a key."""

    def __init__(
        self,
        createCombiner: Callable[[Any], Any],
        mergeValue: Callable[[Any, Any], Any],
        mergeCombiners: Callable[[Any, Any], Any],
    ) -> None:
        self.createCombiner = createCombiner
        self.mergeValue = mergeValue
        self.mergeCombiners = mergeCombiners


class SimpleAggregator(Aggregator):
    """One function does for all three."""

    def __init__(self, combiner: Callable[[Any, Any], Any]) -> None:
        super().__init__(lambda value: value, combiner, combiner)


class Merger:
    """Merges pairs by their keys."""

    def __init__(self, aggregator: Aggregator) -> None:
        self.agg = aggregator

    def mergeValues(self, iterator: Iterable[tuple[Any, Any]]) -> None:
        """Merge pairs of a key and a value."""
        raise NotImplementedError

    def mergeCombiners(self, iterator: Iterable[tuple[Any, Any]]) -> None:
        """Merge pairs of a key and what other values were merged into."""
        raise NotImplementedError

    def items(self) -> Iterator[Any]:
        """Go through the merged pairs."""
        raise NotImplementedError


class ExternalMerger(Merger):
    """A merger that spills to disk when the process has grown beyond a limit.

    Pairs are spilled by the hash of their key, so that afterwards one part after the other fits the memory.

    Parameters
    ----------
    aggregator : Aggregator
        How values are merged.
    memory_limit : int
        MiB from which it spills.
    serializer : Serializer, optional
        Writes pairs.
    localdirs : list of str, optional
        Folders for the files.
    scale, partitions, batch : int
        A number for nested mergers, the parts of a spill, and the pairs between two looks at the memory.

    Examples
    --------
    >>> merger = ExternalMerger(SimpleAggregator(lambda x, y: x + y), memory_limit=1, batch=10)
    >>> merger.mergeValues((n % 3, n) for n in range(100))
    >>> sorted(merger.items()), merger.spills
    ([(0, 1683), (1, 1617), (2, 1650)], 10)
    """

    MAX_TOTAL_PARTITIONS = 4096

    def __init__(
        self,
        aggregator: Aggregator,
        memory_limit: float = 512,
        serializer: Any = None,
        localdirs: list[str] | None = None,
        scale: int = 1,
        partitions: int = 59,
        batch: int = 1000,
    ) -> None:
        super().__init__(aggregator)
        self.memory_limit = memory_limit
        self.serializer = serializer or AutoBatchedSerializer(CompressedSerializer(CPickleSerializer()))
        self.localdirs = localdirs or [_local_directory()]
        self.scale = scale
        self.partitions = partitions
        self.batch = batch
        # What has not been spilled. PySpark divides it after the first spill, into `pdata`; this does not.
        self.data: dict[Any, Any] = {}
        self.pdata: list[dict[Any, Any]] = []
        self.spills = 0
        self._folder = f"firesteel-merge-{uuid.uuid4()}"
        weakref.finalize(self, _remove_folders, self._folders())

    def mergeValues(self, iterator: Iterable[tuple[Any, Any]]) -> None:
        """Merge pairs of a key and a value."""
        create, merge = self.agg.createCombiner, self.agg.mergeValue
        for count, (key, value) in enumerate(iterator, 1):
            self.data[key] = merge(self.data[key], value) if key in self.data else create(value)
            self._look_at_memory(count, self.memory_limit)

    def mergeCombiners(self, iterator: Iterable[tuple[Any, Any]], limit: float | None = None) -> None:
        """Merge pairs of a key and what values were merged into; a limit of 0 never spills."""
        merge = self.agg.mergeCombiners
        limit = self.memory_limit if limit is None else limit
        for count, (key, value) in enumerate(iterator, 1):
            self.data[key] = merge(self.data[key], value) if key in self.data else value
            self._look_at_memory(count, limit)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Go through the merged pairs, once."""
        if self.spills == 0:
            return iter(self.data.items())
        return self._spilled_items()

    def _look_at_memory(self, count: int, limit: float) -> None:
        if limit and count % self.batch == 0 and get_used_memory() >= limit:
            self._spill()

    def _spill(self) -> None:
        """Write all pairs, each to the file of its part."""
        global MemoryBytesSpilled, DiskBytesSpilled
        before, folder = get_used_memory(), self._spill_folder(self.spills)
        # `mode` is that of the last one only.
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        parts: list[list[tuple[Any, Any]]] = [[] for _ in range(self.partitions)]
        for pair in self.data.items():
            parts[hash(pair[0]) % self.partitions].append(pair)
        for number, part in enumerate(parts):
            with open(os.path.join(folder, str(number)), "wb") as file:
                self._serializer_of_spills().dump_stream(part, file)
                DiskBytesSpilled += file.tell()
        self.data.clear()
        self.spills += 1
        MemoryBytesSpilled += max(before - get_used_memory(), 0) << 20

    def _serializer_of_spills(self) -> Serializer:
        return self.serializer

    def _spill_folder(self, spill: int) -> str:
        folders = self._folders()
        return os.path.join(folders[spill % len(folders)], str(spill))

    def _folders(self) -> list[str]:
        return [os.path.join(directory, self._folder) for directory in self.localdirs]

    def _spilled_items(self) -> Iterator[tuple[Any, Any]]:
        if self.data:
            self._spill()
        try:
            for part in range(self.partitions):
                for spill in range(self.spills):
                    with open(os.path.join(self._spill_folder(spill), str(part)), "rb") as file:
                        self.mergeCombiners(self._serializer_of_spills().load_stream(file), limit=0)
                yield from self.data.items()
                self.data.clear()
        finally:
            _remove_folders(self._folders())


class ExternalGroupBy(ExternalMerger):
    """A merger that collects the values of each key in a list.

    >>> lists = Aggregator(lambda x: [x], lambda xs, x: [*xs, x], lambda xs, ys: xs + ys)
    >>> groups = ExternalGroupBy(lists, memory_limit=1, batch=2)
    >>> groups.mergeValues([("a", 1), ("b", 2), ("a", 3)])
    >>> sorted((key, list(values)) for key, values in groups.items())
    [('a', [1, 3]), ('b', [2])]
    """

    SORT_KEY_LIMIT = 1000

    def flattened_serializer(self) -> FlattenedValuesSerializer:
        """Return a serializer that cuts long lists, as they are spilled."""
        is_batched = isinstance(self.serializer, BatchedSerializer)
        batched = self.serializer if is_batched else BatchedSerializer(self.serializer, 1)
        return FlattenedValuesSerializer(batched, 20)

    def _serializer_of_spills(self) -> Serializer:
        return self.flattened_serializer()


class ExternalSorter:
    """Sorts more than fits the memory: sorted runs on disk, merged.

    Parameters
    ----------
    memory_limit : int
        MiB from which a run is spilled.
    serializer : Serializer, optional
        Writes elements.

    Examples
    --------
    >>> list(ExternalSorter(1).sorted(iter([3, 1, 2] * 100), reverse=True))[:3]
    [3, 3, 3]
    """

    def __init__(self, memory_limit: float, serializer: Serializer | None = None) -> None:
        self.memory_limit = memory_limit
        self.local_dirs = [_local_directory()]
        self.serializer = serializer or AutoBatchedSerializer(CPickleSerializer())

    def sorted(
        self, iterator: Iterable[Any], key: Callable[[Any], Any] | None = None, reverse: bool = False
    ) -> Iterable[Any]:
        """Return the elements in order; equal ones keep theirs."""
        remaining, runs, current = iter(iterator), [], []
        while chunk := list(itertools.islice(remaining, SORTED_AT_ONCE)):
            current.extend(chunk)
            if get_used_memory() >= self.memory_limit:
                current.sort(key=key, reverse=reverse)
                runs.append(self._spill(current))
                current = []
        current.sort(key=key, reverse=reverse)
        if not runs:
            return current
        loaded = [self.serializer.load_stream(file) for file in runs]
        return heapq.merge(*loaded, current, key=key, reverse=reverse)

    def _spill(self, run: list[Any]) -> IO[bytes]:
        global DiskBytesSpilled
        # Without a name: the system removes it when nobody reads it any more.
        file = tempfile.TemporaryFile(dir=self.local_dirs[0])  # noqa: SIM115  # closed with the merge
        self.serializer.dump_stream(run, file)
        DiskBytesSpilled += file.tell()
        file.seek(0)
        return file


class ExternalList:
    """A list that can be appended to and gone through, and lies on disk beyond a length.

    >>> numbers = ExternalList([1])
    >>> for n in (2, 3):
    ...     numbers.append(n)
    >>> len(numbers), list(numbers)
    (3, [1, 2, 3])
    """

    LIMIT = 10240

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.count = self._count(values)
        self._file: Any = None
        self._serializer = BatchedSerializer(CompressedSerializer(CPickleSerializer()), 1024)

    def _count(self, values: list[Any]) -> int:
        return len(values)

    def __iter__(self) -> Iterator[Any]:
        if self._file is not None:
            self._file.flush()
            # A reader of its own, so that one can go through the list several times at once.
            with open(self._file.name, "rb") as reader:
                yield from self._serializer.load_stream(reader)
        yield from self.values

    def __len__(self) -> int:
        return self.count

    def append(self, value: Any) -> None:
        """Add a value."""
        self.values.append(value)
        self.count += 1
        if len(self.values) >= self.LIMIT:
            self._spill()

    def _spill(self) -> None:
        global DiskBytesSpilled
        if self._file is None:
            self._file = tempfile.NamedTemporaryFile(dir=_local_directory())  # noqa: SIM115
        before = self._file.tell()
        self._serializer.dump_stream(self.values, self._file)
        DiskBytesSpilled += self._file.tell() - before
        self.values = []


class ExternalListOfList(ExternalList):
    """A list of lists that looks like one list.

    >>> numbers = ExternalListOfList([[1, 2]])
    >>> numbers.append([3])
    >>> len(numbers), list(numbers)
    (3, [1, 2, 3])
    """

    def _count(self, values: list[Any]) -> int:
        return sum(map(len, values))

    def append(self, value: list[Any]) -> None:
        """Add a list."""
        super().append(value)
        self.count += len(value) - 1

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(super().__iter__())


class GroupByKey:
    """Joins the lists of neighbouring pairs that have the same key.

    >>> [(key, list(values)) for key, values in GroupByKey([("a", [1]), ("a", [2]), ("b", [3])])]
    [('a', [1, 2]), ('b', [3])]
    """

    def __init__(self, iterator: Iterable[tuple[Any, list[Any]]]) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[tuple[Any, ExternalListOfList]]:
        for key, pairs in itertools.groupby(self.iterator, key=lambda pair: pair[0]):
            values = ExternalListOfList([])
            for _, part in pairs:
                values.append(part)
            yield key, values


def _local_directory() -> str:
    """Return where spills go: where the settings of Spark say."""
    return (os.environ.get("SPARK_LOCAL_DIRS") or tempfile.gettempdir()).split(",")[0]


def _remove_folders(folders: list[str]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
