"""ResultIterable: the values of one key, as groupByKey hands them out."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from firesteel import _public_names

__all__ = ["ResultIterable"]

T_co = TypeVar("T_co", covariant=True)


class ResultIterable(Iterable[T_co]):
    """A sized iterable that can be gone through any number of times.

    Examples
    --------
    >>> group = sc.parallelize([("a", 1), ("a", 2)]).groupByKey().first()[1]
    >>> len(group), list(group)
    (2, [1, 2])
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self.index = 0
        self.maxindex = len(data)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


_public_names.publish(__name__)
