"""The memory of a set of processes, each page counted once.

It is the sum of each process's proportional set size, in which a page that several map is divided among
them, and those pages of Firesteel's shared memory that nobody maps at the moment. The page cache of ordinary
files is not in it, for the kernel drops that whenever it likes.

Invariant: nobody else's shared memory counts.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from process_tree import read

SHARED_MEMORY = "/dev/shm/firesteel-"


def memory_of(tree: Sequence[int]) -> int:
    """The bytes of memory that these processes and Firesteel's shared memory occupy, each page once."""
    shared = sum(occupied(directory) for directory in shared_directories(tree))
    mapped = sum(mapped_from_shared(pid) for pid in tree) if shared else 0
    resident = sum(proportional_set_size(f"/proc/{pid}/smaps_rollup") for pid in tree)
    # The files may have changed since they were mapped and measured.
    return resident + max(0, shared - mapped)


def proportional_set_size(path: str) -> int:
    lines = read(path).splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def shared_directories(tree: Sequence[int]) -> set[str]:
    """The run directories in shared memory whose lock is held by a process in the tree."""
    links = [link for pid in tree for link in open_files(pid)]
    return {os.path.dirname(link) for link in links if is_ours(link)}


def is_ours(path: str) -> bool:
    return path.startswith(SHARED_MEMORY) and not path.endswith(" (deleted)")


def open_files(pid: int) -> Iterator[str]:
    directory = f"/proc/{pid}/fd"
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        try:
            yield os.readlink(f"{directory}/{name}")
        except OSError:
            continue


def occupied(directory: str) -> int:
    """The bytes that the files below a directory occupy; those that vanish meanwhile count nothing."""
    return sum(blocks_of(path) * 512 for path in Path(directory).rglob("*"))


def blocks_of(path: Path) -> int:
    try:
        return path.lstat().st_blocks
    except OSError:
        return 0


def mapped_from_shared(pid: int) -> int:
    """The process's part of the pages that it maps from our files, as far as these still have a name."""
    # The list of mappings is cheap; the detailed one walks all page tables.
    if SHARED_MEMORY not in read(f"/proc/{pid}/maps"):
        return 0
    total, counts = 0, False
    for line in read(f"/proc/{pid}/smaps").splitlines():
        first, _, rest = line.partition(" ")
        if not first.endswith(":"):
            path = line.split(maxsplit=5)[5:]
            counts = bool(path) and is_ours(path[0])
        elif counts and first == "Pss:":
            total += int(rest.split()[0]) * 1024
    return total
