"""Which names of the catalogue a test has executed: seen by a profile function, not guessed.

A function or method counts when its code has run in this process with an instance of its class. What has no
code of Python's (a constant, an attribute, a class without a method of its own) counts when the test, or the
recorded program that it runs, names it in its source.
"""

import ast
import functools
import inspect
import os
import sys
import textwrap
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import firesteel
from firesteel._public_names import is_public
from support import catalogue
from support.catalogue import Row

PACKAGE = os.path.dirname(firesteel.__file__)


@dataclass(frozen=True)
class Code:
    """Rows by what running shows: the code of a function, or an instance of a class as its first argument."""

    functions: dict[CodeType, list[tuple[str, type | None]]] = field(default_factory=dict)
    classes: dict[type, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """Rows that only the source of a test can show, by their last part."""

    members: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@functools.cache
def tables() -> tuple[Code, Named]:
    """Return what to look for."""
    code, named = Code(), Named()
    for row in catalogue.rows():
        try:
            found = catalogue.resolve(row)
        except (ImportError, AttributeError):
            continue
        function = _function(found)
        if isinstance(found, type) and _has_code(found):
            code.classes.setdefault(found, []).append(row.name)
        elif function is None or isinstance(found, type) or getattr(found, "__isabstractmethod__", False):
            named.members[row.member or row.owner or row.module.rpartition(".")[2]].append(row.name)
        else:
            code.functions.setdefault(function, []).append((row.name, _owner(row)))
    return code, named


def _function(found: Any) -> CodeType | None:
    """Return the code behind a function, method or property."""
    if isinstance(found, (classmethod, staticmethod)):
        found = found.__func__
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, functools.cached_property):
        found = found.func
    return getattr(inspect.unwrap(found) if callable(found) else found, "__code__", None)


def _has_code(cls: type) -> bool:
    """Return whether running a method of a class shows it: not for named tuples and static methods."""
    methods = (value for value in vars(cls).values() if not isinstance(value, (type, staticmethod)))
    codes = (_function(method) for method in methods)
    return any(code is not None and "firesteel" in code.co_filename for code in codes)


def _owner(row: Row) -> type | None:
    """Return the class of a method, for a method may be inherited by several classes of the catalogue."""
    return catalogue.resolve(Row(row.module, row.owner, "", "class", "")) if row.owner else None


@contextmanager
def trace() -> Iterator[set[str]]:
    """Note the names that run until the block ends, in all threads that begin in it and in this one."""
    code, _ = tables()
    found: set[str] = set()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            first = _first_argument(frame)
            for name, owner in code.functions.get(frame.f_code, ()):
                if owner is None or _belongs(first, owner):
                    found.add(name)
            # A class of the test's own that calls what it inherits shows the class that it derives from.
            ours = is_public(type(first).__module__) or frame.f_code.co_filename.startswith(PACKAGE)
            for cls in type(first).__mro__ if ours else ():
                found.update(code.classes.get(cls, ()))

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # as sys.setprofile takes it


def _first_argument(frame: FrameType) -> Any:
    names = frame.f_code.co_varnames[:1] if frame.f_code.co_argcount else ()
    return frame.f_locals.get(names[0]) if names else None


def _belongs(first: Any, owner: type) -> bool:
    """Return whether a function ran for a class: on an instance, on the class, or as a static method."""
    if isinstance(first, type):
        return issubclass(first, owner) or not any(issubclass(first, other) for other in tables()[0].classes)
    return isinstance(first, owner) or type(first) not in tables()[0].classes


def named_in(*functions: Any) -> set[str]:
    """Return the rows without code that the sources of functions name, and those of helpers beside them."""
    _, named = tables()
    return {name for word in _all_words(functions) for name in named.members.get(word, ())}


def asked_for(names: set[str], *functions: Any) -> set[str]:
    """Return those names that the sources of functions name, too, and not only what runs behind them.

    Classes are asked for by their instances, and special methods by Python.
    """
    words = _all_words(functions)
    return {row.name for row in catalogue.rows() if row.name in names and _is_asked_for(row, words)}


def _is_asked_for(row: Row, words: set[str]) -> bool:
    return row.kind == "class" or row.member.startswith("__") or row.member in words


def _all_words(functions: tuple[Any, ...]) -> set[str]:
    """Return the words of functions, and of the helpers beside them that they call."""
    words: set[str] = set()
    seen: set[Any] = set()
    following = list(functions)
    while following:
        function = following.pop()
        if function not in seen:
            seen.add(function)
            words |= _words(function)
            helpers = (getattr(inspect.getmodule(function), word, None) for word in _words(function))
            following += [one for one in helpers if _is_beside(one, function)]
    return words


def _is_beside(helper: Any, function: Any) -> bool:
    return inspect.isfunction(helper) and helper.__module__ == function.__module__


@functools.cache
def _words(function: Any) -> frozenset[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    attributes = (node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    keywords = (node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg)
    return frozenset([*attributes, *names, *keywords])
