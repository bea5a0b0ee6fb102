"""Another spelling of `firesteel.core.context`, as in PySpark: the very same module."""

import sys

import firesteel.core.context

sys.modules[__name__] = firesteel.core.context
