"""Corners that few programs turn: exceptions that end iterators, functions that place keys nowhere,
checkpoints that nothing has materialised, and what the counting of RDDs shows of them.
"""

import importlib
import random
import re
from decimal import Decimal

from programs.registry import outcome, placed, program


def _told(action):
    """What an action returns, or the class and text of what a function of the program raised."""
    try:
        return ("returned", action())
    except Exception as error:
        if not any(base.__name__ == "Py4JJavaError" for base in type(error).__mro__):
            return ("raised", type(error).__name__, str(error))
        # The JVM tells a traceback, which ends in the exception; here the exception comes first.
        text = str(error).partition("\n\tat ")[0]
        lines = [line for line in text.splitlines() if line and not line.startswith(" ")]
        line = lines[-1] if "Traceback" in text else lines[0]
        return ("job failed", re.sub(r"^(\w+\.)+(?=\w+(:|$))", "", line))


def _class_told(action):
    return tuple(part.partition(":")[0] if type(part) is str else part for part in _told(action))[:2]


def _stop(*_):
    raise StopIteration("no more")


def _keep(elements):
    return list(elements)


@program(1, 3)
def corner_stop_iteration_of_a_function(sc, n):
    numbers = sc.parallelize(range(6), n)
    pairs = numbers.map(lambda x: (x % 2, x))
    return {
        "map": _told(numbers.map(_stop).collect),
        "map of a list": _told(numbers.map(_stop).mapPartitions(_keep).collect),
        "filter": _told(numbers.filter(_stop).collect),
        "flatMap": _told(numbers.flatMap(_stop).collect),
        "mapValues": _told(pairs.mapValues(_stop).collect),
        "flatMapValues": _told(pairs.flatMapValues(_stop).collect),
        "keyBy": _told(numbers.keyBy(_stop).collect),
        "groupBy": _told(numbers.groupBy(_stop).collect),
        "sortBy": _told(lambda: numbers.sortBy(_stop).collect()),
        "foreach": _told(lambda: numbers.foreach(_stop)),
        "reduceByKey": _told(pairs.reduceByKey(_stop).collect),
        "foldByKey": _told(pairs.foldByKey(0, _stop).collect),
        "combineByKey": _told(pairs.combineByKey(_stop, max, max).collect),
        "reduceByKeyLocally": _told(lambda: pairs.reduceByKeyLocally(_stop)),
        "reduce": _told(lambda: numbers.reduce(_stop)),
        "fold": _told(lambda: numbers.fold(0, _stop)),
        "aggregate": _told(lambda: numbers.aggregate(0, _stop, max)),
        "max": _told(lambda: numbers.max(_stop)),
        "take": _told(lambda: numbers.map(_stop).take(1)),
    }


@program(1, 3)
def corner_stop_iteration_of_a_partition(sc, n):
    numbers = sc.parallelize(range(6), n)
    return {
        "mapPartitions": _told(numbers.mapPartitions(_stop).collect),
        "mapPartitionsWithIndex": _told(numbers.mapPartitionsWithIndex(_stop).collect),
        "of a list": _told(numbers.mapPartitions(_stop).mapPartitions(_keep).collect),
        "of a packed list": _told(numbers.mapPartitions(_stop).coalesce(1).mapPartitions(_keep).collect)[0],
        "foreachPartition": _told(lambda: numbers.foreachPartition(_stop)),
        "runJob": _told(lambda: sc.runJob(numbers, _stop)),
        "a generator": _told(numbers.mapPartitions(lambda _: (_stop() for _ in "a")).collect),
    }


@program(2, 3)
def corner_stop_iteration_in_the_driver(sc, n):
    numbers = sc.parallelize(list(range(n)), n)
    pairs = numbers.map(lambda x: (1, x))
    return {
        "reduce": _told(lambda: numbers.reduce(_stop)),
        "fold": _told(lambda: sc.parallelize([], n).fold(0, _stop)),
        "aggregate": _told(lambda: numbers.aggregate(0, max, _stop)),
        "reduceByKeyLocally": _told(lambda: pairs.reduceByKeyLocally(_stop)),
        "max": _told(lambda: numbers.max(_stop)),
    }


