"""Joins: how many partitions they have, and the order of keys and of the pairs of one key."""

from programs.inputs import SEVERAL_BATCHES, pairs
from programs.registry import placed, program


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
