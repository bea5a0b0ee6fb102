"""The ids of RDDs, and the class of what is one step after another RDD.

An id is told as its distance from a fresh RDD's, so that it does not depend on the programs before.
"""

import importlib

from programs.inputs import TEN
from programs.registry import outcome, placed, program


def _counter(sc):
    """The id of a new RDD that takes one."""
    return sc.emptyRDD().id()


def _taken(sc, make):
    """How many ids making something takes, which one it has, and how many asking for that takes."""
    before = _counter(sc)
    rdd = make()
    between = _counter(sc)
    own = rdd.id() - before if hasattr(rdd, "id") else None
    return (between - before - 1, own, _counter(sc) - between - 1)


def _touched(sc, make, touch):
    """The same of an RDD that something was asked of."""

    def made():
        rdd = make()
        touch(rdd)
        return rdd

    return _taken(sc, made)


def _inputs(sc, n):
    return sc.parallelize(TEN, n), sc.parallelize([(x % 3, x) for x in TEN], n), sc.range(10, numSlices=n)


@program(1, 3)
def ids_of_steps(sc, n):
    listed, _, ranged = _inputs(sc, n)
    return {
        "parallelize": _taken(sc, lambda: sc.parallelize(TEN, n)),
        "range": _taken(sc, lambda: sc.range(10, numSlices=n)),
        "emptyRDD": _taken(sc, lambda: sc.emptyRDD()),
        "map": _taken(sc, lambda: listed.map(str)),
        "map of a range": _taken(sc, lambda: ranged.map(str)),
        "map, filter, flatMap": _taken(sc, lambda: listed.map(str).filter(bool).flatMap(list)),
        "glom": _taken(sc, lambda: listed.glom()),
        "sample": _taken(sc, lambda: listed.sample(False, 0.5, 1)),
        "pipe": _taken(sc, lambda: listed.pipe("cat")),
        "zipWithIndex": _taken(sc, lambda: listed.zipWithIndex()),
        "zipWithUniqueId": _taken(sc, lambda: listed.zipWithUniqueId()),
        "parallelize, map": _taken(sc, lambda: sc.parallelize(TEN, n).map(str)),
    }


@program(1, 3, files=True)
def ids_of_steps_after_one_that_was_looked_at(sc, n, folder):
    sc.setCheckpointDir(str(folder))
    listed = sc.parallelize(TEN, n)
    touches = {
        "id": lambda rdd: rdd.id(),
        "getNumPartitions": lambda rdd: rdd.getNumPartitions(),
        "repr": repr,
        "name": lambda rdd: rdd.name(),
        "setName": lambda rdd: rdd.setName("x"),
        "toDebugString": lambda rdd: rdd.toDebugString(),
        "getStorageLevel": lambda rdd: rdd.getStorageLevel(),
        "getResourceProfile": lambda rdd: rdd.getResourceProfile(),
        "isCheckpointed": lambda rdd: rdd.isCheckpointed(),
        "isLocallyCheckpointed": lambda rdd: rdd.isLocallyCheckpointed(),
        "getCheckpointFile": lambda rdd: rdd.getCheckpointFile(),
        "cleanShuffleDependencies": lambda rdd: rdd.cleanShuffleDependencies(),
        "cache": lambda rdd: rdd.cache(),
        "unpersist": lambda rdd: rdd.unpersist(),
        "localCheckpoint": lambda rdd: rdd.localCheckpoint(),
        "checkpoint": lambda rdd: rdd.checkpoint(),
        "checkpoint, count": lambda rdd: (rdd.checkpoint(), rdd.count()),
        "collect": lambda rdd: rdd.collect(),
        "count": lambda rdd: rdd.count(),
    }
    taken = {}
    for name, touch in touches.items():
        taken[name] = _touched(sc, lambda: listed.map(str), touch)
        taken[f"{name}, then map"] = _taken(sc, lambda touch=touch: _after(listed.map(str), touch).map(len))
    return taken


def _after(rdd, touch):
    touch(rdd)
    return rdd


