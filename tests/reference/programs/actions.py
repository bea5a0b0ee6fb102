"""Actions: results, their exact types, and the exceptions that the driver raises itself."""

from programs.inputs import MANY, MIXED, SEVERAL_BATCHES, TEN, WORDS, pairs, scattered
from programs.registry import outcome, program


@program(1, 3, 5)
def collect_count_take_first(sc, n):
    rdd = sc.parallelize(MIXED, n)
    return {
        "collect": rdd.collect(),
        "count": rdd.count(),
        "first": rdd.first(),
        "take": {k: rdd.take(k) for k in (0, 1, 2, 9, 100)},
        "negative": rdd.take(-1),
    }


@program(2, 4)
def actions_on_many(sc, n):
    rdd = sc.parallelize(range(MANY), n).map(lambda x: x * 7 % MANY)
    return {
        "count": rdd.count(),
        "sum": rdd.sum(),
        "max": rdd.top(3),
        "min": rdd.takeOrdered(3),
        "first": rdd.first(),
        "reduce": rdd.reduce(max),
        "take": rdd.take(7),
    }


@program(1, 5)
def take_looks_at_more_partitions(sc, n):
    sparse = sc.parallelize(range(60), 12 + n).filter(lambda x: x > 40 and x % 3 == 0)
    return {str(k): sparse.take(k) for k in (1, 2, 5, 50)}


@program(1, 3)
def take_refuses(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "a word": outcome(lambda: rdd.take("2")),
        "None": outcome(lambda: rdd.take(None)),
        "takeOrdered below zero": outcome(lambda: rdd.takeOrdered(-1)),
        "top below zero": outcome(lambda: rdd.top(-1)),
        "top none": outcome(lambda: rdd.top(0)),
        "takeOrdered none": outcome(lambda: rdd.takeOrdered(0)),
    }


@program(1, 2, 3, 4, 5)
def reduce_shows_the_order_of_calls(sc, n):
    letters = sc.parallelize("abcdefghij", n)
    return {
        "reduce": letters.reduce(lambda a, b: f"({a}{b})"),
        "fold": letters.fold("_", lambda a, b: f"({a}{b})"),
        "aggregate": letters.aggregate("", lambda a, b: f"{a}.{b}", lambda a, b: f"<{a}|{b}>"),
    }


@program(1, 4)
def fold_uses_its_zero_in_every_partition(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "fold": rdd.fold(100, lambda a, b: a + b),
        "more partitions": sc.parallelize([1], n + 3).fold(1, lambda a, b: a + b),
        "aggregate": rdd.aggregate(
            (0, 0), lambda acc, x: (acc[0] + x, acc[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])
        ),
        "float": rdd.fold(0.5, lambda a, b: a + b),
    }


@program(1, 3)
def zero_values_may_change(sc, n):
    """Tasks get copies of a mutable zero; the final merge works on the caller's own."""
    zero: list = []
    result = sc.parallelize([1, 2, 3], n).aggregate(
        zero, lambda acc, x: acc.append(x) or acc, lambda a, b: a.extend(b) or a
    )
    return {"result": result, "zero": zero, "the same": result is zero}


@program(2, 3)
def sum_keeps_types(sc, n):
    values = {
        "ints": TEN,
        "bools": [True, True, False],
        "floats": [0.1] * 7,
        "mixed": [1, 2.5, True],
        "large": [2**70, 1],
        "nothing": [],
        "complex": [1j, 2],
        "signed zeros": [-0.0, -0.0],
    }
    return {name: sc.parallelize(chosen, n).sum() for name, chosen in values.items()} | {
        "of an emptyRDD": sc.emptyRDD().sum()
    }


@program(1, 3, 5)
def top_and_take_ordered(sc, n):
    rdd = sc.parallelize(scattered(100), n)
    words = sc.parallelize(WORDS, n)
    return {
        "top": rdd.top(5),
        "takeOrdered": rdd.takeOrdered(5),
        "more than all": sc.parallelize([3, 1, 2], n).top(9),
        "top by key": words.top(6, key=len),
        "takeOrdered by key": words.takeOrdered(6, key=lambda w: -len(w)),
        "ties": words.map(lambda w: (len(w), w)).takeOrdered(8, key=lambda pair: pair[0]),
        "equal values of different types": sc.parallelize([1, True, 1.0, 0, False, 0.0], n).takeOrdered(4),
        "top of equal values": sc.parallelize([1, True, 1.0, 0, False, 0.0], n).top(4),
    }


@program(2, 3, 5)
def count_by_key_and_by_value(sc, n):
    words = sc.parallelize(WORDS, n)
    mixed = sc.parallelize([1, True, 1.0, "1", None, 0, False, -0.0, (1, 2), (1.0, 2)], n)
    return {
        "countByValue": words.countByValue(),
        "countByKey": words.keyBy(len).countByKey(),
        "equal values": mixed.countByValue(),
        "equal keys": mixed.map(lambda x: (x, 0)).countByKey(),
    }


@program(2, 5)
def count_by_value_several_batches(sc, n):
    return {
        "counts": list(
            sc.parallelize(scattered(SEVERAL_BATCHES), n).map(lambda x: x % 40).countByValue().items()
        )
    }


@program(2, 4)
def collect_as_map_keeps_the_last(sc, n):
    return {
        "map": sc.parallelize(pairs(20, 6), n).collectAsMap(),
        "equal keys": sc.parallelize([(1, "a"), (True, "b"), (1.0, "c"), (2, "d")], n).collectAsMap(),
        "nothing": sc.parallelize([], n).collectAsMap(),
        "ints": outcome(lambda: sc.parallelize([1, 2], n).collectAsMap()),
        "triples": outcome(lambda: sc.parallelize([(1, 2, 3)], n).collectAsMap()),
    }


