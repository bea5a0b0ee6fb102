"""The buckets of a histogram: checked if they are given, computed if only their number is."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

NEARLY_EVEN = 1e-10
"""Given buckets count as equally wide when their widths differ by less."""


def given_buckets(buckets: Sequence[Any]) -> Any | None:
    """Check the bounds; return the width of the buckets if it is the same for all, or None.

    Raises
    ------
    ValueError
        When they are fewer than two, not ascending, or not comparable.
    """
    if len(buckets) < 2:
        raise ValueError("buckets should have more than one value")
    if any(_is_nothing(bound) for bound in buckets):
        raise ValueError("can not have None or NaN in buckets")
    if sorted(buckets) != list(buckets):
        raise ValueError("buckets should be sorted")
    if len(set(buckets)) != len(buckets):
        raise ValueError("buckets should not contain duplicated values")
    try:
        widths = [after - before for before, after in itertools.pairwise(buckets)]
    except TypeError:
        return None  # strings have an order, but no distance
    if max(widths) - min(widths) < NEARLY_EVEN:
        return (buckets[-1] - buckets[0]) / (len(buckets) - 1)
    return None


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def even_buckets(smallest: Any, largest: Any, count: int) -> tuple[list[Any], Any]:
    """Return the bounds of equally wide buckets, and their width; ints where they come out even.

    Raises
    ------
    TypeError
        When the values are not numbers.
    ValueError
        When they are infinite.
    """
    try:
        width = (largest - smallest) / count
    except TypeError as error:
        raise TypeError("Can not generate buckets with non-number in RDD") from error
    if math.isinf(width):
        raise ValueError("Can not generate buckets with infinite value")
    whole = int(width)
    if whole * count == largest - smallest:
        width = whole
    return [*(index * width + smallest for index in range(count)), largest], width


def extremes(partitions: Sequence[tuple[int, Any, Any]]) -> tuple[int, Any, Any]:
    """Return how many elements all partitions have, the smallest and the largest.

    Raises
    ------
    ValueError
        When there is none.
    """
    if not partitions:
        raise ValueError("Can not reduce() empty RDD")
    counts, smallest, largest = zip(*partitions, strict=True)
    return sum(counts), min(smallest), max(largest)
