"""The catalogue of PySpark's public names: each is here with its parameters and defaults, or listed.

`data/api_rdd.csv` is the catalogue. `data/catalogue_gaps.csv` lists the rows that are not met, each with its
reason. A row that is met must not be listed, so the list can only shrink: `test_catalogue.py --shrink` takes
such rows out, and without the option this file prints what is missing as a table.
"""

import ast
import csv
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from support.catalogue import GAPS, Row, gaps, resolve, rows


def problem(row: Row) -> str | None:
    """Return what is wrong with a row here, or None."""
    try:
        found = resolve(row)
    except (ImportError, AttributeError):
        return "missing"
    if row.kind in ("instance attribute", "attribute", "constant", "property", "module"):
        return None
    if row.kind == "special" and row.member not in ("__init__", "__call__"):
        return None
    return compare(row.signature, found)


def compare(signature: str, found: Any) -> str | None:
    """Return how the parameters differ from those of a signature of the catalogue."""
    if isinstance(found, (classmethod, staticmethod)):
        found = found.__func__
    wanted = list(parameters(signature))
    if not wanted and not signature.startswith("()"):
        return None
    try:
        actual = [shown(parameter) for parameter in inspect.signature(found).parameters.values()]
    except (TypeError, ValueError):
        return None
    return None if normal(wanted) == normal(actual) else f"has ({', '.join(actual)})"


def shown(parameter: inspect.Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    text = stars.get(parameter.kind, "") + parameter.name
    return text if parameter.default is parameter.empty else f"{text}={parameter.default!r}"


def parameters(signature: str) -> Iterator[str]:
    """Go through the parameters of a signature, as `name` or `name=default`, without annotations."""
    match = re.match(r"\((.*)\)( -> .*)?$", signature, re.DOTALL)
    if match is None or re.fullmatch(r"\([A-Z]\w+(, [A-Z]\w+)*\)", signature):
        return  # none, or the bases of a class
    for part in split(inside(signature)):
        name_and_type, default = split_default(part)
        name = name_and_type.split(":")[0].strip()
        if name in ("*", "/", ""):
            continue
        yield name if default is None else f"{name}={default}"


def inside(signature: str) -> str:
    """Return what is between the first bracket and the one that closes it."""
    depth = 0
    for position, character in enumerate(signature):
        is_end = character in ")]}" or (character == ">" and signature[position - 1] != "-")
        depth += (character in "([{<") - is_end
        if depth == 0:
            return signature[1:position]
    raise AssertionError(signature)


def split(text: str, mark: str = ",") -> list[str]:
    """Cut a text at marks outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == mark and depth == 0:
            parts.append("")
            continue
        depth += (not quote) * ((character in "([{") - (character in ")]}"))
        parts[-1] += character
    return parts


def split_default(part: str) -> tuple[str, str | None]:
    name, *default = split(part.strip(), "=")
    return name.strip(), "=".join(default).strip() if default else None


def normal(given: list[str]) -> list[str]:
    """Return parameters so that spellings of one default are equal; what is no literal counts by its name."""
    return [
        f"{name}={normal_default(default)}" for name, _, default in (part.partition("=") for part in given)
    ]


def normal_default(default: str) -> str:
    try:
        return repr(ast.literal_eval(default))
    except (ValueError, SyntaxError):
        if " at 0x" in default:
            return "a function"
        constructed = re.match(r"\w+(?=\()", default)
        return constructed[0] if constructed else default.strip("<>'").split(".")[-1]


def unmet() -> dict[str, str]:
    found = {row.name: problem(row) for row in rows()}
    return {name: text for name, text in found.items() if text is not None}


def test_every_name_is_here_or_listed() -> None:
    listed = gaps()
    new = {name: text for name, text in unmet().items() if name not in listed}
    assert not new, new


def test_what_is_here_is_not_listed() -> None:
    stale = sorted(set(gaps()) - set(unmet()))
    assert not stale, f"python {__file__} --shrink takes these out: {stale}"


@pytest.mark.parametrize(
    ("signature", "names"),
    [
        (
            "(self, a: Dict[str, int] = {'x': 1, 'y': 2}, *b, c='a,b') -> int",
            ["self", "a={'x': 1, 'y': 2}", "*b", "c='a,b'"],
        ),
        (
            "(self, f: Callable[[int], str] = <function f at 0x7f>) -> None",
            ["self", "f=<function f at 0x7f>"],
        ),
        ("(outfile: <class 'IO'>, *, x=None)", ["outfile", "x=None"]),
        ("(PySparkException, ValueError)", []),
        ("() -> str", []),
    ],
)
def test_signatures_are_read(signature: str, names: list[str]) -> None:
    assert list(parameters(signature)) == names


def test_a_difference_is_seen() -> None:
    def function(a: int, b: str = "x") -> None: ...

    assert compare("(a: int, b: str = 'x') -> None", function) is None
    assert compare("(a, b='y')", function) == "has (a, b='x')"
    assert compare("(a)", function) is not None
    assert compare("()", function) is not None


def write(entries: dict[str, str]) -> None:
    with GAPS.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "reason"])
        writer.writerows(sorted(entries.items()))


def print_table() -> None:
    """Print how many names of each module are met, and the others one by one."""
    missing = unmet()
    total = Counter(row.module for row in rows())
    lacking = Counter(row.module for row in rows() if row.name in missing)
    print("| module | names | works or listed as different | missing |\n|---|---|---|---|")
    for module, count in sorted(total.items()):
        print(f"| {module} | {count} | {count - lacking[module]} | {lacking[module]} |")
    print("\n| name | problem | reason |\n|---|---|---|")
    listed = gaps()
    for name, text in sorted(missing.items()):
        print(f"| {name} | {text} | {listed.get(name, '')} |")


if __name__ == "__main__":
    if "--shrink" in sys.argv:
        still = unmet()
        write({name: reason for name, reason in gaps().items() if name in still})
    else:
        print_table()
