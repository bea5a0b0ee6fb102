"""Elements for the tests, every builtin type with its awkward values; and equality that forgives no type."""

import math
import struct
from typing import Any

from hypothesis import strategies as st

SMALL = st.integers(-20, 20)
INTEGERS = st.one_of(
    SMALL,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30]),
)
FLOATS = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.0]))
# Lone surrogates, the astral planes and NUL included.
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
PLAIN_TEXT = st.text(max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, TEXT, st.binary(max_size=8))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.integers(), TEXT), inner, max_size=3),
    ),
    max_leaves=6,
)
# Keys whose hash is a function of their value in every process, whatever seed Python hashes strings with.
KEYS = st.one_of(
    st.none(),
    st.booleans(),
    SMALL,
    st.integers(),
    st.floats(allow_nan=False),
    st.tuples(SMALL, SMALL),
    st.tuples(st.integers(), st.one_of(st.none(), st.tuples(st.booleans()))),
)
FEW_KEYS = st.one_of(st.integers(0, 3), st.sampled_from([None, True, 1.0, -1, -2, (0, None), -0.0]))
TEXT_KEYS = st.one_of(TEXT, st.binary(max_size=3), st.tuples(TEXT, SMALL), KEYS)


def _uniform_or_mixed(max_size: int) -> st.SearchStrategy[list[Any]]:
    """Lists of one simple type, which become typed frames, and lists of anything, which do not."""
    kinds = [
        st.integers(-(2**63), 2**63 - 1),
        INTEGERS,
        FLOATS,
        st.booleans(),
        st.none(),
        PLAIN_TEXT,
        TEXT,
        st.binary(max_size=8),
        st.tuples(PLAIN_TEXT, st.integers(-(2**63), 2**63 - 1)),
        st.tuples(INTEGERS, st.one_of(st.none(), FLOATS), st.tuples(st.booleans(), TEXT)),
        st.just(()),
        VALUES,
    ]
    return st.one_of([st.lists(kind, max_size=max_size) for kind in kinds])


ELEMENTS = _uniform_or_mixed(14)
NUMBERS = st.lists(st.one_of(SMALL, st.booleans(), st.integers()), max_size=20)
SLICES = st.integers(1, 5)


def pairs(
    keys: st.SearchStrategy[Any] = FEW_KEYS, values: st.SearchStrategy[Any] = VALUES
) -> st.SearchStrategy[Any]:
    """Lists of key-value pairs."""
    return st.lists(st.tuples(keys, values), max_size=14)


def same(left: Any, right: Any) -> bool:
    """Tell whether values are equal in every bit and type, recursively: NaN is itself, 0.0 is not -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or (math.isnan(left) and math.isnan(right))
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return bool(left == right)


def assert_same(actual: Any, expected: Any) -> None:
    """Fail unless two values are the same, types and order included."""
    assert same(actual, expected), f"\n  actual:   {actual!r}\n  expected: {expected!r}"


def canonical(values: Any) -> list[Any]:
    """Return values in an order that depends on nothing but their texts, to compare what has no order."""
    return sorted(values, key=repr)
