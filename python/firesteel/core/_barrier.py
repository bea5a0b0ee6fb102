"""RDDBarrier: what `RDD.barrier()` returns, to run all partitions at the same time."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")


class RDDBarrier(Generic[T]):
    """An RDD whose next operation runs on all partitions at the same time.

    The tasks of such a stage start together and can wait for each other, and when one fails all run again.
    There must be a worker for each partition, and a barrier stage holds no `coalesce`, `union` or `take`.

    Attributes
    ----------
    rdd : RDD
        The RDD.

    Examples
    --------
    >>> from firesteel import BarrierTaskContext
    >>> def largest(numbers):
    ...     own = max(numbers)
    ...     of_all = BarrierTaskContext.get().allGather(str(own))
    ...     return [(own, max(map(int, of_all)))]
    >>> sc.parallelize([3, 1, 4, 1], 2).barrier().mapPartitions(largest).collect()
    [(3, 4), (4, 4)]
    """

    def __init__(self, rdd: "RDD[T]") -> None:
        self.rdd = rdd

    def mapPartitions(
        self, f: Callable[[Iterable[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> "RDD[U]":
        """Apply a function to the iterator over each partition, to all partitions at the same time.

        >>> from firesteel import BarrierTaskContext
        >>> def wait(elements):
        ...     BarrierTaskContext.get().barrier()
        ...     return elements
        >>> sc.range(4, numSlices=2).barrier().mapPartitions(wait).collect()
        [0, 1, 2, 3]
        """
        return self._apply(f, preservesPartitioning, with_index=False)

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterable[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> "RDD[U]":
        """Apply a function to the index of each partition and the iterator over it, to all at the same time.

        >>> numbers = sc.range(4, numSlices=2).barrier()
        >>> numbers.mapPartitionsWithIndex(lambda index, xs: [(index, sum(xs))]).collect()
        [(0, 1), (1, 5)]
        """
        return self._apply(f, preservesPartitioning, with_index=True)

    def _apply(self, f: Callable[..., Iterable[Any]], preserves: bool, with_index: bool) -> "RDD[Any]":
        rdd = self.rdd._transform("barrier_map_partitions", f, preserves, with_index=with_index)
        rdd.is_barrier = True
        return rdd
