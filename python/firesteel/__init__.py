"""Firesteel: PySpark's public Python API on an engine written in Rust.

Importing starts nothing and loads little: every public name is looked up in its module on first use.

>>> from firesteel import SparkContext
>>> sc = SparkContext.getOrCreate()
>>> sc.parallelize(["spark", "steel", "spark"]).countByValue()["spark"]
2
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from firesteel.version import __version__

if TYPE_CHECKING:
    from firesteel.accumulators import Accumulator, AccumulatorParam
    from firesteel.conf import SparkConf
    from firesteel.core.broadcast import Broadcast
    from firesteel.core.context import SparkContext
    from firesteel.core.files import SparkFiles
    from firesteel.core.rdd import RDD
    from firesteel.core.status import SparkExecutorInfo, SparkJobInfo, SparkStageInfo, StatusTracker
    from firesteel.serializers import CPickleSerializer, MarshalSerializer
    from firesteel.storagelevel import StorageLevel
    from firesteel.taskcontext import TaskContext

__all__ = [
    "RDD",
    "Accumulator",
    "AccumulatorParam",
    "Broadcast",
    "CPickleSerializer",
    "MarshalSerializer",
    "SparkConf",
    "SparkContext",
    "SparkExecutorInfo",
    "SparkFiles",
    "SparkJobInfo",
    "SparkStageInfo",
    "StatusTracker",
    "StorageLevel",
    "TaskContext",
    "__version__",
]

_HOME_OF_NAME = {
    "RDD": "firesteel.core.rdd",
    "Accumulator": "firesteel.accumulators",
    "AccumulatorParam": "firesteel.accumulators",
    "Broadcast": "firesteel.core.broadcast",
    "CPickleSerializer": "firesteel.serializers",
    "MarshalSerializer": "firesteel.serializers",
    "SparkConf": "firesteel.conf",
    "SparkContext": "firesteel.core.context",
    "SparkExecutorInfo": "firesteel.core.status",
    "SparkFiles": "firesteel.core.files",
    "SparkJobInfo": "firesteel.core.status",
    "SparkStageInfo": "firesteel.core.status",
    "StatusTracker": "firesteel.core.status",
    "StorageLevel": "firesteel.storagelevel",
    "TaskContext": "firesteel.taskcontext",
}

# PySpark has loaded these by the time `import pyspark` returns, so programs use them without importing them.
_MODULES = {
    "accumulators": "firesteel.accumulators",
    "broadcast": "firesteel.core.broadcast",
    "cloudpickle": "cloudpickle",
    "conf": "firesteel.conf",
    "context": "firesteel.core.context",
    "core": "firesteel.core",
    "errors": "firesteel.errors",
    "files": "firesteel.core.files",
    "rdd": "firesteel.core.rdd",
    "resultiterable": "firesteel.resultiterable",
    "serializers": "firesteel.serializers",
    "sql": "firesteel.sql",
    "status": "firesteel.core.status",
    "storagelevel": "firesteel.storagelevel",
    "taskcontext": "firesteel.taskcontext",
    "version": "firesteel.version",
}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF_NAME:
        value = getattr(import_module(_HOME_OF_NAME[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
