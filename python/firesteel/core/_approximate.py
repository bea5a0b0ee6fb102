"""Sums and means of what is computed within a time limit, with bounds; and the number of different elements.

Partitions are computed a few at a time until the time is over; what is missing is estimated from the rest.
When all are computed the result is exact, its bounds are the result itself and its confidence is 1.
"""

import functools
import math
import time
from typing import TYPE_CHECKING, Any

from firesteel.core._rdd_ids import TO_JAVA
from firesteel.errors.job import ArgumentError

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD
    from firesteel.statcounter import StatCounter

__all__ = ["BoundedFloat"]

SMALLEST_ERROR = 0.000017
"""A smaller one would take more than 32 bits of a hash to number registers."""
FEWEST_BITS = 4
"""For 16 registers."""


class BoundedFloat(float):
    """A float that lies between two bounds, with some confidence.

    Examples
    --------
    >>> total = BoundedFloat(100.0, 0.95, 95.0, 105.0)
    >>> total, total.low, total.high, total.confidence
    (100.0, 95.0, 105.0, 0.95)
    """

    confidence: float
    low: float
    high: float

    def __new__(cls, mean: float, confidence: float, low: float, high: float) -> "BoundedFloat":
        bounded = super().__new__(cls, mean)
        bounded.confidence, bounded.low, bounded.high = confidence, low, high
        return bounded

    def __getnewargs__(self) -> tuple[float, float, float, float]:  # type: ignore[override]
        return float(self), self.confidence, self.low, self.high


def approximate_sum(sums: "RDD[float]", timeout: int, confidence: float) -> BoundedFloat:
    """Add up the sums of partitions."""
    from firesteel.statcounter import StatCounter

    found, missing = computed_within(sums, timeout)
    counter = StatCounter()
    for partition in found:
        counter.mergeStats(StatCounter([partition]))
    if not missing:
        return _exact(counter.sum())
    share = len(found) / (len(found) + missing)
    count, mean = counter.count() / share, counter.mean()
    variance = _sum_variance(counter, share)
    return _bounded(mean * count, variance, confidence)


def approximate_mean(counters: "RDD[Any]", timeout: int, confidence: float) -> BoundedFloat:
    """Return the mean of all partitions' numbers."""
    from firesteel.statcounter import StatCounter

    states, missing = computed_within(counters, timeout)
    merged = functools.reduce(
        StatCounter.mergeStats, (StatCounter._of(*state) for state in states), StatCounter()
    )
    if not missing:
        return _exact(merged.mean())
    return _bounded(merged.mean(), merged.sampleVariance() / max(merged.count(), 1), confidence)


def approximate_distinct(rdd: "RDD[Any]", relative_sd: float) -> int:
    """Merge the sketches of partitions, which have as many registers as the error asks for."""
    if relative_sd < SMALLEST_ERROR:
        raise ValueError("relativeSD should be greater than 0.000017")
    if math.isnan(relative_sd):
        raise ArgumentError("requirement failed: accuracy (NaN) must be greater than 0.000017")
    from firesteel._native import estimate_distinct

    bits = math.ceil(2 * math.log(1.054 / min(relative_sd, 1.0)) / math.log(2))
    precision = max(bits, FEWEST_BITS)
    return estimate_distinct(precision, rdd._transform("sketch_distinct", precision=precision)._results())


def computed_within(rdd: "RDD[Any]", timeout: int) -> tuple[list[Any], int]:
    """Return what partitions hold that can be computed in so many milliseconds, and how many are missing."""
    deadline = time.monotonic() + timeout / 1000
    total, at_once = rdd.getNumPartitions(), rdd.ctx.defaultParallelism
    found: list[Any] = []
    done = 0
    rdd._take_ids(TO_JAVA)
    while done < total and (not done or time.monotonic() < deadline):
        partitions = range(done, min(done + at_once, total))
        for elements in rdd._run(partitions):
            found += elements
        done = partitions.stop
    return found, total - done


def _exact(value: float) -> BoundedFloat:
    return BoundedFloat(value, 1.0, value, value)


def _sum_variance(counter: "StatCounter", share: float) -> float:
    """Both the number of sums and their mean are estimates."""
    of_mean = counter.sampleVariance() / counter.count()
    of_count = counter.count() * (1 - share) / (share * share)
    count = counter.count() / share
    return counter.mean() ** 2 * of_count + count**2 * of_mean + of_count * of_mean


def _bounded(estimate: float, variance: float, confidence: float) -> BoundedFloat:
    import statistics  # and with it decimals and fractions, which no start needs

    if math.isnan(variance):
        return BoundedFloat(estimate, confidence, -math.inf, math.inf)
    factor = statistics.NormalDist().inv_cdf((1 + confidence) / 2) if confidence < 1 else math.inf
    margin = factor * math.sqrt(variance) if variance else 0.0
    return BoundedFloat(estimate, confidence, estimate - margin, estimate + margin)
