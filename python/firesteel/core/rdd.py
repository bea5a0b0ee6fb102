"""RDD: a distributed collection, described by what it is made from and run by the engine.

An RDD holds its native node and the Python functions of its one step; the node holds no Python object, so
the garbage collector sees every reference. Making an RDD runs nothing. An action pickles the functions of
all ancestors that have not been pickled yet, and submits a job. What happens to each element is native: no
function of this module is called per element.
"""

import copy
import functools
import heapq
import itertools
import math
import operator
import random
import shlex
import subprocess
import sys
import warnings
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from firesteel import _public_names
from firesteel._call_site import CallSite, here
from firesteel._pickling import dumps_code
from firesteel.core import _hadoop, _object_file, _rdd_ids
from firesteel.core._approximate import (
    BoundedFloat,
    approximate_distinct,
    approximate_mean,
    approximate_sum,
)
from firesteel.core._barrier import RDDBarrier
from firesteel.core._checkpoint import checkpoint_folder, level_with_disk, write_checkpoint
from firesteel.core._debug_string import debug_string
from firesteel.core._histogram import even_buckets, extremes, given_buckets
from firesteel.core._local_iterator import one_by_one, prefetched
from firesteel.core._partitioner import (
    SAMPLES_PER_PARTITION,
    Partitioner,
    RangePartitioner,
    portable_hash,
    sampled_bounds,
)
from firesteel.core._steps import Step, composed, function_of
from firesteel.core._tree import in_rounds
from firesteel.core.broadcast import Broadcast, met_while_pickling
from firesteel.errors import FiresteelError, PySparkException, PySparkRuntimeError
from firesteel.errors.job import call_engine
from firesteel.join import (
    grouped_sides,
    python_cogroup,
    python_full_outer_join,
    python_join,
    python_left_outer_join,
    python_right_outer_join,
)
from firesteel.rddsampler import fraction_for, random_seed
from firesteel.resultiterable import ResultIterable
from firesteel.storagelevel import StorageLevel
from firesteel.util import fail_on_stopiteration

if TYPE_CHECKING:
    from firesteel._jvm.spark import JavaRDD
    from firesteel._native import Node
    from firesteel.core.context import SparkContext
    from firesteel.resource import ResourceProfile
    from firesteel.serializers import Serializer
    from firesteel.sql.dataframe import DataFrame
    from firesteel.statcounter import StatCounter

