"""Partitioners: where a key goes, and when two RDDs are placed alike."""

import random

import pytest

from firesteel.core._hashes import hash_of_bytes, hash_of_text
from firesteel.core.rdd import Partitioner, RangePartitioner, portable_hash, sampled_bounds
from support.programs import Programs


def test_portable_hash_of_numbers_none_and_tuples() -> None:
    assert portable_hash(None) == 0
    assert portable_hash(12) == hash(12)
    # Recorded from the reference.
    assert portable_hash((1, None)) == 3430029580084870083
    assert portable_hash((1, (2, 3), None)) == 1432486367069746973
    assert portable_hash(()) == 0x345678


TEXTS = ["", "a", "steel", "seven77", "eight888", "nine99999", "\xe9", "\u20ac" * 5, "\U0001f525x", "\ud800"]


@pytest.mark.parametrize("seed", [0, 1, 42, 4294967295])
def test_hashes_of_another_seed(programs: Programs, seed: int) -> None:
    values = [*TEXTS, *(text.encode("utf-8", "surrogatepass") for text in TEXTS), bytes(range(256))]
    source = f"print([hash(x) for x in {values!a}])"
    done = programs.python(source, env=programs.environment(PYTHONHASHSEED=str(seed)))
    found = [hash_of_text(x, seed) if isinstance(x, str) else hash_of_bytes(x, seed) for x in values]
    assert str(found) == done.stdout.strip()


HASHES = """
import datetime
from decimal import Decimal
from firesteel import SparkContext
from firesteel.rdd import portable_hash

class Text(str):
    pass

keys = [None, True, 7, 1.5, 2j, "steel", "", b"fire", ("a", None, (b"b", 2.0))]
keys += [frozenset("ab"), Decimal("1.5"), datetime.date(2020, 1, 1), Text("t")]
with SparkContext("local[1]") as sc:
    print([portable_hash(key) for key in keys] == sc.parallelize(keys, 1).map(portable_hash).collect())
    placed = sc.parallelize([(key, 1) for key in keys], 1).partitionBy(5)
    there = placed.keys().glom().collect()
    print(all(key in there[placed.partitioner(key)] for key in keys))
    print(portable_hash("steel"))
print(portable_hash("steel"), portable_hash(7))
"""


@pytest.mark.parametrize(("seed", "expected"), [(None, 0), ("random", 0), ("0", 0), ("42", 42)])
def test_the_driver_hashes_as_the_workers(programs: Programs, seed: str | None, expected: int) -> None:
    done = programs.python(HASHES, env=programs.environment(PYTHONHASHSEED=seed))
    hashed = hash_of_text("steel", expected)
    assert done.stdout.splitlines() == ["True", "True", str(hashed), f"{hashed} 7"], done.stderr


def test_workers_may_have_a_seed_of_their_own(programs: Programs) -> None:
    source = """
        from firesteel import SparkConf, SparkContext
        from firesteel.rdd import portable_hash
        with SparkContext("local[1]", conf=SparkConf().set("spark.executorEnv.PYTHONHASHSEED", "9")) as sc:
            print([portable_hash("steel")], sc.parallelize(["steel"], 1).map(portable_hash).collect())
        """
    done = programs.python(source, env=programs.environment(PYTHONHASHSEED="0"))
    hashed = hash_of_text("steel", 9)
    assert done.stdout.strip() == f"[{hashed}] [{hashed}]", done.stderr


def test_without_a_context_some_keys_cannot_be_hashed(programs: Programs) -> None:
    source = """
        from firesteel.errors import PySparkRuntimeError
        from firesteel.rdd import portable_hash
        try:
            portable_hash(frozenset("ab"))
        except PySparkRuntimeError as error:
            print(error.getCondition())
        """
    done = programs.python(source, env=programs.environment(PYTHONHASHSEED=None))
    assert done.stdout.strip() == "PYTHON_HASH_SEED_NOT_SET", done.stderr


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
