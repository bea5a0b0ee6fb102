"""Saving into a folder that exists, for `spark.hadoop.validateOutputSpecs=false`.

Invariant: files of the folder are touched only once the job has succeeded, and `_SUCCESS` is not there while
they are being replaced. What the job does not write stays, as in Hadoop.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress

SUCCESS = "_SUCCESS"


def save_over(save: Callable[[str], None], path: str) -> None:
    """Save to a path, or where that is a folder, beside its files and then over those of the same names."""
    folder = path.removeprefix("file://").removeprefix("file:")
    if not os.path.isdir(folder):
        save(path)
        return
    # Inputs pass over names that begin so, and inside the folder a rename never crosses file systems.
    unfinished = tempfile.mkdtemp(prefix="_temporary-", dir=folder)
    try:
        written = os.path.join(unfinished, "output")
        save(written)
        _move(written, folder)
    finally:
        shutil.rmtree(unfinished)


def _move(written: str, folder: str) -> None:
    _remove(os.path.join(folder, SUCCESS))
    for name in sorted(os.listdir(written), key=lambda name: (name == SUCCESS, name)):
        # Hadoop's checksum of the file before would make its readers refuse the new one.
        _remove(os.path.join(folder, f".{name}.crc"))
        os.replace(os.path.join(written, name), os.path.join(folder, name))


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)
