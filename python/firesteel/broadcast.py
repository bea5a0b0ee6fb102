"""Another spelling of `firesteel.core.broadcast`, as in PySpark: the very same module."""

import sys

import firesteel.core.broadcast

sys.modules[__name__] = firesteel.core.broadcast