@program(1, 3)
def corner_ids_that_a_lookup_takes(sc, n):
    pairs = sc.parallelize([(x % 3, x) for x in range(9)], n)

    def taken(rdd):
        before = sc.parallelize([0]).id()
        rdd.lookup(1)
        return sc.parallelize([0]).id() - before

    return {
        "not placed": taken(pairs),
        "placed": taken(pairs.partitionBy(3)),
        "again": [taken(rdd) for rdd in [pairs.partitionBy(3)] for _ in "abc"],
        "mapped": taken(pairs.partitionBy(2).mapValues(str)),
        "reduced": taken(pairs.reduceByKey(max)),
        "sorted": taken(pairs.sortByKey()),
        "cached": taken(pairs.partitionBy(2).cache()),
    }


class _Index:
    """An object that is an index, and its own remainder."""

    def __init__(self, value):
        self.value = value

    def __mod__(self, _):
        return self

    def __index__(self):
        return self.value


@program(2, 3)
def corner_partition_functions_of_many_types(sc, n):
    pairs = sc.parallelize([(x, x) for x in range(6)], n)
    good = [True, 10**30, -(10**30), -7, _Index(1), _Index(5), _Index(-1)]
    bad = [1.0, float("nan"), "a", "%d", None, [1], Decimal(3), _Index(2**70)]

    def to(value):
        return lambda _: value

    return {
        "good": [placed(pairs.partitionBy(n, to(value))) for value in good],
        "bad": [_class_told(pairs.partitionBy(n, to(value)).collect) for value in bad],
        "reduceByKey": _class_told(pairs.reduceByKey(max, n, to(1.0)).collect),
        "groupByKey": _class_told(pairs.groupByKey(n, to(None)).collect),
        "sorted": _class_told(pairs.repartitionAndSortWithinPartitions(n, to(1.0)).collect),
        "nothing to place": pairs.filter(lambda _: False).partitionBy(n, to(1.0)).collect(),
    }


def _state(rdd):
    file = rdd.getCheckpointFile()
    return (
        rdd.is_checkpointed,
        rdd.isCheckpointed(),
        rdd.isLocallyCheckpointed(),
        file and file[:5],
        repr(rdd.getStorageLevel()),
    )


@program(1, 2)
def corner_local_checkpoints_materialise(sc, n):
    def states(rdd, *actions):
        rdd.localCheckpoint()
        found = [_state(rdd)]
        for action in actions:
            action(rdd)
            found.append(_state(rdd))
        return found

    listed = sc.parallelize(list(range(5)), n)
    mapped = listed.map(str)
    pairs = listed.map(lambda x: (x, x))
    late = listed.map(str)
    late.collect()
    return {
        "a list": states(listed.repartition(n), lambda rdd: rdd.count()),
        "a step, counted": states(mapped, lambda rdd: rdd.count(), lambda rdd: rdd.collect()),
        "a step, taken": states(listed.map(str), lambda rdd: rdd.take(1), lambda rdd: rdd.collect()),
        "a step, derived from": states(listed.map(str), lambda rdd: rdd.map(len).collect()),
        "a step, cached": states(listed.map(str).cache(), lambda rdd: rdd.count()),
        "a step, united": states(listed.map(str), lambda rdd: rdd.union(rdd).count()),
        "a step, shuffled": states(listed.map(str), lambda rdd: rdd.keyBy(len).reduceByKey(max).count()),
        "a step, packed": states(listed.map(str), lambda rdd: rdd.coalesce(1).count()),
        "a range": states(sc.parallelize(range(5), n), lambda rdd: rdd.count()),
        "a shuffle": states(pairs.partitionBy(2), lambda rdd: rdd.count()),
        "a reduction": states(pairs.reduceByKey(max), lambda rdd: rdd.count(), lambda rdd: rdd.collect()),
        "nothing": states(sc.emptyRDD(), lambda rdd: rdd.count()),
        "too late": states(late, lambda rdd: rdd.collect()),
    }


@program(1, 2, files=True)
def corner_checkpoints_of_both_kinds(sc, n, folder):
    sc.setCheckpointDir(str(folder))

    def states(rdd, *actions):
        found = []
        for action in actions:
            action(rdd)
            found.append(_state(rdd))
        return [*found, rdd.collect()]

    def local(rdd):
        rdd.localCheckpoint()

    def reliable(rdd):
        rdd.checkpoint()

    def count(rdd):
        rdd.count()

    def step():
        return sc.parallelize(list(range(5)), n).map(str)

    derived = step()
    child = derived.map(len)
    derived.checkpoint()
    child.collect()
    return {
        "local, then reliable": states(step(), local, reliable, count),
        "local and run, then reliable": states(step(), local, count, reliable, count),
        "reliable, then local": states(step(), reliable, local, count),
        "reliable and run, then local": states(step(), reliable, count, local, reliable, count),
        "counted, then reliable": states(step(), count, reliable, count),
        "derived before": _state(derived),
    }


