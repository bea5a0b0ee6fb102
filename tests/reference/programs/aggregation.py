"""Operations that shuffle by key: where a key lands, and in which order keys and values appear there."""

from programs.inputs import JUST_OVER_A_BATCH, MANY, MIXED, SEVERAL_BATCHES, TEN, WORDS, pairs, scattered
from programs.registry import outcome, placed, program


@program(2, 3, 5)
def reduce_by_key_counts_words(sc, n):
    return placed(sc.parallelize(WORDS, n).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b))


@program(2, 3)
def reduce_by_key_shows_the_order_of_calls(sc, n):
    rdd = sc.parallelize(pairs(40, 6), n)
    joined = rdd.mapValues(str).reduceByKey(lambda a, b: f"({a} {b})")
    return {
        "default": placed(joined),
        "into one": placed(rdd.mapValues(str).reduceByKey(lambda a, b: a + b, 1)),
    }


@program(1, 2, 3, 4, 5)
def reduce_by_key_into_n(sc, n):
    return placed(sc.parallelize(pairs(JUST_OVER_A_BATCH, 50), 4).reduceByKey(lambda a, b: a + b, n))


@program(2, 3)
def reduce_by_key_many(sc, n):
    return placed(
        sc.parallelize(scattered(MANY), n).map(lambda x: (x % 1000, 1)).reduceByKey(lambda a, b: a + b, n + 1)
    )


@program(3, 4)
def reduce_by_key_many_distinct_keys(sc, n):
    return placed(sc.parallelize(range(20_000), n).map(lambda x: (x * 31 % 20_011, x)).reduceByKey(max, 5))


@program(2, 5)
def reduce_by_key_own_partitioner(sc, n):
    rdd = sc.parallelize([(x, x) for x in TEN + TEN], 3)
    return {
        "modulus": placed(rdd.reduceByKey(lambda a, b: a + b, n, lambda k: k)),
        "negative": placed(rdd.reduceByKey(lambda a, b: a + b, n, lambda k: -k)),
        "large": placed(rdd.reduceByKey(lambda a, b: a + b, n, lambda k: k * 2**70 + 1)),
        "constant": placed(rdd.reduceByKey(lambda a, b: a + b, n, lambda k: 1)),
    }


@program(2, 4)
def equal_keys_of_different_types_unite(sc, n):
    """The key that appears first keeps its type."""
    keys = [
        1.0,
        True,
        1,
        0,
        False,
        0.0,
        -0.0,
        (1, 0.0),
        (True, False),
        (1.0, -0.0),
        2**60,
        float(2**60),
        "1",
        b"1",
    ]
    rdd = sc.parallelize([(key, [position]) for position, key in enumerate(keys)], n)
    return {
        "reduceByKey": placed(rdd.reduceByKey(lambda a, b: a + b, 3)),
        "groupByKey": placed(rdd.groupByKey(2).mapValues(list)),
        "distinct": placed(sc.parallelize(keys, n).distinct(2)),
        "reversed": placed(sc.parallelize(keys[::-1], n).distinct(1)),
    }


@program(1, 5)
def partition_by_mixed_keys(sc, n):
    return placed(sc.parallelize([(key, position) for position, key in enumerate(MIXED)], 3).partitionBy(n))


@program(2, 3)
def partition_by_integers(sc, n):
    keys = [
        0,
        1,
        -1,
        -2,
        -3,
        2**31,
        2**61 - 2,
        2**61 - 1,
        2**61,
        2**62,
        2**63,
        -(2**61),
        -(2**61) - 1,
        10**30,
        -(10**30),
    ]
    return placed(sc.parallelize([(key, None) for key in keys], 2).partitionBy(n + 2))


@program(3, 4)
def partition_by_strings(sc, n):
    keys = [
        "",
        *WORDS[:12],
        *(chr(code) for code in (0, 127, 128, 255, 256, 0xFFFF, 0x1F525)),
        "é" * 40,
        "日本語" * 9,
        "x" * 1000,
    ]
    values = {"str": keys, "bytes": [key.encode() for key in keys], "tuple": [(key, key) for key in keys]}
    return {
        name: placed(sc.parallelize([(key, 0) for key in chosen], 2).partitionBy(n))
        for name, chosen in values.items()
    }


