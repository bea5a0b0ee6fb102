"""Operations that keep each partition's elements where they are, and union."""

from programs.inputs import MANY, MIXED, SEVERAL_BATCHES, TEN, WORDS, pairs, scattered
from programs.registry import outcome, placed, program


@program(2, 3, 5)
def map_to_every_type(sc, n):
    numbers = sc.parallelize(TEN, n)
    return {
        "str": placed(numbers.map(str)),
        "bytes": placed(numbers.map(lambda x: bytes([x]))),
        "float": placed(numbers.map(lambda x: x / 4)),
        "bool": placed(numbers.map(lambda x: x > 4)),
        "None": placed(numbers.map(lambda x: None)),
        "tuple": placed(numbers.map(lambda x: (x, str(x), (x / 2, None)))),
        "list": placed(numbers.map(lambda x: [x] * (x % 3))),
        "dict": placed(numbers.map(lambda x: {x: -x, "x": x})),
        "by turns": placed(numbers.map(lambda x: x if x % 2 else str(x))),
    }


@program(1, 3)
def map_keeps_exact_types(sc, n):
    rdd = sc.parallelize(MIXED, n)
    return {
        "identity": placed(rdd.map(lambda x: x)),
        "type": placed(rdd.map(lambda x: (type(x).__name__, repr(x)))),
    }


@program(2, 5)
def map_many(sc, n):
    return placed(sc.parallelize(range(MANY), n).map(lambda x: (x % 7, x * 2.5)))


@program(1, 5)
def flat_map_any_iterable(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "range": placed(rdd.flatMap(range)),
        "str": placed(rdd.flatMap(lambda x: "ab" * (x % 3))),
        "dict": placed(rdd.flatMap(lambda x: {x: 1, -x: 2})),
        "generator": placed(rdd.flatMap(lambda x: (y for y in (x, None)))),
        "nothing": placed(rdd.flatMap(lambda x: ())),
        "bytes": placed(rdd.flatMap(lambda x: bytes(x % 2 + 1))),
    }


@program(2, 4)
def filter_by_truth(sc, n):
    rdd = sc.parallelize(MIXED, n)
    return {
        "bool": placed(rdd.filter(bool)),
        "None is false": placed(rdd.filter(lambda x: None)),
        "a str is true": placed(rdd.filter(lambda x: "yes")),
        "even": placed(sc.parallelize(scattered(SEVERAL_BATCHES), n).filter(lambda x: x % 2 == 0)),
    }


@program(1, 3, 5)
def map_partitions_any_iterable(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "list": placed(rdd.mapPartitions(lambda elements: [sum(elements)])),
        "generator": placed(rdd.mapPartitions(lambda elements: (x + 1 for x in elements))),
        "str": placed(rdd.mapPartitions(lambda elements: "xy")),
        "dict": placed(rdd.mapPartitions(lambda elements: dict.fromkeys(elements))),
        "reversed": placed(rdd.mapPartitions(lambda elements: reversed(list(elements)))),
        "nothing": placed(rdd.mapPartitions(lambda elements: ())),
        "itself": placed(rdd.mapPartitions(lambda elements: elements)),
    }


@program(1, 2, 3, 4, 5)
def map_partitions_with_index_sees_each_partition(sc, n):
    rdd = sc.parallelize(TEN, n)
    tagged = rdd.mapPartitionsWithIndex(lambda index, elements: [(index, list(elements))])
    twice = tagged.filter(lambda pair: pair[0] != 1).mapPartitionsWithIndex(
        lambda index, elements: ((index, e) for e in elements)
    )
    return {
        "tagged": placed(tagged),
        "twice": placed(twice),
        "of an empty RDD": placed(sc.emptyRDD().mapPartitionsWithIndex(lambda i, e: [i])),
    }


@program(1, 3)
def map_values_and_flat_map_values(sc, n):
    rdd = sc.parallelize(pairs(20, 4), n)
    return {
        "mapValues": placed(rdd.mapValues(lambda v: (v, str(v)))),
        "flatMapValues": placed(rdd.flatMapValues(lambda v: range(v % 4))),
        "flatMapValues of str": placed(rdd.mapValues(str).flatMapValues(lambda v: v)),
    }


@program(2, 3)
def keys_values_and_key_by(sc, n):
    rdd = sc.parallelize(WORDS, n)
    keyed = rdd.keyBy(len)
    return {"keyBy": placed(keyed), "keys": placed(keyed.keys()), "values": placed(keyed.values())}