@program(2, 3)
def actions_on_empty_partitions(sc, n):
    empty = sc.parallelize([], n)
    return {
        "reduce": outcome(lambda: empty.reduce(max)),
        "first": outcome(lambda: empty.first()),
        "fold": empty.fold(7, lambda a, b: a + b),
        "aggregate": empty.aggregate(7, lambda a, b: a + b, lambda a, b: a + b),
        "sum": empty.sum(),
        "count": empty.count(),
        "take": empty.take(3),
        "top": empty.top(2),
        "takeOrdered": empty.takeOrdered(2),
        "countByValue": empty.countByValue(),
        "countByKey": empty.countByKey(),
        "foreach": empty.foreach(lambda x: None),
        "half empty": sc.parallelize([5], n + 4).reduce(max),
    }


@program(1, 2)
def actions_on_no_partitions(sc, n):
    nothing = sc.emptyRDD()
    return {
        "reduce": outcome(lambda: nothing.reduce(max)),
        "first": outcome(lambda: nothing.first()),
        "fold": nothing.fold(7, lambda a, b: a + b),
        "aggregate": nothing.aggregate(7, lambda a, b: a + b, lambda a, b: a + b),
        "count": nothing.count(),
        "top": outcome(lambda: nothing.top(2)),
        "takeOrdered": nothing.takeOrdered(2),
        "countByValue": outcome(lambda: nothing.countByValue()),
        "countByKey": outcome(lambda: nothing.countByKey()),
        "collectAsMap": nothing.collectAsMap(),
        "take": nothing.take(n),
        "of a filter": sc.parallelize([], n).filter(bool).collect(),
    }


@program(1, 2, 4)
def numbers_of_partitions(sc, n):
    left, right = sc.parallelize(pairs(10, 4), n), sc.parallelize(pairs(10, 4), 3)
    rdds = {
        "map": left.map(str),
        "union": left.union(right),
        "reduceByKey": left.reduceByKey(max),
        "groupByKey": left.groupByKey(),
        "combineByKey": left.combineByKey(str, max, max),
        "aggregateByKey": left.aggregateByKey(0, max, max),
        "distinct": left.distinct(),
        "partitionBy": left.partitionBy(None),
        "join": left.join(right),
        "join of partitioned": left.partitionBy(4).join(right),
        "join of copartitioned": left.partitionBy(4).join(right.partitionBy(4)),
        "sortByKey": left.sortByKey(),
        "sortBy": left.sortBy(str),
        "repartition": left.repartition(6),
        "coalesce": left.coalesce(2),
        "coalesce with shuffle": left.coalesce(9, True),
        "reduced twice": left.reduceByKey(max, 5).reduceByKey(max),
    }
    return {name: rdd.getNumPartitions() for name, rdd in rdds.items()}


@program(2, 4)
def debug_string_is_bytes(sc, n):
    rdd = sc.parallelize(pairs(10, 3), n).reduceByKey(max).cache()
    described = rdd.toDebugString()
    return {
        "type": type(described).__name__,
        "empty": not described,
        "partitions": described.startswith(f"({n})".encode()),
        "of an emptyRDD": type(sc.emptyRDD().toDebugString()).__name__,
    }


@program(1, 2)
def what_fails_in_a_task(sc, n):
    rdd = sc.parallelize([3, 1, 2], n)
    failures = {
        "map": outcome(lambda: rdd.map(lambda x: x // 0).collect(), "ZeroDivisionError"),
        "own message": outcome(lambda: rdd.map(lambda x: {}["missing"]).count(), "KeyError: 'missing'"),
        "flatMap of an int": outcome(
            lambda: rdd.flatMap(lambda x: x).collect(), "'int' object is not iterable"
        ),
        "mapPartitions of None": outcome(
            lambda: rdd.mapPartitions(lambda elements: None).collect(), "'NoneType' object is not iterable"
        ),
        "keys of ints": outcome(lambda: rdd.keys().collect(), "'int' object is not subscriptable"),
        "values of singles": outcome(
            lambda: sc.parallelize([(1,)], n).values().collect(), "tuple index out of range"
        ),
        "sum of texts": outcome(
            lambda: sc.parallelize(["a"], n).sum(), "unsupported operand type(s) for +: 'int' and 'str'"
        ),
        "StopIteration": outcome(lambda: rdd.map(lambda x: next(iter(()))).collect(), "StopIteration"),
        "unhashable": outcome(
            lambda: sc.parallelize([[1]], n).distinct().collect(), "unhashable type: 'list'"
        ),
        "reduce": outcome(
            lambda: sc.parallelize([1, 2, 3], 1).reduce(lambda a, b: a / 0), "ZeroDivisionError"
        ),
        "reduce on the driver": outcome(
            lambda: sc.parallelize([1, 2], 2).reduce(lambda a, b: a / 0), "division by zero"
        ),
        "foreach": outcome(
            lambda: rdd.foreach(lambda x: x.missing), "'int' object has no attribute 'missing'"
        ),
    }
    return failures | {"afterwards": rdd.map(lambda x: x + 1).collect()}


@program(1, 2)
def what_is_no_collection(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "iteration": outcome(lambda: list(rdd)),
        "length": outcome(lambda: len(rdd)),
        "added to an int": outcome(lambda: rdd + 1),
        "in a task": outcome(lambda: rdd.map(lambda x: rdd.count()).collect(), "SPARK-5063"),
        "context in a task": outcome(lambda: rdd.map(lambda x: sc.version).collect(), "SPARK-5063"),
    }