@program(3, 5)
def partition_by_tuples(sc, n):
    keys = [
        (),
        (0,),
        (None,),
        (1, 2),
        (2, 1),
        ("a", None, 1.5),
        ((), ()),
        ((1, (2, (3,))), "x"),
        (True, 1.0),
        (-1, -2),
        (2**70, b"z"),
    ]
    return placed(sc.parallelize([(key, position) for position, key in enumerate(keys)], 2).partitionBy(n))


@program(2, 4)
def partition_by_floats(sc, n):
    keys = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        1e300,
        1e-300,
        float("inf"),
        float("-inf"),
        2.0**53,
        2.0**70,
        3.14159,
        complex(1, 2),
        frozenset({1, 2}),
    ]
    return placed(sc.parallelize([(key, position) for position, key in enumerate(keys)], 3).partitionBy(n))


@program(1, 4)
def partition_by_keeps_input_order(sc, n):
    """More than a thousand elements for a partition, so that a map task flushes its buckets several times."""
    return placed(sc.parallelize(pairs(SEVERAL_BATCHES, 30), 3).partitionBy(n))


@program(3, 4)
def partition_by_many(sc, n):
    return placed(sc.parallelize(range(MANY), 3).map(lambda x: (x % 10_007, x)).partitionBy(n))


@program(2, 3)
def partition_by_again(sc, n):
    once = sc.parallelize(pairs(30, 9), 2).partitionBy(n)
    return {
        "same is itself": once.partitionBy(n) is once,
        "other": placed(once.partitionBy(n + 1)),
        "own": placed(once.partitionBy(n, len)),
        "own after mapValues": placed(once.mapValues(str).partitionBy(n)),
        "after map": placed(once.map(lambda pair: (pair[1], pair[0])).partitionBy(n)),
        "no partitions": placed(once.partitionBy(0)),
        "default": placed(sc.parallelize(pairs(30, 9), n).partitionBy(None)),
    }


@program(1, 3)
def combine_by_key_shows_every_call(sc, n):
    rdd = sc.parallelize(pairs(25, 4), n)
    combined = rdd.combineByKey(lambda v: f"c{v}", lambda c, v: f"{c}+{v}", lambda a, b: f"[{a}|{b}]")
    return {
        "default": placed(combined),
        "into two": placed(rdd.combineByKey(lambda v: [v], lambda c, v: [*c, v], lambda a, b: a + b, 2)),
    }


@program(2, 3)
def aggregate_by_key_starts_from_a_fresh_zero(sc, n):
    rdd = sc.parallelize(pairs(25, 5), n)
    lists = rdd.aggregateByKey([], lambda acc, v: acc.append(v) or acc, lambda a, b: a.extend(b) or a)
    sums = rdd.aggregateByKey(
        (0, 0), lambda acc, v: (acc[0] + v, acc[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]), 2
    )
    offset = rdd.aggregateByKey(100, lambda acc, v: acc + v, lambda a, b: a + b, 3)
    return {"lists": placed(lists), "sums": placed(sums), "zero once per map task": placed(offset)}


@program(1, 3, 5)
def group_by_key_keeps_values_in_order(sc, n):
    rdd = sc.parallelize(pairs(40, 6), n)
    grouped = rdd.groupByKey()
    return {
        "lists": placed(grouped.mapValues(list)),
        "lengths": placed(grouped.mapValues(len)),
        "twice": placed(grouped.mapValues(lambda values: (sum(values), max(values)))),
        "into three": placed(rdd.groupByKey(3).mapValues(list)),
        "on the driver": [(key, list(values), len(values)) for key, values in rdd.groupByKey(2).collect()],
    }


@program(2, 4)
def group_by_key_of_large_groups(sc, n):
    return placed(
        sc.parallelize(scattered(SEVERAL_BATCHES), n).keyBy(lambda x: x % 3).groupByKey().mapValues(list)
    )


@program(2, 3, 5)
def distinct_words(sc, n):
    rdd = sc.parallelize(WORDS, n)
    return {"default": placed(rdd.distinct()), "into two": placed(rdd.distinct(2))}


@program(1, 3)
def distinct_mixed(sc, n):
    return placed(sc.parallelize(MIXED + MIXED[::-1], n).distinct())


