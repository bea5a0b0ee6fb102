"""The one written form of a program's result, shared by the recorder and the test.

Invariant: two results have the same text exactly when they have the same structure, types, values and
order, recursively. It reads like Python, so that a difference can be understood from the text alone.
"""

import hashlib
from collections import defaultdict
from typing import Any

# Texts longer than this are recorded as digests, with enough beside them to say where a difference is.
WHOLE_UP_TO = 3000
HEAD_ELEMENTS = 3
HEAD_CHARACTERS = 200

# For these exact types `ascii` names type and value: 1, 1.0, True, -0.0, '1' and b'1' all differ.
_PLAIN = (type(None), bool, int, float, complex, str, bytes)


def canonical(value: Any) -> str:
    """The text of `value`. Sets are sorted by their elements' texts, dicts keep their order."""
    kind = type(value)
    if kind in _PLAIN:
        return ascii(value)
    if kind is tuple:
        return f"({_joined(value)}{',' if len(value) == 1 else ''})"
    if kind is list:
        return f"[{_joined(value)}]"
    if kind is dict:
        return f"{{{_items(value)}}}"
    if kind is defaultdict:
        factory = value.default_factory
        return f"defaultdict({factory.__name__ if factory else None}, {{{_items(value)}}})"
    if kind in (set, frozenset):
        return f"{kind.__name__}({', '.join(sorted(map(canonical, value)))})"
    return _other(value)


def _joined(values: Any) -> str:
    return ", ".join(map(canonical, values))


def _items(mapping: dict) -> str:
    return ", ".join(f"{canonical(key)}: {canonical(element)}" for key, element in mapping.items())


def _other(value: Any) -> str:
    """Objects of other classes: class and elements, or class and `repr`, which may hold no address."""
    name = type(value).__name__
    if hasattr(value, "__iter__"):
        return f"{name}<{_joined(value)}>"
    text = ascii(value)
    if " at 0x" in text:
        raise TypeError(f"a result holds a {name}, whose repr differs from run to run")
    return f"{name}<{text}>"


def summary(result: Any) -> dict[str, Any]:
    """What is recorded of a program's result: a text or a digest for each of its labels, in their order.

    A dict with str keys is several labelled results; anything else is one result.
    """
    labelled = type(result) is dict and all(type(label) is str for label in result)
    return {
        label: _summary_of_one(value) for label, value in (result if labelled else {"result": result}).items()
    }


def _summary_of_one(value: Any) -> Any:
    text = canonical(value)
    if len(text) <= WHOLE_UP_TO:
        return text
    if type(value) is list and all(type(partition) is list for partition in value):
        return {
            "lengths": [len(partition) for partition in value],
            "heads": [canonical(partition[:HEAD_ELEMENTS])[:HEAD_CHARACTERS] for partition in value],
            "digests": [_digest(canonical(partition)) for partition in value],
        }
    return {"head": text[:HEAD_CHARACTERS], "digest": _digest(text)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def difference(expected: dict[str, Any], found: dict[str, Any]) -> str | None:
    """The first difference between two summaries in words, or None."""
    if list(expected) != list(found):
        return f"labels: expected {list(expected)}, found {list(found)}"
    for label, value in expected.items():
        if value != found[label]:
            return f"{label}: {_difference_of_one(value, found[label])}"
    return None


def _difference_of_one(expected: Any, found: Any) -> str:
    if isinstance(expected, str) and isinstance(found, str):
        return _difference_of_texts(expected, found)
    if not (
        isinstance(expected, dict)
        and isinstance(found, dict)
        and "lengths" in expected
        and "lengths" in found
    ):
        return f"expected {expected}, found {found}"
    if expected["lengths"] != found["lengths"]:
        return f"expected partitions of lengths {expected['lengths']}, found {found['lengths']}"
    partition = next(i for i, digest in enumerate(expected["digests"]) if digest != found["digests"][i])
    heads = expected["heads"][partition], found["heads"][partition]
    return f"partition {partition} differs: expected {heads[0]}..., found {heads[1]}..."


def _difference_of_texts(expected: str, found: str) -> str:
    """Both texts around the first character that differs, and of short texts the whole."""
    limit = min(len(expected), len(found))
    at = next((i for i in range(limit) if expected[i] != found[i]), limit)
    start = 0 if max(len(expected), len(found)) <= HEAD_CHARACTERS * 2 else max(0, at - HEAD_CHARACTERS // 2)
    end = start + 2 * HEAD_CHARACTERS
    return f"at character {at}\n  expected {expected[start:end]}\n  found    {found[start:end]}"
