"""StorageLevel: PySpark's levels, as they print there."""

import pytest

from firesteel import StorageLevel

LEVELS = {
    "NONE": ("StorageLevel(False, False, False, False, 1)", "Serialized 1x Replicated"),
    "DISK_ONLY": ("StorageLevel(True, False, False, False, 1)", "Disk Serialized 1x Replicated"),
    "DISK_ONLY_3": ("StorageLevel(True, False, False, False, 3)", "Disk Serialized 3x Replicated"),
    "MEMORY_ONLY": ("StorageLevel(False, True, False, False, 1)", "Memory Serialized 1x Replicated"),
    "MEMORY_ONLY_2": ("StorageLevel(False, True, False, False, 2)", "Memory Serialized 2x Replicated"),
    "MEMORY_AND_DISK": ("StorageLevel(True, True, False, False, 1)", "Disk Memory Serialized 1x Replicated"),
    "OFF_HEAP": ("StorageLevel(True, True, True, False, 1)", "Disk Memory OffHeap Serialized 1x Replicated"),
    "MEMORY_AND_DISK_DESER": (
        "StorageLevel(True, True, False, True, 1)",
        "Disk Memory Deserialized 1x Replicated",
    ),
}


@pytest.mark.parametrize("name", LEVELS)
def test_how_levels_print(name: str) -> None:
    level = getattr(StorageLevel, name)
    assert (repr(level), str(level)) == LEVELS[name]


def test_levels_are_equal_by_their_flags() -> None:
    assert StorageLevel(True, False, False, False) == StorageLevel.DISK_ONLY
    assert StorageLevel.DISK_ONLY != StorageLevel.DISK_ONLY_2
    assert len({StorageLevel.DISK_ONLY, StorageLevel(True, False, False, False)}) == 1
