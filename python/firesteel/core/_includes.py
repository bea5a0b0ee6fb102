"""What a worker imports of the files that a program has shipped: the light half of `_shipping`.

Invariant: an entry is on the import path once, behind the folder of the program and before what is installed.
"""

import importlib
import json
import os
import sys

FILES_VARIABLE = "FIRESTEEL_FILES"
"""Names the folder of shipped files in the environment of workers."""


class Includes:
    """What a worker has put on its import path so far."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Put what the driver has added since on the import path, before what is installed."""
        root = os.environ.get(FILES_VARIABLE)
        if root is None:
            return
        path = includes_file(root)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return  # no context has got that far
        # Every list is a new file: its inode tells it from the one before within one tick of the clock, too.
        version = status.st_ino, status.st_mtime_ns
        if version != self._seen:
            self._seen = version
            with open(path) as file:
                for entry in json.load(file):
                    insert(entry)
            importlib.invalidate_caches()


def insert(entry: str) -> None:
    """Put an entry behind the first one, which is the folder of the program."""
    if entry not in sys.path:
        sys.path.insert(1, entry)


def includes_file(root: str) -> str:
    """Return the path of the list of what is to be imported."""
    return root + ".includes"
