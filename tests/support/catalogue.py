"""The catalogue of PySpark's public names, and what has each of them here.

`data/api_rdd.csv` is the catalogue, `data/catalogue_gaps.csv` lists the rows that are not met, with reasons.
"""

import csv
import importlib
import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firesteel._alias import home_of
from firesteel._public_names import is_public

DATA = Path(__file__).parents[1] / "data"
GAPS = DATA / "catalogue_gaps.csv"
NOT_YET = "not yet"
# Typing's own constant, which the catalogue found in the modules' namespaces.
SKIPPED = {"TYPE_CHECKING"}


@dataclass(frozen=True, order=True)
class Row:
    """One name of the catalogue."""

    module: str
    owner: str
    member: str
    kind: str
    signature: str
    specific: str = "core"

    @property
    def name(self) -> str:
        """The whole name."""
        return ".".join(part for part in (self.module, self.owner, self.member) if part)


def rows() -> list[Row]:
    """Return the rows of the catalogue."""
    with (DATA / "api_rdd.csv").open(newline="") as file:
        found = [
            Row(row["module"], row["class"], row["member"], row["kind"], row["signature"], row["specific"])
            for row in csv.DictReader(file)
            if row["member"] not in SKIPPED
        ]
    assert len(found) > 800
    return sorted(set(found))


def gaps() -> dict[str, str]:
    """Return the rows that are not met, each with its reason."""
    with GAPS.open(newline="") as file:
        return {row["name"]: row["reason"] for row in csv.DictReader(file)}


def resolve(row: Row) -> Any:
    """Return what has the name of a row here."""
    home = home_of(row.module)
    if home is None:
        raise ImportError(row.module)
    module = importlib.import_module(home)
    if row.kind == "instance attribute":
        return find_instance_attribute(getattr(module, row.owner), row.member)
    if not row.owner:
        return getattr(module, row.member) if row.member else module
    owner = getattr(module, row.owner)
    return inspect.getattr_static(owner, row.member) if row.member else owner


def find_instance_attribute(cls: type, name: str) -> str:
    """Return the name, if a method of the class or of one of its bases sets it."""
    sources = [_source(base) for base in cls.__mro__ if is_public(base.__module__)]
    if any(re.search(rf"\bself\.{name}\b|^    {name}:", source, re.MULTILINE) for source in sources):
        return name
    if hasattr(cls, name):
        return name
    raise AttributeError(name)


def _source(cls: type) -> str:
    """Return the source of a class, or of the module that has it, where it calls itself another's."""
    try:
        return inspect.getsource(cls)
    except OSError:
        method = next(value for value in vars(cls).values() if inspect.isfunction(value))
        return inspect.getsource(sys.modules[method.__globals__["__name__"]])
