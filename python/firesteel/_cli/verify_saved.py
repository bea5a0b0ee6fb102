"""What a program saved, as lines, and how two of them differ.

Text is compared line by line, also where it is compressed; SequenceFiles and pickle files by their records:
their bytes never are the same twice. Invariant: what Spark and Hadoop write beside the data is left out.
"""

import bz2
import difflib
import gzip
import os
import re
import zlib
from collections.abc import Callable
from typing import Any

SHOWN_LINES = 20
"""Lines of a difference that are shown."""

_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".deflate": zlib.decompress,
}
_SEQUENCE_FILE = b"SEQ"
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def saved(folder: str) -> dict[str, list[str]]:
    """Return the lines of all files in a folder, by their names in it."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            if not name.startswith((".", "_")) or name == "_SUCCESS":
                path = os.path.join(parent, name)
                found[os.path.relpath(path, folder)] = _lines(path)
    return found


def _lines(path: str) -> list[str]:
    with open(path, "rb") as file:
        content = file.read()
    if content.startswith(_SEQUENCE_FILE):
        return _records(path)
    try:
        content = _DECOMPRESS.get(os.path.splitext(path)[1], bytes)(content)
    except (OSError, ValueError, EOFError, zlib.error):
        pass  # a damaged file is compared as it is
    return content.decode(errors="backslashreplace").splitlines()


def _records(path: str) -> list[str]:
    """Return the records of a SequenceFile, those of a pickle file unpickled."""
    from firesteel import RDD, SparkConf, SparkContext
    from firesteel.errors import PySparkException

    sc = SparkContext.getOrCreate(SparkConf().setMaster("local[1]"))
    readers: list[Callable[[], RDD[Any]]] = [
        lambda: sc.pickleFile(path, 1),
        lambda: sc.sequenceFile(path, minSplits=1),
    ]
    for read in readers:
        try:
            records = read().collect()
            return [_ADDRESS.sub("", repr(record)) for record in records]
        except PySparkException:
            continue  # a SequenceFile that is no pickle file, or one with classes that are not here
    return ["a SequenceFile that Firesteel cannot read"]


def difference(
    name: str,
    ours: list[str] | None,
    theirs: list[str] | None,
    unordered: bool,
    ignore: re.Pattern[str] | None,
) -> str:
    """Return how what the two runs made differs, in a few lines; nothing if it does not.

    >>> print(difference("stdout", ["a", "b"], ["a", "c"], False, None))
    stdout differs:
    --- reference
    +++ firesteel
    @@ -1,2 +1,2 @@
     a
    -c
    +b
    """
    if ours is None or theirs is None:
        return f"{name} was saved by {'firesteel' if theirs is None else 'the reference'} only"
    before, after = (_comparable(lines, unordered, ignore) for lines in (theirs, ours))
    if before == after:
        return ""
    lines = list(difflib.unified_diff(before, after, "reference", "firesteel", n=1, lineterm=""))
    more = len(lines) - SHOWN_LINES
    rest = [f"... {more} lines more"] if more > 0 else []
    return "\n".join([f"{name} differs:", *lines[:SHOWN_LINES], *rest])


def _comparable(lines: list[str], unordered: bool, ignore: re.Pattern[str] | None) -> list[str]:
    kept = [line for line in lines if ignore is None or not ignore.search(line)]
    return sorted(kept) if unordered else kept
