"""On Apache Spark, `import firesteel` means PySpark: this file is shipped as the module `firesteel`.

A finder answers for `firesteel.x` with the very module `pyspark.x`, in the driver and on the executors, so
that a class has one identity whichever name it was imported by. Invariant: nothing of ours is needed.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PREFIX = "firesteel."


class _Finder(MetaPathFinder):
    """Finds `firesteel.x` as `pyspark.x`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, _Loader()) if fullname.startswith(_PREFIX) else None


class _Loader(Loader):
    """Puts PySpark's module in the place of the new one, which is thrown away."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        sys.modules[name] = import_module(f"pyspark.{name.removeprefix(_PREFIX)}")


def install() -> None:
    """Do nothing: `pyspark` means PySpark here, as it should."""


def __getattr__(name: str) -> Any:
    return getattr(import_module("pyspark"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(import_module("pyspark"))})


# Under any other name somebody looks at this file and does not run a program with it.
if __name__ == "firesteel":
    __path__: list[str] = []
    globals()["__all__"] = import_module("pyspark").__all__
    sys.meta_path.insert(0, _Finder())
