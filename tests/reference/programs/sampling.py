"""Samples: the elements that come for a seed, with and without replacement, split and by key."""

from programs.inputs import pairs, scattered
from programs.registry import outcome, placed, program


@program(1, 3)
def sample_of_numbers(sc, n):
    numbers = sc.parallelize(scattered(400), n)
    return {
        f"{fraction} {seed}": placed(numbers.sample(False, fraction, seed))
        for fraction in (0.0, 0.1, 0.5, 0.99, 1.0)
        for seed in (0, 17, -5, 2**40)
    }


@program(1, 3)
def sample_with_replacement(sc, n):
    numbers = sc.parallelize(scattered(60), n)
    return {
        f"{mean} {seed}": placed(numbers.sample(True, mean, seed))
        for mean in (0.0, 0.3, 1, 2.5, 19.9, 20.0, 33.3)
        for seed in (0, 17, -5)
    }


@program(1, 2)
def sample_refuses(sc, n):
    numbers = sc.parallelize(range(10), n)
    return {
        "negative": outcome(lambda: numbers.sample(False, -0.5)),
        "negative with replacement": outcome(lambda: numbers.sample(True, -0.5, 1)),
        "more than one": placed(numbers.sample(False, 1.5, 1)),
        "text as seed": outcome(lambda: numbers.sample(False, 0.5, "x").collect(), "unsupported operand"),
        "nothing": placed(sc.parallelize([], n).sample(True, 3.0, 1)),
        "no partition": sc.emptyRDD().sample(False, 0.5, 1).collect(),
    }


@program(1, 3)
def sample_split_at_random(sc, n):
    numbers = sc.parallelize(scattered(200), n)
    thirds = numbers.randomSplit([1, 1, 1], 5)
    return {
        "halves": [placed(part) for part in numbers.randomSplit([0.5, 0.5], 17)],
        "thirds": [placed(part) for part in thirds],
        "weights": [placed(part) for part in numbers.randomSplit([2, 3.5, 0, 1], 0)],
        "one": [placed(part) for part in numbers.randomSplit([4], 1)],
        "none": outcome(lambda: numbers.randomSplit([], 1)),
        "zero": outcome(lambda: numbers.randomSplit([0, 0], 1)),
        "keyed": thirds[0].map(lambda x: (x, 1)).partitionBy(2).randomSplit([1, 1], 3)[0].partitioner is None,
    }


@program(1, 3)
def sample_by_key(sc, n):
    rdd = sc.parallelize(pairs(200, 4), n)
    fractions = {"key0": 0.1, "key1": 0.5, "key2": 0, "key3": 1.0}
    return {
        "without": placed(rdd.sampleByKey(False, fractions, 3)),
        "with": placed(rdd.sampleByKey(True, {key: 2 * mean for key, mean in fractions.items()}, 3)),
        "large": placed(sc.parallelize(pairs(9, 2), n).sampleByKey(True, {"key0": 25.0, "key1": 21}, 8)),
        "lists": placed(sc.parallelize([["a", 1]] * 9, n).sampleByKey(False, {"a": 0.5}, 1)),
        "missing": outcome(lambda: rdd.sampleByKey(False, {"key0": 0.5}, 1).collect(), "KeyError"),
        "negative": outcome(lambda: rdd.sampleByKey(False, {"key0": -0.5}, 1)),
    }


@program(1, 3)
def sample_taken(sc, n):
    numbers = sc.parallelize(scattered(100), n)
    taken = {
        f"{replacement} {num} {seed}": numbers.takeSample(replacement, num, seed)
        for replacement in (False, True)
        for num in (1, 10, 50, 99, 100, 200)
        for seed in (1, 23)
    }
    return taken | {
        "none": numbers.takeSample(False, 0, 1),
        "of nothing": sc.parallelize([], n).takeSample(True, 5, 1),
        "negative": outcome(lambda: numbers.takeSample(False, -1)),
        "too many": outcome(lambda: numbers.takeSample(True, 2**63)),
        "too many without": outcome(lambda: len(numbers.takeSample(False, 2**63, 1))),
    }
