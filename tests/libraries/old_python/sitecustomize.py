"""Names that Python and NumPy had when Thunder and Bolt were written, for driver and workers alike."""

import collections
import collections.abc
import inspect

collections.Iterable = collections.abc.Iterable
inspect.getargspec = inspect.getfullargspec