@program(2, 3)
def ids_of_shuffles(sc, n):
    listed, pairs, _ = _inputs(sc, n)
    return {
        "partitionBy": _taken(sc, lambda: pairs.partitionBy(2)),
        "partitionBy twice": _taken(sc, lambda: pairs.partitionBy(2).partitionBy(2)),
        "reduceByKey": _taken(sc, lambda: pairs.reduceByKey(max)),
        "reduceByKey, mapValues": _taken(sc, lambda: pairs.reduceByKey(max).mapValues(str)),
        "groupByKey": _taken(sc, lambda: pairs.groupByKey()),
        "combineByKey": _taken(sc, lambda: pairs.combineByKey(str, max, max)),
        "aggregateByKey": _taken(sc, lambda: pairs.aggregateByKey(0, max, max)),
        "foldByKey": _taken(sc, lambda: pairs.foldByKey(0, max)),
        "groupBy": _taken(sc, lambda: listed.groupBy(str)),
        "distinct": _taken(sc, lambda: listed.distinct()),
        "sortByKey": _taken(sc, lambda: pairs.sortByKey()),
        "sortByKey into one": _taken(sc, lambda: pairs.sortByKey(numPartitions=1)),
        "sortBy": _taken(sc, lambda: listed.sortBy(lambda x: -x)),
        "repartitionAndSortWithinPartitions": _taken(sc, lambda: pairs.repartitionAndSortWithinPartitions(2)),
        "repartition": _taken(sc, lambda: listed.repartition(2)),
        "repartition twice": _taken(sc, lambda: listed.repartition(2).repartition(3)),
        "repartition of a map": _taken(sc, lambda: listed.map(str).repartition(2)),
        "repartition of a partitionBy": _taken(sc, lambda: pairs.partitionBy(2).repartition(3)),
        "coalesce": _taken(sc, lambda: listed.coalesce(1)),
        "cached, reduceByKey": _taken(sc, lambda: pairs.mapValues(str).cache().reduceByKey(max)),
    }


@program(1, 3, files=True)
def ids_of_several_rdds(sc, n, folder):
    listed, pairs, ranged = _inputs(sc, n)
    file = folder / "lines"
    file.write_text("a\nb\n")
    text = sc.textFile(str(file))
    return {
        "union": _taken(sc, lambda: listed.union(listed)),
        "union of other batches": _taken(sc, lambda: listed.union(ranged)),
        "union of text": _taken(sc, lambda: text.union(text)),
        "union of text and a list": _taken(sc, lambda: text.union(listed)),
        "union of three": _taken(sc, lambda: sc.union([listed, ranged, text])),
        "union of three alike": _taken(sc, lambda: sc.union([listed, listed, listed])),
        "union of steps": _taken(sc, lambda: listed.map(str).union(listed.filter(bool))),
        "union with nothing": _taken(sc, lambda: listed.union(sc.emptyRDD())),
        "zip": _taken(sc, lambda: listed.zip(listed)),
        "zip of other batches": _taken(sc, lambda: listed.zip(ranged)),
        "zip of ranges": _taken(sc, lambda: ranged.zip(ranged)),
        "zip of text": _taken(sc, lambda: text.zip(text)),
        "cartesian": _taken(sc, lambda: listed.cartesian(text)),
        "join": _taken(sc, lambda: pairs.join(pairs, 2)),
        "join of placed": _taken(sc, lambda: pairs.partitionBy(2).join(pairs.partitionBy(2))),
        "fullOuterJoin": _taken(sc, lambda: pairs.fullOuterJoin(pairs, 2)),
        "cogroup": _taken(sc, lambda: pairs.cogroup(pairs, 2)),
        "groupWith": _taken(sc, lambda: pairs.groupWith(pairs, pairs)),
        "subtract": _taken(sc, lambda: listed.subtract(listed, 2)),
        "subtractByKey": _taken(sc, lambda: pairs.subtractByKey(pairs, 2)),
        "intersection": _taken(sc, lambda: listed.intersection(listed)),
        "textFile": _taken(sc, lambda: sc.textFile(str(file))),
        "textFile, map": _taken(sc, lambda: sc.textFile(str(file)).map(len)),
        "wholeTextFiles": _taken(sc, lambda: sc.wholeTextFiles(str(file))),
        "binaryFiles": _taken(sc, lambda: sc.binaryFiles(str(file))),
        "binaryRecords": _taken(sc, lambda: sc.binaryRecords(str(file), 2)),
    }


@program(2, 3, files=True)
def ids_that_actions_take(sc, n, folder):
    listed, pairs, _ = _inputs(sc, n)
    texts = "org.apache.hadoop.mapreduce.lib.output.TextOutputFormat"
    actions = {
        "collect": lambda: listed.collect(),
        "count": lambda: listed.count(),
        "take": lambda: listed.take(1),
        "take all": lambda: sc.parallelize([1, 2, 3, 4], 4).take(4),
        "first": lambda: listed.first(),
        "reduce": lambda: listed.reduce(max),
        "fold": lambda: listed.fold(0, max),
        "aggregate": lambda: listed.aggregate(0, max, max),
        "sum": lambda: listed.sum(),
        "max": lambda: listed.max(),
        "stats": lambda: listed.stats(),
        "foreach": lambda: listed.foreach(str),
        "foreachPartition": lambda: listed.foreachPartition(list),
        "countByValue": lambda: listed.countByValue(),
        "countByKey": lambda: pairs.countByKey(),
        "collectAsMap": lambda: pairs.collectAsMap(),
        "lookup": lambda: pairs.lookup(1),
        "isEmpty": lambda: listed.isEmpty(),
        "takeOrdered": lambda: listed.takeOrdered(2),
        "top": lambda: listed.top(2),
        "takeSample": lambda: listed.takeSample(False, 2, 1),
        "takeSample of all": lambda: listed.takeSample(False, 100, 1),
        "histogram": lambda: listed.histogram(2),
        "histogram of given buckets": lambda: listed.histogram([0, 5, 9]),
        "treeReduce": lambda: listed.treeReduce(max),
        "treeAggregate": lambda: sc.parallelize(TEN, 9).treeAggregate(0, max, max),
        "toLocalIterator": lambda: list(listed.map(str).toLocalIterator()),
        "countApprox": lambda: listed.countApprox(100_000),
        "sumApprox": lambda: listed.sumApprox(100_000),
        "meanApprox": lambda: listed.meanApprox(100_000),
        "reduceByKeyLocally": lambda: pairs.reduceByKeyLocally(max),
        "runJob": lambda: sc.runJob(listed, list),
        "saveAsTextFile": lambda: listed.saveAsTextFile(str(folder / "text")),
        "saveAsPickleFile": lambda: listed.saveAsPickleFile(str(folder / "pickles")),
        "saveAsSequenceFile": lambda: pairs.saveAsSequenceFile(str(folder / "pairs")),
        "saveAsNewAPIHadoopFile": lambda: pairs.saveAsNewAPIHadoopFile(str(folder / "lines"), texts),
        "pickleFile": lambda: sc.pickleFile(str(folder / "pickles")),
        "sequenceFile": lambda: sc.sequenceFile(str(folder / "pairs")),
        "broadcast": lambda: sc.broadcast(1),
        "accumulator": lambda: sc.accumulator(1),
    }
    return {name: _taken(sc, action) for name, action in actions.items()}


