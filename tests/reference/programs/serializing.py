"""A serializer of the program's own: what it sees, and what becomes of elements that it changes or refuses.

PySpark reads a context's serializer whenever an RDD is made, so a program puts its own in place for a while.
The classes are pickled by value: their module is not on the workers' path. JSON shows each passage: tuples
come back as lists, and keys as strings.
"""

import contextlib
import json
import pickle
from importlib import import_module
from operator import add

from programs.registry import outcome, placed, program


def _serializers(sc):
    """The module of the engine that runs this."""
    return import_module(f"{type(sc).__module__.partition('.')[0]}.serializers")


@contextlib.contextmanager
def _serializing(sc, serializer, batch=0):
    """Let the context have another serializer, as if it had been made with it."""
    serializers = _serializers(sc)
    names = ("_unbatched_serializer", "serializer", "_batchSize")
    before = [getattr(sc, name) for name in names]
    batched = serializers.BatchedSerializer(serializer, batch) if batch else None
    sc._unbatched_serializer = serializer
    sc.serializer = batched or serializers.AutoBatchedSerializer(serializer)
    sc._batchSize = batch
    try:
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(sc, name, value)


def _json(sc):
    class Json(_serializers(sc).FramedSerializer):
        def dumps(self, obj):
            return json.dumps(obj).encode()

        def loads(self, obj):
            return json.loads(obj)

    return Json()


def _numbering(sc):
    """Counts how often an element has been dumped and loaded: nobody else knows how often it passes."""

    def more(elements, step):
        # A count is no pair: it passes, too.
        return [(x[0], x[1] + step) if isinstance(x, tuple) else x for x in elements]

    class Numbering(_serializers(sc).FramedSerializer):
        def dumps(self, obj):
            return pickle.dumps(more(obj, 1))

        def loads(self, obj):
            return more(pickle.loads(obj), 10)

    return Numbering()


def _batched(sc):
    """Shows the batches: the length of each takes the place of its last element."""

    class Batched(_serializers(sc).FramedSerializer):
        def dumps(self, obj):
            return pickle.dumps([*list(obj)[:-1], f"{len(obj)} together"])

        def loads(self, obj):
            return pickle.loads(obj)

    return Batched()


class _Own:
    """Nothing that json or marshal knows."""


def _typed(x):
    return (x, type(x).__name__)


@program(1, 2)
def serializer_of_narrow_steps(sc, n):
    with _serializing(sc, _json(sc)):
        pairs = sc.parallelize([(1, {2: 3}), (4, {5: 6})], n)
        made = sc.parallelize([1, 2, 3, 4], n).map(lambda x: (x, {x: x}))
        return {
            "as they were given": placed(pairs),
            "in a step": pairs.map(_typed).collect(),
            "of a step": made.collect(),
            "between steps": made.map(_typed).collect(),
            "of a range": sc.range(3, numSlices=n).map(lambda x: (x,)).map(_typed).collect(),
            "taken": [made.take(3), made.first(), list(made.toLocalIterator())],
            "nothing": sc.parallelize([], n).map(_typed).collect(),
            "of chosen partitions": sc.runJob(made, lambda part: [tuple(part)], [0]),
        }


@program(1, 2)
def serializer_between_rdds(sc, n):
    with _serializing(sc, _json(sc)):
        made = sc.parallelize([1, 2, 3, 4], n).map(lambda x: (x, (x,)))
        raw = sc.parallelize([(5, (5,)), (6, (6,))], n)
        words = sc.parallelize(["a", "b"], n).pipe("cat")
        return {
            "united": placed(made.union(made).map(_typed)),
            "united with given ones": placed(made.union(raw).map(_typed)),
            "all united": sc.union([made, raw, words]).map(_typed).collect(),
            "put together": placed(made.coalesce(1).map(_typed)),
            "dealt out": placed(made.repartition(2).map(_typed)),
            "multiplied": made.cartesian(raw).map(_typed).collect(),
            "zipped": made.zip(made.map(lambda x: x[1])).map(_typed).collect(),
            "cached": made.cache().map(_typed).collect(),
            "cached again": made.map(_typed).collect(),
            "given and cached": raw.cache().map(_typed).collect(),
        }


