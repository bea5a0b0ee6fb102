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
