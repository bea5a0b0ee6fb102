"""py4j from PyPI, also in a process where `import py4j` means Firesteel's own modules (firesteel._alias).

There it is loaded beside them: its modules are kept here instead of in `sys.modules`, and what they import
from each other they find here. Its errors are then Firesteel's own, which `except Py4JError` names. Where
there is no alias, py4j is imported like any module: its classes are those that the program imports.
"""

import builtins
import functools
import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, resolve_name
from types import ModuleType
from typing import Any, NamedTuple

from firesteel import _alias
from firesteel._py4j import protocol as ours

__all__ = ["Library", "is_installed", "jar", "load"]

NAME = "py4j"


class Library(NamedTuple):
    """The modules of py4j that the gateway is made of."""

    clientserver: Any
    java_collections: Any
    java_gateway: Any
    protocol: Any


def is_installed() -> bool:
    """Tell whether py4j can be imported, whatever its name means in this process."""
    spec = PathFinder.find_spec(NAME)
    return spec is not None and spec.origin is not None


@functools.cache
def load() -> Library:
    """Import py4j, once for each process."""
    module = _Beside().module if _alias.is_installed() else import_module
    return Library(*(module(f"{NAME}.{name}") for name in Library._fields))


def jar() -> str | None:
    """Return the path of the classes that py4j brings for the JVM, or None where they are missing."""
    found = load().java_gateway.find_jar_path()
    return os.path.abspath(found) if found else None


class _Beside:
    """A second set of py4j's modules, which know of each other only."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        # What a module's import statements call, they look up among its builtins.
        self._builtins = {**vars(builtins), "__import__": self._import}

    def module(self, name: str) -> ModuleType:
        """Return a module; the first time, run it."""
        if name not in self._modules:
            self._run(name)
        return self._modules[name]

    def _run(self, name: str) -> None:
        parent, _, child = name.rpartition(".")
        spec = PathFinder.find_spec(name, self.module(parent).__path__ if parent else None)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        module = self._modules[name] = module_from_spec(spec)
        vars(module)["__builtins__"] = self._builtins
        spec.loader.exec_module(module)
        if parent:
            setattr(self._modules[parent], child, module)
        if child == "protocol":
            _share_errors(module)

    def _import(
        self,
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> ModuleType:
        """Do what `__import__` does, with this set of modules."""
        if level:
            name = resolve_name("." * level + name, globals["__package__"])
        if name.partition(".")[0] != NAME:
            return builtins.__import__(name, globals, locals, fromlist, 0)
        module = self.module(name)
        for wanted in fromlist or ():
            if not hasattr(module, wanted):
                self.module(f"{name}.{wanted}")
        return module if fromlist else self._modules[NAME]


def _share_errors(protocol: ModuleType) -> None:
    """Let the library raise what the program's `except` clauses name."""
    for name in ours.__all__:
        setattr(protocol, name, getattr(ours, name))
    refused = type("Py4JAuthenticationError", (ours.Py4JError,), {"__module__": protocol.__name__})
    protocol.__dict__["Py4JAuthenticationError"] = refused


def error_class(name: str) -> Callable[..., Exception]:
    """Return the class of an error as the program knows it: py4j's, where it has imported that."""
    loaded = sys.modules.get(f"{NAME}.protocol") or load().protocol
    return getattr(loaded, name)