@program(1, 2)
def pairs_need_not_be_tuples(sc, n):
    """Most operations index into the pair; only those that unpack it insist on two items."""
    rdd = sc.parallelize([(1, 2, 3), [4, 5], "ab", (6, 7)], n)
    return {
        "keys": placed(rdd.keys()),
        "values": placed(rdd.values()),
        "mapValues": placed(rdd.mapValues(lambda v: [v])),
        "flatMapValues": placed(rdd.flatMapValues(lambda v: [v, v])),
        "reduceByKey": placed(sc.parallelize([[1, 2], "ab", (1, 3)], n).reduceByKey(lambda a, b: a + b)),
        "partitionBy": placed(sc.parallelize([[1, 2], (1, 3)], n).partitionBy(n)),
    }


@program(1, 4, 5)
def glom_of_glom(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {"once": rdd.glom().collect(), "twice": rdd.glom().glom().collect(), "count": rdd.glom().count()}


@program(1, 3)
def long_chain(sc, n):
    rdd = sc.parallelize(range(50), n)
    for step in range(60):
        rdd = (
            rdd.map(lambda x, step=step: x + step)
            if step % 3
            else rdd.filter(lambda x, step=step: x % 61 != step)
        )
    return placed(rdd)


@program(2, 4)
def chain_of_different_operations(sc, n):
    rdd = (
        sc.parallelize(scattered(SEVERAL_BATCHES), n)
        .map(lambda x: (x % 10, x))
        .filter(lambda pair: pair[0] != 3)
        .flatMapValues(lambda v: (v, -v) if v % 2 else (v,))
        .mapPartitions(lambda elements: (element for index, element in enumerate(elements) if index % 5))
        .values()
        .keyBy(lambda v: v < 0)
    )
    return placed(rdd)


@program(1, 2)
def captured_values_travel_with_the_function(sc, n):
    table = {"a": 1, "b": [2, 3]}
    offset = 10

    def nested(x):
        def inner(y):
            return y + offset

        return inner(x), table["b"], sorted(table)

    return placed(sc.parallelize([1, 2, 3], n).map(nested))


@program(2, 3)
def a_changed_element_stays_in_its_partition(sc, n):
    """A function may change the objects it gets; neither the driver's list nor the next job sees it."""
    elements = [[1], [2], [3]]
    rdd = sc.parallelize(elements, n).map(lambda x: x.append("changed") or x)
    return {"first run": placed(rdd), "second run": placed(rdd), "driver": elements}


@program(1, 3)
def union_concatenates_partitions(sc, n):
    left, right = sc.parallelize(TEN, n), sc.parallelize("abc", 2)
    return {
        "union": placed(left.union(right)),
        "with itself": placed(left.union(left)),
        "operator": placed(left + right),
        "of many": placed(sc.union([left, right, left.map(lambda x: -x), sc.range(3, numSlices=1)])),
        "of one": placed(sc.union([left])),
        "mapped": placed(left.union(right).map(lambda x: (x,))),
    }


@program(1, 3)
def union_with_nothing(sc, n):
    some, nothing, empty = sc.parallelize([1, 2], n), sc.emptyRDD(), sc.parallelize([], n)
    return {
        "emptyRDD adds no partition": placed(some.union(nothing)),
        "emptyRDD first": placed(nothing.union(some)),
        "empty partitions stay": placed(some.union(empty)),
        "of emptyRDDs": sc.union([nothing, nothing]).getNumPartitions(),
        "of no RDDs": outcome(lambda: sc.union([])),
    }


@program(2, 5)
def union_of_copartitioned(sc, n):
    """RDDs with the same partitioner unite partition by partition instead of side by side."""
    left = sc.parallelize(pairs(20, 7), 3).partitionBy(n)
    right = sc.parallelize(pairs(12, 5), 2).reduceByKey(lambda a, b: a + b, n)
    return {
        "union": placed(left.union(right)),
        "sc.union": placed(sc.union([left, right, left])),
        "with emptyRDD": placed(left.union(sc.emptyRDD())),
        "after mapValues": placed(left.mapValues(str).union(right.filter(lambda pair: True))),
        "after map": placed(left.map(lambda pair: pair).union(right)),
        "other count": placed(left.union(right.partitionBy(n + 1))),
        "grouped": placed(left.union(right).groupByKey().mapValues(list)),
    }


@program(1, 3)
def union_of_cached_shuffled_and_plain(sc, n):
    plain = sc.parallelize(pairs(30, 6), n)
    cached = plain.map(lambda pair: (pair[0], -pair[1])).cache()
    shuffled = plain.reduceByKey(lambda a, b: a + b)
    return placed(sc.union([plain, cached, shuffled, plain.repartition(2)]))
