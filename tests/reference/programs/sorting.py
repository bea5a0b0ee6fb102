"""sortByKey and sortBy: the sampled bounds decide the partitions, a stable sort the order in each."""

from programs.inputs import JUST_OVER_A_BATCH, MANY, SEVERAL_BATCHES, TEN, WORDS, pairs, scattered
from programs.registry import outcome, placed, program


@program(1, 2, 3, 4, 5)
def sort_by_key_ten(sc, n):
    rdd = sc.parallelize([(x * 7 % 10, x) for x in TEN], n)
    return {
        "ascending": placed(rdd.sortByKey()),
        "descending": placed(rdd.sortByKey(False)),
        "into two": placed(rdd.sortByKey(True, 2)),
        "into seven": placed(rdd.sortByKey(False, 7)),
    }


@program(1, 3, 5)
def sort_by_key_is_stable(sc, n):
    rdd = sc.parallelize(pairs(60, 4), n)
    return {"ascending": placed(rdd.sortByKey(True, 3)), "descending": placed(rdd.sortByKey(False, 3))}


@program(2, 3)
def sort_by_key_of_equal_keys(sc, n):
    rdd = sc.parallelize([(0, position) for position in range(30)], n)
    return {"ascending": placed(rdd.sortByKey(True, 4)), "descending": placed(rdd.sortByKey(False, 4))}


@program(2, 4)
def sort_by_key_samples(sc, n):
    """More elements than are sampled: the sample, and so every bound, comes from the seeded generator."""
    rdd = sc.parallelize([(x, position) for position, x in enumerate(scattered(SEVERAL_BATCHES))], n)
    return {"into two": placed(rdd.sortByKey(True, 2)), "into five": placed(rdd.sortByKey(False, 5))}


@program(2, 3)
def sort_by_key_with_keyfunc(sc, n):
    words = sc.parallelize(
        [(word, position) for position, word in enumerate(["b", "A", "c", "D", "a", "B", "d", "C"])], 3
    )
    numbers = sc.parallelize([(x, None) for x in (5, -3, 2, -8, 1, 0, 7, -6)], 3)
    return {
        "case": placed(words.sortByKey(True, n, keyfunc=lambda k: k.lower())),
        "case, descending": placed(words.sortByKey(False, n, str.lower)),
        "bounds are raw keys": placed(numbers.sortByKey(True, n, keyfunc=lambda k: -k)),
        "into one": placed(numbers.sortByKey(True, 1, keyfunc=abs)),
    }


@program(2, 3, 5)
def sort_by_words(sc, n):
    rdd = sc.parallelize(WORDS, n)
    return {
        "length": placed(rdd.sortBy(len)),
        "itself": placed(rdd.sortBy(lambda w: w, ascending=False)),
        "both": placed(rdd.sortBy(lambda w: (-len(w), w), True, 2)),
    }


@program(2, 5)
def sort_by_just_over_a_batch(sc, n):
    return placed(sc.parallelize(scattered(JUST_OVER_A_BATCH), n).sortBy(lambda x: x % 100))


@program(3, 4)
def sort_by_many(sc, n):
    return placed(sc.parallelize(scattered(MANY), n).sortBy(lambda x: -x))


@program(2, 3)
def sort_by_values_of_every_kind(sc, n):
    kinds = {
        "numbers": [
            1,
            True,
            1.0,
            0,
            -0.0,
            0.0,
            False,
            2.5,
            2**70,
            -(2**70),
            float("inf"),
            float("-inf"),
            10**18,
            1e18,
        ],
        "text": ["é", "e", "", "日本", "z", "Z", "🔥", "\uffff", "a\x00", "a"],
        "bytes": [b"\xff", b"", b"a", b"\x00", b"ab"],
        "tuples": [(1, "b"), (1, "a"), (0,), (), (1, "a", None), (0.5, "x")],
        "lists": [[2], [1, 2], [], [1]],
    }
    return {
        name: placed(sc.parallelize(values, 3).sortBy(lambda x: x, True, n)) for name, values in kinds.items()
    }


@program(2, 4)
def sort_of_nothing(sc, n):
    empty = sc.parallelize([], 3)
    return {
        "sortByKey": placed(empty.sortByKey(True, n)),
        "sortBy": placed(empty.sortBy(lambda x: x, True, n)),
        "emptyRDD": placed(sc.emptyRDD().sortBy(lambda x: x)),
        "one element": placed(sc.parallelize([(1, 1)], 3).sortByKey(True, n)),
        "no partitions": placed(sc.parallelize([3, 1], 2).sortBy(lambda x: x, True, 0)),
    }


@program(2, 3)
def sort_into_one_partition(sc, n):
    """One target partition needs no sample; the input is coalesced, and that order shows among equal keys."""
    shuffled = sc.parallelize(pairs(20, 3), 4).partitionBy(n)
    shuffled.count()
    mixed = sc.parallelize([("key1", "plain")] * 2, 2).union(shuffled)
    return {
        "plain": placed(sc.parallelize(pairs(20, 3), n).sortByKey(True, 1)),
        "after a shuffle": placed(mixed.sortByKey(False, 1)),
    }


@program(2, 3)
def sort_of_sorted_and_of_aggregated(sc, n):
    counts = sc.parallelize(WORDS, n).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    by_count = counts.sortBy(lambda pair: pair[1], False)
    return {
        "by count": placed(by_count),
        "then by word": placed(by_count.sortByKey()),
        "then reduced": placed(by_count.reduceByKey(max)),
    }


@program(2, 3)
def sort_refuses(sc, n):
    return {
        "keys that do not compare, sampled": outcome(
            lambda: sc.parallelize([(None, 1), (1, 2)], n).sortByKey(True, 2)
        ),
        "keys that do not compare, in one": outcome(
            lambda: sc.parallelize([(None, 1), (1, 2)], n).sortByKey(True, 1).collect(),
            "'<' not supported between instances of",
        ),
        "a key function that fails": outcome(
            lambda: sc.parallelize([0, 1], n).sortBy(lambda x: 1 // x), "ZeroDivisionError"
        ),
    }
