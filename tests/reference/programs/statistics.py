"""Statistics of numbers, histograms, and folds in trees."""

from datetime import date
from fractions import Fraction

from programs.inputs import scattered
from programs.registry import outcome, placed, program

NAN = float("nan")


@program(1, 3)
def statistics_of_numbers(sc, n):
    inputs = {
        "ints": [3, 1, 4, 1, 5],
        "floats": [0.1, 0.7, -3.3, 1e6, 2.5],
        "one": [7],
        "bools": [True, False, True],
        "big": [2**70, -(2**65), 3],
        "many": [x / 7 for x in scattered(3000)],
        "skewed": [0.1] * 100 + [1e9],
        "infinite": [1.0, float("inf")],
    }
    results = {}
    for name, numbers in inputs.items():
        rdd = sc.parallelize(numbers, n)
        stats = rdd.stats()
        results[name] = (repr(stats), stats.asDict(), stats.asDict(True), rdd.mean(), rdd.variance())
        results[name] += (rdd.stdev(), rdd.sampleStdev(), rdd.sampleVariance())
    return results


@program(1, 2)
def statistics_of_other_things(sc, n):
    return {
        "nothing": repr(sc.parallelize([], n).stats()),
        "mean of nothing": sc.parallelize([], n).mean(),
        "no partition": outcome(lambda: sc.emptyRDD().stats()),
        "fractions": outcome(lambda: sc.parallelize([Fraction(1, 3), 2], n).mean()),
        "text": outcome(lambda: sc.parallelize(["a"], n).mean(), "unsupported operand"),
        "huge": outcome(lambda: sc.parallelize([10**400], n).mean(), "OverflowError"),
        "nan": repr(sc.parallelize([1.0, NAN, 2.0], n).stats()),
    }


@program(1, 3)
def statistics_min_and_max(sc, n):
    words = sc.parallelize(["pear", "fig", "kiwi", "lime", "apple"], n)
    return {
        "max": (words.max(), words.max(len), words.max(key=lambda word: word[-1])),
        "min": (words.min(), words.min(len), words.min(key=lambda word: word[-1])),
        "mixed": (sc.parallelize([1, 1.0, True], n).max(), sc.parallelize([True, 1, 1.0], n).min()),
        "nothing": outcome(lambda: sc.parallelize([], n).max()),
        "no partition": outcome(lambda: sc.emptyRDD().min()),
        "types": outcome(lambda: sc.parallelize([1, "a"], n).min(), "not supported between"),
    }


@program(1, 3)
def statistics_histogram(sc, n):
    numbers = sc.parallelize([*range(51), 50, 7.5, None, NAN, 1000], n)
    few = sc.parallelize([3, 3, 3], n)
    words = sc.parallelize(["ab", "ac", "b", "bd", "ef"], n)
    days = sc.parallelize([date(2020, 1, day) for day in (1, 5, 9)], n)
    return {
        "number": numbers.histogram(2),
        "seven": numbers.histogram(7),
        "one": numbers.histogram(1),
        "even": numbers.histogram([0, 25, 50]),
        "uneven": numbers.histogram([0, 5, 25, 50]),
        "floats": numbers.histogram([-3.5, 0.1, 10.2, 50.0, 51.1]),
        "tuple": numbers.histogram((0, 10, 20)),
        "all equal": few.histogram(4),
        "words": words.histogram(("a", "b", "c")),
        "words in one": words.histogram(1),
        "days": outcome(lambda: days.histogram([date(2020, 1, day) for day in (1, 6, 11)])),
        "fractional": sc.parallelize([0.0, 0.3, 1.1, 2.0], n).histogram(3),
    }


@program(1, 2)
def statistics_histogram_refuses(sc, n):
    numbers, infinite = sc.parallelize([1, 2, 3], n), sc.parallelize([1, float("inf")], n)
    return {
        "none": outcome(lambda: numbers.histogram(0)),
        "one bound": outcome(lambda: numbers.histogram([1])),
        "not sorted": outcome(lambda: numbers.histogram([3, 1])),
        "twice": outcome(lambda: numbers.histogram([1, 1, 3])),
        "NaN": outcome(lambda: numbers.histogram([1, NAN])),
        "None": outcome(lambda: numbers.histogram([None, 1])),
        "float": outcome(lambda: numbers.histogram(2.5)),
        "nothing": outcome(lambda: sc.parallelize([], n).histogram(2)),
        "nothing in buckets": sc.parallelize([], n).histogram([1, 2, 3]),
        "infinite": outcome(lambda: infinite.histogram(2)),
        "words": outcome(lambda: sc.parallelize(["a", "b"], n).histogram(2)),
        "no partition": outcome(lambda: sc.emptyRDD().histogram(2)),
        "no partition, buckets": outcome(lambda: sc.emptyRDD().histogram([1, 2])),
    }