@program(2, 5)
def distinct_several_batches(sc, n):
    return placed(sc.parallelize([x % 1500 for x in scattered(SEVERAL_BATCHES)], n).distinct())


@program(2, 3)
def no_second_shuffle_for_the_same_partitioner(sc, n):
    """An aggregation of an RDD partitioned already stays in place, and so shows the order it found."""
    reduced = sc.parallelize(pairs(60, 12), 4).reduceByKey(lambda a, b: a + b, n)
    return {
        "reduceByKey": placed(reduced.mapValues(lambda v: v % 7).reduceByKey(max)),
        "groupByKey": placed(reduced.filter(lambda pair: pair[1] % 2).groupByKey(n).mapValues(list)),
        "flatMapValues": placed(reduced.flatMapValues(lambda v: (v, v + 1)).groupByKey().mapValues(list)),
        "other count": placed(reduced.groupByKey(n + 2).mapValues(list)),
        "map loses it": placed(reduced.map(lambda pair: pair).groupByKey().mapValues(list)),
        "map may keep it": placed(
            reduced.map(lambda pair: (pair[0], 0), preservesPartitioning=True).groupByKey().mapValues(list)
        ),
    }


@program(1, 2)
def aggregations_of_nothing(sc, n):
    empty = sc.parallelize([], n)
    return {
        "reduceByKey": placed(empty.reduceByKey(max)),
        "groupByKey into three": placed(empty.groupByKey(3)),
        "distinct": placed(empty.distinct()),
        "emptyRDD": placed(sc.emptyRDD().reduceByKey(max)),
        "emptyRDD into two": placed(sc.emptyRDD().distinct(2)),
        "no partitions": placed(sc.parallelize(pairs(5, 2), n).reduceByKey(max, 0)),
    }


@program(1, 3)
def chained_shuffles(sc, n):
    lengths = (
        sc.parallelize(WORDS, n)
        .map(lambda word: (word, 1))
        .reduceByKey(lambda a, b: a + b)
        .map(lambda pair: (len(pair[0]), pair))
    )
    by_length = lengths.groupByKey(2).mapValues(list)
    return {
        "by length": placed(by_length),
        "flattened": placed(by_length.flatMap(lambda pair: pair[1]).reduceByKey(max, 3)),
    }


@program(1, 2)
def reduce_by_key_is_lazy_but_checks_nothing(sc, n):
    rdd = sc.parallelize([1, 2], n)
    return {
        "created": outcome(lambda: rdd.reduceByKey(max).getNumPartitions()),
        "an int": outcome(lambda: rdd.reduceByKey(max).collect(), "cannot unpack non-iterable int object"),
        "a triple": outcome(
            lambda: sc.parallelize([(1, 2, 3)], n).groupByKey().collect(),
            "too many values to unpack (expected 2",
        ),
        "a single": outcome(
            lambda: sc.parallelize([(1,)], n).reduceByKey(max).collect(),
            "not enough values to unpack (expected 2, got 1)",
        ),
        "an unhashable key": outcome(
            lambda: sc.parallelize([([1], 2)], n).reduceByKey(max).collect(), "unhashable type: 'list'"
        ),
    }


@program(1, 2)
def nan_is_equal_to_itself_only_as_one_object(sc, n):
    """What one task has read with one object for it stays one object; another task's is another."""
    nan = float("nan")
    pairs_of_one, pairs_of_two = [(nan, x) for x in range(6)], [(float("nan"), x) for x in range(6)]
    one, two = sc.parallelize(pairs_of_one, n), sc.parallelize(pairs_of_two, n)
    return {
        "reduceByKey": placed(one.reduceByKey(lambda a, b: a + b, 2)),
        "groupByKey": placed(one.groupByKey(2).mapValues(list)),
        "countByKey": len(one.countByKey()),
        "distinct": placed(one.keys().distinct()),
        "two objects": placed(two.reduceByKey(lambda a, b: a + b, 2)),
        "two objects, distinct": two.keys().distinct().count(),
        "join": placed(one.join(one)),
        "in a tuple": placed(one.map(lambda kv: ((1, kv[0]), kv[1])).reduceByKey(lambda a, b: a + b)),
    }
