"""The table of recorded programs, and the helpers nearly all of them use.

A program is a function of a context and a number of partitions that returns a plain value; one about
contexts takes the class instead, and starts and stops its own. It imports nothing from the engine, so the
same function runs on the reference and on Firesteel. Invariant: its result depends only on its arguments, not
on the programs that ran before it in the same context.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Program:
    """One recorded program and the numbers of partitions it is recorded with."""

    name: str
    function: Callable[..., Any]
    partitions: tuple[int, ...]
    needs_folder: bool
    starts_contexts: bool

    def run(self, sc: Any, n: int, folder: Path) -> Any:
        """Run on `sc` with `n` partitions; `folder` is an empty folder of this run's own."""
        return self.function(sc, n, folder) if self.needs_folder else self.function(sc, n)


PROGRAMS: dict[str, Program] = {}


def program(*partitions: int, files: bool = False, starts: bool = False) -> Callable[[Callable], Callable]:
    """Register a program that is recorded for each of `partitions`.

    With `files` it takes a folder too; with `starts` it takes the class of contexts, while none runs, and
    leaves none running.
    """

    def register(function: Callable) -> Callable:
        name = function.__name__
        if name in PROGRAMS:
            raise ValueError(f"two programs are called {name}")
        PROGRAMS[name] = Program(name, function, partitions, files, starts)
        return function

    return register


def module_of(context: Any, name: str = "") -> ModuleType:
    """A module of PySpark's, or what stands for it: of the engine of a context, or of a class of contexts."""
    cls = context if isinstance(context, type) else type(context)
    package = cls.__module__.partition(".")[0]
    return import_module(f"{package}.{name}" if name else package)


def placed(rdd: Any) -> list[list]:
    """The elements of every partition, in order: what a recording compares wherever the result is an RDD."""
    return rdd.glom().collect()


def outcome(action: Callable[[], Any], essential: str | None = None) -> tuple:
    """What calling `action` comes to: its result, or the part of its exception that a program may rely on.

    An exception of the driver's own counts with class and message, unless `essential` names the part of the
    message that counts. The message of a failed job holds traces of the engine, so of that only the
    essential part counts ever.
    """
    try:
        return ("returned", action())
    except Exception as error:
        said = essential in str(error) if essential else None
        if any(base.__name__ == "Py4JJavaError" for base in type(error).__mro__):
            return ("job failed", said)
        return ("raised", type(error).__name__, str(error) if essential is None else said)
