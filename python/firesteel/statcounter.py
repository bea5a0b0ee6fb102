"""StatCounter: count, mean, variance, largest and smallest of numbers, added up one by one or merged.

Mean and squared distances are carried along as Welford does it, and merged as Chan does: no two large sums
are subtracted. With numpy installed, arrays are counted element by element.
"""

import copy
import math
from collections.abc import Iterable
from typing import Any

from firesteel import _public_names

__all__ = ["StatCounter"]

maximum: Any
minimum: Any
sqrt: Any
try:
    from numpy import maximum, minimum, sqrt  # type: ignore[no-redef]
except ImportError:
    maximum, minimum, sqrt = max, min, math.sqrt

NAN = float("nan")


class StatCounter:
    """Count, mean and variance of numbers.

    Examples
    --------
    >>> counter = StatCounter([1, 2, 3, 4])
    >>> counter.mean(), counter.variance(), counter.max()
    (2.5, 1.25, 4)
    >>> counter.mergeStats(StatCounter([10])).count()
    5
    """

    def __init__(self, values: Iterable[float] | None = None) -> None:
        self.maximum, self.minimum, self.sqrt = maximum, minimum, sqrt
        self.n = 0
        self.mu: Any = 0.0
        self.m2: Any = 0.0
        self.maxValue: Any = float("-inf")
        self.minValue: Any = float("inf")
        for value in () if values is None else values:
            self.merge(value)

    @classmethod
    def _of(cls, n: int, mu: Any, m2: Any, maxValue: Any, minValue: Any) -> "StatCounter":
        counter = cls()
        counter.n, counter.mu, counter.m2 = n, mu, m2
        counter.maxValue, counter.minValue = maxValue, minValue
        return counter

    def merge(self, value: float) -> "StatCounter":
        """Add a number; return this counter."""
        distance = value - self.mu
        self.n += 1
        self.mu += distance / self.n
        self.m2 += distance * (value - self.mu)
        self.maxValue = self.maximum(self.maxValue, value)
        self.minValue = self.minimum(self.minValue, value)
        return self

    def mergeStats(self, other: "StatCounter") -> "StatCounter":
        """Add all numbers of another counter; return this counter.

        Raises
        ------
        TypeError
            When the other is not a StatCounter.
        """
        if not isinstance(other, StatCounter):
            raise TypeError(f"Can only merge StatCounter but got {type(other)}")
        if other is self:
            other = other.copy()
        if self.n == 0:
            self.mu, self.m2, self.n = other.mu, other.m2, other.n
            self.maxValue, self.minValue = other.maxValue, other.minValue
        elif other.n != 0:
            self._merge_numbers_of(other)
        return self

    def _merge_numbers_of(self, other: "StatCounter") -> None:
        distance, total = other.mu - self.mu, self.n + other.n
        # The mean moves from the larger counter's; of two large ones it is weighed.
        if other.n * 10 < self.n:
            self.mu = self.mu + (distance * other.n) / total
        elif self.n * 10 < other.n:
            self.mu = other.mu - (distance * self.n) / total
        else:
            self.mu = (self.mu * self.n + other.mu * other.n) / total
        self.maxValue = self.maximum(self.maxValue, other.maxValue)
        self.minValue = self.minimum(self.minValue, other.minValue)
        self.m2 += other.m2 + (distance * distance * self.n * other.n) / total
        self.n = total

    def copy(self) -> "StatCounter":
        """Return a counter of the same numbers."""
        return copy.deepcopy(self)

    def count(self) -> int:
        """Return how many numbers there were."""
        return int(self.n)

    def mean(self) -> float:
        """Return the mean."""
        return self.mu

    def sum(self) -> float:
        """Return the sum."""
        return self.n * self.mu

    def min(self) -> float:
        """Return the smallest number."""
        return self.minValue

    def max(self) -> float:
        """Return the largest number."""
        return self.maxValue

    def variance(self) -> float:
        """Return the variance of the numbers, NaN if there are none."""
        return NAN if self.n == 0 else self.m2 / self.n

    def sampleVariance(self) -> float:
        """Return the variance estimated from a sample, NaN for fewer than two numbers."""
        return NAN if self.n <= 1 else self.m2 / (self.n - 1)

    def stdev(self) -> float:
        """Return the standard deviation of the numbers."""
        return self.sqrt(self.variance())

    def sampleStdev(self) -> float:
        """Return the standard deviation estimated from a sample."""
        return self.sqrt(self.sampleVariance())

    def asDict(self, sample: bool = False) -> dict[str, float]:
        """Return all statistics by name.

        With `sample`, as in PySpark, deviation and variance are those of the numbers, and else those that are
        estimated from them as a sample.

        >>> StatCounter([1, 3]).asDict(sample=True)
        {'count': 2, 'mean': 2.0, 'sum': 4.0, 'min': 1, 'max': 3, 'stdev': 1.0, 'variance': 1.0}
        """
        return {
            "count": self.count(),
            "mean": self.mean(),
            "sum": self.sum(),
            "min": self.min(),
            "max": self.max(),
            "stdev": self.stdev() if sample else self.sampleStdev(),
            "variance": self.variance() if sample else self.sampleVariance(),
        }

    def __repr__(self) -> str:
        return (
            f"(count: {self.count()}, mean: {self.mean()}, stdev: {self.stdev()}, "
            f"max: {self.max()}, min: {self.min()})"
        )


_public_names.publish(__name__)
