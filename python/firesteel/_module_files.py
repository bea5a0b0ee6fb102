"""Modules named file by file, as `--py-files helpers.py` does: an import path entry may be a .py file.

A program can import them before it has a context, which then ships copies of them to the workers.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType


class ModuleFileFinder:
    """Finds the one module that is in a file."""

    def __init__(self, path: str) -> None:
        if not path.endswith(".py") or not os.path.isfile(path):
            raise ImportError("only .py files are modules by themselves", path=path)
        self._path = path
        self._name = os.path.basename(path).removesuffix(".py")

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where the module is, if it is the one asked for."""
        return spec_from_file_location(fullname, self._path) if fullname == self._name else None


def put_on_path(entries: Sequence[str]) -> None:
    """Put .py files and archives on the import path, behind the folder of the program."""
    if ModuleFileFinder not in sys.path_hooks:
        sys.path_hooks.append(ModuleFileFinder)
    sys.path[1:1] = entries
    importlib.invalidate_caches()
