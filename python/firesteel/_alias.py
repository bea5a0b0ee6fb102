"""`import pyspark` means Firesteel, in a process that asks for it.

A finder at the front of `sys.meta_path` answers for `pyspark` and `py4j` with the very same module objects
that `firesteel` has. A real PySpark beside it is not touched, only not found. What Firesteel does not have
is a MissingModuleError of one line, never a module of the real PySpark inside ours.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from firesteel import _public_names

VARIABLE = "FIRESTEEL_ALIAS"
"""Set to 1 in the environment where the alias is installed, for the workers to install it too."""

# PySpark's own spellings, where they are more than another root.
_SPELLINGS = {
    "pyspark.broadcast": "firesteel.core.broadcast",
    "pyspark.cloudpickle": "cloudpickle",
    "pyspark.context": "firesteel.core.context",
    "pyspark.files": "firesteel.core.files",
    "pyspark.rdd": "firesteel.core.rdd",
    "pyspark.status": "firesteel.core.status",
}
_ROOTS = {"pyspark": "firesteel", "py4j": "firesteel._py4j"}
_PRIVATE = {"daemon", "pytest", "worker"}


def install() -> None:
    """Let `pyspark` and `py4j` mean Firesteel from now on, here and in the workers."""
    os.environ[VARIABLE] = "1"
    if not is_installed():
        sys.meta_path.insert(0, AliasFinder())
        sys.meta_path.append(MissingFinder())
        _public_names.publish_all()


def is_installed() -> bool:
    """Tell whether `pyspark` means Firesteel in this process."""
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


class AliasFinder(MetaPathFinder):
    """Finds `pyspark.x` as `firesteel.x`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of PySpark's comes from; raise where Firesteel has none of that name."""
        root = fullname.partition(".")[0]
        if root not in _ROOTS:
            return None
        home = home_of(fullname)
        if home is None:
            raise missing(fullname)
        found = find_spec(home)
        is_package = found is not None and found.submodule_search_locations is not None
        return ModuleSpec(fullname, AliasLoader(home), is_package=is_package)


class AliasLoader(Loader):
    """Puts the module itself in the place of the new one, whose spec and name are thrown away."""

    def __init__(self, home: str) -> None:
        self._home = home

    def exec_module(self, module: ModuleType) -> None:
        """Import under the real name; the import system takes what is in `sys.modules` afterwards."""
        sys.modules[module.__name__] = import_module(self._home)

    def get_code(self, fullname: str) -> None:
        """Tell runpy that there is nothing to run under this name."""


class MissingFinder(MetaPathFinder):
    """Comes last: `from pyspark.sql import functions` looks for `firesteel.sql.functions` in the end."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise for what nobody found under firesteel, unless it is plainly not PySpark's."""
        parent, _, name = fullname.rpartition(".")
        if parent.split(".")[0] == "firesteel" and not name.startswith("_"):
            raise missing(fullname.replace("firesteel", "pyspark", 1))
        return None


def home_of(fullname: str) -> str | None:
    """Return the real name of a module of PySpark's, or None where Firesteel has none.

    >>> home_of("pyspark.rdd"), home_of("pyspark.conf"), home_of("pyspark.ml")
    ('firesteel.core.rdd', 'firesteel.conf', None)
    """
    if fullname.startswith("pyspark.cloudpickle."):
        return fullname.removeprefix("pyspark.")
    root, _, rest = fullname.partition(".")
    home = _SPELLINGS.get(fullname) or (f"{_ROOTS[root]}.{rest}" if rest else _ROOTS[root])
    if rest.startswith("_") or rest in _PRIVATE:
        return None
    return home if _exists(home) else None


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        # The parent is missing, or is no package, or MissingFinder has said so.
        return False


def missing(name: str) -> ImportError:
    """Return the error that says that something of PySpark's is not there."""
    from firesteel.errors.missing import MissingModuleError

    return MissingModuleError.of(name)
