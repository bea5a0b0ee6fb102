"""toDebugString: Spark's shape."""

from typing import Any

from firesteel.core._debug_string import debug_string


class Stored:
    stored_partitions = 2


class FakeRDD:
    """As much of an RDD as is printed."""

    def __init__(
        self, name: str, partitions: int, *parents: Any, shuffled: bool = False, cached: bool = False
    ):
        self._name, self._partitions, self._parents = name, partitions, parents
        self._is_shuffled, self.is_cached, self._node = shuffled, cached, Stored()

    def getNumPartitions(self) -> int:
        return self._partitions

    def getStorageLevel(self) -> str:
        return "Memory"

    def __repr__(self) -> str:
        return self._name


def test_a_shuffle_of_a_union() -> None:
    left, right = FakeRDD("left", 2), FakeRDD("right", 2)
    united = FakeRDD("mapped", 4, FakeRDD("united", 4, left, right, cached=True))
    tree: Any = FakeRDD("reduced", 12, FakeRDD("shuffled", 12, united, shuffled=True))
    assert debug_string(tree).splitlines() == [
        "(12) reduced []",
        " |   shuffled []",
        " +-(4) mapped []",
        "    |  united [Memory]",
        "    |      CachedPartitions: 2",
        "    |  left []",
        "    |  right []",
    ]


def test_a_lineage_of_thousands() -> None:
    rdd: Any = FakeRDD("first", 1)
    for _ in range(5000):
        rdd = FakeRDD("next", 1, rdd)
    assert len(debug_string(rdd).splitlines()) == 5001
