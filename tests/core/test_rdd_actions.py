"""Actions: what comes back to the driver."""

from collections import defaultdict
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import ELEMENTS, FEW_KEYS, NUMBERS, SLICES, VALUES, assert_same, pairs


@given(ELEMENTS, SLICES)
def test_count(sc: SparkContext, elements: list[Any], slices: int) -> None:
    assert_same(sc.parallelize(elements, slices).count(), len(elements))


@given(ELEMENTS, SLICES, st.integers(-1, 18))
def test_take_gives_the_first_elements(
    sc: SparkContext, elements: list[Any], slices: int, count: int
) -> None:
    assert_same(sc.parallelize(elements, slices).take(count), elements[: max(count, 0)])


@given(ELEMENTS.filter(bool), SLICES)
def test_first(sc: SparkContext, elements: list[Any], slices: int) -> None:
    assert_same(sc.parallelize(elements, slices).first(), elements[0])


def test_take_looks_into_later_partitions_when_the_first_are_empty(sc: SparkContext) -> None:
    rdd = sc.parallelize(range(100), 20).filter(lambda x: x > 97)
    assert_same(rdd.take(5), [98, 99])
    assert_same(rdd.first(), 98)


@given(NUMBERS.filter(bool), SLICES)
def test_reduce_goes_from_left_to_right(sc: SparkContext, numbers: list[int], slices: int) -> None:
    def f(left: Any, right: Any) -> Any:
        return (left, right)

    parts = [reduce(f, part) for part in PlainRDD.parallelize(numbers, slices).partitions if part]
    assert_same(sc.parallelize(numbers, slices).reduce(f), reduce(f, parts))


def test_reduce_and_fold_show_their_order(sc2: SparkContext) -> None:
    letters = sc2.parallelize("abcdef", 3)
    assert letters.reduce(lambda a, b: f"({a}{b})") == "(((ab)(cd))(ef))"
    assert letters.fold("_", lambda a, b: a + b) == "__ab_cd_ef"


@given(NUMBERS, SLICES)
def test_fold_starts_every_partition_from_zero(sc: SparkContext, numbers: list[int], slices: int) -> None:
    def f(left: Any, right: Any) -> Any:
        return (left, right)

    parts = [reduce(f, part, "zero") for part in PlainRDD.parallelize(numbers, slices).partitions]
    assert_same(sc.parallelize(numbers, slices).fold("zero", f), reduce(f, parts, "zero"))


@given(ELEMENTS, SLICES)
def test_aggregate(sc: SparkContext, elements: list[Any], slices: int) -> None:
    def add(result: Any, element: Any) -> Any:
        return [*result, element]

    def merge(left: Any, right: Any) -> Any:
        return [left, right]

    parts = [reduce(add, part, ["zero"]) for part in PlainRDD.parallelize(elements, slices).partitions]
    actual = sc.parallelize(elements, slices).aggregate(["zero"], add, merge)
    assert_same(actual, reduce(merge, parts, ["zero"]))


@given(NUMBERS, SLICES)
def test_sum(sc: SparkContext, numbers: list[int], slices: int) -> None:
    assert_same(sc.parallelize(numbers, slices).sum(), sum(numbers))


def test_sum_takes_the_types_of_python(sc2: SparkContext) -> None:
    assert_same(sc2.parallelize([1, 2.5, True], 2).sum(), 4.5)
    assert_same(sc2.parallelize([True, True], 2).sum(), 2)
    assert_same(sc2.parallelize([2**63, 2**63], 2).sum(), 2**64)


@given(st.lists(FEW_KEYS, max_size=14), SLICES)
def test_count_by_value(sc: SparkContext, elements: list[Any], slices: int) -> None:
    expected: dict[Any, int] = defaultdict(int)
    for element in elements:
        expected[element] += 1
    assert_same(sc.parallelize(elements, slices).countByValue(), expected)


@given(pairs(), SLICES)
def test_count_by_key(sc: SparkContext, elements: list[Any], slices: int) -> None:
    expected: dict[Any, int] = defaultdict(int)
    for key, _ in elements:
        expected[key] += 1
    assert_same(sc.parallelize(elements, slices).countByKey(), expected)


@given(pairs(values=VALUES), SLICES)
def test_collect_as_map_keeps_the_last_value(sc: SparkContext, elements: list[Any], slices: int) -> None:
    assert_same(sc.parallelize(elements, slices).collectAsMap(), dict(elements))


def test_collect_as_map_wants_pairs(sc2: SparkContext) -> None:
    with pytest.raises(TypeError, match="cannot convert dictionary update sequence element #0 to a sequence"):
        sc2.parallelize([1]).collectAsMap()  # type: ignore[misc]
    with pytest.raises(ValueError, match="element #0 has length 3; 2 is required"):
        sc2.parallelize([(1, 2, 3)]).collectAsMap()  # type: ignore[misc]


def test_foreach_calls_for_every_element_and_returns_nothing(sc: SparkContext) -> None:
    total = sc.accumulator(0)
    assert sc.parallelize(range(100), 3).foreach(lambda x: total.add(x)) is None
    assert total.value == 4950


@pytest.mark.parametrize("partitions", [0, 3])
def test_actions_on_nothing(sc: SparkContext, partitions: int) -> None:
    nothing: Any = sc.parallelize([], partitions) if partitions else sc.emptyRDD()
    assert nothing.collect() == nothing.take(3) == nothing.takeOrdered(2) == []
    assert_same((nothing.count(), nothing.sum()), (0, 0))
    assert nothing.fold(7, lambda a, b: a + b) == 7 * (partitions + 1)
    assert nothing.aggregate(7, lambda a, b: a + b, lambda a, b: a + b) == 7 * (partitions + 1)
    with pytest.raises(ValueError, match=r"Can not reduce\(\) empty RDD"):
        nothing.reduce(max)
    with pytest.raises(ValueError, match="RDD is empty"):
        nothing.first()


def test_an_error_in_the_final_merge_is_the_users_own(sc2: SparkContext) -> None:
    def divide(left: float, right: float) -> float:
        return left / right

    with pytest.raises(ZeroDivisionError):
        sc2.parallelize([1, 0], 2).reduce(divide)


def test_take_wants_an_integer(sc2: SparkContext) -> None:
    with pytest.raises(TypeError, match="slice indices must be integers"):
        sc2.range(3).take(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'<' not supported"):
        sc2.range(3).take("2")  # type: ignore[arg-type]


def test_the_same_rdd_answers_again_and_again(sc: SparkContext) -> None:
    rdd = sc.parallelize(range(50), 4).map(lambda x: (x % 7, x)).reduceByKey(lambda a, b: a + b, 3)
    first = rdd.collect()
    assert rdd.count() == 7
    assert_same(rdd.collect(), first)
    assert_same(rdd.take(7), first)


def test_jobs_from_several_threads_run_side_by_side(sc: SparkContext) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def job(n: int) -> list[Any]:
        return sc.parallelize(range(n * 10), 3).map(lambda x: (x % n, x)).reduceByKey(max, 2).collect()

    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(job, range(1, 11)))
    for n, result in enumerate(results, start=1):
        assert dict(result) == {k: n * 9 + k for k in range(n)}
