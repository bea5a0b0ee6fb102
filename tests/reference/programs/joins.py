"""Joins: how many partitions they have, and the order of keys and of the pairs of one key."""

from programs.inputs import SEVERAL_BATCHES, pairs
from programs.registry import outcome, placed, program


@program(1, 2, 3, 4, 5)
def join_into_n(sc, n):
    left = sc.parallelize(pairs(12, 5), 2)
    right = sc.parallelize([(f"key{k}", k / 2) for k in range(7)], 3)
    return {"left": placed(left.join(right, n)), "right": placed(right.join(left, n))}


@program(1, 3)
def join_default_partitions(sc, n):
    left, right = sc.parallelize(pairs(10, 4), n), sc.parallelize(pairs(8, 5), 2)
    return placed(left.join(right))


@program(2, 3)
def join_repeats_every_combination(sc, n):
    left = sc.parallelize([(1, "a"), (2, "b"), (1, "c"), (3, "d"), (1, "e")], n)
    right = sc.parallelize([(1, "x"), (3, "y"), (1, "z"), (4, "w"), (3, "v")], n)
    return {"join": placed(left.join(right, 2)), "with itself": placed(left.join(left, 3))}


@program(2, 4)
def join_of_keys_of_different_types(sc, n):
    left = sc.parallelize([(True, "bool"), (2, "int"), (None, "none"), ((1, "a"), "tuple"), ("é", "text")], n)
    right = sc.parallelize(
        [(1.0, "float"), (2.0, "float"), (None, "none"), ((1.0, "a"), "tuple"), ("é", None), (0, 0)], n
    )
    return placed(left.join(right, 3))


@program(2, 5)
def join_of_copartitioned(sc, n):
    left = sc.parallelize(pairs(14, 6), 3).partitionBy(n)
    right = sc.parallelize(pairs(9, 8), 2).reduceByKey(lambda a, b: a + b, n)
    return {
        "both": placed(left.join(right)),
        "one": placed(left.join(sc.parallelize(pairs(9, 8), 2))),
        "one, said": placed(left.join(sc.parallelize(pairs(9, 8), 2), n)),
        "other counts": placed(left.join(right.partitionBy(n + 1))),
        "joined again": placed(left.join(right).join(left)),
    }


@program(1, 2)
def join_with_nothing(sc, n):
    some = sc.parallelize(pairs(6, 3), n)
    return {
        "empty": placed(some.join(sc.parallelize([], 2))),
        "emptyRDD": placed(some.join(sc.emptyRDD())),
        "emptyRDD first": placed(sc.emptyRDD().join(some)),
        "no common key": placed(some.join(sc.parallelize([("other", 0)], 1), 2)),
    }


@program(2, 3)
def join_several_batches(sc, n):
    left = sc.parallelize(pairs(SEVERAL_BATCHES, 2000), n)
    right = sc.parallelize([(f"key{k}", -k) for k in range(0, 2000, 3)], 2)
    return placed(left.join(right, 4))


@program(1, 2, 5)
def outer_joins_into_n(sc, n):
    left = sc.parallelize(pairs(12, 5), 2)
    right = sc.parallelize([(f"key{k}", k / 2) for k in range(3, 9)] + [("key4", None)], 3)
    return {
        "left": placed(left.leftOuterJoin(right, n)),
        "right": placed(left.rightOuterJoin(right, n)),
        "full": placed(left.fullOuterJoin(right, n)),
        "default": placed(left.fullOuterJoin(right)),
        "nothing": placed(left.leftOuterJoin(sc.emptyRDD(), n)),
        "from nothing": placed(sc.parallelize([], 2).fullOuterJoin(right, n)),
    }


@program(2, 3)
def outer_joins_of_copartitioned(sc, n):
    left = sc.parallelize(pairs(14, 6), 3).partitionBy(n)
    right = sc.parallelize(pairs(9, 8), 2).reduceByKey(lambda a, b: a + b, n)
    joined = left.leftOuterJoin(right)
    return {
        "left": placed(joined),
        "right": placed(left.rightOuterJoin(right)),
        "full": placed(right.fullOuterJoin(left)),
        "kept": joined.partitioner == left.partitioner,
    }