@program(1, 2, 5)
def statistics_tree(sc, n):
    numbers = sc.parallelize(range(20), n)
    words = numbers.map(str)
    many = sc.parallelize(range(40), n * 5).map(str)
    return {
        "reduce": {depth: words.treeReduce(lambda a, b: f"({a}{b})", depth) for depth in (1, 2, 3, 9)},
        "many": {depth: many.treeReduce(lambda a, b: f"({a}{b})", depth) for depth in (1, 2, 3, 9)},
        "aggregate": {
            depth: many.treeAggregate("_", lambda a, b: a + b, lambda a, b: f"[{a}{b}]", depth)
            for depth in (1, 2, 3)
        },
        "empty partitions": sc.parallelize([5], n).treeReduce(lambda a, b: a + b),
        "nothing": outcome(lambda: sc.parallelize([], n).treeReduce(max)),
        "no partition": outcome(lambda: sc.emptyRDD().treeReduce(max)),
        "aggregate no partition": outcome(lambda: sc.emptyRDD().treeAggregate(7, max, max)),
        "depth 0": outcome(lambda: numbers.treeReduce(max, 0)),
        "aggregate depth 0": outcome(lambda: numbers.treeAggregate(0, max, max, 0)),
    }


@program(1, 3)
def statistics_lookup_and_is_empty(sc, n):
    pairs = sc.parallelize([("a", 1), ("b", 2), ("a", 3), (None, 4), ((1, "x"), 5), (1, 6), (True, 7)], n)
    return {
        "lookup": [pairs.lookup(key) for key in ("a", "c", None, (1.0, "x"), 1.0)],
        "placed": [pairs.partitionBy(3).lookup(key) for key in ("a", "c", None, (1.0, "x"), 1.0)],
        "sorted": sc.parallelize([(x, -x) for x in (5, 2, 9, 2)], n).sortByKey(True, 2).lookup(2),
        "isEmpty": (pairs.isEmpty(), sc.parallelize([], n).isEmpty(), sc.emptyRDD().isEmpty()),
        "filtered": pairs.filter(lambda pair: False).isEmpty(),
        "no partition": outcome(lambda: sc.emptyRDD().lookup(1)),
    }


@program(1, 3)
def statistics_lookup_refuses(sc, n):
    pairs = sc.parallelize([(1, 2), (3, 4)], n)
    return {
        "no partition": outcome(lambda: sc.emptyRDD().partitionBy(0).lookup(1)),
        "an unhashable key": outcome(lambda: pairs.partitionBy(n).lookup([])),
        "an error of the function": outcome(lambda: pairs.partitionBy(n, lambda key: 6 // key).lookup(0)),
    }


@program(1, 3)
def statistics_sorted_within_partitions(sc, n):
    pairs = sc.parallelize([(x % 7, x) for x in scattered(30)], n)
    return {
        "default": placed(pairs.repartitionAndSortWithinPartitions()),
        "two": placed(pairs.repartitionAndSortWithinPartitions(2, lambda key: key % 2)),
        "down": placed(pairs.repartitionAndSortWithinPartitions(3, ascending=False)),
        "by key": placed(pairs.repartitionAndSortWithinPartitions(2, keyfunc=lambda key: -key)),
        "all": placed(pairs.repartitionAndSortWithinPartitions(2, lambda key: -key, 0, lambda key: key % 3)),
        "kept": pairs.repartitionAndSortWithinPartitions(2).partitioner == pairs.partitionBy(2).partitioner,
    }


@program(1, 3)
def statistics_partitions_one_by_one(sc, n):
    numbers = sc.parallelize(range(10), n)
    total = sc.accumulator(0)

    def add_all(partition):
        for x in partition:
            total.add(x)

    def yields(partition):
        for x in partition:
            total.add(100 * x)
            yield x

    numbers.foreachPartition(add_all)
    numbers.foreachPartition(yields)
    return {
        "foreachPartition": total.value,
        "fails": outcome(lambda: numbers.foreachPartition(lambda partition: 1 / 0), "ZeroDivisionError"),
        "toLocalIterator": list(numbers.toLocalIterator()),
        "prefetched": list(numbers.map(str).toLocalIterator(prefetchPartitions=True)),
        "nothing": list(sc.emptyRDD().toLocalIterator()),
        "some": [x for x, _ in zip(numbers.toLocalIterator(True), range(3), strict=False)],
        "in a group": numbers.collectWithJobGroup("group", "description"),
    }
