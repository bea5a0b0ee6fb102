"""What generated programs read: elements, keys and functions that their code names.

Invariant: everything here is a function of its arguments alone.
"""

from decimal import Decimal
from typing import Any
from zlib import crc32

_INFINITY = float("inf")
_EXTREME = [_INFINITY, -_INFINITY, -0.0, 0.0, 1e300, -5e-324, 1.5, 2.0]
_UNITING = [True, 1, 1.0, False, 0, 0.0, -0.0, 2, 2.0]
_WORDS = ["", "a", "\xe9t\xe9", "\u65e5\u672c", "\U0001f525", "\0", "A"]


def _mixed(i: int) -> Any:
    kinds = [_MAKERS[kind] for kind in ("ints", "text", "none", "bytes", "nested", "uniting")]
    return kinds[i % len(kinds)](i // len(kinds))


# By kind, a function that spreads its elements over numbers.
_MAKERS = {
    "ints": lambda i: (i - 3) * 10 ** (i % 13),
    "big ints": lambda i: (-1) ** i * (2**61 - 1 + (i // 2) * 2**64),
    "uniting": lambda i: _UNITING[i % len(_UNITING)],
    "floats": lambda i: _EXTREME[i % 8] if i % 3 else i / 4 - 3,
    "text": lambda i: _WORDS[i % len(_WORDS)] + ("" if i < 9 else str(i)),
    "surrogates": lambda i: "\udc80" * (i % 2) + "x" * (i % 3) + ("" if i < 9 else chr(0xD800 + i)),
    "bytes": lambda i: bytes([i % 251, 0, 255])[: i % 4],
    "none": lambda i: None,
    "tuples": lambda i: (i % 7, _WORDS[i % 5]),
    "nested": lambda i: (i % 3, (None, (float(i % 11), "x"), ()), -1)[: 1 + i % 3],
    "decimals": lambda i: Decimal(i - 4) / 8,
    "mixed": _mixed,
    "lists": lambda i: [i % 5, [i]],
    "not numbers": lambda i: float("nan") if i % 3 == 1 else i / 8,
}
KINDS = tuple(_MAKERS)


def elements(kind: str, n: int) -> list:
    """`n` elements of a kind, in no order, many of them more than once."""
    distinct = n // 2 + 2
    return [_MAKERS[kind]((i * i * 31 + 7 * i) % distinct) for i in range(n)]


def pairs(kind: str, n: int) -> list[tuple]:
    """`n` pairs with keys of a kind; every value is another number."""
    return [(key, index) for index, key in enumerate(elements(kind, n))]


def mix(a: Any, b: Any) -> int:
    """A number by which order, types and values of both show; another order of calls gives another one."""
    return crc32(ascii((a, b)).encode())


def number(x: Any) -> Any:
    """The element itself where it is a number, otherwise one that depends on all of it."""
    return x if isinstance(x, int | float) else crc32(ascii(x).encode()) % 1000


def fails_in_one_of_five(x: Any) -> Any:
    """The element, or an error of the user's own class."""
    if crc32(ascii(x).encode()) % 5 == 0:
        raise LookupError("\xe9: no such element")
    return x


def reversed_elements(iterator: Any) -> list:
    """The elements of a partition, last first."""
    return list(iterator)[::-1]


def lists(sides: tuple) -> list[list]:
    """The groups of a cogroup as lists."""
    return [list(side) for side in sides]


def fractions(rdd: Any) -> dict:
    """What sampleByKey takes: for every key a fraction."""
    return {key: (index % 4) / 3 for index, key in enumerate(rdd.keys().distinct().collect())}


def checkpointed(rdd: Any, folder: str) -> Any:
    """`rdd`, to be written when it first runs."""
    rdd.context.setCheckpointDir(folder)
    rdd.checkpoint()
    return rdd


def locally_checkpointed(rdd: Any) -> Any:
    """`rdd`, kept by the executors when it first runs."""
    rdd.localCheckpoint()
    return rdd


def unpersisted(rdd: Any) -> Any:
    """`rdd`, persisted, computed and forgotten again."""
    rdd.persist().count()
    return rdd.unpersist()


def seen_by_foreach(rdd: Any) -> int:
    """A number that depends on every element that foreach saw."""
    total = rdd.context.accumulator(0)
    rdd.foreach(lambda x: total.add(mix(None, x)))
    return total.value


def seen_by_foreach_partition(rdd: Any) -> int:
    """A number that depends on every partition that foreachPartition saw, also on its order."""
    total = rdd.context.accumulator(0)
    rdd.foreachPartition(lambda iterator: total.add(mix(0, list(iterator))))
    return total.value


def saved_lines(rdd: Any, folder: str) -> list[str]:
    """What saveAsTextFile writes, file by file."""
    from pathlib import Path

    rdd.saveAsTextFile(f"{folder}/text")
    return [path.read_bytes().decode() for path in sorted(Path(folder, "text").glob("part-*"))]


def saved_objects(rdd: Any, folder: str) -> list:
    """What comes back of what saveAsPickleFile writes; files are read in no promised order."""
    rdd.saveAsPickleFile(f"{folder}/objects", 3)
    return sorted(rdd.context.pickleFile(f"{folder}/objects").collect(), key=ascii)
