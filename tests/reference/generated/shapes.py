"""What is known of the elements of an RDD at each place of a generated program.

A predicate on a shape says where an operation fits, a function from shape to shape what comes out of it.
Invariant: a shape may promise less than is true, never more, so that what runs has one result only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

# What may be done with elements, keys and values.
HASHED, ORDERED, COUNTED, TEXT = "hashed", "ordered", "counted", "text"
Traits = frozenset[str]
INT: Traits = frozenset({HASHED, ORDERED, COUNTED})
WORD: Traits = frozenset({HASHED, ORDERED, TEXT})
FIXED: Traits = frozenset({HASHED})
LIST: Traits = frozenset()

TRAITS: dict[str, Traits] = {
    "ints": INT,
    "big ints": INT,
    "uniting": INT,
    "floats": INT,
    "text": WORD,
    "surrogates": WORD,
    "bytes": frozenset({HASHED, ORDERED}),
    "none": FIXED,
    "tuples": frozenset({HASHED, ORDERED}),
    "nested": FIXED,
    "decimals": frozenset({HASHED, ORDERED}),
    "mixed": FIXED,
    "lists": frozenset({ORDERED}),
    "not numbers": frozenset({COUNTED}),
}


@dataclass(frozen=True)
class Shape:
    """What an RDD holds: elements, or pairs where there is a key, about `most` of them.

    `kind` is the nearest of the kinds of elements: of the keys where there are keys.
    """

    key: Traits | None
    value: Traits
    most: int
    kind: str

    @property
    def element(self) -> Traits:
        """What may be done with a whole element."""
        return self.value if self.key is None else self.key & self.value & {HASHED, ORDERED}


def anything(shape: Shape) -> bool:
    return True


def paired(shape: Shape) -> bool:
    return shape.key is not None


def sorted_keys(shape: Shape) -> bool:
    return shape.key is not None and ORDERED in shape.key


def counted_keys(shape: Shape) -> bool:
    return shape.key is not None and COUNTED in shape.key


def text_keys(shape: Shape) -> bool:
    return shape.key is not None and TEXT in shape.key


def hashed_keys(shape: Shape) -> bool:
    return shape.key is not None and HASHED in shape.key


def refused_keys(shape: Shape) -> bool:
    """Keys are lists, which nothing can hash. (NaN can be hashed, but not to the same number twice.)"""
    return shape.key is not None and shape.key <= {ORDERED} and shape.kind == "lists"


def refused(shape: Shape) -> bool:
    return shape.key is None and shape.value <= {ORDERED} and shape.kind == "lists"


def hashed(shape: Shape) -> bool:
    return HASHED in shape.element


def ordered(shape: Shape) -> bool:
    return ORDERED in shape.element


def small(shape: Shape) -> bool:
    return shape.most <= 100


def small_pairs(shape: Shape) -> bool:
    return small(shape) and hashed_keys(shape)


def numbers(shape: Shape) -> bool:
    return shape.key is None and COUNTED in shape.value


def same(shape: Shape) -> Shape:
    return shape


def united(shape: Shape) -> Shape:
    """Together with elements of the same kind, or with pairs whose values are numbers."""
    return shape if shape.key is None else replace(shape, value=shape.value & INT)


def kind_of(traits: Traits, kind: str) -> str:
    return {INT: "ints", WORD: "text", LIST: "lists"}.get(traits, kind)


def element_is(traits: Traits) -> Callable[[Shape], Shape]:
    return lambda shape: Shape(None, traits, shape.most, kind_of(traits, "nested"))


def value_is(traits: Traits) -> Callable[[Shape], Shape]:
    return lambda shape: replace(shape, value=traits)


def joined(shape: Shape) -> Shape:
    return replace(shape, value=shape.value & FIXED)


def keyed_by(traits: Traits) -> Callable[[Shape], Shape]:
    return lambda shape: Shape(traits, shape.element, shape.most, kind_of(traits, shape.kind))


def by_themselves(shape: Shape) -> Shape:
    return Shape(shape.element, shape.element, shape.most, shape.kind)


def numbered(shape: Shape) -> Shape:
    return replace(by_themselves(shape), value=INT)


def crossed(shape: Shape) -> Shape:
    return replace(by_themselves(shape), value=FIXED & shape.element)


def lists_by(traits: Traits) -> Callable[[Shape], Shape]:
    return lambda shape: Shape(traits, LIST, shape.most, kind_of(traits, shape.kind))


def only_keys(shape: Shape) -> Shape:
    return replace(shape, key=None, value=shape.key or LIST)


def only_values(shape: Shape) -> Shape:
    return element_is(shape.value)(shape)