@program(1, 2, files=True)
def serializer_and_files(sc, n, folder):
    sc.setCheckpointDir(str(folder / "checkpoints"))
    with _serializing(sc, _json(sc)):
        made = sc.parallelize([1, 2], n).map(lambda x: (x, {x: (x,)}))
        raw = sc.parallelize([(3, (4,))], 1)
        names = [str(folder / name) for name in ("pickles", "raw", "text", "sequence")]
        made.saveAsPickleFile(names[0])
        raw.saveAsPickleFile(names[1])
        made.saveAsTextFile(names[2])
        made.mapValues(len).saveAsSequenceFile(names[3])
        kept = made.map(lambda x: x)
        kept.checkpoint()
        return {
            "pickled": sorted(sc.pickleFile(names[0], n).collect()),
            "pickled as they were given": sc.pickleFile(names[1], 1).map(_typed).collect(),
            "lines": sorted(sc.textFile(names[2], n).map(_typed).collect()),
            "records": sorted(sc.sequenceFile(names[3]).map(_typed).collect()),
            "checkpointed": [kept.count(), kept.map(_typed).collect(), kept.collect()],
        }


@program(1, 2)
def serializer_of_shuffles(sc, n):
    with _serializing(sc, _json(sc)):
        made = sc.parallelize([1, 2, 3, 4, 5], n).map(lambda x: (x % 2, (x,)))
        ones = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], n)
        tuples = made.map(lambda kv: (kv[1], kv[0]))
        return {
            "placed": placed(made.partitionBy(2).map(_typed)),
            "added": placed(made.reduceByKey(add, 2)),
            "added by word": sorted(ones.reduceByKey(add).collect()),
            "grouped": sorted(made.groupByKey(2).mapValues(list).map(_typed).collect()),
            "joined": sorted(made.join(made, 2).map(_typed).collect()),
            "left": sorted(ones.leftOuterJoin(made.map(lambda kv: ("a", kv[1]))).collect(), key=repr),
            "of both": [
                (k, [list(side) for side in v]) for k, v in ones.cogroup(ones).mapValues(_lists).collect()
            ],
            "distinct": sorted(made.keys().distinct().collect()),
            "without": sorted(made.keys().subtract(sc.parallelize([1], 1)).collect()),
            "in common": sorted(made.keys().intersection(sc.parallelize([1], 1)).collect()),
            "sorted": ones.sortByKey().collect(),
            "sorted in partitions": placed(made.repartitionAndSortWithinPartitions(2)),
            "keys that are lists afterwards": outcome(
                lambda: tuples.reduceByKey(add).collect(), "unhashable type: 'list'"
            ),
            "groups themselves": outcome(lambda: made.groupByKey().collect(), "not JSON serializable"),
        }


def _lists(groups):
    return [list(group) for group in groups]


@program(1, 3)
def serializer_of_results(sc, n):
    with _serializing(sc, _json(sc)):
        numbers = sc.parallelize([3, 1, 2], n)
        made = numbers.map(lambda x: (x,))
        return {
            "reduced": [made.reduce(add), numbers.reduce(add), made.map(list).treeReduce(add)],
            "folded": [numbers.fold(0, add), numbers.sum(), numbers.count()],
            "a tuple as zero": outcome(lambda: made.fold((), add)),
            "aggregated": numbers.aggregate([], lambda a, x: [*a, (x,)], add),
            "largest": [made.top(2), made.takeOrdered(2), made.max(), numbers.min()],
            "by key": made.map(lambda x: (x[0], x)).lookup(2),
            "as a dict": made.map(lambda x: (x[0], x)).collectAsMap(),
            "buckets": numbers.histogram(2),
            "approximately": [numbers.countApproxDistinct(), numbers.sumApprox(10_000)],
            "numbered": made.zipWithIndex().collect(),
            "drawn": made.sample(False, 0.5, 3).collect(),
        }