def _pipelined(sc):
    """The class, of whichever engine runs this."""
    package = type(sc).__module__.split(".")[0]
    return importlib.import_module(f"{package}.rdd").PipelinedRDD


@program(1, 3)
def pipelined_rdds(sc, n):
    cls = _pipelined(sc)
    listed, pairs, _ = _inputs(sc, n)
    mapped = listed.map(lambda x: x * 2)
    both = mapped.filter(lambda x: x > 4)
    kept = pairs.mapValues(str)
    plain = [
        listed,
        pairs.partitionBy(2),
        listed.union(listed),
        listed.coalesce(1),
        listed.repartition(2),
        listed.cartesian(listed),
        listed.zip(listed),
        sc.emptyRDD(),
    ]
    steps = [
        mapped,
        both,
        kept,
        pairs.keys(),
        listed.glom(),
        listed.mapPartitions(list),
        listed.sample(True, 0.5),
        pairs.reduceByKey(max),
        pairs.join(pairs),
        pairs.sortByKey(),
        listed.distinct(),
        listed.zipWithIndex(),
    ]
    step = steps[0]
    return {
        "plain": [isinstance(rdd, cls) for rdd in plain],
        "steps": [isinstance(rdd, cls) for rdd in steps],
        "prev": [mapped.prev is listed, both.prev is mapped],
        "func": list(mapped.func(0, iter(TEN))),
        "func of both": list(both.func(0, iter(TEN))),
        "preserves": [rdd.preservesPartitioning for rdd in (mapped, both, kept, kept.filter(bool))],
        "flags": [step.is_barrier, step.is_cached, step.is_checkpointed, step.has_resource_profile],
        "partitioner": [pairs.partitionBy(2).mapValues(str).partitioner is None, mapped.partitioner is None],
        "partitions": both.getNumPartitions(),
        "context": both.ctx is sc,
    }


@program(1, 3)
def pipelined_rdd_made_by_hand(sc, n):
    cls = _pipelined(sc)
    listed = sc.parallelize(TEN, n)
    made = cls(listed.map(lambda x: x + 1), lambda index, elements: [(index, sum(elements))])
    placed_pairs = sc.parallelize([(x, x) for x in TEN], n).partitionBy(2)
    keeping = cls(placed_pairs, lambda index, pairs: pairs, preservesPartitioning=True)
    return {
        "elements": placed(made),
        "flags": (made.preservesPartitioning, made.is_barrier, keeping.preservesPartitioning),
        "partitioner": [keeping.partitioner == placed_pairs.partitioner, made.partitioner is None],
        "keeping": placed(keeping.reduceByKey(max)),
        "no function": outcome(lambda: cls(listed), "func"),
    }


@program(1, 2)
def cleaned_shuffles_are_made_anew(sc, n):
    calls = sc.accumulator(0)

    def seen(x):
        calls.add(1)
        return (x % 3, x)

    reduced = sc.parallelize(TEN, n).map(seen).reduceByKey(max, 2)
    counts = []
    for clean in (None, reduced.cleanShuffleDependencies, reduced.mapValues(str).cleanShuffleDependencies):
        if clean:
            counts.append(clean())
        counts += [placed(reduced), calls.value]
    kept = reduced.mapValues(str).cache()
    after = kept.partitionBy(3, lambda key: key)
    counts += [placed(after), calls.value, after.cleanShuffleDependencies(True), placed(after), calls.value]
    counts += [
        kept.unpersist() is kept,
        kept.cleanShuffleDependencies(blocking=True),
        placed(kept),
        calls.value,
    ]
    return counts
