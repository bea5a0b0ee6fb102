"""What the steps of a PipelinedRDD do, as functions of a partition: what `PipelinedRDD.func` shows.

The engine does not call these. A step of its own, such as a sort, has no function of the user's to show.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

Step = Callable[[int, Iterable[Any]], Iterable[Any]]


def function_of(kind: str, code: Any, with_index: bool) -> Step | None:
    """Return what an operator of the engine does to a partition, or None."""
    if kind in ("map_partitions", "barrier_map_partitions"):
        return code if with_index else lambda _, elements: code(elements)
    make = _STEPS.get(kind)
    return None if make is None else make(code)


def composed(first: Step, second: Step) -> Step:
    """Return one step that does both."""
    return lambda index, elements: second(index, first(index, elements))


_STEPS: dict[str, Callable[[Any], Step]] = {
    "map": lambda f: lambda _, elements: map(f, elements),
    "filter": lambda f: lambda _, elements: filter(f, elements),
    "flat_map": lambda f: lambda _, elements: itertools.chain.from_iterable(map(f, elements)),
    "key_by": lambda f: lambda _, elements: ((f(x), x) for x in elements),
    "keys": lambda _: lambda _, pairs: (key for key, _ in pairs),
    "values": lambda _: lambda _, pairs: (value for _, value in pairs),
    "map_values": lambda f: lambda _, pairs: ((key, f(value)) for key, value in pairs),
    "flat_map_values": lambda f: lambda _, pairs: ((key, x) for key, value in pairs for x in f(value)),
    "glom": lambda _: lambda _, elements: [list(elements)],
}