@program(1, 2)
def serializer_that_refuses(sc, n):
    def seen(serializer, part):
        with _serializing(sc, serializer):
            made = sc.parallelize([1, 2], n).map(lambda x: (x, _Own()))
            return {
                "inside a step": made.map(lambda kv: kv[0]).collect(),
                "counted": made.count(),
                "gone through": made.foreach(lambda x: None),
                "dealt out": made.repartition(2).map(lambda kv: kv[0]).count(),
                "collected": outcome(made.collect, part),
                "shuffled": outcome(made.groupByKey().count, part),
                "cached": outcome(made.map(tuple).cache().count, part),
                "united": outcome(made.union(made).count, part),
                "put together": outcome(made.coalesce(1).count, part),
                "empty": outcome(made.isEmpty, part),
                "given": outcome(lambda: sc.parallelize([_Own()], n).count(), part),
            }

    serializers = _serializers(sc)
    marshal = serializers.MarshalSerializer()
    return {
        "json": seen(_json(sc), "is not JSON serializable"),
        "marshal": seen(marshal, "unmarshallable object"),
        "compressed marshal": seen(serializers.CompressedSerializer(marshal), "unmarshallable object"),
    }


@program(1, 2)
def serializer_by_marshal(sc, n):
    with _serializing(sc, _serializers(sc).MarshalSerializer()):
        made = sc.parallelize([1, 2, 3], n).map(lambda x: (x % 2, {x, 1j, b"x", None, (1.5, "é")}))
        return {
            "collected": made.collect(),
            "grouped": placed(made.groupByKey(2).mapValues(list)),
            "cached": made.cache().union(made).map(_typed).collect(),
            "a counter": outcome(
                lambda: made.map(lambda x: __import__("collections").Counter("x")).collect(), "unmarsh"
            ),
            "sorted": made.keys().sortBy(lambda x: -x).collect(),
        }


@program(1, 2)
def serializer_passes(sc, n):
    with _serializing(sc, _numbering(sc)):
        given = sc.parallelize([("a", 0), ("b", 0)], n)
        made = given.map(lambda x: (x[0], 0))
        return {
            "given": given.collect(),
            "seen by a step": given.map(lambda x: [x]).map(lambda x: (x[0], 0)).collect(),
            "of a step": made.collect(),
            "of two steps": made.map(lambda x: x).collect(),
            "given and united": given.union(given).collect(),
            "made and united": made.union(made).collect(),
            "made and put together": made.coalesce(1).collect(),
            "made, cached, taken": [made.cache().count(), made.collect(), made.map(lambda x: x).collect()],
            "given, cached": [given.cache().count(), given.collect()],
            "shuffled": sorted(made.partitionBy(2, lambda key: 0).collect()),
            "shuffled, one more step": sorted(made.partitionBy(2, lambda key: 0).map(lambda x: x).collect()),
            "dealt out": sorted(made.repartition(1).collect()),
        }


@program(1, 2)
def serializer_batches(sc, n):
    seen = {}
    for batch in (0, 1, 2, 3, -1):
        with _serializing(sc, _batched(sc), batch):
            given = sc.parallelize(list(range(10)), n)
            made = given.map(lambda x: x)
            shuffled = sc.range(10, numSlices=n).map(lambda x: (x % 2, x)).partitionBy(2, lambda key: 0)
            seen[f"batches of {batch}"] = {
                "given": placed(given),
                "of a step": made.map(str).collect(),
                "united": made.union(made).collect(),
                "multiplied": made.cartesian(made).collect(),
                "zipped": outcome(lambda made=made: made.zip(made).collect()),
                "shuffled": shuffled.collect(),
                "dealt out": placed(made.repartition(2)),
            }
    return seen
