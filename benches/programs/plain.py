"""What the hand-written twins share: a shuffle between plain processes, through files in memory.

Nothing here is clever: it is what a person writes with `multiprocessing`, a dict and `pickle`.
"""

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import partial

Split = tuple[int, int]


def ranges(count: int, parts: int) -> list[Split]:
    """Cut range(count) into as many ranges, as evenly as possible."""
    return [(part * count // parts, (part + 1) * count // parts) for part in range(parts)]


def file_splits(path: str, parts: int) -> list[tuple[str, int, int]]:
    return [(path, start, end) for start, end in ranges(os.path.getsize(path), parts)]


def lines(split: tuple[str, int, int]) -> Iterable[str]:
    """The lines that begin in a byte range of a file."""
    path, start, end = split
    with open(path, "rb") as file:
        if start:
            file.seek(start - 1)
            start += len(file.readline()) - 1
        while start < end:
            line = file.readline()
            start += len(line)
            yield line.decode().rstrip("\n")


def shuffle(pool, splits: list, map_side: Callable, reduce_side: Callable, parts: int) -> list:
    """Give the buckets of `map_side(split, parts)` to `reduce_side(buckets of one part)`."""
    folder = tempfile.mkdtemp(dir="/dev/shm")
    try:
        numbered = list(enumerate(splits))
        pool.map(partial(write_buckets, folder, map_side, parts), numbered, chunksize=1)
        read = partial(read_buckets, folder, reduce_side, len(splits))
        return pool.map(read, range(parts), chunksize=1)
    finally:
        shutil.rmtree(folder)


def write_buckets(folder: str, map_side: Callable, parts: int, numbered: tuple) -> None:
    number, split = numbered
    for part, bucket in enumerate(map_side(split, parts)):
        with open(f"{folder}/{number}-{part}", "wb") as file:
            pickle.dump(bucket, file, pickle.HIGHEST_PROTOCOL)


def read_buckets(folder: str, reduce_side: Callable, splits: int, part: int):
    return reduce_side([load(f"{folder}/{number}-{part}") for number in range(splits)])


def load(path: str):
    with open(path, "rb") as file:
        return pickle.load(file)


def buckets_of(table: dict, parts: int) -> list[dict]:
    """Deal a table's entries out by the hash of their keys."""
    buckets: list[dict] = [{} for _ in range(parts)]
    for key, value in table.items():
        buckets[hash(key) % parts][key] = value
    return buckets


def flat(lists: Iterable[list]) -> list:
    return [item for items in lists for item in items]
