"""Accumulators: tasks add, the driver reads, and each task of an action counts once."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from firesteel import AccumulatorParam, SparkContext
from firesteel.accumulators import AddingAccumulatorParam
from firesteel.errors import PythonException
from support.values import NUMBERS, SLICES


@given(NUMBERS, SLICES)
def test_tasks_add_and_the_driver_reads(sc: SparkContext, numbers: list[int], slices: int) -> None:
    total = sc.accumulator(100)
    sc.parallelize(numbers, slices).foreach(lambda x: total.add(x))
    assert total.value == 100 + sum(numbers)


def test_an_augmented_assignment_adds_too(sc: SparkContext) -> None:
    total = sc.accumulator(0.5)

    def f(x: int) -> None:
        nonlocal total
        total += x

    sc.parallelize(range(5), 3).foreach(f)
    total += 1
    assert total.value == 11.5


def test_any_type_with_a_way_to_add(sc: SparkContext) -> None:
    class Lists(AccumulatorParam):
        def zero(self, value: Any) -> Any:
            return []

        def addInPlace(self, value1: Any, value2: Any) -> Any:
            value1.extend(value2)
            return value1

    seen = sc.accumulator(["first"], Lists())
    sc.parallelize(range(6), 3).foreach(lambda x: seen.add([x]))
    assert seen.value[0] == "first"
    assert sorted(seen.value[1:]) == list(range(6))


def test_two_actions_count_twice(sc2: SparkContext) -> None:
    calls = sc2.accumulator(0)

    def f(x: int) -> int:
        calls.add(1)
        return x

    rdd = sc2.parallelize(range(10), 2).map(f)
    rdd.count()
    rdd.collect()
    assert calls.value == 20


def test_the_attempt_of_a_worker_that_died_does_not_count(sc2: SparkContext, tmp_path: Path) -> None:
    calls, marker = sc2.accumulator(0), tmp_path / "died"

    def f(x: int) -> int:
        calls.add(1)
        if x == 9 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        return x

    sc2.parallelize(range(10), 1).map(f).count()
    assert marker.exists()
    assert calls.value == 10


def test_the_tasks_of_a_failed_job_that_failed_do_not_count(sc2: SparkContext) -> None:
    calls = sc2.accumulator(0)

    def f(x: int) -> float:
        calls.add(1)
        return 1 / (x - 5)

    with pytest.raises(PythonException):
        sc2.parallelize(range(10), 1).map(f).count()
    assert calls.value == 0


def test_a_task_cannot_read_the_value(sc2: SparkContext) -> None:
    total = sc2.accumulator(0)
    with pytest.raises(PythonException, match="cannot be accessed inside tasks"):
        sc2.parallelize([1]).map(lambda _: total.value).collect()


@pytest.mark.parametrize("value", ["x", [], None])
def test_what_is_no_number_needs_a_param(sc2: SparkContext, value: Any) -> None:
    with pytest.raises(TypeError, match="No default accumulator param for type"):
        sc2.accumulator(value)


def test_how_one_looks(sc2: SparkContext) -> None:
    total = sc2.accumulator(7.5)
    assert str(total) == "7.5"
    assert repr(total) == f"Accumulator<id={total.aid}, value=7.5>"


def test_a_param_says_what_it_adds() -> None:
    param: AccumulatorParam[int] = AccumulatorParam()
    for use in (lambda: param.zero(1), lambda: param.addInPlace(1, 2)):
        with pytest.raises(NotImplementedError):
            use()


def test_a_param_that_derives_from_the_numbers_own_is_asked(sc2: SparkContext) -> None:
    class Largest(AddingAccumulatorParam):
        def addInPlace(self, value1: Any, value2: Any) -> Any:
            return max(value1, value2)

    largest = sc2.accumulator(0, Largest(0))
    sc2.parallelize([3, 9, 4], 2).foreach(lambda x: largest.add(x))
    assert largest.value == 9


def test_another_param_counts_from_then_on(sc2: SparkContext) -> None:
    class Product(AccumulatorParam):
        def zero(self, value: Any) -> Any:
            return 1

        def addInPlace(self, value1: Any, value2: Any) -> Any:
            return value1 * value2

    total = sc2.accumulator(2)
    total.add(3)
    total.accum_param = Product()
    sc2.parallelize([3, 4], 2).foreach(lambda x: total.add(x))
    assert total.value == 60


def test_ints_grow_and_floats_join_them(sc2: SparkContext) -> None:
    total = sc2.accumulator(0)
    sc2.parallelize([2**62, 2**62, True, 0.5], 1).foreach(lambda x: total.add(x))
    assert total.value == 2**63 + 1 + 0.5
