"""toDebugString: the lineage of an RDD as a tree, in Spark's shape.

One line per RDD; a shuffle indents what is below it and shows the partitions on its other side. Goes through
the lineage with a stack of its own, for a lineage may be thousands of RDDs deep.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD


def debug_string(rdd: "RDD[Any]") -> str:
    """Return the tree of an RDD and its ancestors."""
    lines: list[str] = []
    pending = [(rdd, "", f"({rdd.getNumPartitions()}) ")]
    while pending:
        current, prefix, opening = pending.pop()
        lines.append(f"{prefix}{opening}{_describe(current)}")
        below = prefix + _indent(opening)
        stored = current._node.stored_partitions if current.is_cached else 0
        if stored:
            lines.append(f"{below}    CachedPartitions: {stored}")
        pending.extend(reversed([_child(current, parent, below) for parent in current._parents]))
    return "\n".join(lines)


def _child(rdd: "RDD[Any]", parent: "RDD[Any]", below: str) -> tuple["RDD[Any]", str, str]:
    """Return how a parent's line begins: what stands before it, and its own opening."""
    if not rdd._is_shuffled:
        return parent, below, ""
    return parent, below[: below.rindex("|")], f"+-({parent.getNumPartitions()}) "


def _indent(opening: str) -> str:
    """Return what stands below an opening: a bar under the middle of its number."""
    if not opening:
        return ""
    number = opening.strip().removeprefix("+-")
    left = (len(number) - 1) // 2
    return " " * (len(opening) - len(number) - 1 + left) + "|" + " " * (len(number) - left)


def _describe(rdd: "RDD[Any]") -> str:
    level = rdd.getStorageLevel()
    stored = str(level) if rdd.is_cached else ""
    return f"{rdd!r} [{stored}]"
