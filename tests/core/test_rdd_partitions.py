"""Partitions: how elements are placed in them, and the operations that see or change whole partitions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import ELEMENTS, SLICES, VALUES, assert_same, pairs

RANGES = st.builds(range, st.integers(-30, 30), st.integers(-30, 30), st.sampled_from([1, 2, 3, -1, -4]))


@given(RANGES, st.integers(1, 8))
def test_a_range_is_sliced_as_in_pyspark(sc: SparkContext, numbers: range, slices: int) -> None:
    expected = PlainRDD.parallelize(numbers, slices).partitions
    assert_same(sc.parallelize(numbers, slices).glom().collect(), expected)
    actual = sc.range(numbers.start, numbers.stop, numbers.step, slices)
    assert_same(actual.glom().collect(), expected)


@given(st.integers(0, 40), st.integers(1, 8))
def test_a_list_is_sliced_by_batches(sc: SparkContext, size: int, slices: int) -> None:
    elements = list(range(size))
    assert_same(
        sc.parallelize(elements, slices).glom().collect(), PlainRDD.parallelize(elements, slices).partitions
    )


def test_the_known_sizes_of_the_reference(sc2: SparkContext) -> None:
    def sizes(elements: Any, slices: int) -> list[int]:
        return [len(part) for part in sc2.parallelize(elements, slices).glom().collect()]

    assert sizes(range(10), 4) == [2, 3, 2, 3]
    assert sizes(list(range(10)), 4) == [2, 2, 2, 4]
    assert sizes(list(range(5000)), 3) == [1024, 2048, 1928]
    assert sizes([1, 2, 3], 7) == [0, 0, 1, 0, 1, 0, 1]


def test_integers_beyond_64_bits_make_a_range_too(sc2: SparkContext) -> None:
    numbers = range(2**70, 2**70 + 5)
    assert_same(sc2.parallelize(numbers, 2).collect(), list(numbers))
    edge = range(2**63 - 3, 2**63 + 2)
    assert_same(sc2.parallelize(edge, 2).map(lambda x: x).collect(), list(edge))


@pytest.mark.parametrize(
    ("collection", "elements"),
    [
        ("abc", ["a", "b", "c"]),
        (b"ab", [97, 98]),
        ({"x": 1, "y": 2}, ["x", "y"]),
        ((c for c in "gen"), ["g", "e", "n"]),
        ((), []),
    ],
    ids=["str", "bytes", "dict", "generator", "empty"],
)
def test_any_collection_can_be_parallelized(sc2: SparkContext, collection: Any, elements: list[Any]) -> None:
    assert_same(sc2.parallelize(collection, 2).collect(), elements)


def test_what_cannot_be_iterated_cannot_be_parallelized(sc2: SparkContext) -> None:
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        sc2.parallelize(5)  # type: ignore[arg-type]


@given(ELEMENTS, SLICES)
def test_map_partitions_sees_each_partition_once(sc: SparkContext, elements: list[Any], slices: int) -> None:
    def f(iterator: Any) -> Any:
        part = list(iterator)
        return [len(part), part]

    expected = PlainRDD.parallelize(elements, slices).mapPartitions(f)
    assert_same(sc.parallelize(elements, slices).mapPartitions(f).glom().collect(), expected.partitions)


@given(ELEMENTS, SLICES)
def test_map_partitions_with_index_counts_from_zero(
    sc: SparkContext, elements: list[Any], slices: int
) -> None:
    def f(index: int, iterator: Any) -> Any:
        return ((index, element) for element in iterator)

    expected = PlainRDD.parallelize(elements, slices).mapPartitionsWithIndex(f)
    assert_same(
        sc.parallelize(elements, slices).mapPartitionsWithIndex(f).glom().collect(), expected.partitions
    )


def test_map_partitions_takes_any_iterable_for_its_result(sc2: SparkContext) -> None:
    rdd = sc2.parallelize([1, 2], 2)
    assert_same(rdd.mapPartitions(lambda it: {next(it): 0}).collect(), [1, 2])
    assert_same(rdd.mapPartitions(lambda it: "ab").collect(), ["a", "b", "a", "b"])
    assert_same(rdd.mapPartitions(lambda it: it).collect(), [1, 2])


@given(ELEMENTS, ELEMENTS, SLICES, SLICES)
def test_union_appends_partitions(
    sc: SparkContext, left: list[Any], right: list[Any], lefts: int, rights: int
) -> None:
    expected = PlainRDD.parallelize(left, lefts).union(PlainRDD.parallelize(right, rights)).partitions
    one, other = sc.parallelize(left, lefts), sc.parallelize(right, rights)
    assert_same(one.union(other).glom().collect(), expected)
    assert_same((one + other).glom().collect(), expected)
    assert_same(sc.union([one, other, one]).collect(), [*left, *right, *left])


def test_union_drops_what_has_no_partitions(sc2: SparkContext) -> None:
    both = sc2.emptyRDD().union(sc2.parallelize([1], 2)).union(sc2.emptyRDD())
    assert_same(both.glom().collect(), [[], [1]])


def test_union_of_equal_partitioners_goes_partition_by_partition(sc2: SparkContext) -> None:
    one = sc2.parallelize([(k, "one") for k in range(4)], 3).partitionBy(2)
    other = sc2.parallelize([(k, "other") for k in range(4)], 1).partitionBy(2)
    assert_same(
        one.union(other).glom().collect(),
        [
            [(0, "one"), (2, "one"), (0, "other"), (2, "other")],
            [(1, "one"), (3, "one"), (1, "other"), (3, "other")],
        ],
    )


@given(st.lists(st.integers(), max_size=60), st.integers(1, 8), st.integers(1, 8))
def test_repartition_deals_out_runs_of_ten(
    sc: SparkContext, elements: list[int], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).repartition(partitions).partitions
    assert_same(sc.parallelize(elements, slices).repartition(partitions).glom().collect(), expected)
    shuffled = sc.parallelize(elements, slices).coalesce(partitions, shuffle=True)
    assert_same(shuffled.glom().collect(), expected)


@given(ELEMENTS, SLICES, st.integers(1, 8))
def test_repartition_loses_and_changes_nothing(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).repartition(partitions).partitions
    assert_same(sc.parallelize(elements, slices).repartition(partitions).glom().collect(), expected)


@given(ELEMENTS, st.integers(1, 9), st.integers(1, 9))
def test_coalesce_puts_whole_partitions_together(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).coalesce(partitions).partitions
    rdd = sc.parallelize(elements, slices).coalesce(partitions)
    assert rdd.getNumPartitions() == min(slices, partitions)
    assert_same(rdd.glom().collect(), expected)


@pytest.mark.parametrize("partitions", [0, -1])
def test_coalesce_needs_a_positive_number(sc2: SparkContext, partitions: int) -> None:
    for operation in (sc2.range(3).coalesce, sc2.range(3).repartition):
        with pytest.raises(ValueError, match=r"Number of partitions must be positive\."):
            operation(partitions)


@given(pairs(st.integers(-9, 9), VALUES), SLICES, SLICES)
def test_partition_by_places_pairs_by_key(
    sc: SparkContext, elements: list[Any], slices: int, partitions: int
) -> None:
    rdd, expected = sc.parallelize(elements, slices), PlainRDD.parallelize(elements, slices)
    assert_same(rdd.partitionBy(partitions).glom().collect(), expected.partitionBy(partitions).partitions)

    def own(key: int) -> int:
        return key * 7 - 3

    assert_same(
        rdd.partitionBy(partitions, own).glom().collect(), expected.partitionBy(partitions, own).partitions
    )


def test_partition_by_the_same_way_again_is_free(sc2: SparkContext) -> None:
    once = sc2.parallelize([(1, 2)]).partitionBy(3)
    assert once.partitionBy(3) is once
    assert once.mapValues(str).partitionBy(3).getNumPartitions() == 3


@pytest.mark.parametrize("partitions", [0, -1])
def test_no_partitions_hold_nothing(sc2: SparkContext, partitions: int) -> None:
    assert sc2.parallelize([(1, 2)]).partitionBy(partitions).collect() == []
    assert sc2.parallelize([1]).distinct(partitions).collect() == []


def test_an_empty_rdd_stays_empty(sc: SparkContext) -> None:
    nothing: Any = sc.emptyRDD()
    assert nothing.getNumPartitions() == 0
    assert nothing.map(str).collect() == []
    assert nothing.keys().glom().collect() == []
    assert_same(nothing.repartition(3).glom().collect(), [[], [], []])
    assert nothing.coalesce(2).getNumPartitions() == 0
    assert_same(nothing.distinct(2).glom().collect(), [[], []])
