"""Approximate actions that have all the time they need."""

from programs.registry import outcome, program

ENOUGH = 600_000


def _described(bounded):
    return (float(bounded), bounded.low, bounded.high, bounded.confidence, type(bounded).__name__)


@program(1, 3)
def approximate_with_enough_time(sc, n):
    inputs = {
        "ints": [*range(64)],
        "floats": [1.5, 2, 4],
        "one": [7],
        "nothing": [],
    }
    results = {}
    for name, numbers in inputs.items():
        rdd = sc.parallelize(numbers, n)
        results[name] = (
            rdd.countApprox(ENOUGH),
            _described(rdd.sumApprox(ENOUGH)),
            _described(rdd.meanApprox(ENOUGH, 0.5)),
        )
    return results


@program(1, 2)
def approximate_refuses(sc, n):
    return {
        "text": outcome(lambda: sc.parallelize(["a"], n).sumApprox(ENOUGH), "unsupported operand"),
        "mean of text": outcome(lambda: sc.parallelize(["a"], n).meanApprox(ENOUGH), "could not convert"),
        "no partition": (sc.emptyRDD().countApprox(ENOUGH), float(sc.emptyRDD().sumApprox(ENOUGH))),
    }


@program(1, 3)
def approximate_distinct_by_size_and_error(sc, n):
    sizes = [0, 1, 2, 10, 100, 1000, 5000, 20_000, 200_000]
    # Of the errors in the middle each is on the edge between two numbers of registers.
    errors = [1.5, 0.3, 0.527, 0.2635, 0.13175, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001]
    return {
        f"{size} by {error}": sc.range(size, numSlices=n).countApproxDistinct(error)
        for size in sizes
        for error in errors
    }


@program(1, 4)
def approximate_distinct_of_kinds(sc, n):
    kinds = {
        "strings": [f"word {i % 700}" for i in range(3000)],
        "pairs": [(i % 90, str(i % 110)) for i in range(20_000)],
        "nested": [((i % 7, None), (), i % 5) for i in range(500)],
        "floats": [i / 7 for i in range(-2000, 2000)],
        "negative": [*range(-3000, 0)],
        "beyond 32 bits": [i << 32 for i in range(500)] + [1 << 100, -(1 << 70)],
        "equal": [0, 0.0, False, -0.0, 1, True, 1.0],
        "None": [None, None, 0],
        "bytes": [bytes([i % 256, i // 256]) for i in range(2000)],
        "frozen sets": [frozenset([i % 30]) for i in range(100)],
        "fewer than partitions": ["one"],
    }
    results = {name: sc.parallelize(elements, n).countApproxDistinct() for name, elements in kinds.items()}
    strings = sc.parallelize(kinds["strings"], n)
    return results | {"after a shuffle": strings.distinct().countApproxDistinct(0.01)}


@program(1, 2)
def approximate_distinct_refuses(sc, n):
    numbers = sc.parallelize([1, 2], n)
    return {
        "too exact": outcome(lambda: numbers.countApproxDistinct(0.0000169)),
        "negative": outcome(lambda: numbers.countApproxDistinct(-1)),
        "text": outcome(lambda: numbers.countApproxDistinct("0.1")),
        "None": outcome(lambda: numbers.countApproxDistinct(None)),
        "NaN": outcome(lambda: numbers.countApproxDistinct(float("nan")), "requirement failed"),
        "lists": outcome(lambda: sc.parallelize([[1]], n).countApproxDistinct(), "unhashable type"),
        "no partition": sc.emptyRDD().countApproxDistinct(),
    }
