"""Windows: the rows around a row, for functions over them."""

import sys
from typing import Any, ClassVar

from firesteel import _public_names
from firesteel.sql._expressions import Expression, SortOrder
from firesteel.sql.column import named

__all__ = ["Window", "WindowSpec"]

_LOWEST, _HIGHEST = -sys.maxsize - 1, sys.maxsize


class WindowSpec:
    """How rows are grouped and sorted, and which of them a function sees."""

    def __init__(
        self,
        partition: tuple[Expression, ...] = (),
        order: tuple[Expression, ...] = (),
        frame: tuple[str, int, int] | None = None,
    ) -> None:
        self._partition = partition
        self._order = order
        self._frame = frame

    def partitionBy(self, *cols: Any) -> "WindowSpec":
        """Group rows by columns."""
        return WindowSpec(_columns(cols), self._order, self._frame)

    def orderBy(self, *cols: Any) -> "WindowSpec":
        """Sort rows by columns."""
        return WindowSpec(self._partition, tuple(map(_sorted, _columns(cols))), self._frame)

    def rowsBetween(self, start: int, end: int) -> "WindowSpec":
        """See the rows between two places, counted from the row itself."""
        return WindowSpec(self._partition, self._order, ("ROWS", _bound(start), _bound(end)))

    def rangeBetween(self, start: int, end: int) -> "WindowSpec":
        """See the rows between two values, counted from the row's own."""
        return WindowSpec(self._partition, self._order, ("RANGE", _bound(start), _bound(end)))

    def __str__(self) -> str:
        parts = []
        if self._partition:
            parts.append(f"PARTITION BY {', '.join(map(str, self._partition))}")
        if self._order:
            parts.append(f"ORDER BY {', '.join(map(str, self._order))}")
        if self._frame:
            kind, start, end = self._frame
            suffix = "L" if kind == "RANGE" else ""
            parts.append(f"{kind} BETWEEN {_bound_text(start, suffix)} AND {_bound_text(end, suffix)}")
        return " ".join(parts)


class Window:
    """Makes windows.

    >>> from firesteel.sql import Window, functions as F
    >>> F.sum("n").over(Window.partitionBy("a").orderBy("b"))
    Column<'sum(n) OVER (PARTITION BY a ORDER BY b ASC NULLS FIRST)'>
    """

    _JAVA_MIN_LONG = _LOWEST
    _JAVA_MAX_LONG = _HIGHEST
    _PRECEDING_THRESHOLD = max(-sys.maxsize, _JAVA_MIN_LONG)
    _FOLLOWING_THRESHOLD = min(sys.maxsize, _JAVA_MAX_LONG)
    unboundedPreceding: ClassVar[int] = _JAVA_MIN_LONG
    unboundedFollowing: ClassVar[int] = _JAVA_MAX_LONG
    currentRow: ClassVar[int] = 0

    @staticmethod
    def partitionBy(*cols: Any) -> WindowSpec:
        """Group rows by columns."""
        return WindowSpec().partitionBy(*cols)

    @staticmethod
    def orderBy(*cols: Any) -> WindowSpec:
        """Sort rows by columns."""
        return WindowSpec().orderBy(*cols)

    @staticmethod
    def rowsBetween(start: int, end: int) -> WindowSpec:
        """See the rows between two places, counted from the row itself."""
        return WindowSpec().rowsBetween(start, end)

    @staticmethod
    def rangeBetween(start: int, end: int) -> WindowSpec:
        """See the rows between two values, counted from the row's own."""
        return WindowSpec().rangeBetween(start, end)


def _columns(cols: tuple[Any, ...]) -> tuple[Expression, ...]:
    given = cols[0] if len(cols) == 1 and isinstance(cols[0], list) else cols
    return tuple(map(named, given))


def _sorted(expression: Expression) -> Expression:
    if isinstance(expression, SortOrder):
        return expression
    return SortOrder(expression, ascending=True, nulls_first=True)


def _bound(place: int) -> int:
    if place <= Window._PRECEDING_THRESHOLD:
        return Window.unboundedPreceding
    return Window.unboundedFollowing if place >= Window._FOLLOWING_THRESHOLD else place


def _bound_text(place: int, suffix: str) -> str:
    if place in (Window.unboundedPreceding, Window.unboundedFollowing):
        return f"UNBOUNDED {'PRECEDING' if place < 0 else 'FOLLOWING'}"
    if place == 0:
        return "CURRENT ROW"
    return f"{place}{suffix}"


_public_names.publish(__name__)
