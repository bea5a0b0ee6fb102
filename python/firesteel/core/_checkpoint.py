"""Checkpoints: partitions written to files that outlive the job, which then replace an RDD's lineage.

A marked RDD is written by a job of its own after the first action that needed it. Files appear under their
final names only when they are whole: a folder with all parts is a checkpoint and any other is not.
"""

import functools
import itertools
import os
import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import cloudpickle

from firesteel._call_site import here
from firesteel.errors import FiresteelError
from firesteel.storagelevel import StorageLevel

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD

BATCH = 1024
"""Elements that are pickled together."""


def checkpoint_folder(rdd: "RDD[Any]") -> str:
    """Return the path for an RDD's checkpoint.

    Raises
    ------
    FiresteelError
        When the context has no folder for checkpoints.
    """
    folder = rdd.ctx.getCheckpointDir()
    if folder is None:
        raise FiresteelError("Checkpoint directory has not been set in the SparkContext")
    return os.path.join(folder.removeprefix("file:"), f"rdd-{rdd.id()}")


def level_with_disk(level: StorageLevel) -> StorageLevel:
    """Return the level at which partitions may stand for their lineage: none of them may be dropped."""
    return StorageLevel(True, level.useMemory, False, level.deserialized, level.replication)


def write_checkpoint(rdd: "RDD[Any]", folder: str) -> "RDD[Any]":
    """Write the partitions of an RDD; return an RDD that reads them."""
    os.makedirs(folder, exist_ok=True)
    writing = rdd._at_rest().mapPartitionsWithIndex(functools.partial(_write, folder))
    rdd.ctx._collect(writing._prepare(), here())
    count = rdd.getNumPartitions()
    parts = rdd.ctx.range(count, numSlices=count) if count else rdd.ctx.emptyRDD()
    return parts.mapPartitionsWithIndex(functools.partial(_read, folder))._at_rest(passes=False)


def _part(folder: str, index: int) -> str:
    return os.path.join(folder, f"part-{index:05}")


def _write(folder: str, index: int, elements: Iterable[Any]) -> Iterable[Any]:
    """Write a partition; another attempt at it may be writing, too."""
    path = _part(folder, index)
    unfinished = f"{path}.{os.getpid()}"
    elements = iter(elements)
    try:
        with open(unfinished, "wb") as file:
            while batch := list(itertools.islice(elements, BATCH)):
                _dump(batch, file)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    return ()


def _dump(batch: list[Any], file: BinaryIO) -> None:
    try:
        pickled = pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)
    except Exception:
        pickled = b"__main__"
    # What plain pickle refuses, or would look up in a `__main__` that is another module where it is read.
    file.write(cloudpickle.dumps(batch) if b"__main__" in pickled else pickled)


def _read(folder: str, index: int, _: Iterable[Any]) -> Iterator[Any]:
    return itertools.chain.from_iterable(_batches(_part(folder, index)))


def _batches(path: str) -> Iterator[list[Any]]:
    with open(path, "rb") as file:
        while file.peek(1):
            offset = file.tell()
            try:
                batch = pickle.load(file)
            except Exception as error:
                # A damaged pickle raises anything at all.
                raise FiresteelError(
                    f"{path}, at byte {offset}: the checkpoint is damaged: {error!r}"
                ) from error
            yield batch
