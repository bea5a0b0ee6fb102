"""Seeds NumPy in a driver, for example programs that begin at random."""

from contextlib import suppress

with suppress(ImportError):
    import numpy

    numpy.random.seed(7)
