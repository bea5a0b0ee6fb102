"""What a worker finds and imports of the files that a program has shipped: the light half of `_shipping`.

The driver's workers look into the driver's own folder. An executor of a rehearsal has a folder of its own, as
on a cluster, into which its workers copy what has been shipped, at the start of a task.
Invariant: an entry is on the import path once, behind the folder of the program and before what is installed.
"""

import fcntl
import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

FILES_VARIABLE = "FIRESTEEL_FILES"
"""Names the folder of shipped files in the environment of workers."""
SHIPPED_VARIABLE = "FIRESTEEL_SHIPPED"
"""Names the folder that they are copied from, in the environment of workers that have another one."""


class Shipment(NamedTuple):
    """What has been shipped so far: the list that the driver keeps beside its folder."""

    entries: list[str]
    """What is to be imported from, in the folder; an empty one is the folder itself."""
    versions: dict[str, int]
    """What is in the folder, and how often each has been put there."""


class Includes:
    """What a worker has put on its import path so far."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Find what the driver has added since, and put it on the import path, before what is installed."""
        root = os.environ.get(FILES_VARIABLE)
        if root is None:
            return
        source = os.environ.get(SHIPPED_VARIABLE, root)
        path = includes_file(source)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return  # no context has got that far
        # Every list is a new file: its inode tells it from the one before within one tick of the clock, too.
        version = status.st_ino, status.st_mtime_ns
        if version != self._seen:
            self._seen = version
            with open(path) as file:
                shipment = Shipment(*json.load(file))
            if source != root:
                _fetch(shipment.versions, source, root)
            for entry in shipment.entries:
                insert(os.path.join(root, entry) if entry else root)
            importlib.invalidate_caches()


def _fetch(versions: dict[str, int], source: str, root: str) -> None:
    """Copy what is new, once for all workers of an executor."""
    with _locked(root + ".fetched") as descriptor:
        had = json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0) or b"{}")
        for name, version in versions.items():
            if had.get(name) != version:
                _copy(os.path.join(source, name), os.path.join(root, name))
        os.pwrite(descriptor, json.dumps(versions).encode(), 0)


@contextmanager
def _locked(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _copy(source: str, target: str) -> None:
    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def insert(entry: str) -> None:
    """Put an entry behind the first one, which is the folder of the program."""
    if entry not in sys.path:
        sys.path.insert(1, entry)


def includes_file(root: str) -> str:
    """Return the path of the list of what is to be imported."""
    return root + ".includes"
