"""Checkpoints: files, lineage, and RDDs that were derived before."""

import os

import pytest

from firesteel import SparkContext, StorageLevel
from firesteel.errors import FiresteelError, JobError


@pytest.fixture
def folder(sc2: SparkContext, tmp_path) -> str:
    sc2.setCheckpointDir(str(tmp_path))
    return sc2.getCheckpointDir().removeprefix("file:")


def test_a_checkpoint_needs_a_folder(sc2, monkeypatch):
    monkeypatch.setattr(sc2, "_checkpoint_dir", None)
    with pytest.raises(FiresteelError, match="Checkpoint directory has not been set"):
        sc2.range(3).checkpoint()


def test_the_lineage_ends_at_the_files(sc2, folder):
    calls = sc2.accumulator(0)
    rdd = sc2.range(6, numSlices=2).map(lambda x: calls.add(1) or x)
    rdd.checkpoint()
    assert rdd.count() == 6
    assert sorted(os.listdir(os.path.join(folder, f"rdd-{rdd.id()}"))) == ["part-00000", "part-00001"]
    before = calls.value
    assert rdd.map(str).collect() == list("012345")
    assert calls.value == before
    assert str(rdd.id()) in repr(rdd)


def test_several_batches_and_classes_of_the_program(sc2, folder):
    class Point:
        def __init__(self, x):
            self.x = x

    rdd = sc2.range(3000, numSlices=2).map(Point)
    rdd.checkpoint()
    assert rdd.count() == 3000
    assert rdd.isCheckpointed()
    assert rdd.map(lambda point: point.x).sum() == sum(range(3000))


def test_a_marked_ancestor_is_written_and_only_the_nearest(sc2, folder):
    below = sc2.range(4, numSlices=2).map(lambda x: (x % 2, x))
    below.checkpoint()
    marked = below.reduceByKey(lambda a, b: a + b)
    marked.checkpoint()
    assert sorted(marked.mapValues(str).collect()) == [(0, "2"), (1, "4")]
    assert (marked.isCheckpointed(), below.isCheckpointed()) == (True, False)
    assert below.count() == 4
    assert below.isCheckpointed()


def test_what_was_derived_before_keeps_its_broadcast(sc2, folder):
    factor = sc2.broadcast(3)
    rdd = sc2.range(4).map(lambda x: x * factor.value)
    rdd.checkpoint()
    derived = rdd.map(str)
    assert rdd.sum() == 18
    assert derived.collect() == ["0", "3", "6", "9"]


def test_an_iterated_program_keeps_a_short_lineage(sc2, folder):
    rdd = sc2.range(8, numSlices=2)
    for _ in range(4):
        rdd = rdd.map(lambda x: x + 1)
        rdd.checkpoint()
        rdd.count()
    assert rdd.collect() == list(range(4, 12))
    assert rdd.toDebugString().decode().count("\n") == 2


def test_a_failed_job_leaves_no_checkpoint(sc2, folder):
    rdd = sc2.range(4, numSlices=2).map(lambda x: 1 // (x - 3))
    rdd.checkpoint()
    with pytest.raises(JobError, match="ZeroDivisionError"):
        rdd.count()
    assert not rdd.isCheckpointed()


def test_a_local_checkpoint_keeps_the_level_that_was_set(sc2):
    rdd = sc2.range(3).persist(StorageLevel.DISK_ONLY)
    rdd.localCheckpoint()
    assert rdd.getStorageLevel() == StorageLevel.DISK_ONLY
    assert rdd.isLocallyCheckpointed()


def test_a_local_checkpoint_replaces_a_marked_one(sc2, folder):
    for mark in ("checkpoint", "localCheckpoint"), ("localCheckpoint", "checkpoint"):
        rdd = sc2.range(3).map(str)
        for name in mark:
            getattr(rdd, name)()
        assert rdd.collect() == rdd.collect() == ["0", "1", "2"]
        assert rdd.isLocallyCheckpointed()
        assert rdd.getCheckpointFile() is None
