"""The hashes of the workers, computed in a process that was started with another PYTHONHASHSEED.

Invariant: `hash_of_bytes(data, seed)` is what `hash(data)` returns in a CPython that PYTHONHASHSEED gave this
seed: SipHash-1-3 under a key that is drawn from the seed.
"""

import functools
import itertools
import sys
from collections.abc import Iterator, Mapping

__all__ = ["hash_of_bytes", "hash_of_text", "hashes_alike", "seed_of"]

VARIABLE = "PYTHONHASHSEED"
ALGORITHM = "siphash13"
LARGEST_SEED = (1 << 32) - 1
MASK = (1 << 64) - 1
INITIAL = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
"""What SipHash begins with, before the key."""
FINAL_ROUNDS = 3


def seed_of(*environments: Mapping[str, str]) -> int:
    """Return the seed of workers that are started with the first of these variables that is there.

    >>> seed_of({}, {"PYTHONHASHSEED": "7"}), seed_of({"PYTHONHASHSEED": "random"}), seed_of({})
    (7, 0, 0)
    """
    given = next((variables[VARIABLE] for variables in environments if VARIABLE in variables), "0")
    return int(given) if given.isascii() and given.isdecimal() and int(given) <= LARGEST_SEED else 0


@functools.cache
def hashes_alike(seed: int) -> bool | None:
    """Tell whether this process hashes as one with a seed does; None where CPython hashes in another way."""
    if sys.hash_info.algorithm != ALGORITHM:
        return None
    return hash(ALGORITHM) == hash_of_text(ALGORITHM, seed)


def hash_of_text(text: str, seed: int) -> int:
    """Return the hash of a str: that of the bytes which CPython keeps it as.

    >>> hash_of_text("", 0), hash_of_text("steel", 0)
    (0, 122250773520900073)
    """
    widest = max(map(ord, text), default=0)
    order = "le" if sys.byteorder == "little" else "be"
    encoding = "latin-1" if widest < 1 << 8 else f"utf-16-{order}" if widest < 1 << 16 else f"utf-32-{order}"
    return hash_of_bytes(text.encode(encoding, "surrogatepass"), seed)


def hash_of_bytes(data: bytes, seed: int) -> int:
    """Return the hash of bytes."""
    if not data:
        return 0
    unsigned = _siphash(_key(seed), data)
    signed = unsigned - (unsigned >> 63 << 64)
    # In C a hash of -1 is an error.
    return -2 if signed == -1 else signed


@functools.cache
def _key(seed: int) -> tuple[int, int]:
    """Return the key that CPython draws from a seed."""
    drawn = bytes(itertools.islice(_drawn(seed), 16)) if seed else bytes(16)
    return int.from_bytes(drawn[:8], "little"), int.from_bytes(drawn[8:], "little")


def _drawn(seed: int) -> Iterator[int]:
    """Return the bytes of CPython's linear congruential generator."""
    state = seed
    while True:
        state = (state * 214013 + 2531011) & LARGEST_SEED
        yield state >> 16 & 0xFF


def _siphash(key: tuple[int, int], data: bytes) -> int:
    state = [initial ^ key[index % 2] for index, initial in enumerate(INITIAL)]
    for start in range(0, len(data) + 1, 8):
        block = int.from_bytes(data[start : start + 8], "little")
        if start + 8 > len(data):
            block |= (len(data) & 0xFF) << 56
        state[3] ^= block
        _round(state)
        state[0] ^= block
    state[2] ^= 0xFF
    for _ in range(FINAL_ROUNDS):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _round(state: list[int]) -> None:
    a, b, c, d = state
    a = (a + b) & MASK
    b = _rotated(b, 13) ^ a
    c = (c + d) & MASK
    d = _rotated(d, 16) ^ c
    a = _rotated(a, 32)
    a2 = (a + d) & MASK
    d = _rotated(d, 21) ^ a2
    c = (c + b) & MASK
    b = _rotated(b, 17) ^ c
    state[:] = a2, b, _rotated(c, 32), d


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK
