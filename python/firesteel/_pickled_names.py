"""Pickles that PySpark can read, and those that it has written: classes are named as PySpark names them.

Plain pickle does that by itself where `_public_names` could give our classes their names. Beside a real
PySpark it could not, and functions that cloudpickle has written name cloudpickle, of which PySpark has a
copy: so what PySpark is to read goes through `as_pyspark`, which exchanges the names in a finished pickle,
and `loads` looks `pyspark.x` up here. Neither imports `pyspark` for a class that is here, so it does not
matter whether that is Firesteel in this process, a real PySpark, or nothing.
"""

import io
import pickle
from collections.abc import Iterator
from typing import Any

from firesteel._alias import home_of

_OURS = (b"firesteel", b"cloudpickle")
_THEIRS = b"pyspark"
# The operations of a pickle that put a string on the stack: written out there, or kept from before.
_WRITTEN = {"SHORT_BINUNICODE", "BINUNICODE"}
_KEPT = {"BINGET", "LONG_BINGET"}
_FRAME_BYTES = 9


def loads(pickled: bytes, encoding: str = "ASCII") -> Any:
    r"""Return what is pickled, with Firesteel's classes where PySpark's are named.

    >>> loads(b"cpyspark.storagelevel\nStorageLevel\n.")
    <class 'firesteel.storagelevel.StorageLevel'>
    """
    if _THEIRS not in pickled:
        return pickle.loads(pickled, encoding=encoding)
    return Unpickler(io.BytesIO(pickled), encoding=encoding).load()


class Unpickler(pickle.Unpickler):
    """Finds PySpark's classes where Firesteel has them."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Return what a pickle names."""
        return super().find_class(_our_module(module_name), global_name)


def _our_module(name: str) -> str:
    if name.startswith("pyspark.cloudpickle."):
        return name.removeprefix("pyspark.")
    if name == "pyspark" or name.startswith("pyspark."):
        return home_of(name) or name
    return name


def pyspark_module(module: str, name: str) -> str | None:
    """Return the module of PySpark's that has a name of ours, or None for what is not PySpark's.

    >>> pyspark_module("firesteel.storagelevel", "StorageLevel"), pyspark_module("decimal", "Decimal")
    ('pyspark.storagelevel', None)
    """
    root, _, rest = module.partition(".")
    if root == "cloudpickle":
        return f"pyspark.{module}"
    if root != "firesteel" or any(part.startswith("_") for part in rest.split(".")):
        return None
    return f"pyspark.{rest}" if rest else "pyspark"


def as_pyspark(pickled: bytes) -> bytes:
    """Return a pickle of protocol 4 or higher with our classes under PySpark's names.

    >>> from firesteel import StorageLevel
    >>> b"pyspark.storagelevel" in as_pyspark(pickle.dumps(StorageLevel, 4))
    True
    """
    if not any(name in pickled for name in _OURS):
        return pickled
    parts, end = [], 0
    for start, stop, replacement in _edits(pickled):
        parts += [pickled[end:start], replacement]
        end = stop
    return b"".join([*parts, pickled[end:]])


def _edits(pickled: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Go through what is to change: from where, to where, and what stands there instead.

    A global is looked up by the two strings on top of the stack, each written out there or kept from before.
    What is kept may be a string among the user's data as well, so it stays as it is, and is only taken off
    the stack. Frames say how long they are, and may be left out.
    """
    # Only needed here, and slow to import.
    import pickletools

    kept: list[str | None] = []
    below, top = ("", 0), ("", 0)
    written: str | None = None
    for opcode, argument, position in pickletools.genops(pickled):
        place = position or 0
        if opcode.name == "FRAME":
            yield place, place + _FRAME_BYTES, b""
            continue
        if opcode.name == "STACK_GLOBAL":
            theirs = pyspark_module(below[0], top[0])
            if theirs is not None:
                yield top[1], top[1], pickle.POP + _string(theirs)
        elif opcode.name == "MEMOIZE":
            kept.append(written)
        written = argument if opcode.name in _WRITTEN else None
        if written is not None:
            below, top = top, (written, place)
        elif opcode.name in _KEPT:
            below, top = top, (kept[argument or 0] or "", place)


def _string(text: str) -> bytes:
    data = text.encode()
    return pickle.SHORT_BINUNICODE + bytes([len(data)]) + data
