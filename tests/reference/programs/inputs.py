"""Fixed inputs that several programs share. Invariant: the values do not depend on the hash seed."""

TEN = list(range(10))

# Around the batch of 1,024 elements in which a list is cut.
JUST_OVER_A_BATCH = 1025
SEVERAL_BATCHES = 5000
MANY = 100_000

WORDS = [
    "a",
    "firesteel",
    "strikes",
    "sparks",
    "from",
    "iron",
    "and",
    "a",
    "spark",
    "that",
    "falls",
    "on",
    "dry",
    "tinder",
    "becomes",
    "a",
    "fire",
    "the",
    "fire",
    "is",
    "small",
    "at",
    "first",
    "and",
    "then",
    "the",
    "fire",
    "is",
    "not",
    "small",
    "and",
    "nobody",
    "remembers",
    "the",
    "spark",
]

# Equal values of different types, signed zeros, integers beyond 64 bits, empty and nested values, text of
# every width.
MIXED = [
    None, True, 1, 1.0, False, 0, 0.0, -0.0, -1, -2, 2.5, 10**6, 2**31, -(2**31), 2**63 - 1, 2**63,
    -(2**63), 2**70, -(2**70), 1e300, -1e-300, float("inf"), float("-inf"), "", "a", "é", "ß", "日本語", "🔥",
    "a\x00b", "line\nbreak", b"", b"a", b"\xff\x00", (), (1,), (None,), (True, 1.0), (1, ("a", (b"b",
    None))), ((), ((),)), ("a", 1), ("a", 1.0), 3j,
]  # fmt: skip


def scattered(size: int) -> list[int]:
    """`size` integers in no order, with repetitions when `size` exceeds 10,007."""
    return [(index * 7919 + 13) % 10_007 for index in range(size)]


def pairs(size: int, keys: int) -> list[tuple[str, int]]:
    """`size` pairs of one of `keys` words and the position, keys in no order."""
    return [(f"key{(index * 7919 + 13) % keys}", index) for index in range(size)]
