"""Firesteel: PySpark's public Python API on an engine written in Rust.

Importing starts nothing and loads little: every public name is looked up in its module on first use.

>>> from firesteel import SparkContext
>>> sc = SparkContext.getOrCreate()
>>> sc.parallelize(["spark", "steel", "spark"]).countByValue()["spark"]
2
"""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from firesteel import _public_names as _public_names  # pickle finds PySpark's names from now on
from firesteel.version import __version__

if TYPE_CHECKING:
    from firesteel.accumulators import Accumulator, AccumulatorParam
    from firesteel.conf import SparkConf
    from firesteel.core.broadcast import Broadcast
    from firesteel.core.context import SparkContext
    from firesteel.core.files import SparkFiles
    from firesteel.core.rdd import RDD, RDDBarrier
    from firesteel.core.status import SparkExecutorInfo, SparkJobInfo, SparkStageInfo, StatusTracker
    from firesteel.profiler import BasicProfiler, Profiler
    from firesteel.serializers import CPickleSerializer, MarshalSerializer
    from firesteel.storagelevel import StorageLevel
    from firesteel.taskcontext import BarrierTaskContext, BarrierTaskInfo, TaskContext
    from firesteel.util import InheritableThread, inheritable_thread_target, is_remote_only

    def install() -> None: ...  # the module firesteel.install, which can be called


__all__ = [
    "RDD",
    "Accumulator",
    "AccumulatorParam",
    "BarrierTaskContext",
    "BarrierTaskInfo",
    "BasicProfiler",
    "Broadcast",
    "CPickleSerializer",
    "InheritableThread",
    "MarshalSerializer",
    "Profiler",
    "RDDBarrier",
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
    "inheritable_thread_target",
    "is_remote_only",
    "keyword_only",
    "since",
]

_F = TypeVar("_F", bound=Callable[..., Any])


def since(version: str | float) -> Callable[[_F], _F]:
    """Note in a function's documentation since which version there is such a function.

    >>> @since("1.2")
    ... def strike():
    ...     '''Strike sparks.'''
    >>> print(strike.__doc__)
    Strike sparks.
    <BLANKLINE>
    .. versionadded:: 1.2
    """

    def decorate(f: _F) -> _F:
        assert f.__doc__ is not None
        lines = f.__doc__.splitlines()[1:]
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        f.__doc__ = f"{f.__doc__.rstrip()}\n\n{' ' * indent}.. versionadded:: {version}"
        return f

    return decorate


def keyword_only(func: _F) -> _F:
    """Refuse positional arguments of a method, and keep the keyword ones as `self._input_kwargs`.

    >>> class Stage:
    ...     @keyword_only
    ...     def __init__(self, *, name="", tasks=1):
    ...         self.given = self._input_kwargs
    >>> Stage(tasks=2).given
    {'tasks': 2}
    """

    @functools.wraps(func)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(f"Method {func.__name__} forces keyword arguments.")
        self._input_kwargs = kwargs
        return func(self, **kwargs)

    return wrapper  # type: ignore[return-value]  # the same signature


_HOME_OF_NAME = {
    "RDD": "firesteel.core.rdd",
    "Accumulator": "firesteel.accumulators",
    "AccumulatorParam": "firesteel.accumulators",
    "BarrierTaskContext": "firesteel.taskcontext",
    "BarrierTaskInfo": "firesteel.taskcontext",
    "BasicProfiler": "firesteel.profiler",
    "Broadcast": "firesteel.core.broadcast",
    "CPickleSerializer": "firesteel.serializers",
    "InheritableThread": "firesteel.util",
    "MarshalSerializer": "firesteel.serializers",
    "Profiler": "firesteel.profiler",
    "RDDBarrier": "firesteel.core.rdd",
    "SparkConf": "firesteel.conf",
    "SparkContext": "firesteel.core.context",
    "SparkExecutorInfo": "firesteel.core.status",
    "SparkFiles": "firesteel.core.files",
    "SparkJobInfo": "firesteel.core.status",
    "SparkStageInfo": "firesteel.core.status",
    "StatusTracker": "firesteel.core.status",
    "StorageLevel": "firesteel.storagelevel",
    "TaskContext": "firesteel.taskcontext",
    "inheritable_thread_target": "firesteel.util",
    "is_remote_only": "firesteel.util",
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
    "find_spark_home": "firesteel.find_spark_home",
    "install": "firesteel.install",
    "java_gateway": "firesteel.java_gateway",
    "logger": "firesteel.logger",
    "loose_version": "firesteel.loose_version",
    "profiler": "firesteel.profiler",
    "rdd": "firesteel.core.rdd",
    "resource": "firesteel.resource",
    "resultiterable": "firesteel.resultiterable",
    "serializers": "firesteel.serializers",
    "shuffle": "firesteel.shuffle",
    "sql": "firesteel.sql",
    "status": "firesteel.core.status",
    "storagelevel": "firesteel.storagelevel",
    "taskcontext": "firesteel.taskcontext",
    "traceback_utils": "firesteel.traceback_utils",
    "util": "firesteel.util",
    "version": "firesteel.version",
    "worker_util": "firesteel.worker_util",
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
