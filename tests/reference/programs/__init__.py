"""Recorded programs by theme, a module for each. Importing the package fills `PROGRAMS`."""

import pkgutil
from importlib import import_module

from programs.registry import PROGRAMS, Program

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["PROGRAMS", "Program"]