@program(1, 3)
def corner_ranges_are_steps(sc, n):
    """In PySpark a range is a step of Python after an RDD of empty partitions."""
    cls = importlib.import_module(f"{type(sc).__module__.split('.')[0]}.rdd").PipelinedRDD
    numbers, listed = sc.range(0, 10, 3, n), sc.parallelize(range(5), n)
    return {
        "steps": [isinstance(rdd, cls) for rdd in (numbers, listed)],
        "empty": [isinstance(rdd, cls) for rdd in (sc.range(0), sc.parallelize(range(0), n))],
        "prev": [isinstance(numbers.prev, cls), numbers.id() - numbers.prev.id(), placed(numbers.prev)],
        "func": [list(numbers.func(index, iter([]))) for index in range(n)],
        "func of both": list(numbers.map(str).func(0, iter([]))),
        "preserves": (numbers.preservesPartitioning, numbers.filter(bool).preservesPartitioning),
        "flags": (numbers.is_barrier, numbers.is_cached, numbers.partitioner),
        "made by hand": placed(cls(numbers, lambda index, elements: [(index, sum(elements))])),
        "elements": placed(numbers),
    }


@program(1, 2, files=True)
def corner_ids_that_a_checkpoint_takes(sc, n, folder):
    sc.setCheckpointDir(str(folder))

    def taken(rdd, action):
        before = sc.parallelize([0]).id()
        action(rdd)
        return sc.parallelize([0]).id() - before

    def step():
        rdd = sc.parallelize(list(range(5)), n).map(str)
        rdd.id()
        return rdd

    def reliable(action):
        rdd = step()
        rdd.checkpoint()
        return taken(rdd, action)

    def local(action):
        rdd = step()
        rdd.localCheckpoint()
        return taken(rdd, action)

    return {
        "none": taken(step(), lambda rdd: rdd.collect()),
        "reliable": reliable(lambda rdd: rdd.collect()),
        "reliable, counted": reliable(lambda rdd: rdd.count()),
        "local": local(lambda rdd: rdd.collect()),
    }


NEW = "org.apache.hadoop.mapreduce.lib.input."
PAIR = ("org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text")
DELIMITER = "textinputformat.record.delimiter"
RECURSIVE = "mapreduce.input.fileinputformat.input.dir.recursive"


@program(1, 3, files=True)
def corner_lines_with_delimiters(sc, n, folder):
    draws = random.Random(n)
    texts = ["".join(draws.choices(["a", "|", "|", "\n", "bb", "\r\n"], k=50)) for _ in range(3)]
    texts.append("\ufeffa\u20acb||c")
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_bytes(text.encode())
    paths = [str(folder / f"{number}.txt") for number in range(len(texts))]
    conf = sc._jsc.hadoopConfiguration()
    found = {}
    try:
        for delimiter in ("||", "a", "\n", "\u20ac"):
            conf.set(DELIMITER, delimiter)
            found[delimiter] = [placed(sc.textFile(path, 3 * n)) for path in paths]
    finally:
        conf.unset(DELIMITER)
    with_conf = {DELIMITER: "|"}
    found["conf"] = placed(sc.newAPIHadoopFile(paths[0], f"{NEW}TextInputFormat", *PAIR, conf=with_conf))
    keyed = sc.newAPIHadoopFile(paths[0], f"{NEW}KeyValueTextInputFormat", *PAIR, conf=with_conf)
    found["with keys"] = placed(keyed)
    found["without"] = placed(sc.textFile(paths[0], n))
    return found


@program(1, 2, files=True)
def corner_folders_inside_folders(sc, n, folder):
    for name in ("a/1", "b/c/d/2", "b/c/_no/3"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    conf = sc._jsc.hadoopConfiguration()
    found = {}
    try:
        for value in ("true", "false"):
            conf.set(RECURSIVE, value)
            found[value] = [
                outcome(lambda: placed(sc.textFile(f"{folder}/*", n)), "is a directory"),
                sorted(sc.wholeTextFiles(str(folder)).values().collect()),
                sorted(sc.binaryFiles(str(folder)).values().collect()),
            ]
    finally:
        conf.unset(RECURSIVE)
    recursive = {RECURSIVE: "true"}
    found["conf"] = placed(sc.newAPIHadoopFile(f"{folder}/*", f"{NEW}TextInputFormat", *PAIR, conf=recursive))
    return found
