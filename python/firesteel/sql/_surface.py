"""What pyspark.sql offers, as data: the names, parameters and defaults of `_surface.txt`.

The table has a section for each module and class, its name at the margin, and an indented line for each
member: `name(parameters)`, with the kind before it where that is neither a function nor a method.
It is made by `tests/data/make_api_sql.py` and read once, when a name is first looked up.
"""

import functools
import re
from pathlib import Path
from typing import Any, NamedTuple

COLUMN = "C"
"""The annotation, in the table, of a parameter that takes a column or its name."""

_MEMBER = re.compile(r" (?:(?P<kind>[a-z]+) )?(?P<name>\w+)(?P<parameters>\(.*\))?$")


class Member(NamedTuple):
    """A function of a module, or a member of a class."""

    name: str
    kind: str
    parameters: str


class Section(NamedTuple):
    """A module, or a class with the names of its bases."""

    name: str
    is_class: bool
    bases: tuple[str, ...]
    members: dict[str, Member]


@functools.cache
def sections() -> dict[str, Section]:
    """Return the whole table.

    >>> sections()["pyspark.sql.window.Window"].members["partitionBy"].parameters
    '(*cols)'
    """
    found: dict[str, Section] = {}
    current = Section("", False, (), {})
    for line in Path(__file__).with_name("_surface.txt").read_text().splitlines():
        if line.startswith(" "):
            member = _member(line)
            current.members[member.name] = member
        else:
            kind, name, *bases = line.split()
            current = found.setdefault(name, Section(name, kind == "class", tuple(bases), {}))
    return found


def classes_of(module: str) -> dict[str, Section]:
    """Return the classes of one of PySpark's modules, by their names."""
    prefix = f"{module}."
    return {
        name.removeprefix(prefix): section
        for name, section in sections().items()
        if name.startswith(prefix) and "." not in name.removeprefix(prefix) and section.is_class
    }


def functions_of(module: str) -> dict[str, Member]:
    """Return the functions of one of PySpark's modules, by their names."""
    section = sections().get(module)
    return section.members if section else {}


def _member(line: str) -> Member:
    match = _MEMBER.match(line)
    assert match is not None, line
    is_callable = match["parameters"] is not None
    kind = match["kind"] or ("function" if is_callable else "attribute")
    return Member(match["name"], kind, match["parameters"] or "")


def define(member: Member, body: str, names: dict[str, Any], module: str, qualified: str) -> Any:
    """Return a function of a member's name and parameters; `names` is what its body sees.

    Its source is compiled, as those of named tuples are, so that it takes its arguments as any other function
    does. The source is the table's, never a program's.
    """
    namespace = {**names, COLUMN: "ColumnOrName"}
    exec(f"def {member.name}{member.parameters}: {body}", namespace)
    function = namespace[member.name]
    function.__qualname__, function.__module__ = qualified, module
    function.__doc__ = f"{qualified}{member.parameters.replace(f': {COLUMN}', '')}, as in PySpark."
    return function
