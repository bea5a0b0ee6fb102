"""How inputs are cut into partitions: parallelize, range, emptyRDD."""

from programs.inputs import JUST_OVER_A_BATCH, MANY, MIXED, SEVERAL_BATCHES, TEN
from programs.registry import outcome, placed, program


@program(1, 2, 3, 4, 5)
def parallelize_ten(sc, n):
    return {"list": placed(sc.parallelize(TEN, n)), "range": placed(sc.parallelize(range(10), n))}


@program(1, 2, 3, 4, 5)
def parallelize_just_over_a_batch(sc, n):
    return placed(sc.parallelize(list(range(JUST_OVER_A_BATCH)), n))


@program(1, 2, 3, 4, 5)
def parallelize_several_batches(sc, n):
    return placed(sc.parallelize(list(range(SEVERAL_BATCHES)), n))


@program(3, 4)
def parallelize_many(sc, n):
    return {
        "list": placed(sc.parallelize(list(range(MANY)), n)),
        "range": placed(sc.parallelize(range(MANY), n)),
    }


@program(1, 2, 3, 4, 5)
def parallelize_fewer_elements_than_slices(sc, n):
    return {str(size): placed(sc.parallelize(list(range(size)), n + 6)) for size in range(6)}


@program(2, 3)
def parallelize_any_iterable(sc, n):
    inputs = {
        "str": "hello",
        "bytes": b"abcd",
        "tuple": (1, 2, 3),
        "dict": {"a": 1, "b": 2, "c": 3},
        "items": {"a": 1, "b": 2, "c": 3}.items(),
        "set of small ints": {0, 1, 2, 3},
        "generator": (value * value for value in range(7)),
        "iterator": iter([3, 1, 2]),
        "map": map(str, range(5)),
        "zip": zip("abc", (1, 2, 3), strict=True),
    }
    return {name: placed(sc.parallelize(elements, n)) for name, elements in inputs.items()}


@program(1, 4)
def parallelize_mixed_values(sc, n):
    return placed(sc.parallelize(MIXED, n))


@program(2, 4)
def parallelize_default_slices(sc, n):
    default = sc.defaultParallelism
    rdds = {
        "list": sc.parallelize(TEN),
        "empty list": sc.parallelize([]),
        "range": sc.range(n),
        "range object": sc.parallelize(range(9)),
    }
    return {name: rdd.getNumPartitions() == default for name, rdd in rdds.items()} | {
        "type": type(default).__name__
    }


@program(1, 3)
def parallelize_converts_slices(sc, n):
    return {
        "float": placed(sc.parallelize(TEN, n + 0.9)),
        "str": placed(sc.parallelize(TEN, str(n))),
        "bool": placed(sc.parallelize(TEN, True)),
        "range": placed(sc.parallelize(range(5), f" {n} ")),
    }


@program(1, 2)
def parallelize_refuses(sc, n):
    return {
        "no slices": outcome(lambda: sc.parallelize(TEN, 0), "by zero"),
        "no slices of a range": outcome(lambda: sc.parallelize(range(3), 0), "by zero"),
        "no slices of nothing": outcome(lambda: sc.parallelize([], 0), "by zero"),
        "a word": outcome(lambda: sc.parallelize(TEN, "many")),
        "an int": outcome(lambda: sc.parallelize(5, n)),
        "None": outcome(lambda: sc.parallelize(None, n)),
        "a float range": outcome(lambda: sc.range(0, 1.5, 1, n)),
        "a step of zero": outcome(lambda: sc.range(0, 5, 0, n), "must not be zero"),
        "an unpicklable element": outcome(
            lambda: sc.parallelize([(x for x in TEN)], n), "cannot pickle 'generator' object"
        ),
    }


@program(1, 3)
def parallelize_takes_a_snapshot(sc, n):
    elements = [[1], [2], [3]]
    rdd = sc.parallelize(elements, n)
    elements.append([4])
    elements[0].append("late")
    return placed(rdd)


@program(1, 2, 3, 4, 5)
def range_forms(sc, n):
    return {
        "end": placed(sc.range(11, numSlices=n)),
        "start and end": placed(sc.range(3, 11, numSlices=n)),
        "step": placed(sc.range(10, -5, -4, n)),
        "long step": placed(sc.range(1, 2, 5, n)),
        "empty": placed(sc.range(5, 1, 1, n)),
        "one element": placed(sc.range(7, 8, 100, n)),
    }


@program(2, 5)
def range_of_large_integers(sc, n):
    return {
        "near 2**63": placed(sc.range(2**63 - 3, 2**63 + 3, 1, n)),
        "beyond": placed(sc.range(2**70, 2**70 + 9, 2, n)),
        "negative": placed(sc.range(-(2**65), -(2**65) - 9, -2, n)),
        "whole 64 bits": placed(sc.range(-(2**63), 2**63, 2**61, n)),
    }


@program(1, 3, 5)
def empty_inputs(sc, n):
    return {
        "emptyRDD": placed(sc.emptyRDD()),
        "emptyRDD mapped": placed(sc.emptyRDD().map(lambda x: x)),
        "list": placed(sc.parallelize([], n)),
        "range": placed(sc.parallelize(range(0), n)),
        "partitions": sc.emptyRDD().getNumPartitions(),
        "repartitioned": placed(sc.emptyRDD().repartition(n)),
        "coalesced": placed(sc.emptyRDD().coalesce(n)),
    }
