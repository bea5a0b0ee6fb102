"""StatCounter: numbers counted one by one, and merged, give what the reference gives."""

import copy
import pickle

import pytest

from firesteel.statcounter import StatCounter


def test_numbers_one_by_one():
    counter = StatCounter([1, 2, 3, 4.5])
    assert (counter.n, counter.mu, counter.m2, counter.maxValue, counter.minValue) == (
        4,
        2.625,
        6.6875,
        4.5,
        1,
    )
    assert repr(counter) == "(count: 4, mean: 2.625, stdev: 1.2930100540985752, max: 4.5, min: 1)"
    assert counter.sum() == 10.5


def test_nothing():
    counter = StatCounter()
    assert repr(counter.mergeStats(counter)) == "(count: 0, mean: 0.0, stdev: nan, max: -inf, min: inf)"


@pytest.mark.parametrize(
    ("left", "right"), [([1, 2], [3] * 4), ([1.5], [2] * 11), ([2] * 11, [1.5]), ([], [1]), ([1], [])]
)
def test_merged_counters_are_those_of_all_numbers(left, right):
    merged, whole = StatCounter(left).mergeStats(StatCounter(right)), StatCounter(left + right)
    assert merged.asDict() == pytest.approx(whole.asDict(), nan_ok=True)


def test_a_counter_merged_with_itself_counts_twice():
    counter = StatCounter([1, 2])
    assert counter.mergeStats(counter).count() == 4


def test_copies_are_independent():
    counter = StatCounter([1, 2])
    for copied in (counter.copy(), copy.copy(counter), pickle.loads(pickle.dumps(counter))):
        copied.merge(9)
        assert (copied.count(), counter.count()) == (3, 2)


def test_only_counters_are_merged():
    with pytest.raises(TypeError, match="Can only merge StatCounter but got <class 'int'>"):
        StatCounter().mergeStats(3)  # type: ignore[arg-type]


def test_its_own_functions():
    counter = StatCounter([4.0, 9.0])
    assert (counter.maximum(1, 2), counter.minimum(1, 2), counter.sqrt(9.0)) == (2, 1, 3.0)
    assert (counter.max(), counter.min()) == (9.0, 4.0)
    assert (counter.maxValue, counter.minValue) == (9.0, 4.0)
