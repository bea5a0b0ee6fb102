"""Approximate actions that run out of time, and their results as values."""

import pickle

import pytest

from firesteel.core.rdd import BoundedFloat


def test_a_bounded_float_is_a_float_that_survives_pickling():
    bounded = pickle.loads(pickle.dumps(BoundedFloat(3.0, 0.9, 2.5, 3.5)))
    assert isinstance(bounded, float)
    assert (bounded, bounded.confidence, bounded.low, bounded.high) == (3.0, 0.9, 2.5, 3.5)


def test_without_time_some_partitions_stand_for_all(sc2):
    calls = sc2.accumulator(0)
    numbers = sc2.range(1000, numSlices=20).map(lambda x: calls.add(1) or 1.0)
    total = numbers.sumApprox(0, confidence=0.9)
    assert calls.value == 100
    assert total == 1000
    assert total.low < 1000 < total.high
    assert total.confidence == 0.9
    assert numbers.countApprox(0) == 1000


def test_the_bounds_of_a_mean_are_wider_with_more_confidence(sc2):
    numbers = sc2.range(1000, numSlices=20)
    narrow, wide = numbers.meanApprox(0, 0.5), numbers.meanApprox(0, 0.99)
    assert narrow == wide == pytest.approx(49.5)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert numbers.meanApprox(0, 1.0).high == float("inf")


def test_one_partition_says_nothing_of_the_others(sc2):
    total = sc2.range(10, numSlices=10).coalesce(5).map(float).coalesce(5).sumApprox(0)
    assert total.low < total < total.high
