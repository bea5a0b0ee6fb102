"""Sorting, and taking the first or last by order."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import SMALL, TEXT, VALUES, assert_same

# All of them fit into the sample from which the bounds are taken.
COMPARABLE = st.one_of(
    st.lists(st.one_of(SMALL, st.booleans(), st.floats(allow_nan=False), st.integers()), max_size=20),
    st.lists(TEXT, max_size=20),
    st.lists(st.tuples(SMALL, TEXT), max_size=20),
    st.lists(st.binary(max_size=3), max_size=20),
)
PARTITIONS = st.integers(1, 4)


@given(COMPARABLE, PARTITIONS, PARTITIONS, st.booleans())
def test_sort_by_key_is_stable_and_ranges_do_not_overlap(
    sc: SparkContext, keys: list[Any], slices: int, partitions: int, ascending: bool
) -> None:
    elements = [(key, index) for index, key in enumerate(keys)]
    expected = PlainRDD.parallelize(elements, slices).sortByKey(ascending, partitions)
    actual = sc.parallelize(elements, slices).sortByKey(ascending, partitions)
    assert_same(actual.glom().collect(), expected.partitions)
    assert_same(actual.collect(), sorted(elements, key=lambda pair: pair[0], reverse=not ascending))


@given(COMPARABLE, PARTITIONS, PARTITIONS, st.booleans())
def test_sort_by_sorts_by_what_a_function_says(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int, ascending: bool
) -> None:
    expected = PlainRDD.parallelize(elements, slices).sortBy(repr, ascending, partitions)
    actual = sc.parallelize(elements, slices).sortBy(repr, ascending, partitions)
    assert_same(actual.glom().collect(), expected.partitions)


@given(st.lists(st.tuples(SMALL, VALUES), max_size=20), PARTITIONS)
def test_sort_by_key_with_a_key_function(sc: SparkContext, elements: list[Any], slices: int) -> None:
    actual = sc.parallelize(elements, slices).sortByKey(True, 1, keyfunc=abs)
    assert_same(actual.collect(), sorted(elements, key=lambda pair: abs(pair[0])))


def test_a_key_function_does_not_touch_the_bounds(sc2: SparkContext) -> None:
    """As in the reference: lopsided, but determined."""
    pairs = [(key, index) for index, key in enumerate([5, -3, 2, -8, 1, 0, 7, -6])]
    actual = sc2.parallelize(pairs, 2).sortByKey(True, 3, keyfunc=lambda key: -key)
    expected = [[(7, 6), (5, 0)], [], [(2, 2), (1, 4), (0, 5), (-3, 1), (-6, 7), (-8, 3)]]
    assert_same(actual.glom().collect(), expected)


def test_many_elements_are_sorted_over_all_partitions(sc: SparkContext) -> None:
    numbers = [(x * 7919) % 10_007 for x in range(10_007)]
    parts = sc.parallelize(numbers, 4).sortBy(lambda x: x, numPartitions=3).glom().collect()
    assert [x for part in parts for x in part] == sorted(numbers)
    assert all(len(part) > 1000 for part in parts)


def test_a_partition_with_nan_is_sorted_as_lists_are(sc2: SparkContext) -> None:
    numbers = [3.0, math.nan, 1.0, 2.0, math.nan, 0.0]
    assert_same(sc2.parallelize(numbers, 1).sortBy(lambda x: x, numPartitions=1).collect(), sorted(numbers))


def test_what_cannot_be_compared_cannot_be_sorted(sc2: SparkContext) -> None:
    with pytest.raises(TypeError, match="not supported between instances"):
        sc2.parallelize([1, "a", None], 2).sortBy(lambda x: x, numPartitions=2).collect()


def test_sorting_nothing(sc2: SparkContext) -> None:
    assert sc2.parallelize([], 3).sortBy(lambda x: x).collect() == []
    empty: Any = sc2.emptyRDD()
    assert empty.sortByKey().collect() == []


@given(COMPARABLE, PARTITIONS, st.integers(0, 25))
def test_take_ordered_and_top(sc: SparkContext, elements: list[Any], slices: int, count: int) -> None:
    rdd = sc.parallelize(elements, slices)
    assert_same(rdd.takeOrdered(count), sorted(elements)[:count])
    assert_same(rdd.top(count), sorted(elements, reverse=True)[:count])


@given(st.lists(SMALL, max_size=20), PARTITIONS, st.integers(0, 25))
def test_take_ordered_and_top_by_a_key_keep_the_order_of_ties(
    sc: SparkContext, elements: list[int], slices: int, count: int
) -> None:
    rdd = sc.parallelize(list(enumerate(elements)), slices)

    def key(pair: tuple[int, int]) -> int:
        return pair[1] % 3

    numbered = list(enumerate(elements))
    assert_same(rdd.takeOrdered(count, key=key), sorted(numbered, key=key)[:count])
    assert_same(rdd.top(count, key=key), sorted(numbered, key=key, reverse=True)[:count])


def test_top_of_nothing(sc2: SparkContext) -> None:
    assert sc2.parallelize([], 3).top(2) == []
    assert sc2.range(3).top(0) == sc2.range(3).top(-1) == sc2.range(3).takeOrdered(0) == []
    with pytest.raises(ValueError, match=r"top N cannot be negative\."):
        sc2.range(3).takeOrdered(-1)
