"""`firesteel check`: lists what programs use of PySpark that Firesteel does not have.

It reads, and runs nothing. Invariant: each line of the list names one place, and what to do there.
"""

import os
import sys
from collections.abc import Iterable

from firesteel._cli.parsing import USAGE_ERROR, Parser, UsageError

_EXAMPLES = """\
examples:
  firesteel check app.py
  firesteel check src notebooks/report.ipynb
"""


def main(arguments: list[str]) -> int:
    """List what is missing; return 1 if anything is."""
    parser = Parser(
        prog="firesteel check",
        description="Reads programs and notebooks, without running them, and lists what they use of PySpark\n"
        "that Firesteel does not have: file, line, name, and what to do.\n"
        "The exit code is 0 when there is nothing, 1 when there is something, 2 for files it can't read.",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", help="programs (.py, .ipynb), and folders of them"
    )
    paths = _files(parser.parse(arguments).paths)
    found, unreadable = 0, 0
    for path in paths:
        try:
            lines = _list(path)
        except UsageError as error:
            print(f"firesteel check: {error}", file=sys.stderr)
            unreadable += 1
            continue
        found += len(lines)
        for line in lines:
            print(line)
    print(_summary(len(paths) - unreadable, found))
    return USAGE_ERROR if unreadable else min(found, 1)


def _files(paths: Iterable[str]) -> list[str]:
    from firesteel._check.sources import files_below

    files: dict[str, None] = {}
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"there is no file {path}")
        below = list(files_below(path))
        if not below:
            raise UsageError(f"there is no program in {path}")
        files.update(dict.fromkeys(below))
    return list(files)


def _list(path: str) -> list[str]:
    """Return a line for each thing that is missing, where it is used first."""
    from firesteel._check.sources import Unreadable, read
    from firesteel._check.uses import uses
    from firesteel._check.verdict import Advice, advise

    places: dict[Advice, dict[str, None]] = {}
    try:
        source = read(path)
        for use in uses(source.text):
            advice = advise(use)
            if advice is not None:
                places.setdefault(advice, {})[source.places[use.line - 1]] = None
    except Unreadable as error:
        raise UsageError(str(error)) from None
    except (SyntaxError, RecursionError, ValueError) as error:
        raise UsageError(f"{path}: is not Python {sys.version.split()[0]}: {error}") from None
    return [_line(advice.name, advice.text, list(found)) for advice, found in places.items()]


def _line(name: str, text: str, places: list[str]) -> str:
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return f"{places[0]}: {name} {text}{more}"


def _summary(files: int, found: int) -> str:
    read = f"{files} file{'s' if files != 1 else ''} read"
    if not found:
        return f"{read}: nothing that Firesteel does not have"
    return f"{read}: {found} thing{'s' if found != 1 else ''} that Firesteel does not have"
