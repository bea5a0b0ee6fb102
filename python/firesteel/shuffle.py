"""PySpark's mergers and sorters, for programs that call them. Our own shuffle is native.

Invariant: what is spilled comes back in the order in which it went. Files have no names, so that the system
removes them with the process, however that ends, and are encrypted where `spark.io.encryption.enabled` says
so.
"""

import heapq
import io
import itertools
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from firesteel import _public_names
from firesteel.serializers import (
    AutoBatchedSerializer,
    BatchedSerializer,
    CompressedSerializer,
    CPickleSerializer,
    FlattenedValuesSerializer,
    Serializer,
)

if TYPE_CHECKING:
    from firesteel._native import SpillFile

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

PIECE = 64 << 10
"""Bytes that are written or read at once."""

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


class _Segment(NamedTuple):
    """What was written at once."""

    file: "SpillFile"
    offset: int
    length: int

    def load(self, serializer: Serializer) -> Iterable[Any]:
        """Go through the elements; a reader of its own, so that this can be done several times at once."""
        return serializer.load_stream(io.BufferedReader(_SegmentReader(self), PIECE))


class _SegmentReader(io.RawIOBase):
    def __init__(self, segment: _Segment) -> None:
        self._file = segment.file
        self._offset, self._end = segment.offset, segment.offset + segment.length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._end - self._offset)
        buffer[:length] = self._file.read(self._offset, length)
        self._offset += length
        return length


class _SegmentWriter(io.RawIOBase):
    def __init__(self, file: "SpillFile") -> None:
        self._file = file
        self._offset: int | None = None
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        offset = self._file.append(bytes(data))
        self._offset = offset if self._offset is None else self._offset
        self._length += len(data)
        return len(data)

    def segment(self) -> _Segment:
        return _Segment(self._file, self._offset or 0, self._length)


class _Spill:
    """A file in each local directory, used in turn; one that fails is passed over if there is another."""

    def __init__(self, directories: list[str]) -> None:
        self._directories = directories
        self._files: dict[str, SpillFile] = {}
        # Processes begin with different ones.
        self._turn = os.getpid()

    def write(self, elements: list[Any], serializer: Serializer) -> _Segment:
        """Write elements behind all others."""
        global DiskBytesSpilled
        self._turn += 1
        first = self._turn % len(self._directories)
        *others, last = self._directories[first:] + self._directories[:first]
        for directory in others:
            try:
                segment = self._write(directory, elements, serializer)
                break
            except OSError:
                continue
        else:
            segment = self._write(last, elements, serializer)
        DiskBytesSpilled += segment.length
        return segment

    def _write(self, directory: str, elements: list[Any], serializer: Serializer) -> _Segment:
        raw = _SegmentWriter(self._file(directory))
        stream: IO[bytes] = io.BufferedWriter(raw, PIECE)
        serializer.dump_stream(elements, stream)
        stream.flush()
        return raw.segment()

    def _file(self, directory: str) -> "SpillFile":
        from firesteel._native import SpillFile

        if directory not in self._files:
            os.makedirs(directory, exist_ok=True)
            self._files[directory] = SpillFile(directory)
        return self._files[directory]


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
        self.localdirs = localdirs or _local_directories()
        self.scale = scale
        self.partitions = partitions
        self.batch = batch
        # What has not been spilled. PySpark divides it after the first spill, into `pdata`; this does not.
        self.data: dict[Any, Any] = {}
        self.pdata: list[dict[Any, Any]] = []
        self.spills = 0
        self._spill_files = _Spill(self.localdirs)
        self._segments: list[list[_Segment]] = []

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
        """Write all pairs, by parts."""
        global MemoryBytesSpilled
        before = get_used_memory()
        parts: list[list[tuple[Any, Any]]] = [[] for _ in range(self.partitions)]
        for pair in self.data.items():
            parts[hash(pair[0]) % self.partitions].append(pair)
        serializer = self._serializer_of_spills()
        self._segments.append([self._spill_files.write(part, serializer) for part in parts])
        self.data.clear()
        self.spills += 1
        MemoryBytesSpilled += max(before - get_used_memory(), 0) << 20

    def _serializer_of_spills(self) -> Serializer:
        return self.serializer

    def _spilled_items(self) -> Iterator[tuple[Any, Any]]:
        if self.data:
            self._spill()
        serializer = self._serializer_of_spills()
        try:
            for segments in zip(*self._segments, strict=True):
                for segment in segments:
                    self.mergeCombiners(segment.load(serializer), limit=0)
                yield from self.data.items()
                self.data.clear()
        finally:
            self._segments.clear()
            self._spill_files = _Spill(self.localdirs)


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
        self.local_dirs = _local_directories()
        self.serializer = serializer or AutoBatchedSerializer(CompressedSerializer(CPickleSerializer()))

    def sorted(
        self, iterator: Iterable[Any], key: Callable[[Any], Any] | None = None, reverse: bool = False
    ) -> Iterable[Any]:
        """Return the elements in order; equal ones keep theirs."""
        remaining, runs, current = iter(iterator), [], []
        spill = _Spill(self.local_dirs)
        while chunk := list(itertools.islice(remaining, SORTED_AT_ONCE)):
            current.extend(chunk)
            if get_used_memory() >= self.memory_limit:
                current.sort(key=key, reverse=reverse)
                runs.append(spill.write(current, self.serializer))
                current = []
        current.sort(key=key, reverse=reverse)
        if not runs:
            return current
        loaded = [run.load(self.serializer) for run in runs]
        return heapq.merge(*loaded, current, key=key, reverse=reverse)


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
        self._spill_files: _Spill | None = None
        self._segments: list[_Segment] = []
        self._serializer = BatchedSerializer(CompressedSerializer(CPickleSerializer()), 1024)

    def _count(self, values: list[Any]) -> int:
        return len(values)

    def __iter__(self) -> Iterator[Any]:
        yield from self._appended()

    def __reduce__(self) -> Any:
        # As what it looks like: the files are this process's.
        return type(self), (list(self._appended()),)

    def _appended(self) -> Iterator[Any]:
        for segment in self._segments:
            yield from segment.load(self._serializer)
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
        if self._spill_files is None:
            self._spill_files = _Spill(_local_directories())
        self._segments.append(self._spill_files.write(self.values, self._serializer))
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
        return itertools.chain.from_iterable(self._appended())


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


def _local_directories() -> list[str]:
    """Return where spills go: where the settings of Spark say, which workers have in their environment."""
    listed = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    return [directory.strip() for directory in listed if directory.strip()] or [tempfile.gettempdir()]


_public_names.publish(__name__)
