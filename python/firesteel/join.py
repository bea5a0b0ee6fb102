"""Joins and cogroups by key: each side's values are tagged, united, grouped, and taken apart natively.

The union of sides that are placed alike keeps the placement, so that joining them needs no further shuffle.
"""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from firesteel import _public_names

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD

__all__ = [
    "python_cogroup",
    "python_full_outer_join",
    "python_join",
    "python_left_outer_join",
    "python_right_outer_join",
]


def python_join(rdd: "RDD[Any]", other: "RDD[Any]", numPartitions: int | None) -> "RDD[Any]":
    """Join the pairs of two RDDs; `RDD.join` calls this.

    >>> python_join(sc.parallelize([(1, "a")]), sc.parallelize([(1, "b")]), 1).collect()
    [(1, ('a', 'b'))]
    """
    return _join([rdd, other], numPartitions, keep_left=False, keep_right=False)


def python_left_outer_join(rdd: "RDD[Any]", other: "RDD[Any]", numPartitions: int | None) -> "RDD[Any]":
    """Join, and keep what only the left side has; `RDD.leftOuterJoin` calls this."""
    return _join([rdd, other], numPartitions, keep_left=True, keep_right=False)


def python_right_outer_join(rdd: "RDD[Any]", other: "RDD[Any]", numPartitions: int | None) -> "RDD[Any]":
    """Join, and keep what only the right side has; `RDD.rightOuterJoin` calls this."""
    return _join([rdd, other], numPartitions, keep_left=False, keep_right=True)


def python_full_outer_join(rdd: "RDD[Any]", other: "RDD[Any]", numPartitions: int | None) -> "RDD[Any]":
    """Join, and keep what only one side has; `RDD.fullOuterJoin` calls this."""
    return _join([rdd, other], numPartitions, keep_left=True, keep_right=True)


def python_cogroup(rdds: "Sequence[RDD[Any]]", numPartitions: int | None) -> "RDD[Any]":
    """Group the values of several RDDs by key, one group for each; `RDD.cogroup` calls this."""
    return grouped_sides(rdds, numPartitions)._transform("cogroup", preserves=True, sides=len(rdds))


def _join(
    rdds: "Sequence[RDD[Any]]", numPartitions: int | None, *, keep_left: bool, keep_right: bool
) -> "RDD[Any]":
    return grouped_sides(rdds, numPartitions)._transform(
        "join_groups", preserves=True, keep_left=keep_left, keep_right=keep_right
    )


def grouped_sides(rdds: "Sequence[RDD[Any]]", numPartitions: int | None) -> "RDD[Any]":
    """Return `(key, [(tag, value), ...])`, where the tag is the position of the value's RDD, from 1."""
    tagged = [
        rdd._transform("tag_value", preserves=True, tag=position) for position, rdd in enumerate(rdds, 1)
    ]
    return functools.reduce(_union, tagged)._grouped(numPartitions)


def _union(left: "RDD[Any]", right: "RDD[Any]") -> "RDD[Any]":
    return left.union(right)


_public_names.publish(__name__)
