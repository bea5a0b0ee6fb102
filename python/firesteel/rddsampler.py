"""The samplers behind `RDD.sample`, for programs that use them on iterators of their own.

RDDs sample natively, with the same generator and the same draws: a seed gives the same elements either way.
"""

import math
import random
import sys
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from firesteel import _public_names

__all__ = ["RDDRangeSampler", "RDDSampler", "RDDSamplerBase", "RDDStratifiedSampler"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

DISCARDED_DRAWS = 10
"""Partitions have seeds close to each other, and so have the generators' first draws."""
LARGE_MEAN = 20.0
"""From here on, logarithms are added up instead of multiplying exponentials, which would underflow."""
NUMBER_OF_DEVIATIONS = 5
"""How many standard deviations too large a sample is drawn, so that it is rarely too small."""
DEVIATIONS_OF_FEW = 9
FEW = 12
FAILURE_RATE = 0.00005
"""How often a sample without replacement may be too small."""


def random_seed() -> int:
    """Return the seed of whoever gave none."""
    return random.randint(0, sys.maxsize)


def fraction_for(num: int, total: int, withReplacement: bool) -> float:
    """Return a fraction that gives at least `num` of `total` elements, nearly always."""
    fraction = float(num) / total
    if withReplacement:
        deviations = DEVIATIONS_OF_FEW if num < FEW else NUMBER_OF_DEVIATIONS
        return fraction + deviations * math.sqrt(fraction / total)
    gamma = -math.log(FAILURE_RATE) / total
    return min(1, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))


class RDDSamplerBase:
    """A generator that is seeded for each partition, and what samplers draw from it."""

    _random: random.Random

    def __init__(self, withReplacement: bool, seed: int | None = None) -> None:
        self._withReplacement = withReplacement
        self._seed = random_seed() if seed is None else seed

    def initRandomGenerator(self, split: int) -> None:
        """Begin anew, for a partition."""
        self._random = random.Random(self._seed ^ split)
        for _ in range(DISCARDED_DRAWS):
            self._random.randint(0, 1)

    def getUniformSample(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def getPoissonSample(self, mean: float) -> int:
        """Return a Poisson-distributed number, found as Knuth does: count draws up to a limit."""
        count = 0
        if mean < LARGE_MEAN:
            limit, product = math.exp(-mean), self.getUniformSample()
            while product > limit:
                product *= self.getUniformSample()
                count += 1
            return count
        waited = self._random.expovariate(mean)
        while waited < 1.0:
            waited += self._random.expovariate(mean)
            count += 1
        return count

    def func(self, split: int, iterator: Iterable[Any]) -> Iterator[Any]:
        """Sample the elements of a partition."""
        self.initRandomGenerator(split)
        for element in iterator:
            for _ in range(self._copies(element)):
                yield element

    def _copies(self, element: Any) -> int:
        raise NotImplementedError


class RDDSampler(RDDSamplerBase):
    """Keeps a fraction of the elements, or repeats each a random number of times.

    >>> list(RDDSampler(False, 0.3, seed=5).func(0, range(10)))
    [2, 3, 6]
    """

    def __init__(self, withReplacement: bool, fraction: float, seed: int | None = None) -> None:
        super().__init__(withReplacement, seed)
        self._fraction = fraction

    def _copies(self, element: Any) -> int:
        if self._withReplacement:
            return self.getPoissonSample(self._fraction)
        return int(self.getUniformSample() < self._fraction)


class RDDRangeSampler(RDDSamplerBase):
    """Keeps the elements whose draw is between two bounds: those of adjacent bounds are disjoint.

    >>> list(RDDRangeSampler(0.0, 0.5, seed=5).func(0, "steel"))
    ['t', 'e', 'e']
    """

    def __init__(self, lowerBound: float, upperBound: float, seed: int | None = None) -> None:
        super().__init__(False, seed)
        self._lowerBound = lowerBound
        self._upperBound = upperBound

    def _copies(self, element: Any) -> int:
        return int(self._lowerBound <= self.getUniformSample() < self._upperBound)


class RDDStratifiedSampler(RDDSamplerBase, Generic[K]):
    """Samples pairs, with a fraction for each key.

    >>> pairs = [("all", 1), ("none", 2), ("all", 3)]
    >>> list(RDDStratifiedSampler(False, {"all": 1.0, "none": 0.0}).func(0, pairs))
    [('all', 1), ('all', 3)]
    """

    def __init__(self, withReplacement: bool, fractions: dict[K, float], seed: int | None = None) -> None:
        super().__init__(withReplacement, seed)
        self._fractions = fractions

    def func(self, split: int, iterator: Iterable[tuple[K, T]]) -> Iterator[tuple[K, T]]:
        """Sample the pairs of a partition."""
        return super().func(split, ((key, value) for key, value in iterator))

    def _copies(self, element: tuple[K, Any]) -> int:
        if self._withReplacement:
            return self.getPoissonSample(self._fractions[element[0]])
        return int(self.getUniformSample() < self._fractions[element[0]])


_public_names.publish(__name__)
