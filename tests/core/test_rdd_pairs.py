"""Shuffles by key: combining, grouping, joining, against dictionaries."""

from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import (
    ELEMENTS,
    FEW_KEYS,
    KEYS,
    PLAIN_TEXT,
    SLICES,
    TEXT_KEYS,
    assert_same,
    canonical,
    pairs,
)

WORDS = st.lists(
    st.sampled_from(["fire", "steel", "spark", "", "Stahl", "火打石", "🔥", "a\0b"]), max_size=20
)


@given(pairs(), SLICES, SLICES)
def test_reduce_by_key_folds_the_values_of_a_key(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    def f(left: Any, right: Any) -> Any:
        return (left, "+", right)

    expected = PlainRDD.parallelize(elements, slices).reduceByKey(f, partitions)
    actual = sc.parallelize(elements, slices).reduceByKey(f, partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(pairs(KEYS, st.integers()), SLICES, SLICES)
def test_sums_of_any_key(sc: SparkContext, elements: list[Any], slices: int, partitions: int) -> None:
    expected = PlainRDD.parallelize(elements, slices).reduceByKey(lambda a, b: a + b, partitions)
    actual = sc.parallelize(elements, slices).reduceByKey(lambda a, b: a + b, partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(WORDS, SLICES, SLICES)
def test_word_count(sc: SparkContext, words: list[str], slices: int, partitions: int) -> None:
    counts = (
        sc.parallelize(words, slices).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, partitions)
    )
    assert_same(canonical(counts.collect()), canonical({word: words.count(word) for word in words}.items()))


@given(pairs(TEXT_KEYS, st.integers()), SLICES, SLICES)
def test_equal_keys_meet_in_one_partition_whatever_their_type(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    rdd = sc.parallelize(elements, slices)
    grouped = rdd.groupByKey(partitions).mapValues(list)
    expected: dict[Any, list[int]] = {}
    for key, value in elements:
        expected.setdefault(key, []).append(value)
    assert_same(canonical(grouped.collect()), canonical(expected.items()))
    places = grouped.keys().glom().collect()
    assert sum(map(len, places)) == len(set().union(*places))


def test_true_and_one_are_one_key_and_the_first_keeps_its_type(sc: SparkContext) -> None:
    pairs = [(1, "int"), (True, "bool"), (1.0, "float"), (0.0, "a"), (-0.0, "b")]
    combined = sc.parallelize(pairs, 2).reduceByKey(lambda a, b: f"{a} {b}", 1).collect()
    assert_same(combined, [(1, "int bool float"), (0.0, "a b")])


@given(pairs(), SLICES, SLICES)
def test_combine_by_key_calls_its_three_functions_as_spark_does(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    functions = (lambda v: ("new", v), lambda c, v: ("add", c, v), lambda c, d: ("merge", c, d))
    expected = PlainRDD.parallelize(elements, slices).combineByKey(*functions, partitions)
    actual = sc.parallelize(elements, slices).combineByKey(*functions, partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(pairs(), SLICES, SLICES)
def test_aggregate_by_key_starts_from_zero_for_every_key(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    def add(result: list[Any], value: Any) -> list[Any]:
        result.append(value)
        return result

    def merge(left: list[Any], right: list[Any]) -> list[Any]:
        left.extend(["|", *right])
        return left

    expected = PlainRDD.parallelize(elements, slices).aggregateByKey(list, add, merge, partitions)
    actual = sc.parallelize(elements, slices).aggregateByKey([], add, merge, partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(pairs(), SLICES, SLICES)
def test_group_by_key_gathers_values_in_order(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).groupByKey(partitions)
    actual = sc.parallelize(elements, slices).groupByKey(partitions)
    assert_same(actual.mapValues(list).glom().collect(), expected.partitions)
    assert [len(values) for _, values in actual.collect()] == [
        len(values) for _, values in expected.collect()
    ]


@given(pairs(values=st.integers(0, 9)), pairs(values=PLAIN_TEXT), SLICES, st.integers(1, 3))
def test_join_pairs_every_left_with_every_right(
    sc: SparkContext, left: list[Any], right: list[Any], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(left, slices).join(PlainRDD.parallelize(right, 2), partitions)
    actual = sc.parallelize(left, slices).join(sc.parallelize(right, 2), partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(st.lists(FEW_KEYS, max_size=14), SLICES, SLICES)
def test_distinct_keeps_the_first_of_equals(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).distinct(partitions)
    assert_same(sc.parallelize(elements, slices).distinct(partitions).glom().collect(), expected.partitions)


def test_without_a_number_the_partitions_stay_as_many(start_context: Any) -> None:
    sc = start_context("local[2]")
    rdd = sc.parallelize([(k % 3, k) for k in range(9)], 3)
    assert rdd.reduceByKey(max).getNumPartitions() == 3
    assert rdd.groupByKey().getNumPartitions() == 3
    assert rdd.distinct().getNumPartitions() == 3
    assert rdd.join(sc.parallelize([(0, 0)], 4)).getNumPartitions() == 7
    placed = rdd.partitionBy(5)
    assert placed.join(rdd.mapValues(str).partitionBy(5)).getNumPartitions() == 5


def test_with_a_default_parallelism_shuffles_take_that(start_context: Any) -> None:
    sc = start_context("local[2]", {"spark.default.parallelism": 6})
    assert sc.defaultParallelism == 6
    rdd = sc.parallelize([(1, 1)], 3)
    assert rdd.reduceByKey(max).getNumPartitions() == 6
    assert rdd.join(rdd).getNumPartitions() == 6


def test_many_keys_and_few(sc: SparkContext) -> None:
    many = sc.parallelize(range(20_000), 4).map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b, 3)
    assert many.count() == 20_000
    few = sc.parallelize(range(20_000), 4).map(lambda x: (x % 3, x)).reduceByKey(max, 3)
    assert_same(few.glom().collect(), [[(0, 19_998)], [(1, 19_999)], [(2, 19_997)]])


@given(ELEMENTS)
def test_the_result_of_one_shuffle_feeds_the_next(sc: SparkContext, elements: list[Any]) -> None:
    def chain(rdd: Any) -> Any:
        keyed = rdd.map(lambda x: (len(repr(x)) % 5, x)).groupByKey(3).mapValues(list)
        sizes = keyed.map(lambda pair: (len(pair[1]), pair[0])).partitionBy(2)
        return sizes.map(lambda pair: (pair[1], pair[0])).join(keyed, 2)

    expected = chain(PlainRDD.parallelize(elements, 3)).partitions
    assert_same(chain(sc.parallelize(elements, 3)).glom().collect(), expected)


class Text(str):
    """A str by another name."""


class Number(int):
    """An int by another name."""


ODD_INTS = [0, 1, -1, -2, 2**61 - 1, 2**61 - 2, -(2**61 - 1), 2**63 - 1, -(2**63), 2**63, 2**64]
ODD_NUMBERS = [True, False, 1.0, 0.0, -0.0, 2.0**61, 2.0**63, Number(1), Number(2**61)]
ODD_TEXTS = ["", "a", "b", "\0", "a\0", "a\0\0", "\0" * 15, "é", "ÿ", "€", "a€", "😀", "1", "\x01", Text("a")]
LONG_TEXTS = ["x" * 15, "x" * 16, "x" * 17, "é" * 15, "é" * 16, Text("x" * 15)]
ODD_OTHERS = [b"a", b"", None, (1,), ("a", 1), (True, "a")]
ODD_KEYS = ODD_INTS + ODD_NUMBERS + ODD_TEXTS + LONG_TEXTS + ODD_OTHERS


@pytest.mark.parametrize("slices", [1, 3])
def test_equal_keys_unite_whatever_their_type_and_length(sc: SparkContext, slices: int) -> None:
    keys = ODD_KEYS * 3 + ODD_KEYS[::-1] * 2 + [str(i % 50) for i in range(500)]
    expected: dict[Any, int] = {}
    for key in keys:
        expected[key] = expected.get(key, 0) + 1
    found = sc.parallelize([(key, 1) for key in keys], slices).reduceByKey(add, 1).collect()
    assert dict(found) == expected
    assert len(found) == len(expected)
    if slices == 1:
        assert_same([key for key, _ in found], list(expected))
