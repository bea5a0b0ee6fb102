"""Pickle files: what `saveAsPickleFile` puts into a SequenceFile.

The value of each record is a Java array of byte arrays, serialised as Java does it, and each byte array is a
pickled list of elements, with PySpark's names for its classes: so the files are PySpark's, and go both ways.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from firesteel._pickled_names import as_pyspark, loads
from firesteel._pickling import dumps

BATCHES_PER_RECORD = 10
"""Byte arrays in a record: what Spark's saveAsObjectFile groups."""
BEST_BATCH_BYTES = 1 << 16
"""Batches that find their size themselves grow up to this many bytes."""

# Stream header, then: a new array, of a new class with its name, serial version and no fields.
_ARRAYS = bytes.fromhex("aced0005 7572 0003") + b"[[B" + bytes.fromhex("4bfd19156767db37 020000 78 70")
_FIRST_ARRAY = bytes.fromhex("7572 0002") + b"[B" + bytes.fromhex("acf317f8060854e0 020000 78 70")
# A new array of a class that was named before.
_NEXT_ARRAY = bytes.fromhex("7571 007e0002")
_LENGTH = struct.Struct(">i")

NOT_A_PICKLE_FILE = "not a pickle file: a record holds something else than pickled batches"


def records(batch_size: int, elements: Iterable[Any]) -> Iterator[tuple[None, bytes]]:
    """Go through the records of a partition's elements."""
    pickled = batches(elements, batch_size)
    while group := list(islice(pickled, BATCHES_PER_RECORD)):
        yield None, java_arrays(group)


def batches(elements: Iterable[Any], size: int) -> Iterator[bytes]:
    """Go through pickled lists: of so many elements, of all (-1), or growing to a good size (0)."""
    iterator = iter(elements)
    if size < 0:
        yield as_pyspark(dumps(list(iterator)))
        return
    wanted = size or 1
    while batch := list(islice(iterator, wanted)):
        pickled = as_pyspark(dumps(batch))
        yield pickled
        if size == 0 and len(pickled) < BEST_BATCH_BYTES:
            wanted *= 2
        elif size == 0 and len(pickled) > BEST_BATCH_BYTES * 10 and wanted > 1:
            wanted //= 2


def elements(record: tuple[Any, Any]) -> Iterator[Any]:
    """Go through the elements of a record."""
    value = record[1]
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(NOT_A_PICKLE_FILE)
    return chain.from_iterable(loads(array) for array in byte_arrays(bytes(value)))


def java_arrays(arrays: list[bytes]) -> bytes:
    """Return byte arrays as Java serialises an array of them.

    >>> byte_arrays(java_arrays([b"one", b"", b"two"]))
    [b'one', b'', b'two']
    """
    parts = [_ARRAYS, _LENGTH.pack(len(arrays))]
    for index, array in enumerate(arrays):
        parts += [_NEXT_ARRAY if index else _FIRST_ARRAY, _LENGTH.pack(len(array)), array]
    return b"".join(parts)


def byte_arrays(serialised: bytes) -> list[bytes]:
    """Return the byte arrays in what Java has serialised.

    Raises
    ------
    ValueError
        When Java has serialised anything else.
    """
    count, place = _after(serialised, 0, _ARRAYS)
    arrays: list[bytes] = []
    for index in range(count):
        length, place = _after(serialised, place, _NEXT_ARRAY if index else _FIRST_ARRAY)
        arrays.append(serialised[place : place + length])
        place += length
    if place != len(serialised):
        raise ValueError(NOT_A_PICKLE_FILE)
    return arrays


def _after(serialised: bytes, place: int, expected: bytes) -> tuple[int, int]:
    """Return the length behind the expected bytes, and the place behind it."""
    end = place + len(expected) + _LENGTH.size
    if end > len(serialised) or not serialised.startswith(expected, place):
        raise ValueError(NOT_A_PICKLE_FILE)
    (length,) = _LENGTH.unpack_from(serialised, place + len(expected))
    if length < 0 or end + length > len(serialised):
        raise ValueError(NOT_A_PICKLE_FILE)
    return length, end
