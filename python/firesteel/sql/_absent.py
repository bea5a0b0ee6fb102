"""What Firesteel does not have of pyspark.sql: it imports, and says what it needs when it runs.

Classes and functions are made from the table of `_surface.py`, so that none is written down twice. Invariant:
whatever is made here has PySpark's name and parameters, keeps what its constructor was given, can be derived
from, and raises NeedsQueryEngineError when it should do something.
"""

import builtins
from collections.abc import Iterable
from importlib import import_module
from typing import Any, TypeVar

from firesteel.errors.missing import refuse
from firesteel.sql._surface import Member, Section, classes_of, define, functions_of, sections

C = TypeVar("C", bound=type)


def fill(namespace: dict[str, Any], ignored: Iterable[str] = ()) -> None:
    """Put all that is missing in a module's namespace there, and its public names in `__all__`.

    >>> from firesteel.sql.catalog import Catalog
    >>> Catalog(None).listTables()
    Traceback (most recent call last):
    firesteel.errors.missing.NeedsQueryEngineError: Catalog.listTables needs a query engine: ...
    """
    module = namespace["__name__"]
    theirs = module.replace("firesteel", "pyspark", 1)
    for name, member in functions_of(theirs).items():
        if name not in namespace and name not in ignored:
            namespace[name] = _function(member, module, name) if member.parameters else None
    waiting = {name: section for name, section in classes_of(theirs).items() if name not in ignored}
    for name, section in waiting.items():
        _make_with_bases(name, section, namespace, waiting)
    named = {*functions_of(theirs), *waiting, *namespace.get("__all__", ())}
    namespace["__all__"] = sorted(named - set(ignored))


def _make_with_bases(
    name: str, section: Section, namespace: dict[str, Any], waiting: dict[str, Section]
) -> None:
    if name in namespace:
        return
    for base in section.bases:
        if base in waiting:
            _make_with_bases(base, waiting[base], namespace, waiting)
    bases = tuple(_base(base, namespace) for base in section.bases)
    cls = type(name, bases, {"__module__": namespace["__name__"], "__doc__": f"{name} of PySpark's."})
    namespace[name] = complete(cls)


def _base(name: str, namespace: dict[str, Any]) -> type:
    module, _, last = name.rpartition(".")
    if module:
        return getattr(import_module(module.replace("pyspark", "firesteel", 1)), last)
    return namespace[last] if last in namespace else getattr(builtins, last)


def complete(cls: C) -> C:
    """Give a class what PySpark's of that name has, and it has not itself: it raises when it is used."""
    name = f"{cls.__module__.replace('firesteel', 'pyspark', 1)}.{cls.__name__}"
    for member in sections()[name].members.values():
        if member.name not in vars(cls):
            setattr(cls, member.name, _class_member(member, cls))
    return cls


def _class_member(member: Member, cls: type) -> Any:
    what = f"{cls.__name__}.{member.name}"
    if member.name == "__init__":
        return _constructor(member, cls)
    if member.kind == "property":
        return property(lambda self: refuse(what), doc=f"{what} of PySpark's.")
    if member.kind == "attribute":
        return None
    function = _function(member, cls.__module__, what)
    return {"staticmethod": staticmethod, "classmethod": classmethod}.get(member.kind, _same)(function)


def _same(function: Any) -> Any:
    return function


def _constructor(member: Member, cls: type) -> Any:
    body = "_keep(self, locals())"
    return define(member, body, {"_keep": _keep}, cls.__module__, f"{cls.__name__}.__init__")


def _keep(self: Any, arguments: dict[str, Any]) -> None:
    self.__dict__.update({name: value for name, value in arguments.items() if name != "self"})


def _function(member: Member, module: str, what: str) -> Any:
    return define(member, f"refuse({what!r})", {"refuse": refuse}, module, what)
