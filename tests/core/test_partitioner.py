"""Partitioners: where a key goes, and when two RDDs are placed alike."""

import random

import pytest

from firesteel.core.rdd import Partitioner, RangePartitioner, portable_hash, sampled_bounds
from firesteel.errors import PySparkRuntimeError


@pytest.fixture(autouse=True)
def fixed_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")


def test_portable_hash_of_numbers_none_and_tuples() -> None:
    assert portable_hash(None) == 0
    assert portable_hash(12) == hash(12)
    # Recorded from the reference.
    assert portable_hash((1, None)) == 3430029580084870083
    assert portable_hash((1, (2, 3), None)) == 1432486367069746973
    assert portable_hash(()) == 0x345678


def test_portable_hash_wants_fixed_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED")
    with pytest.raises(PySparkRuntimeError, match="PYTHONHASHSEED"):
        portable_hash("a")


def test_partitioners_are_equal_by_number_and_function() -> None:
    assert Partitioner(3, portable_hash) == Partitioner(3, portable_hash)
    assert Partitioner(3, portable_hash) != Partitioner(4, portable_hash)
    assert Partitioner(3, portable_hash) != Partitioner(3, hash)
    assert Partitioner(3, hash)(7) == 1


def test_a_range_partitioner_is_equal_to_itself_only() -> None:
    ascending = RangePartitioner([10, 20], None, True, 3)
    assert ascending == ascending
    assert ascending != RangePartitioner([10, 20], None, True, 3)
    assert [ascending(key) for key in (5, 10, 15, 25)] == [0, 0, 1, 2]
    descending = RangePartitioner([10, 20], None, False, 3)
    assert [descending(key) for key in (5, 10, 15, 25)] == [2, 2, 1, 0]
    by_length = RangePartitioner([1, 2], len, True, 3)
    assert [by_length(key) for key in ("a", "bb", "ccc")] == [0, 1, 2]


def test_bounds_of_nothing() -> None:
    assert sampled_bounds([(0, []), (0, [])], 3, None) is None


def test_bounds_of_few_keys_are_exact() -> None:
    draws = random.Random(1)
    candidates = [(draws.random(), key) for key in range(30)]
    assert sampled_bounds([(30, candidates)], 3, None) == [10, 20]


def test_candidates_above_the_fraction_do_not_count() -> None:
    # 80 elements and 2 partitions: every second one, those drawn below 0.5.
    candidates = [(0.49 if key % 2 else 0.51, key) for key in range(80)]
    assert sampled_bounds([(80, candidates)], 2, None) == [41]


def test_a_negative_number_of_partitions_is_refused_when_there_is_something_to_sort() -> None:
    assert sampled_bounds([(0, [])], -1, None) is None
    with pytest.raises(ValueError, match="nonnegative"):
        sampled_bounds([(1, [(0.1, 1)])], -1, None)
