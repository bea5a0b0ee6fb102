"""Writes `api_sql.csv`, the catalogue of what pyspark.sql offers, and the table that Firesteel ships of it.

Run it with the Python of an environment that has PySpark 4.3, pandas and pyarrow; it needs no JVM:

    python tests/data/make_api_sql.py

The catalogue has a row for each public name of each public module, with its parameters and their defaults,
but without annotations. `python/firesteel/sql/_surface.txt` holds the same in sections, quick to read.
"""

import csv
import enum
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE / "api_sql.csv"
SURFACE = HERE.parents[1] / "python" / "firesteel" / "sql" / "_surface.txt"
ROOT = "pyspark.sql"

# Spark Connect is refused on import; the others are PySpark's own machinery.
LEFT_OUT = (
    "classic", "connect", "conversion", "datasource_internal", "geo_utils", "interchange", "internal",
    "pandas.conversion", "pandas.map_ops", "pandas.serializers", "pandas.typehints",
    "pandas.types", "pandas.utils", "plot", "profiler", "sql_formatter", "transpile", "tvf_argument",
    "worker",
    "streaming.list_state_client", "streaming.map_state_client", "streaming.proto",
    "streaming.python_streaming_source_runner",
    "streaming.stateful_processor_api_client", "streaming.stateful_processor_util",
    "streaming.transform_with_state_driver_worker", "streaming.value_state_client",
)  # fmt: skip
# Where programs find the exceptions since before there was pyspark.errors.
REEXPORTED = {f"{ROOT}.utils": "pyspark.errors"}


class Name(NamedTuple):
    """A row of the catalogue."""

    module: str
    owner: str
    member: str
    kind: str
    signature: str


def main() -> None:
    names = sorted({name for module in modules() for name in names_of(module)})
    with CATALOGUE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["module", "class", "member", "kind", "signature"])
        writer.writerows(names)
    SURFACE.write_text("\n".join(surface(names)) + "\n")
    print(f"{len(names)} names: {CATALOGUE}, {SURFACE}")


def modules() -> Iterator[ModuleType]:
    """Go through the public modules."""
    root = importlib.import_module(ROOT)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{ROOT}."):
        if not is_left_out(found.name):
            yield importlib.import_module(found.name)


def is_left_out(module: str) -> bool:
    path = module.removeprefix(f"{ROOT}.")
    return path != module and any(path == left or path.startswith(f"{left}.") for left in LEFT_OUT)


def names_of(module: ModuleType) -> Iterator[Name]:
    """Go through the public names of a module, and of its classes."""
    exported = getattr(module, "__all__", ())
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        home = getattr(value, "__module__", None) or ""
        is_reexported = home.startswith((f"{module.__name__}.", REEXPORTED.get(module.__name__, "no such")))
        is_own = home == module.__name__ and not is_type_variable(value)
        if name in exported or is_own or (is_reexported and not is_type_variable(value)):
            yield from names_of_value(module.__name__, name, value, whole=is_own)


def is_type_variable(value: Any) -> bool:
    return type(value).__module__ == "typing"


def names_of_value(module: str, name: str, value: Any, whole: bool) -> Iterator[Name]:
    if inspect.isclass(value):
        bases = ", ".join(f"{base.__module__}.{base.__qualname__}" for base in value.__bases__)
        yield Name(module, name, "", "class", f"({bases})")
        if whole:
            yield from members_of(module, name, value)
    elif callable(value):
        yield Name(module, "", name, "function", parameters(value))
    else:
        yield Name(module, "", name, "constant", "")


def members_of(module: str, owner: str, cls: type) -> Iterator[Name]:
    """Go through what a class itself defines, and what it has of private classes."""
    mixins = [base for base in cls.__mro__[1:] if is_left_out(base.__module__)]
    members = {name: value for base in (*reversed(mixins), cls) for name, value in vars(base).items()}
    for name, value in members.items():
        if name.startswith("_") and name not in ("__init__", "__call__", "__getitem__", "__getattr__"):
            continue
        if isinstance(value, (staticmethod, classmethod)):
            yield Name(module, owner, name, type(value).__name__, parameters(value.__func__))
        elif inspect.isfunction(value) or (callable(value) and not inspect.isclass(value)):
            yield Name(module, owner, name, "method", parameters(value))
        else:
            kind = "property" if hasattr(type(value), "__get__") else "attribute"
            yield Name(module, owner, name, kind, "")


def parameters(function: Any) -> str:
    """Return names and defaults as source text; a default that is no literal is written as `...`."""
    signature = inspect.signature(function)
    plain = [
        parameter.replace(annotation=parameter.empty, default=plain_default(parameter))
        for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


def plain_default(parameter: inspect.Parameter) -> Any:
    value = parameter.default
    if value is parameter.empty or isinstance(value, (str, int, float, bool, type(None), tuple)):
        return value.value if isinstance(value, enum.Enum) else value
    return ...


def surface(names: list[Name]) -> Iterator[str]:
    """Go through the lines of the table: a module or class at the margin, its members indented.

    What `functions` takes as columns is marked: a text means a column there, and itself anywhere else.
    """
    section = ""
    for name in names:
        if name.module in (ROOT, f"{ROOT}.types", f"{ROOT}.functions", f"{ROOT}.streaming"):
            continue  # types are written by hand, the others give names of other modules
        if name.owner and getattr(importlib.import_module(name.module), name.owner).__module__ != name.module:
            continue
        header = f"{name.module}.{name.owner}" if name.owner else name.module
        if header != section:
            section = header
            yield f"class {header} {bases_of(name)}".strip() if name.owner else f"module {header}"
        if name.member:
            callable_ = name.kind in ("function", "method", "staticmethod", "classmethod")
            kind = "" if callable_ and name.kind in ("function", "method") else f"{name.kind} "
            yield f" {kind}{name.member}{marked(name) if callable_ else ''}"


def bases_of(name: Name) -> str:
    """Return the bases that matter to programs: builtins, and PySpark's own."""
    cls = getattr(importlib.import_module(name.module), name.owner)
    kept = [
        base
        for base in cls.__bases__
        if base.__module__.startswith(("builtins", ROOT)) and not is_left_out(base.__module__)
    ]
    return " ".join(
        base.__name__
        if base.__module__ in ("builtins", name.module)
        else f"{base.__module__}.{base.__name__}"
        for base in kept
        if base is not object
    )


def marked(name: Name) -> str:
    signature = name.signature.replace("=Ellipsis", "=...")
    if "functions" not in name.module:
        return signature
    function = getattr(importlib.import_module(name.module), name.member)
    for parameter in inspect.signature(function).parameters.values():
        if "ColumnOrName" in str(parameter.annotation):
            signature = re.sub(rf"\b{parameter.name}\b(?=[,)=])", f"{parameter.name}: C", signature, count=1)
    return signature.replace(": C=", ": C = ")


if __name__ == "__main__":
    sys.exit(main())
