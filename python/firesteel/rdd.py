"""Another spelling of `firesteel.core.rdd`, as in PySpark: the very same module."""

import sys

import firesteel.core.rdd

sys.modules[__name__] = firesteel.core.rdd