__all__ = ["RDD", "BoundedFloat", "PipelinedRDD", "RDDBarrier"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")
K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")

DEAL_RUN = 10
"""Elements that `repartition` deals to one partition at a time: PySpark's batch for it."""
GROWING = 0
"""Batches of 1, 2, 4, ... elements. -1 is all elements of a partition."""
ZIPPED_BATCH = 100
"""The batches of a zip of RDDs whose own batches are not equally large."""
LARGEST_SAMPLE = sys.maxsize - int(10.0 * math.sqrt(sys.maxsize))
"""The largest sample that PySpark takes."""
LARGEST_RUN = (1 << 32) - 1
"""The run that stands for an unlimited batch."""
# As values of their own, without the types that heapq asks of elements: ours may be anything.
_largest: Callable[..., list[Any]] = heapq.nlargest
_smallest: Callable[..., list[Any]] = heapq.nsmallest

PIPE = subprocess.PIPE
"""Not used here: programs import it from this module of PySpark's."""
SCAN_GROWTH = 4
"""How many times more partitions `take` looks at when those before gave nothing."""
IMMUTABLE_TYPES = (int, float, complex, bool, str, bytes, type(None))
"""Zero values that need no copy for each key."""


def _identity(x: Any) -> Any:
    return x


class RDD(Generic[T_co]):
    """A collection in partitions, made by SparkContext or by another RDD, computed when an action asks.

    Attributes
    ----------
    ctx : SparkContext
        The context that it belongs to.
    is_cached : bool
        Whether `cache` or `persist` was called.
    partitioner : Partitioner or None
        How its pairs are placed, where that is known.
    has_resource_profile : bool
        Whether `withResources` was called.
    is_barrier : bool
        Whether its tasks run all at the same time, because of a `barrier` in its stage.

    Examples
    --------
    >>> words = sc.parallelize(["fire steel", "steel"]).flatMap(str.split)
    >>> sorted(words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).collect())
    [('fire', 1), ('steel', 2)]
    """

    def __init__(
        self,
        ctx: "SparkContext",
        node: "Node",
        *,
        label: str,
        call_site: CallSite,
        parents: Sequence["RDD[Any]"] = (),
        code: Any = None,
        ids: int = 1,
    ) -> None:
        self.ctx = ctx
        self.is_cached = False
        self.is_checkpointed = False
        self.has_resource_profile = False
        self.is_barrier = any(parent.is_barrier for parent in parents)
        self._resource_profile: ResourceProfile | None = None
        self.partitioner: Partitioner | None = None
        # What the engine knows of the placement: `partitioner`, but also across SparkContext.union.
        self._placement: Partitioner | None = None
        self._node = node
        self._parents = tuple(parents)
        self._code = code
        self._code_is_set = False
        self._broadcasts: list[Broadcast[Any]] = []
        self._is_ready = False
        self._is_shuffled = False
        self._label = label
        self._call_site = call_site
        self._name: str | None = None
        self._storage_level = StorageLevel.NONE
        # The elements of PySpark's batches, which decide on the order of a cartesian product.
        self._batch = GROWING
        # How PySpark would hold the elements, which decides on ids. With `ids` 0 one is taken when asked for.
        self._form = _rdd_ids.PICKLED
        self._id = ctx._rdd_ids.take(ids) if ids else None
        # Where the checkpoint goes, whether it is there, and whether a job has decided that it will be.
        self._checkpoint: str | None = None
        self._is_written = self._is_locally_checkpointed = self._is_decided = False
        # The RDDs that PySpark's JVM computes this one from: steps that run together are one there.
        self._bases = self._parents
        self._children: weakref.WeakSet[RDD[Any]] = weakref.WeakSet()
        for parent in parents:
            parent._children.add(self)

    # Making RDDs out of this one.

    def _transform(
        self, kind: str, code: Any = None, preserves: bool = False, **options: int | bool | str
    ) -> "PipelinedRDD[Any]":
        """Add one narrow step."""
        rdd: PipelinedRDD[Any] = PipelinedRDD.__new__(PipelinedRDD)
        rdd._follow(self, kind, code, preserves, **options)
        return rdd

    def _shuffle(self, partitions: int, kind: str, code: Any = None, **options: int | bool) -> "RDD[Any]":
        """Add a shuffle."""
        site = here()
        if kind != "deal":
            _rdd_ids.begin_pipeline(self)
            self.ctx._rdd_ids.shuffle(self)
        node = self.ctx._running_engine().shuffle(
            # With fewer than none, as in PySpark, nothing arrives anywhere.
            self._node,
            max(0, partitions),
            kind,
            name=site.operation,
            call_site=site.place,
            **options,
        )
        rdd: RDD[Any] = RDD(self.ctx, node, label="ShuffledRDD", call_site=site, parents=[self], code=code)
        rdd._is_shuffled, rdd._form = True, _rdd_ids.SHUFFLED
        rdd._bases = (self._base(),)
        rdd.is_barrier = False
        return rdd

    def _place(self, partitioner: Partitioner) -> "RDD[Any]":
        """Remember how this RDD is partitioned."""
        self.partitioner = self._placement = partitioner
        return self

    def _at_rest(self, passes: bool = True) -> "RDD[T_co]":
        """Return the same elements as they are outside the program's functions.

        Where the context has a serializer of the program's own, they pass it there, once: on the way into a
        union, say, whose own elements then need not pass it again. What comes out of a file does not pass it.
        """
        if self.ctx._own_serializer() is None or not isinstance(self, PipelinedRDD):
            return self
        node = self.ctx._running_engine().transform(
            self._node,
            "reserialize",
            name=self._call_site.operation,
            call_site=self._call_site.place,
            passes=passes and not self.is_cached,
        )
        rdd: RDD[T_co] = RDD(
            self.ctx, node, label=self._label, call_site=self._call_site, parents=[self], ids=0
        )
        rdd._id, rdd._batch, rdd._form = self._id, self._batch, self._form
        return rdd

    # Running jobs.

    def _prepare(self) -> "Node":
        """Give the engine the functions of this RDD and its ancestors; return the node to run."""
        self.ctx._running_engine()  # says so if it has been stopped, before anything else fails
        waiting: list[RDD[Any]] = []
        pending: list[RDD[Any]] = [self]
        while pending:
            rdd = pending.pop()
            if not rdd._is_ready:
                waiting.append(rdd)
                pending.extend(parent for parent in rdd._parents if not parent._is_ready)
        for rdd in waiting:
            rdd._set_code()
        # Only now: after a failure the next job has to look at all of them again.
        for rdd in waiting:
            rdd._is_ready = True
        return self._node

    def _set_code(self) -> None:
        if not self._code_is_set and self._node.needs_code:
            with met_while_pickling() as self._broadcasts:
                pickled = dumps_code(self._code, *self._call_site)
            self._node.set_code(pickled)
        self._code_is_set = True

    def _run(self, partitions: Sequence[int] | None = None) -> list[list[Any]]:
        """Return the elements of the partitions, one list each."""
        site = here()
        try:
            node = self._prepare()
            self.id()
            elements = self.ctx._collect(node, site, partitions)
            self._write_checkpoints()
            return elements
        except (PySparkException, PicklingError) as error:
            raise error.with_traceback(None)  # noqa: B904  the same error, without the frames below

    def _results(self) -> list[Any]:
        """Return the elements of all partitions."""
        first, *others = self._run() or [[]]
        for partition in others:
            first += partition
        return first

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER", messageParameters={})

    # What programs know of PySpark's insides.

    @property
    def _jrdd(self) -> "JavaRDD":
        """What PySpark's JVM would show of this RDD."""
        from firesteel._jvm.spark import JavaRDD

        return JavaRDD(self)

    @property
    def _jrdd_deserializer(self) -> "Serializer":
        return self.ctx.serializer

    def _to_java_object_rdd(self) -> "JavaRDD":
        return self._jrdd

    def _reserialize(self, serializer: "Serializer | None" = None) -> "RDD[T_co]":
        """Return this RDD: its elements travel in frames, whatever serializer a program has in mind."""
        return self

    _pickled = _reserialize

    # What an RDD is.

    def id(self) -> int:
        """Return the number of this RDD, which no other RDD of its context has.

        As in PySpark, steps that run together have one number, which is given when it is asked for.

        >>> numbers = sc.parallelize([1, 2])
        >>> numbers.map(str).filter(len).id() - numbers.id()
        1
        """
        return self.ctx._rdd_ids.of(self) if self._id is None else self._id

    def _is_pipelinable(self) -> bool:
        """Return whether steps after this one can run together with it."""
        return not (self.is_cached or self.is_checkpointed or self.has_resource_profile)

    def __repr__(self) -> str:
        name = f"{self._name} " if self._name else ""
        return f"{name}{self._label}[{self.id()}] at {self._call_site.operation} at {self._call_site.place}"

    @property
    def context(self) -> "SparkContext":
        """The context that this RDD belongs to.

        >>> sc.range(1).context is sc
        True
        """
        return self.ctx

    def name(self) -> str | None:
        """Return the name that `setName` gave.

        >>> sc.range(1).setName("ones").name()
        'ones'
        """
        self.id()
        return self._name

    def setName(self, name: str) -> "RDD[T_co]":
        """Name this RDD, for toDebugString; return it."""
        self.id()
        self._name = name
        return self

    def getNumPartitions(self) -> int:
        """Return the number of partitions. For text files this looks at the files.

        >>> sc.range(10, numSlices=3).getNumPartitions()
        3
        """
        return call_engine(getattr, self._node, "partitions")

    def toDebugString(self) -> bytes | None:
        """Return the lineage as a tree: one line per RDD, indented at every shuffle.

        >>> print(sc.range(2).map(str).toDebugString().decode())  # doctest: +ELLIPSIS
        (...) PythonRDD[...] at map at ... []
        ...
        """
        return debug_string(self).encode()

    # Keeping the partitions.

    def cache(self) -> "RDD[T_co]":
        """Keep the partitions in memory once they are computed; return this RDD.

        >>> sc.range(3).cache().is_cached
        True
        """
        return self.persist(StorageLevel.MEMORY_ONLY)

    def persist(self, storageLevel: StorageLevel = StorageLevel.MEMORY_ONLY) -> "RDD[T_co]":
        """Keep the partitions once they are computed; return this RDD.

        Raises
        ------
        FiresteelError
            When another level was set before.

        >>> from firesteel import StorageLevel
        >>> sc.range(3).persist(StorageLevel.DISK_ONLY).getStorageLevel()
        StorageLevel(True, False, False, False, 1)
        """
        if self._is_locally_checkpointed:
            storageLevel = level_with_disk(storageLevel)
        elif self._storage_level not in (StorageLevel.NONE, storageLevel):
            raise FiresteelError(
                "Cannot change storage level of an RDD after it was already assigned a level"
            )
        self.is_cached = True
        self.id()
        self._storage_level = storageLevel
        self.ctx._kept.add(self)
        self._node.persist(storageLevel.useMemory, storageLevel.useDisk)
        return self

    def unpersist(self, blocking: bool = False) -> "RDD[T_co]":
        """Forget the kept partitions; return this RDD.

        >>> sc.range(3).cache().unpersist().is_cached
        False
        """
        self.is_cached = False
        self.id()
        self._storage_level = StorageLevel.NONE
        self._node.unpersist()
        return self

    def getStorageLevel(self) -> StorageLevel:
        """Return where the partitions are kept.

        >>> print(sc.range(3).getStorageLevel())
        Serialized 1x Replicated
        """
        self.id()
        return self._storage_level

    def cleanShuffleDependencies(self, blocking: bool = False) -> None:
        """Remove the files of the shuffles that this RDD is made from; a job that needs them makes them anew.

        What is behind a persisted ancestor stays, and so do the shuffles that a running job uses.

        Parameters
        ----------
        blocking : bool
            Not used: the files go before the next job begins.

        Examples
        --------
        >>> totals = sc.parallelize([("a", 1), ("a", 2)]).reduceByKey(lambda x, y: x + y)
        >>> totals.collect()
        [('a', 3)]
        >>> totals.cleanShuffleDependencies()
        >>> totals.collect()
        [('a', 3)]
        """
        self.id()
        self.ctx._running_engine()
        self._node.clean_shuffles()

    # Asking for resources.

    def withResources(self, profile: "ResourceProfile") -> "RDD[T_co]":
        """Ask for resources for the tasks of the stages that this RDD is in, from the next job on.

        Only a rehearsal (`local-cluster[n,c,m]`) and a cluster have executors that can be asked. Devices are
        those of `spark.executor.resource.*`; a stage with several profiles is an error when a job needs it,
        unless `spark.scheduler.resource.profileMergeConflicts` is true: then its tasks have the most of each.

        Parameters
        ----------
        profile : ResourceProfile
            What each task asks for: `cpus`, of which it may have a share, and devices.
            With `spark.dynamicAllocation.enabled` it may ask for executors of its own, too; there are as many
            of them as of the usual ones.

        Returns
        -------
        RDD
            This RDD.

        Raises
        ------
        FiresteelError
            On a local master always, as in PySpark; else if the profile asks for executors without dynamic
            allocation, or for more than an executor has.
        ArgumentError
            When an amount is none, or neither a share nor a whole number of devices.

        Examples
        --------
        >>> from firesteel.resource import ResourceProfileBuilder, TaskResourceRequests
        >>> profile = ResourceProfileBuilder().require(TaskResourceRequests().cpus(2)).build
        >>> sc.range(3).withResources(profile)
        Traceback (most recent call last):
        ...
        firesteel.errors.FiresteelError: TaskResourceProfiles are only supported for Standalone, ...
        """
        self.has_resource_profile = True
        self._resource_profile = profile
        self.ctx._ask_for(self._node, profile)
        return self

    def getResourceProfile(self) -> "ResourceProfile | None":
        """Return the profile that `withResources` was given for this RDD, or None.

        >>> print(sc.range(3).getResourceProfile())
        None
        """
        self.id()
        return self._resource_profile

    # Keeping the elements, and not how they were made.

    def checkpoint(self) -> None:
        """Mark this RDD to be written to the checkpoint folder after the first job that needs it.

        From then on it, and what is derived from it, reads those files and no longer depends on its parents.
        To be called before the first job; it is computed twice unless it is cached.

        Raises
        ------
        FiresteelError
            When `SparkContext.setCheckpointDir` has not been called.

        Examples
        --------
        >>> import tempfile
        >>> sc.setCheckpointDir(tempfile.mkdtemp())
        >>> squares = sc.range(4).map(lambda x: x * x)
        >>> squares.checkpoint()
        >>> squares.sum(), squares.isCheckpointed()
        (14, True)
        """
        self.is_checkpointed = True
        folder = checkpoint_folder(self)
        if not (self._is_decided or self._is_locally_checkpointed):
            self._checkpoint = folder

    def localCheckpoint(self) -> None:
        """Keep the partitions in memory and on disk from the first job on. Nothing outlives the context.

        >>> squares = sc.range(4).map(lambda x: x * x)
        >>> squares.localCheckpoint()
        >>> squares.sum(), squares.isLocallyCheckpointed(), squares.isCheckpointed()
        (14, True, False)
        """
        if not self._is_written:
            self._is_locally_checkpointed, self._checkpoint = True, None
        self.id()
        level = self._storage_level
        if level == StorageLevel.NONE:
            self._storage_level = StorageLevel(True, True, False, True)
        else:
            self._storage_level = level_with_disk(level)
        self._node.persist(self._storage_level.useMemory, True)

    def isCheckpointed(self) -> bool:
        """Return whether a checkpoint, or a local one, has taken the place of what this RDD is made from.

        As in PySpark that needs a job of this RDD itself, or of one that does not run together with it.

        >>> sc.range(3).isCheckpointed()
        False
        """
        self.id()
        return self._is_written

    def isLocallyCheckpointed(self) -> bool:
        """Return whether `localCheckpoint` was called.

        >>> sc.range(3).isLocallyCheckpointed()
        False
        """
        self.id()
        return self._is_locally_checkpointed

    def getCheckpointFile(self) -> str | None:
        """Return the folder of the checkpoint once it has been written, or None.

        >>> sc.range(3).getCheckpointFile()
        """
        self.id()
        return f"file:{self._checkpoint}" if self._is_written and self._checkpoint else None

    def _base(self) -> "RDD[Any]":
        """Return what PySpark's JVM computes the next step from: this RDD, unless both run together."""
        return self

    def _write_checkpoints(self) -> None:
        """Make the checkpoints of this RDD and what it is computed from, now that a job has run.

        Its first job decides on an RDD, as in PySpark: a checkpoint that is asked for later is never made.
        """
        pending: list[RDD[Any]] = [self]
        while pending:
            rdd = pending.pop()
            if rdd._is_decided:
                continue
            rdd._is_decided = True
            # With a checkpoint, what an RDD is made of will not be needed any more.
            if rdd._checkpoint is not None:
                rdd._write_checkpoint(rdd._checkpoint)
            elif rdd._is_locally_checkpointed:
                rdd._is_written = True
                self.ctx._rdd_ids.take(1)  # for what reads the kept partitions
            else:
                pending.extend(rdd._bases)

    def _write_checkpoint(self, folder: str) -> None:
        written = write_checkpoint(self, folder)
        written._prepare()
        # RDDs that were derived earlier go on with the lineage that they were derived from.
        before: RDD[Any] = RDD.__new__(RDD)
        before.__dict__.update(self.__dict__)
        for child in list(self._children):
            child._parents = tuple(before if parent is self else parent for parent in child._parents)
        self._node, self._parents, self._broadcasts = written._node, (written,), []
        self._bases = ()
        self._children = weakref.WeakSet()
        self._is_written = True
        self.is_barrier = False
        if self._storage_level != StorageLevel.NONE:
            self._node.persist(self._storage_level.useMemory, self._storage_level.useDisk)

    # Element by element.

    def map(self, f: Callable[[T_co], U], preservesPartitioning: bool = False) -> "RDD[U]":
        """Apply a function to each element.

        >>> sc.parallelize(["fire", "steel"]).map(str.upper).collect()
        ['FIRE', 'STEEL']
        """
        return self._transform("map", f, preservesPartitioning)

    def flatMap(self, f: Callable[[T_co], Iterable[U]], preservesPartitioning: bool = False) -> "RDD[U]":
        """Apply a function to each element, and take the elements of what it returns.

        >>> sc.parallelize(["to be", "or not"]).flatMap(str.split).collect()
        ['to', 'be', 'or', 'not']
        """
        return self._transform("flat_map", f, preservesPartitioning)

    def filter(self, f: Callable[[T_co], Any]) -> "RDD[T_co]":
        """Keep the elements for which a function returns something true.

        >>> sc.parallelize(["", "steel", ""]).filter(len).collect()
        ['steel']
        """
        return self._transform("filter", f, preserves=True)

    def keyBy(self, f: Callable[[T_co], K]) -> "RDD[tuple[K, T_co]]":
        """Make a pair of each element: what a function returns for it, and the element.

        >>> sc.parallelize(["fire", "steel"]).keyBy(len).collect()
        [(4, 'fire'), (5, 'steel')]
        """
        return self._transform("key_by", f)

    def keys(self: "RDD[tuple[K, V]]") -> "RDD[K]":
        """Take the keys of pairs.

        >>> sc.parallelize([("iron", 26), ("gold", 79)]).keys().collect()
        ['iron', 'gold']
        """
        return self._transform("keys")

    def values(self: "RDD[tuple[K, V]]") -> "RDD[V]":
        """Take the values of pairs.

        >>> sc.parallelize([("iron", 26), ("gold", 79)]).values().collect()
        [26, 79]
        """
        return self._transform("values")

    def mapValues(self: "RDD[tuple[K, V]]", f: Callable[[V], U]) -> "RDD[tuple[K, U]]":
        """Apply a function to the value of each pair; keys and partitioning stay.

        >>> sc.parallelize([("iron", 26), ("gold", 79)]).mapValues(float).collect()
        [('iron', 26.0), ('gold', 79.0)]
        """
        return self._transform("map_values", f, preserves=True)

    def flatMapValues(self: "RDD[tuple[K, V]]", f: Callable[[V], Iterable[U]]) -> "RDD[tuple[K, U]]":
        """Apply a function to the value of each pair, and pair the key with each element of what it returns.

        >>> sc.parallelize([("two", 2), ("none", 0)]).flatMapValues(range).collect()
        [('two', 0), ('two', 1)]
        """
        return self._transform("flat_map_values", f, preserves=True)

    # Partition by partition.

    def mapPartitions(
        self, f: Callable[[Iterable[T_co]], Iterable[U]], preservesPartitioning: bool = False
    ) -> "RDD[U]":
        """Apply a function to the iterator over each partition.

        >>> sc.range(6, numSlices=2).mapPartitions(lambda numbers: [max(numbers)]).collect()
        [2, 5]
        """
        return self._transform("map_partitions", f, preservesPartitioning, with_index=False)

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterable[T_co]], Iterable[U]], preservesPartitioning: bool = False
    ) -> "RDD[U]":
        """Apply a function to the index of each partition and the iterator over it.

        >>> sc.range(4, numSlices=2).mapPartitionsWithIndex(lambda index, xs: [(index, sum(xs))]).collect()
        [(0, 1), (1, 5)]
        """
        return self._transform("map_partitions", f, preservesPartitioning, with_index=True)

    def mapPartitionsWithSplit(
        self, f: Callable[[int, Iterable[T_co]], Iterable[U]], preservesPartitioning: bool = False
    ) -> "RDD[U]":
        """Do what `mapPartitionsWithIndex` does. Deprecated: call that.

        >>> sc.range(4, numSlices=2).mapPartitionsWithSplit(lambda index, xs: [(index, sum(xs))]).collect()
        [(0, 1), (1, 5)]
        """
        warnings.warn(
            "mapPartitionsWithSplit is deprecated; use mapPartitionsWithIndex instead",
            FutureWarning,
            stacklevel=2,
        )
        return self.mapPartitionsWithIndex(f, preservesPartitioning)

    def barrier(self) -> "RDDBarrier[T_co]":
        """Let the next operation run on all partitions at the same time, by tasks that can meet.

        >>> from firesteel import BarrierTaskContext
        >>> def names(_):
        ...     context = BarrierTaskContext.get()
        ...     return [context.allGather(f"task {context.partitionId()}")]
        >>> sc.range(2, numSlices=2).barrier().mapPartitions(names).collect()
        [['task 0', 'task 1'], ['task 0', 'task 1']]
        """
        return RDDBarrier(self)

    def _is_barrier(self) -> bool:
        return self.is_barrier

    def glom(self) -> "RDD[list[T_co]]":
        """Make one list of each partition.

        >>> sc.range(5, numSlices=2).glom().collect()
        [[0, 1], [2, 3, 4]]
        """
        return self._transform("glom")

    def pipe(
        self, command: str | Sequence[str], env: dict[str, str] | None = None, checkCode: bool = False
    ) -> "RDD[str]":
        """Write the elements of each partition as lines to a command, and take the lines that it writes.

        Parameters
        ----------
        command : str or list of str
            The command, which no shell interprets, or its words.
        env : dict, optional
            All of the command's environment variables; default: none.
        checkCode : bool
            Whether another exit code than 0 is an error, which then shows what the command said last.

        Examples
        --------
        >>> sc.parallelize(["fire", "steel"], 1).pipe("tr a-z A-Z").collect()
        ['FIRE', 'STEEL']
        """
        words = shlex.split(command) if isinstance(command, str) else list(command)
        shown = command if isinstance(command, str) else shlex.join(words)
        return self._transform("pipe", (words, env or {}, bool(checkCode), shown))

    # Several RDDs; other partitions.

    def union(self, other: "RDD[U]") -> "RDD[T_co | U]":
        """Append the elements of another RDD.

        >>> sc.range(2).union(sc.parallelize("ab")).collect()
        [0, 1, 'a', 'b']
        """
        rdd = self._union([self, other])
        if self.partitioner is not None and self.partitioner == other.partitioner:
            rdd.partitioner = self.partitioner
        return rdd

    def __add__(self, other: "RDD[U]") -> "RDD[T_co | U]":
        if not isinstance(other, RDD):
            raise TypeError
        return self.union(other)

    def _union(self, rdds: Sequence["RDD[Any]"]) -> "RDD[Any]":
        """Unite RDDs: partition by partition where all are placed alike, else one after the other."""
        site = here()
        for rdd in rdds:
            rdd.getNumPartitions()  # decided now, as in PySpark: a missing input is found here
        _rdd_ids.unite(list(rdds))
        placement = next((rdd._placement for rdd in rdds if rdd._placement is not None), None)
        if placement is not None:
            # An RDD without partitions does not stand in the way.
            rdds = [rdd for rdd in rdds if rdd._placement is not None or rdd.getNumPartitions() > 0]
        aligned = placement is not None and all(rdd._placement == placement for rdd in rdds)
        rdds = [rdd._at_rest() for rdd in rdds]
        node = self.ctx._running_engine().union(
            [rdd._node for rdd in rdds], aligned=aligned, call_site=site.place
        )
        united: RDD[Any] = RDD(self.ctx, node, label="UnionRDD", call_site=site, parents=rdds)
        united._placement = placement if aligned else None
        batches, forms = {rdd._batch for rdd in rdds}, {rdd._form for rdd in rdds}
        united._batch = batches.pop() if len(batches) == 1 else GROWING
        united._form = forms.pop() if len(forms) == 1 else _rdd_ids.PICKLED
        return united

    def zip(self, other: "RDD[U]") -> "RDD[tuple[T_co, U]]":
        """Pair the first elements of both RDDs, the second ones, and so on.

        Both must have as many partitions, and in each as many elements.

        Raises
        ------
        ValueError
            When the numbers of partitions differ. Other numbers of elements are found by the job.

        Examples
        --------
        >>> sc.parallelize("abc", 2).zip(sc.parallelize([1, 2, 3], 2)).collect()
        [('a', 1), ('b', 2), ('c', 3)]
        """
        if self.getNumPartitions() != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")
        _rdd_ids.zip_up(self, other, ZIPPED_BATCH)
        smaller = min(self._batch, other._batch)
        if self._batch == other._batch != GROWING:
            zipped = self._at_rest()._paired(other._at_rest(), "ZippedPartitionsRDD2", None)
            zipped._batch = smaller
        else:
            # PySpark pickles both sides anew, in batches of one size.
            zipped = self._paired(other, "ZippedPartitionsRDD2", None)
            zipped._batch = smaller if smaller > 0 else ZIPPED_BATCH
        return zipped

    def cartesian(self, other: "RDD[U]") -> "RDD[tuple[T_co, U]]":
        """Pair each element with each element of another RDD.

        >>> sorted(sc.parallelize([1, 2]).cartesian(sc.parallelize("ab")).collect())
        [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]
        """
        self.id()
        other.id()
        left, right = self._at_rest(), other._at_rest()
        batches = [LARGEST_RUN if side._batch < 0 else side._batch for side in (left, right)]
        return left._paired(right, "CartesianRDD", (batches[0], batches[1]))

    def _paired(self, other: "RDD[Any]", label: str, batches: tuple[int, int] | None) -> "RDD[Any]":
        site = here()
        engine = self.ctx._running_engine()
        node = engine.pairs(self._node, other._node, batches=batches, call_site=site.place)
        paired: RDD[Any] = RDD(self.ctx, node, label=label, call_site=site, parents=[self, other])
        paired._form = _rdd_ids.PAIRED
        return paired

    def zipWithIndex(self) -> "RDD[tuple[T_co, int]]":
        """Pair each element with its position. With several partitions, a job counts their elements now.

        >>> sc.parallelize("steel", 2).zipWithIndex().collect()
        [('s', 0), ('t', 1), ('e', 2), ('e', 3), ('l', 4)]
        """
        counts = self._transform("count")._results() if self.getNumPartitions() > 1 else [0]
        starts = list(itertools.accumulate(counts, initial=0))
        return self._transform("number", starts, step=1)

    def zipWithUniqueId(self) -> "RDD[tuple[T_co, int]]":
        """Pair each element with a number that no other one has. No job runs.

        In partition k of n the numbers are k, n + k, 2 * n + k, ...

        >>> sc.parallelize("steel", 2).zipWithUniqueId().collect()
        [('s', 0), ('t', 2), ('e', 1), ('e', 3), ('l', 5)]
        """
        partitions = self.getNumPartitions()
        return self._transform("number", range(partitions), step=partitions)

    def repartition(self, numPartitions: int) -> "RDD[T_co]":
        """Deal the elements out evenly to a number of partitions.

        >>> sc.range(9).repartition(4).getNumPartitions()
        4
        """
        return self.coalesce(numPartitions, shuffle=True)

    def coalesce(self, numPartitions: int, shuffle: bool = False) -> "RDD[T_co]":
        """Reduce the number of partitions by putting whole ones together, or deal the elements out anew.

        Raises
        ------
        ValueError
            When the number is not positive.

        >>> sc.range(4, numSlices=4).coalesce(2).glom().collect()
        [[0, 1], [2, 3]]
        """
        if not numPartitions > 0:
            raise ValueError("Number of partitions must be positive.")
        if shuffle:
            _rdd_ids.reserialize(self, _rdd_ids.PICKLED, self._deal_run())
            self.ctx._rdd_ids.take(_rdd_ids.DEAL - 1)
            dealt = self._shuffle(numPartitions, "deal", run=self._deal_run())
            dealt._batch, dealt._form = self._deal_run(), _rdd_ids.PICKLED
            return dealt
        site = here()
        self.id()
        parent = self._at_rest()
        node = self.ctx._running_engine().coalesce(parent._node, numPartitions, call_site=site.place)
        rdd: RDD[T_co] = RDD(self.ctx, node, label="CoalescedRDD", call_site=site, parents=[parent])
        rdd._batch, rdd._form = self._batch, self._form
        return rdd

    def _deal_run(self) -> int:
        run = min(DEAL_RUN, self.ctx._batchSize or DEAL_RUN)
        return run if run > 0 else LARGEST_RUN

    def partitionBy(
        self: "RDD[tuple[K, V]]",
        numPartitions: int | None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, V]]":
        """Place pairs by their keys.

        Parameters
        ----------
        numPartitions : int or None
            Default: as many as now, or `spark.default.parallelism` where that is set.
        partitionFunc : callable
            Returns an int for a key, which is taken modulo the number of partitions.

        Examples
        --------
        >>> sc.parallelize([(1, "a"), (2, "b"), (3, "c")]).partitionBy(2).glom().collect()
        [[(2, 'b')], [(1, 'a'), (3, 'c')]]
        """
        partitions = self._defaultReducePartitions() if numPartitions is None else numPartitions
        partitioner = Partitioner(partitions, partitionFunc)
        if self.partitioner == partitioner:
            return self
        if partitionFunc is portable_hash:
            return self._shuffle(partitions, "hash")._place(partitioner)
        return self._shuffle(partitions, "function", partitionFunc)._place(partitioner)

    def _defaultReducePartitions(self) -> int:
        if self.ctx._conf.contains("spark.default.parallelism"):
            return self.ctx.defaultParallelism
        return self.getNumPartitions()

    # Values that share a key.

    def reduceByKey(
        self: "RDD[tuple[K, V]]",
        func: Callable[[V, V], V],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, V]]":
        """Combine the values of each key with an associative and commutative function.

        >>> scores = sc.parallelize([("ann", 3), ("bob", 7), ("ann", 5)])
        >>> sorted(scores.reduceByKey(max).collect())
        [('ann', 5), ('bob', 7)]
        """
        return self._combine("functions", (None, func, func), numPartitions, partitionFunc)

    def combineByKey(
        self: "RDD[tuple[K, V]]",
        createCombiner: Callable[[V], U],
        mergeValue: Callable[[U, V], U],
        mergeCombiners: Callable[[U, U], U],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, U]]":
        """Combine the values of each key into something of another type.

        Parameters
        ----------
        createCombiner
            Makes a combiner of a key's first value.
        mergeValue
            Adds another value to a combiner.
        mergeCombiners
            Makes one combiner of two.
        numPartitions, partitionFunc
            As for `partitionBy`.

        Examples
        --------
        >>> scores = sc.parallelize([("ann", 3), ("bob", 7), ("ann", 3)])
        >>> seen = scores.combineByKey(lambda v: {v}, lambda seen, v: seen | {v}, lambda a, b: a | b)
        >>> sorted(seen.collect())
        [('ann', {3}), ('bob', {7})]
        """
        functions = (createCombiner, mergeValue, mergeCombiners)
        return self._combine("functions", functions, numPartitions, partitionFunc)

    def aggregateByKey(
        self: "RDD[tuple[K, V]]",
        zeroValue: U,
        seqFunc: Callable[[U, V], U],
        combFunc: Callable[[U, U], U],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, U]]":
        """Combine the values of each key, beginning with a zero of another type.

        Parameters
        ----------
        zeroValue
            What each key begins with; every key gets a copy.
        seqFunc
            Adds a value to a result.
        combFunc
            Makes one result of two.
        numPartitions, partitionFunc
            As for `partitionBy`.

        Examples
        --------
        >>> words = sc.parallelize([("a", "apple"), ("b", "bee"), ("a", "ant")])
        >>> letters = words.aggregateByKey(0, lambda total, word: total + len(word), lambda x, y: x + y)
        >>> sorted(letters.collect())
        [('a', 8), ('b', 3)]
        """
        functions = (_creator(zeroValue, seqFunc), seqFunc, combFunc)
        return self._combine("functions", functions, numPartitions, partitionFunc)

    def foldByKey(
        self: "RDD[tuple[K, V]]",
        zeroValue: V,
        func: Callable[[V, V], V],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, V]]":
        """Combine the values of each key, beginning with a zero in every partition.

        >>> scores = sc.parallelize([("ann", 3), ("bob", 7), ("ann", 5)])
        >>> sorted(scores.foldByKey(0, lambda a, b: a + b).collect())
        [('ann', 8), ('bob', 7)]
        """
        return self._combine(
            "functions", (_creator(zeroValue, func), func, func), numPartitions, partitionFunc
        )

    def reduceByKeyLocally(self: "RDD[tuple[K, V]]", func: Callable[[V, V], V]) -> dict[K, V]:
        """Combine the values of each key, and return a dict.

        >>> scores = sc.parallelize([("ann", 3), ("bob", 7), ("ann", 5)])
        >>> sorted(scores.reduceByKeyLocally(max).items())
        [('ann', 5), ('bob', 7)]
        """
        functions = (None, func, func)
        partitions = self._transform("combine_values", functions, combine="functions")._run()
        if not partitions:
            raise ValueError("Can not reduce() empty RDD")
        func = fail_on_stopiteration(func)
        totals: dict[K, V] = {}
        for key, value in itertools.chain.from_iterable(partitions):
            totals[key] = func(totals[key], value) if key in totals else value
        return totals

    def groupByKey(
        self: "RDD[tuple[K, V]]",
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, ResultIterable[V]]]":
        """Put the values of each key together.

        >>> words = sc.parallelize([("a", "apple"), ("b", "bee"), ("a", "ant")])
        >>> sorted(words.groupByKey().mapValues(sorted).collect())
        [('a', ['ant', 'apple']), ('b', ['bee'])]
        """
        return self._grouped(numPartitions, partitionFunc)._transform("wrap_groups", preserves=True)

    def groupBy(
        self,
        f: Callable[[T_co], K],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> "RDD[tuple[K, ResultIterable[T_co]]]":
        """Put the elements together for which a function returns the same.

        >>> sorted((key, sorted(group)) for key, group in sc.range(5).groupBy(lambda x: x % 2).collect())
        [(0, [0, 2, 4]), (1, [1, 3])]
        """
        return self.keyBy(f).groupByKey(numPartitions, partitionFunc)

    def distinct(self, numPartitions: int | None = None) -> "RDD[T_co]":
        """Keep one of all equal elements.

        >>> sorted(sc.parallelize("steel").distinct().collect())
        ['e', 'l', 's', 't']
        """
        pairs = self._transform("pair_with_none")
        return pairs._combine("first", None, numPartitions, portable_hash)._transform("keys")

    def join(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, U]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, tuple[V, U]]]":
        """Pair the values of equal keys, each with each.

        >>> ages = sc.parallelize([("ann", 33), ("bob", 44)])
        >>> pets = sc.parallelize([("ann", "cat"), ("ann", "dog"), ("eve", "fox")])
        >>> sorted(ages.join(pets).collect())
        [('ann', (33, 'cat')), ('ann', (33, 'dog'))]
        """
        return python_join(self, other, numPartitions)

    def leftOuterJoin(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, U]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, tuple[V, U | None]]]":
        """Join, and pair the values of keys that only this RDD has with None.

        >>> ages, pets = sc.parallelize([("ann", 33), ("bob", 44)]), sc.parallelize([("ann", "cat")])
        >>> sorted(ages.leftOuterJoin(pets).collect())
        [('ann', (33, 'cat')), ('bob', (44, None))]
        """
        return python_left_outer_join(self, other, numPartitions)

    def rightOuterJoin(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, U]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, tuple[V | None, U]]]":
        """Join, and pair the values of keys that only the other RDD has with None.

        >>> ages, pets = sc.parallelize([("ann", 33)]), sc.parallelize([("ann", "cat"), ("eve", "fox")])
        >>> sorted(ages.rightOuterJoin(pets).collect())
        [('ann', (33, 'cat')), ('eve', (None, 'fox'))]
        """
        return python_right_outer_join(self, other, numPartitions)

    def fullOuterJoin(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, U]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, tuple[V | None, U | None]]]":
        """Join, and pair the values of keys that only one RDD has with None.

        >>> ages, pets = sc.parallelize([("bob", 44)]), sc.parallelize([("eve", "fox")])
        >>> sorted(ages.fullOuterJoin(pets).collect())
        [('bob', (44, None)), ('eve', (None, 'fox'))]
        """
        return python_full_outer_join(self, other, numPartitions)

    def cogroup(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, U]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, tuple[ResultIterable[V], ResultIterable[U]]]]":
        """Group the values of both RDDs by key.

        >>> ages, pets = sc.parallelize([("ann", 33)]), sc.parallelize([("ann", "cat"), ("eve", "fox")])
        >>> groups = ages.cogroup(pets).mapValues(lambda sides: [list(side) for side in sides])
        >>> sorted(groups.collect())
        [('ann', [[33], ['cat']]), ('eve', [[], ['fox']])]
        """
        return python_cogroup((self, other), numPartitions)

    def groupWith(
        self: "RDD[tuple[Any, Any]]", other: "RDD[tuple[Any, Any]]", *others: "RDD[tuple[Any, Any]]"
    ) -> "RDD[tuple[Any, tuple[ResultIterable[Any], ...]]]":
        """Group the values of several RDDs by key.

        >>> ages, pets = sc.parallelize([("ann", 33)]), sc.parallelize([("ann", "cat")])
        >>> towns = sc.parallelize([("ann", "Ulm")])
        >>> [(name, [list(side) for side in sides]) for name, sides in ages.groupWith(pets, towns).collect()]
        [('ann', [[33], ['cat'], ['Ulm']])]
        """
        return python_cogroup((self, other, *others), None)

    def subtractByKey(
        self: "RDD[tuple[K, V]]", other: "RDD[tuple[K, Any]]", numPartitions: int | None = None
    ) -> "RDD[tuple[K, V]]":
        """Keep the pairs whose key the other RDD does not have.

        >>> ages, pets = sc.parallelize([("ann", 33), ("bob", 44)]), sc.parallelize([("ann", "cat")])
        >>> ages.subtractByKey(pets).collect()
        [('bob', 44)]
        """
        return grouped_sides((self, other), numPartitions)._transform("subtract_groups", preserves=True)

    def subtract(self, other: "RDD[T_co]", numPartitions: int | None = None) -> "RDD[T_co]":
        """Keep the elements that the other RDD does not have, as often as they occur.

        >>> sorted(sc.parallelize("steel").subtract(sc.parallelize("set")).collect())
        ['l']
        """
        pairs, others = self._transform("pair_with_none"), other._transform("pair_with_none")
        return pairs.subtractByKey(others, numPartitions)._transform("keys")

    def intersection(self, other: "RDD[T_co]") -> "RDD[T_co]":
        """Return the elements that both RDDs have, once each.

        >>> sorted(sc.parallelize("steel").intersection(sc.parallelize("tree")).collect())
        ['e', 't']
        """
        sides = self._transform("pair_with_none"), other._transform("pair_with_none")
        return grouped_sides(sides, None)._transform("intersect_groups")

    def _grouped(
        self, numPartitions: int | None, partitionFunc: Callable[[Any], int] = portable_hash
    ) -> "RDD[Any]":
        """Put the values of each key into a list."""
        return self._combine("group", None, numPartitions, partitionFunc)

    def _combine(
        self,
        combine: str,
        functions: Any,
        numPartitions: int | None,
        partitionFunc: Callable[[Any], int],
    ) -> "RDD[Any]":
        """Combine the values of each key: in every partition, then placed by key, then across partitions."""
        partitions = self._defaultReducePartitions() if numPartitions is None else numPartitions
        combined = self._transform("combine_values", functions, preserves=True, combine=combine)
        placed = combined.partitionBy(partitions, partitionFunc)
        return placed._transform("merge_combiners", functions, preserves=True, combine=combine)

    # Samples.

    def sample(self, withReplacement: bool, fraction: float, seed: int | None = None) -> "RDD[T_co]":
        """Draw a sample: the elements that PySpark draws for the same seed.

        Parameters
        ----------
        withReplacement : bool
            Whether an element may come more than once.
        fraction : float
            The probability of each element; with replacement the mean number of times it comes.
        seed : int, optional
            Default: another one each time.

        Examples
        --------
        >>> sc.range(10, numSlices=2).sample(False, 0.5, 17).collect() == list(range(10))
        False
        """
        if not fraction >= 0.0:
            raise ValueError("Fraction must be nonnegative.")
        what = fraction if withReplacement else (0.0, fraction)
        return self._sample(seed, what, bool(withReplacement))

    def _sample(
        self, seed: int | None, what: Any, with_replacement: bool, by_key: bool = False
    ) -> "RDD[Any]":
        code = (random_seed() if seed is None else seed, what)
        return self._transform(
            "sample", code, preserves=True, with_replacement=with_replacement, by_key=by_key
        )

    def randomSplit(self, weights: Sequence[int | float], seed: int | None = None) -> "list[RDD[T_co]]":
        """Split the elements at random, so that each comes into one of the parts.

        Parameters
        ----------
        weights : sequence of numbers
            How large the parts are to be, compared with each other.
        seed : int, optional
            Default: another one each time.

        Examples
        --------
        >>> few, many = sc.range(100, numSlices=2).randomSplit([1, 3], 17)
        >>> few.count() + many.count()
        100
        """
        if any(weight < 0.0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        whole = float(sum(weights))
        if not whole > 0.0:
            raise ValueError("Sum of weights must be positive")
        bounds = [0.0]
        for weight in weights:
            bounds.append(bounds[-1] + weight / whole)
        seed = random.randint(0, 2**32 - 1) if seed is None else seed
        return [self._sample(seed, between, False) for between in itertools.pairwise(bounds)]

    def takeSample(self, withReplacement: bool, num: int, seed: int | None = None) -> list[T_co]:
        """Return a sample of a fixed size, in random order.

        Parameters
        ----------
        withReplacement : bool
            Whether an element may come more than once.
        num : int
            The size of the sample; without replacement there may be fewer elements.
        seed : int, optional
            Default: another one each time.

        Raises
        ------
        ValueError
            When the size is negative, or larger than a sample can be.

        Examples
        --------
        >>> len(sc.range(100).takeSample(False, 20, 17))
        20
        """
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        total = self.count() if num else 0
        if total == 0:
            return []
        generator = random.Random(seed)
        if num > LARGEST_SAMPLE:
            raise ValueError(f"Sample size cannot be greater than {LARGEST_SAMPLE}.")
        if not withReplacement and num >= total:
            samples = self.collect()
            generator.shuffle(samples)
            return samples
        fraction = fraction_for(num, total, withReplacement)
        samples = self.sample(withReplacement, fraction, seed).collect()
        while len(samples) < num:
            samples = self.sample(withReplacement, fraction, generator.randint(0, sys.maxsize)).collect()
        generator.shuffle(samples)
        return samples[:num]

    def sampleByKey(
        self: "RDD[tuple[K, V]]",
        withReplacement: bool,
        fractions: dict[K, float | int],
        seed: int | None = None,
    ) -> "RDD[tuple[K, V]]":
        """Draw a sample of pairs, with a fraction for each key.

        >>> pairs = sc.parallelize([("all", 1), ("none", 2), ("all", 3)])
        >>> pairs.sampleByKey(False, {"all": 1.0, "none": 0.0}, 17).collect()
        [('all', 1), ('all', 3)]
        """
        for fraction in fractions.values():
            assert fraction >= 0.0, f"Negative fraction value: {fraction}"
        return self._sample(seed, fractions, bool(withReplacement), by_key=True)

    # Sorting.

    def repartitionAndSortWithinPartitions(
        self: "RDD[tuple[Any, Any]]",
        numPartitions: int | None = None,
        partitionFunc: Callable[[Any], int] = portable_hash,
        ascending: bool = True,
        keyfunc: Callable[[Any], Any] = _identity,
    ) -> "RDD[tuple[Any, Any]]":
        """Place pairs by their keys, and sort each partition by key.

        >>> pairs = sc.parallelize([(3, "c"), (0, "d"), (1, "b"), (2, "a")])
        >>> pairs.repartitionAndSortWithinPartitions(2).glom().collect()
        [[(0, 'd'), (2, 'a')], [(1, 'b'), (3, 'c')]]
        """
        function = None if keyfunc is _identity else keyfunc
        return self.partitionBy(numPartitions, partitionFunc)._sorted_by_key(function, not ascending)

    def sortByKey(
        self: "RDD[tuple[K, V]]",
        ascending: bool | None = True,
        numPartitions: int | None = None,
        keyfunc: Callable[[Any], Any] = _identity,
    ) -> "RDD[tuple[K, V]]":
        """Sort pairs by key, across partitions. With several partitions, one job samples the keys at once.

        >>> elements = sc.parallelize([(79, "gold"), (26, "iron"), (47, "silver")])
        >>> elements.sortByKey().values().collect()
        ['iron', 'silver', 'gold']
        >>> elements.sortByKey(ascending=False, numPartitions=1).first()
        (79, 'gold')
        """
        partitions = self._defaultReducePartitions() if numPartitions is None else numPartitions
        function, descending = None if keyfunc is _identity else keyfunc, not ascending
        if partitions == 1:
            return self._in_one_partition()._sorted_by_key(function, descending)
        size = max(0, partitions * SAMPLES_PER_PARTITION)
        samples = self._transform("sample_keys", size=size, seed=1)._results()
        bounds = sampled_bounds(samples, partitions, function)
        if bounds is None:
            return self  # no element, nothing to sort
        self.ctx._rdd_ids.take(1)  # PySpark counts in a job of its own
        partitioner = RangePartitioner(bounds, function, not descending, partitions)
        placed = self._shuffle(partitions, "range", (bounds, function), descending=descending)
        return placed._place(partitioner)._sorted_by_key(function, descending)

    def _in_one_partition(self) -> "RDD[T_co]":
        return self.coalesce(1) if self.getNumPartitions() > 1 else self

    def _sorted_by_key(self, function: Callable[[Any], Any] | None, descending: bool) -> "RDD[Any]":
        return self._transform("sort", function, preserves=True, descending=descending, by_key=True)

    def sortBy(
        self, keyfunc: Callable[[T_co], S], ascending: bool = True, numPartitions: int | None = None
    ) -> "RDD[T_co]":
        """Sort by what a function returns for each element.

        >>> sc.parallelize(["steel", "fire", "flintstone"]).sortBy(len).collect()
        ['fire', 'steel', 'flintstone']
        """
        return self.keyBy(keyfunc).sortByKey(ascending, numPartitions).values()

    # Actions.

    def collect(self) -> list[T_co]:
        """Return all elements as a list.

        >>> sc.range(3).collect()
        [0, 1, 2]
        """
        return self._results()

    def collectWithJobGroup(
        self, groupId: str, description: str, interruptOnCancel: bool = False
    ) -> list[T_co]:
        """Return all elements as a list, in a job group. Deprecated: call setJobGroup yourself.

        >>> sc.range(3).collectWithJobGroup("reports", "the daily report")
        [0, 1, 2]
        """
        warnings.warn("Deprecated in 3.1, Use pyspark.InheritableThread.", FutureWarning, stacklevel=2)
        self.ctx.setJobGroup(groupId, description, interruptOnCancel)
        return self._results()

    def count(self) -> int:
        """Return the number of elements.

        >>> sc.parallelize("steel").count()
        5
        """
        return sum(self._transform("count")._results())

    def take(self, num: int) -> list[T_co]:
        """Return the first elements. Looks at one partition first, and at more only if that is not enough.

        >>> sc.range(1000, numSlices=8).map(lambda x: x * x).take(3)
        [0, 1, 4]
        """
        return self._take(num)

    def _take(self, num: int, passes: bool = True) -> list[T_co]:
        """Return the first elements, which pass the program's own serializer or do not."""
        taken: list[T_co] = []
        total, scanned = self.getNumPartitions(), 0
        while len(taken) < num and scanned < total:
            batch = _partitions_to_try(num, len(taken), scanned)
            partitions = range(scanned, min(scanned + batch, total))
            first: RDD[T_co] = self._transform("take", count=math.ceil(num - len(taken)))
            for part in (first if passes else first._at_rest(passes=False))._run(partitions):
                taken += part
            scanned += batch
        return taken[:num] if num > 0 else []

    def first(self) -> T_co:
        """Return the first element.

        Raises
        ------
        ValueError
            When there is none.

        >>> sc.parallelize(["fire", "steel"]).first()
        'fire'
        """
        elements = self.take(1)
        if not elements:
            raise ValueError("RDD is empty")
        return elements[0]

    def reduce(self, f: Callable[[T_co, T_co], T_co]) -> T_co:  # type: ignore[misc]
        """Combine all elements with an associative and commutative function.

        Raises
        ------
        ValueError
            When there is no element.

        >>> sc.parallelize([3, 9, 4]).reduce(max)
        9
        """
        results = self._transform("reduce", f)._results()
        if not results:
            raise ValueError("Can not reduce() empty RDD")
        return functools.reduce(fail_on_stopiteration(f), results)

    def treeReduce(self, f: Callable[[T_co, T_co], T_co], depth: int = 2) -> T_co:  # type: ignore[misc]
        """Combine all elements, in several rounds, so that the driver has less to do.

        Parameters
        ----------
        f
            An associative and commutative function.
        depth : int
            About how many rounds.

        Raises
        ------
        ValueError
            When there is no element.

        Examples
        --------
        >>> sc.range(10, numSlices=5).treeReduce(lambda a, b: a + b, depth=2)
        45
        """
        if depth < 1:
            raise ValueError(f"Depth cannot be smaller than 1 but got {depth}.")
        results = in_rounds(self._transform("reduce", f), f, depth)._results()
        if not results:
            raise ValueError("Cannot reduce empty RDD.")
        return functools.reduce(fail_on_stopiteration(f), results)

    def treeAggregate(
        self,
        zeroValue: U,
        seqOp: Callable[[U, T_co], U],
        combOp: Callable[[U, U], U],
        depth: int = 2,
    ) -> U:
        """Combine all elements into something of another type, in several rounds.

        Parameters
        ----------
        zeroValue, seqOp, combOp
            As for `aggregate`, but only the partitions begin with the zero.
        depth : int
            About how many rounds.

        Examples
        --------
        >>> words = sc.parallelize(["fire", "steel"])
        >>> words.treeAggregate(0, lambda total, word: total + len(word), lambda a, b: a + b)
        9
        """
        if depth < 1:
            raise ValueError(f"Depth cannot be smaller than 1 but got {depth}.")
        if self.getNumPartitions() == 0:
            return zeroValue
        partial = self._transform("fold", (zeroValue, seqOp))
        results = in_rounds(partial, combOp, depth)._results()
        return functools.reduce(fail_on_stopiteration(combOp), results)

    def fold(self, zeroValue: T, op: Callable[[T, T], T]) -> T:
        """Combine all elements, beginning each partition, and the result, with a zero.

        >>> sc.range(1, 5).fold(1, lambda a, b: a * b)
        24
        """
        results = self._transform("fold", (zeroValue, op))._results()
        return functools.reduce(fail_on_stopiteration(op), results, zeroValue)

    def aggregate(self, zeroValue: U, seqOp: Callable[[U, T_co], U], combOp: Callable[[U, U], U]) -> U:
        """Combine all elements into something of another type.

        Parameters
        ----------
        zeroValue
            What each partition, and the result, begin with.
        seqOp
            Adds an element to a partition's result.
        combOp
            Makes one result of two.

        Examples
        --------
        >>> words = sc.parallelize(["fire", "steel"])
        >>> words.aggregate(0, lambda total, word: total + len(word), lambda a, b: a + b)
        9
        """
        results = self._transform("fold", (zeroValue, seqOp))._results()
        return functools.reduce(fail_on_stopiteration(combOp), results, zeroValue)

    def sum(self) -> Any:
        """Return the sum of the elements.

        >>> sc.parallelize([0.5, 2, 4.5]).sum()
        7.0
        """
        return functools.reduce(operator.add, self._transform("apply_to_partition", sum)._results(), 0)

    def max(self, key: Callable[[T_co], Any] | None = None) -> T_co:
        """Return the largest element.

        >>> sc.parallelize([3.5, 43.0, 10.0]).max(), sc.parallelize([3.5, 43.0, 10.0]).max(key=str)
        (43.0, 43.0)
        """
        return self._extreme(max if key is None else functools.partial(max, key=key))

    def min(self, key: Callable[[T_co], Any] | None = None) -> T_co:
        """Return the smallest element.

        >>> sc.parallelize([3.5, 43.0, 10.0]).min(), sc.parallelize([3.5, 43.0, 10.0]).min(key=str)
        (3.5, 10.0)
        """
        return self._extreme(min if key is None else functools.partial(min, key=key))

    def _extreme(self, choose: Callable[..., T_co]) -> T_co:
        return self.reduce(choose)

    def stats(self: "RDD[Any]") -> "StatCounter":
        """Return count, mean, variance, largest and smallest of numbers, in one job.

        >>> sc.parallelize([1, 2, 3]).stats()
        (count: 3, mean: 2.0, stdev: 0.816496580927726, max: 3, min: 1)
        """
        # Where NumPy is installed, this imports it: no program shall pay for that at its start.
        from firesteel.statcounter import StatCounter

        counters = [StatCounter._of(*state) for state in self._transform("statistics")._results()]
        if not counters:
            raise ValueError("Can not reduce() empty RDD")
        return functools.reduce(StatCounter.mergeStats, counters)

    def mean(self: "RDD[Any]") -> float:
        """Return the mean of the numbers.

        >>> sc.parallelize([1, 2, 3]).mean()
        2.0
        """
        return self.stats().mean()

    def variance(self: "RDD[Any]") -> float:
        """Return the variance of the numbers.

        >>> sc.parallelize([1, 2, 3, 4]).variance()
        1.25
        """
        return self.stats().variance()

    def stdev(self: "RDD[Any]") -> float:
        """Return the standard deviation of the numbers.

        >>> sc.parallelize([1, 3]).stdev()
        1.0
        """
        return self.stats().stdev()

    def sampleVariance(self: "RDD[Any]") -> float:
        """Return the variance that is estimated from the numbers as a sample.

        >>> sc.parallelize([1, 2, 3]).sampleVariance()
        1.0
        """
        return self.stats().sampleVariance()

    def sampleStdev(self: "RDD[Any]") -> float:
        """Return the standard deviation that is estimated from the numbers as a sample.

        >>> sc.parallelize([1, 2, 3]).sampleStdev()
        1.0
        """
        return self.stats().sampleStdev()

    def histogram(
        self: "RDD[S]", buckets: "int | list[S] | tuple[S, ...]"
    ) -> "tuple[Sequence[S], list[int]]":
        """Return the bounds of buckets, and how many elements are in each.

        Parameters
        ----------
        buckets : int, list or tuple
            The ascending bounds, or the number of equally wide buckets. A bucket has its lower bound in it,
            the last one also its upper bound. None, NaN and what is outside counts nowhere.

        Raises
        ------
        ValueError
            When the bounds are not ascending, or there is nothing to compute them from.
        TypeError
            When the bounds cannot be computed from the elements.

        Examples
        --------
        >>> sc.range(51).histogram(2)
        ([0, 25, 50], [25, 26])
        >>> sc.parallelize(["ab", "ac", "b", "bd", "ef"]).histogram(("a", "b", "c"))
        (('a', 'b', 'c'), [2, 2])
        """
        if isinstance(buckets, int):
            if buckets < 1:
                raise ValueError("number of buckets must be >= 1")
            count, smallest, largest = extremes(self._transform("extremes")._results())
            if smallest == largest or buckets == 1:
                return [smallest, largest], [count]
            bounds, width = even_buckets(smallest, largest, buckets)
        elif isinstance(buckets, (list, tuple)):
            bounds, width = buckets, given_buckets(buckets)
        else:
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        counts = self._transform("histogram", (bounds, width))._results()
        if not counts:
            raise ValueError("Can not reduce() empty RDD")
        return bounds, [sum(counted) for counted in zip(*counts, strict=True)]

    def top(self, num: int, key: Callable[[T_co], Any] | None = None) -> list[T_co]:
        """Return the largest elements, in descending order.

        >>> sc.parallelize("steel").top(2)
        ['t', 's']
        """
        return self._best(functools.partial(_largest, num, key=key))

    def takeOrdered(self, num: int, key: Callable[[T_co], Any] | None = None) -> list[T_co]:
        """Return the smallest elements, in ascending order.

        Raises
        ------
        ValueError
            When the number is negative.

        >>> sc.parallelize(["steel", "fire", "flintstone"]).takeOrdered(2, key=len)
        ['fire', 'steel']
        """
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []
        return self._best(functools.partial(_smallest, num, key=key))

    def _best(self, choose: Callable[[Iterable[Any]], list[Any]]) -> list[Any]:
        """Choose in every partition, then among what was chosen there."""
        chosen = self._transform("apply_to_partition", choose)._results()
        if not chosen:
            raise ValueError("Can not reduce() empty RDD")
        return functools.reduce(lambda best, more: choose(best + more), chosen)

    def countApprox(self, timeout: int, confidence: float = 0.95) -> int:
        """Return the number of elements, or after so many milliseconds an estimate.

        >>> sc.range(1000, numSlices=10).countApprox(10_000)
        1000
        """
        return int(approximate_sum(self._transform("count").map(float), timeout, confidence))

    def sumApprox(self: "RDD[float | int]", timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """Return the sum of numbers, or after so many milliseconds an estimate with bounds.

        >>> total = sc.range(1000, numSlices=10).sumApprox(10_000)
        >>> total, total.low, total.high
        (499500.0, 499500.0, 499500.0)
        """
        sums = self._transform("apply_to_partition", sum).map(float)
        return approximate_sum(sums, timeout, confidence)

    def meanApprox(self: "RDD[float | int]", timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """Return the mean of numbers, or after so many milliseconds an estimate with bounds.

        >>> sc.range(1000, numSlices=10).meanApprox(10_000)
        499.5
        """
        return approximate_mean(self.map(float)._transform("statistics"), timeout, confidence)

    def countApproxDistinct(self, relativeSD: float = 0.05) -> int:
        """Return about how many different elements there are.

        HyperLogLog++ gives the estimate, and takes memory by the error and not by the number of elements.

        Parameters
        ----------
        relativeSD : float
            The standard deviation of the estimate, as a part of it; at least 0.000017.

        Examples
        --------
        >>> rdd = sc.range(1000).map(lambda x: x % 100)
        >>> rdd.countApproxDistinct()
        99
        >>> rdd.countApproxDistinct(0.01)
        100
        """
        return approximate_distinct(self, relativeSD)

    def isEmpty(self) -> bool:
        """Return whether there is no element. Looks only as far as the first one.

        >>> sc.parallelize([]).isEmpty(), sc.range(1).isEmpty()
        (True, False)
        """
        return self.getNumPartitions() == 0 or not self.take(1)

    def lookup(self: "RDD[tuple[K, V]]", key: K) -> list[V]:
        """Return the values of a key. Where it is known how pairs are placed, this runs one partition.

        >>> ages = sc.parallelize([("ann", 33), ("bob", 44)])
        >>> ages.lookup("bob"), ages.partitionBy(3).lookup("bob")
        ([44], [44])
        """
        values = self._transform("values_of_key", key)
        if self.partitioner is None:
            return values._results()
        # A worker finds the place, since the driver may hash in another way.
        place = self.ctx._call_in_worker(self.partitioner, key)
        return values._run([place])[0]

    def foreachPartition(self, f: Callable[[Iterable[T_co]], None]) -> None:
        """Call a function with the iterator over each partition, in the workers.

        >>> total = sc.accumulator(0)
        >>> sc.range(4, numSlices=2).foreachPartition(lambda numbers: total.add(len(list(numbers))))
        >>> total.value
        4
        """
        self._transform("map_partitions", functools.partial(_run_through, f), with_index=False).count()

    def toDF(self, schema: Any = None, sampleRatio: float | None = None) -> "DataFrame":
        """Return a DataFrame of the elements, as `SparkSession.createDataFrame` does.

        Parameters
        ----------
        schema : DataType, str, or list of str, optional
            The type of a row, the same as a text, or names, with the types inferred.
        sampleRatio : float, optional
            The part of the elements from which types are inferred. Default: the first ones.

        Raises
        ------
        PySparkRuntimeError
            When no SparkSession has been made.

        Examples
        --------
        >>> from firesteel.sql import SparkSession
        >>> spark = SparkSession(sc)
        >>> sc.parallelize([(1, "a"), (2, "b")]).toDF(["n", "s"])
        DataFrame[n: bigint, s: string]
        """
        from firesteel.sql.session import SparkSession

        session = SparkSession.getActiveSession()
        if session is None:
            names = {"func_name": "RDD.toDF", "object": "SparkSession"}
            raise PySparkRuntimeError(errorClass="CALL_BEFORE_INITIALIZE", messageParameters=names)
        return session.createDataFrame(self, schema, sampleRatio)

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[T_co]:
        """Iterate over all elements in the driver, which holds one partition at a time.

        Parameters
        ----------
        prefetchPartitions : bool
            Whether the next partition is computed while this one is used.

        Examples
        --------
        >>> [x for x in sc.range(5, numSlices=2).toLocalIterator()]
        [0, 1, 2, 3, 4]
        """
        site = here()
        compute = [
            functools.partial(self._partition, index, site) for index in range(self.getNumPartitions())
        ]
        if not prefetchPartitions:
            return one_by_one(compute)
        properties = self.ctx._properties.copy()
        return prefetched(compute, lambda: self.ctx._properties.replace(properties))

    def _partition(self, index: int, site: CallSite) -> list[Any]:
        self.id()
        elements = self.ctx._collect(self._prepare(), site, [index])[0]
        self._write_checkpoints()
        return elements

    def foreach(self, f: Callable[[T_co], None]) -> None:
        """Call a function for each element, in the workers.

        >>> total = sc.accumulator(0)
        >>> sc.range(4).foreach(total.add)
        >>> total.value
        6
        """
        self._transform("for_each", f)._run()

    def countByValue(self: "RDD[K]") -> dict[K, int]:
        """Return how often each element occurs.

        >>> sc.parallelize("steel").countByValue()["e"]
        2
        """
        totals: dict[K, int] = defaultdict(int)
        results = self._transform("count_by_value")._results()
        if not results:
            raise ValueError("Can not reduce() empty RDD")
        for counts in results:
            if not totals:
                totals.update(counts)
                continue
            for element, count in counts.items():
                totals[element] += count
        return totals

    def countByKey(self: "RDD[tuple[K, V]]") -> dict[K, int]:
        """Return how many pairs each key has.

        >>> sc.parallelize([("ann", 3), ("bob", 7), ("ann", 5)]).countByKey()["ann"]
        2
        """
        return self.keys().countByValue()

    def collectAsMap(self: "RDD[tuple[K, V]]") -> dict[K, V]:
        """Return the pairs as a dict; the last value of a key stays.

        >>> sc.parallelize([("iron", 26), ("gold", 79)]).collectAsMap()
        {'iron': 26, 'gold': 79}
        """
        return dict(self._results())

    def saveAsTextFile(self, path: str, compressionCodecClass: str | None = None) -> None:
        r"""Write each element as a line, into a new folder with one file per partition.

        Parameters
        ----------
        path : str
            The folder, which must not exist yet.
        compressionCodecClass : str, optional
            `org.apache.hadoop.io.compress.GzipCodec`, BZip2Codec, ZStandardCodec, DefaultCodec, SnappyCodec
            or Lz4Codec.

        Raises
        ------
        OutputError
            When the folder exists.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "out")
        ...     sc.parallelize(["one", 2], 1).saveAsTextFile(path)
        ...     open(os.path.join(path, "part-00000")).read()
        'one\n2\n'
        """
        self._take_ids(_rdd_ids.SAVED)
        self._save(path, "text", codec=compressionCodecClass or _hadoop.codec_of(self.ctx._hadoop_settings))

    def _take_ids(self, count: int) -> None:
        """Take the ids of the RDDs that PySpark makes out of this one, where we need none."""
        _rdd_ids.begin_pipeline(self)
        self.ctx._rdd_ids.take(count)

    def _save(self, path: str, file_format: str, **options: Any) -> None:
        self.ctx._save(self._prepare(), here(), path, file_format, **options)
        self._base()._write_checkpoints()

    def saveAsPickleFile(self, path: str, batchSize: int = 10) -> None:
        """Write the elements, pickled, into a new folder with one SequenceFile per partition.

        Parameters
        ----------
        path : str
            The folder, which must not exist yet.
        batchSize : int
            Elements that are pickled together: 0 for a number that grows to a good size, -1 for all.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "pickles")
        ...     sc.parallelize(["fire", {"steel"}]).saveAsPickleFile(path)
        ...     sorted(sc.pickleFile(path).collect(), key=str)
        ['fire', {'steel'}]
        """
        _rdd_ids.reserialize(self, _rdd_ids.PICKLED, batchSize)
        self.ctx._rdd_ids.take(_rdd_ids.SAVED_PICKLES)
        pack = functools.partial(_object_file.records, batchSize)
        records = self._transform("map_partitions", pack, with_index=False)
        classes = _hadoop.writable_class(None), _hadoop.writable_class(b"")
        records._save_sequence(path, *classes, **_hadoop.compression_of(self.ctx._hadoop_settings))

    def saveAsSequenceFile(
        self: "RDD[tuple[K, V]]", path: str, compressionCodecClass: str | None = None
    ) -> None:
        """Write the pairs into a new folder with one of Hadoop's SequenceFiles per partition.

        None, bool, int, float, str, bytes, dict and tuple become Hadoop's classes; all keys are of the class
        of the first one, and so are all values.

        Parameters
        ----------
        path : str
            The folder, which must not exist yet.
        compressionCodecClass : str, optional
            `org.apache.hadoop.io.compress.DefaultCodec`, GzipCodec, BZip2Codec, ZStandardCodec, SnappyCodec
            or Lz4Codec: many records are compressed together.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "pairs")
        ...     sc.parallelize([(1, {"a": 1.5}), (2, {})], 1).saveAsSequenceFile(path)
        ...     sc.sequenceFile(path).collect()
        [(1, {'a': 1.5}), (2, {})]
        """
        codec = {"codec": compressionCodecClass, "blocks": True} if compressionCodecClass else None
        self._save_pairs(path, None, None, **(codec or _hadoop.compression_of(self.ctx._hadoop_settings)))

    def saveAsHadoopFile(
        self: "RDD[tuple[K, V]]",
        path: str,
        outputFormatClass: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        compressionCodecClass: str | None = None,
    ) -> None:
        r"""Write the pairs in one of Hadoop's formats, by its class in the old API.

        Parameters
        ----------
        path : str
            The folder, which must not exist yet.
        outputFormatClass : str
            `org.apache.hadoop.mapred.TextOutputFormat` or `...SequenceFileOutputFormat`.
        keyClass, valueClass : str, optional
            The classes in a SequenceFile; default: those of the first pair.
        keyConverter, valueConverter : str, optional
            Must be None: there is no Java.
        conf : dict, optional
            Hadoop's settings, such as `mapreduce.output.fileoutputformat.compress`.
        compressionCodecClass : str, optional
            The class of a codec.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "metals")
        ...     sc.parallelize([("iron", 26)], 1).saveAsHadoopFile(
        ...         path, "org.apache.hadoop.mapred.TextOutputFormat"
        ...     )
        ...     sc.textFile(path).collect()
        ['iron\t26']
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        conf = self.ctx._hadoop_conf(conf)
        codec = compressionCodecClass or _hadoop.codec_of(conf)
        blocks = compressionCodecClass is not None or _hadoop.compresses_blocks(conf)
        self._save_hadoop(_hadoop.OLD, path, outputFormatClass, (keyClass, valueClass), conf, codec, blocks)

    def saveAsNewAPIHadoopFile(
        self: "RDD[tuple[K, V]]",
        path: str,
        outputFormatClass: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
    ) -> None:
        """Write the pairs in one of Hadoop's formats, by its class in the new API.

        Parameters
        ----------
        path : str
            The folder, which must not exist yet.
        outputFormatClass : str
            `org.apache.hadoop.mapreduce.lib.output.TextOutputFormat` or `...SequenceFileOutputFormat`.
        keyClass, valueClass : str, optional
            The classes in a SequenceFile; default: those of the first pair.
        keyConverter, valueConverter : str, optional
            Must be None: there is no Java.
        conf : dict, optional
            Hadoop's settings, such as `mapreduce.output.fileoutputformat.compress`.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "metals")
        ...     sc.parallelize([("iron", 26)], 1).saveAsNewAPIHadoopFile(
        ...         path, "org.apache.hadoop.mapreduce.lib.output.SequenceFileOutputFormat"
        ...     )
        ...     sc.sequenceFile(path).collect()
        [('iron', 26)]
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        conf = self.ctx._hadoop_conf(conf)
        codec, blocks = _hadoop.codec_of(conf), _hadoop.compresses_blocks(conf)
        self._save_hadoop(_hadoop.NEW, path, outputFormatClass, (keyClass, valueClass), conf, codec, blocks)

    def saveAsHadoopDataset(
        self: "RDD[tuple[K, V]]",
        conf: dict[str, str],
        keyConverter: str | None = None,
        valueConverter: str | None = None,
    ) -> None:
        """Write the pairs as `saveAsHadoopFile` does; format, classes and path stand in the conf."""
        self.saveAsHadoopFile(
            _hadoop.output_path(self.ctx._hadoop_conf(conf)),
            conf.get("mapred.output.format.class", "org.apache.hadoop.mapred.TextOutputFormat"),
            conf.get("mapreduce.job.output.key.class"),
            conf.get("mapreduce.job.output.value.class"),
            keyConverter,
            valueConverter,
            conf,
        )

    def saveAsNewAPIHadoopDataset(
        self: "RDD[tuple[K, V]]",
        conf: dict[str, str],
        keyConverter: str | None = None,
        valueConverter: str | None = None,
    ) -> None:
        """Write the pairs as `saveAsNewAPIHadoopFile` does; format, classes and path stand in the conf."""
        text = "org.apache.hadoop.mapreduce.lib.output.TextOutputFormat"
        self.saveAsNewAPIHadoopFile(
            _hadoop.output_path(self.ctx._hadoop_conf(conf)),
            conf.get("mapreduce.job.outputformat.class", text),
            conf.get("mapreduce.job.output.key.class"),
            conf.get("mapreduce.job.output.value.class"),
            keyConverter,
            valueConverter,
            conf,
        )

    def _save_hadoop(
        self,
        api: _hadoop.Api,
        path: str,
        name: str,
        classes: tuple[str | None, str | None],
        conf: dict[str, str],
        codec: str | None,
        blocks: bool,
    ) -> None:
        if _hadoop.output_format(api, name) == "sequence":
            self._save_pairs(path, *classes, codec=codec, blocks=blocks, new_names=api.new_names)
            return
        self._take_ids(_rdd_ids.SAVED_PAIRS)
        write_line = functools.partial(_hadoop.line_of, _hadoop.separator_of_output(conf))
        lines = self._transform("flat_map", write_line)
        lines._save(path, "text", codec=codec, new_names=api.new_names)

    def _save_pairs(self, path: str, key_class: str | None, value_class: str | None, **options: Any) -> None:
        """Write SequenceFiles; the first pair says the classes that are not given."""
        # PySpark always looks at the first pair, in a job of its own.
        self._take_ids(_rdd_ids.SAVED_PAIRS - (key_class is None or value_class is None))
        if key_class is None or value_class is None:
            # PySpark's JVM looks at it pickled, whatever serializer the program has.
            first = self._take(1, passes=False)
            if not first:
                raise FiresteelError("empty collection")
            key, value = _hadoop.checked_pair(first[0])
            key_class = key_class or _hadoop.writable_class(key)
            value_class = value_class or _hadoop.writable_class(value)
        self._save_sequence(path, key_class, value_class, **options)

    def _save_sequence(
        self,
        path: str,
        key_class: str,
        value_class: str,
        *,
        codec: str | None = None,
        blocks: bool = False,
        new_names: bool = False,
    ) -> None:
        classes = {"key_class": key_class, "value_class": value_class}
        self._save(path, "sequence", codec=codec, blocks=blocks, new_names=new_names, **classes)


class PipelinedRDD(RDD[T_co]):
    """An RDD that is one step of Python after another RDD, with which it runs together.

    Parameters
    ----------
    prev : RDD
        The RDD before.
    func : function
        Takes the index of a partition and an iterator of its elements, and returns an iterable.
    preservesPartitioning : bool
        Whether pairs stay where their keys belong.
    isFromBarrier : bool
        Whether all tasks of the step are to run at once.

    Attributes
    ----------
    prev : RDD
        The RDD before.
    preservesPartitioning : bool
        Whether this step, and those that it runs together with, leave pairs where their keys belong.
    is_barrier : bool
        Whether all tasks of the step run at once.

    Examples
    --------
    >>> words = sc.parallelize(["fire", "steel"], 1)
    >>> isinstance(words.map(len), PipelinedRDD), words.map(len).prev is words
    (True, True)
    >>> PipelinedRDD(words, lambda index, elements: [(index, list(elements))]).collect()
    [(0, ['fire', 'steel'])]
    """

    def __init__(
        self,
        prev: RDD[T],
        func: Callable[[int, Iterable[T]], Iterable[T_co]],
        preservesPartitioning: bool = False,
        isFromBarrier: bool = False,
    ) -> None:
        kind = "barrier_map_partitions" if isFromBarrier else "map_partitions"
        self._follow(prev, kind, func, preservesPartitioning, with_index=True)
        self.is_barrier = self.is_barrier or isFromBarrier

    @classmethod
    def _of_source(cls, prev: RDD[Any], node: "Node", func: Step) -> "PipelinedRDD[Any]":
        """Return an RDD that the engine makes natively, and that to a program is a step after another one."""
        rdd = cls.__new__(cls)
        RDD.__init__(rdd, prev.ctx, node, label=prev._label, call_site=prev._call_site, code=func, ids=0)
        rdd.prev, rdd._bases = prev, (prev,)
        rdd._kind, rdd._with_index, rdd.preservesPartitioning = "map_partitions", True, False
        return rdd

    def _follow(
        self, prev: RDD[Any], kind: str, code: Any, preserves: bool, **options: int | bool | str
    ) -> None:
        """Become the step after another RDD."""
        site = here()
        node = prev.ctx._running_engine().transform(
            prev._node, kind, name=site.operation, call_site=site.place, **options
        )
        _rdd_ids.begin_pipeline(prev)
        RDD.__init__(
            self, prev.ctx, node, label="PythonRDD", call_site=site, parents=[prev], code=code, ids=0
        )
        self._batch = self.ctx._batchSize
        self.prev = prev
        self._bases = (prev._base(),)
        self._kind, self._with_index = kind, bool(options.get("with_index"))
        before = self._fused()
        self.preservesPartitioning = bool(preserves) and (before is None or before.preservesPartitioning)
        if preserves:
            self.partitioner, self._placement = prev.partitioner, prev._placement

    def _fused(self) -> "PipelinedRDD[Any] | None":
        """Return the step that this one runs together with, if there is one."""
        prev = self.prev
        return prev if isinstance(prev, PipelinedRDD) and prev._is_pipelinable() else None

    def _base(self) -> RDD[Any]:
        return self._bases[0] if self._bases and self._is_pipelinable() else self

    @property
    def func(self) -> Step:
        """What is done to a partition: a function of its index and an iterator of its elements.

        Raises
        ------
        AttributeError
            For a step of the engine's own, such as a sample.

        Examples
        --------
        >>> doubled = sc.parallelize([1, 2], 1).map(lambda x: x * 2)
        >>> list(doubled.filter(lambda x: x > 2).func(0, iter([1, 2])))
        [4]
        """
        steps: list[Step] = []
        rdd: PipelinedRDD[Any] | None = self
        while rdd is not None:
            step = function_of(rdd._kind, rdd._code, rdd._with_index)
            if step is None:
                raise AttributeError(f"{rdd._call_site.operation} is native and has no function of Python")
            steps.append(step)
            rdd = rdd._fused()
        return functools.reduce(composed, reversed(steps))


def _partitions_to_try(num: int, taken: int, scanned: int) -> int:
    """Return how many more partitions `take` looks at: few at first, then guessing from what it has found."""
    if scanned == 0:
        return 1
    if taken == 0:
        return scanned * SCAN_GROWTH
    guess = int(1.5 * num * scanned / taken) - scanned
    return min(max(guess, 1), scanned * SCAN_GROWTH)


def _run_through(function: Callable[[Iterable[Any]], Any], partition: Iterable[Any]) -> Iterable[Any]:
    """Call a function of a partition; if it is a generator, run it to its end."""
    returned = function(partition)
    try:
        return iter(returned)
    except TypeError:
        return iter(())


def _creator(zero: U, function: Callable[[U, V], U]) -> Callable[[V], U]:
    """Return what makes a combiner of a first value. Where the zero cannot change, no code of ours runs."""
    if type(zero) in IMMUTABLE_TYPES:
        return functools.partial(function, zero)
    return functools.partial(_begin_with_copy, function, zero)


def _begin_with_copy(function: Callable[[U, V], U], zero: U, value: V) -> U:
    return function(copy.deepcopy(zero), value)


# PySpark has them in this module, and so pickles name them.
for _named in (BoundedFloat, Partitioner, RDDBarrier, portable_hash):
    _named.__module__ = __name__

_public_names.publish(__name__)