@program(1, 3)
def outer_joins_of_keys_of_different_types(sc, n):
    left = sc.parallelize([(True, "bool"), (2, "int"), (None, "none"), ((1, "a"), "tuple"), ("é", "x")], n)
    right = sc.parallelize([(1.0, "float"), (None, None), ((1.0, "a"), "tuple"), (0, 0), (0, 1)], n)
    return placed(left.fullOuterJoin(right, 3))


def _lists(sides):
    return [list(side) for side in sides]


@program(1, 3)
def outer_cogroup_of_two(sc, n):
    left = sc.parallelize(pairs(12, 5), n)
    right = sc.parallelize([(f"key{k}", k / 2) for k in range(3, 9)], 2)
    return {
        "cogroup": placed(left.cogroup(right).mapValues(_lists)),
        "into two": placed(left.cogroup(right, 2).mapValues(_lists)),
        "itself": placed(left.cogroup(left, 2).mapValues(_lists)),
        "classes": left.cogroup(right).first()[1],
    }


@program(1, 4)
def outer_group_with_many(sc, n):
    first, second = sc.parallelize(pairs(6, 4), n), sc.parallelize(pairs(5, 3), 2)
    third, fourth = sc.parallelize([("key0", None), ("new", 1)], 1), sc.parallelize([], 1)
    return {
        "one": placed(first.groupWith(second).mapValues(_lists)),
        "three": placed(first.groupWith(second, third, fourth).mapValues(_lists)),
        "placed alike": placed(
            first.partitionBy(n).groupWith(second.partitionBy(n), third.partitionBy(n)).mapValues(_lists)
        ),
    }


@program(1, 2, 3)
def outer_subtract_and_intersection(sc, n):
    left = sc.parallelize([3, 1, 4, 1, 5, 9, 2, 6, True, 5.0, None, (1, 2)], n)
    right = sc.parallelize([1.0, 5, 9, (1, 2), 70], 2)
    return {
        "subtract": placed(left.subtract(right)),
        "into two": placed(left.subtract(right, 2)),
        "all": placed(left.subtract(left)),
        "nothing": placed(left.subtract(sc.parallelize([], 1))),
        "intersection": placed(left.intersection(right)),
        "other way": placed(right.intersection(left)),
        "plus": placed(left + right),
    }


@program(1, 3)
def outer_subtract_by_key(sc, n):
    left = sc.parallelize(pairs(20, 7), n)
    right = sc.parallelize([("key1", 0), ("key3", None), ("other", 1)], 2)
    same = left.partitionBy(3).subtractByKey(right.partitionBy(3))
    return {
        "default": placed(left.subtractByKey(right)),
        "into two": placed(left.subtractByKey(right, 2)),
        "alike": placed(same),
        "kept": same.partitioner is not None,
    }


@program(1, 3)
def outer_group_by_and_fold(sc, n):
    numbers = sc.parallelize([3, 1, 4, 1, 5, 9, 2, 6, 5], n)
    scores = sc.parallelize(pairs(13, 4), n)
    return {
        "groupBy": placed(numbers.groupBy(lambda x: x % 3).mapValues(list)),
        "into two": placed(numbers.groupBy(lambda x: x % 3, 2).mapValues(list)),
        "by own function": placed(numbers.groupBy(str, 3, lambda key: int(key)).mapValues(list)),
        "foldByKey": placed(scores.foldByKey(100, lambda a, b: a + b)),
        "mutable zero": placed(scores.mapValues(lambda v: [v]).foldByKey([], lambda a, b: a + b, 2)),
        "locally": scores.reduceByKeyLocally(lambda a, b: a * 10 + b),
        "locally, nothing": sc.parallelize([], n).reduceByKeyLocally(lambda a, b: a),
        "no partition": outcome(lambda: sc.emptyRDD().reduceByKeyLocally(max)),
    }
