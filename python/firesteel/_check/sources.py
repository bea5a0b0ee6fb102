"""The Python sources of a code base: programs, and the cells of notebooks.

Invariant: every line of a source has one place, where its author finds it.
"""

import json
import os
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

_SUFFIXES = (".py", ".ipynb")
_SKIPPED = {"__pycache__", "node_modules", "site-packages"}


class Unreadable(Exception):
    """A file is no Python source; the text is one line."""


class Source(NamedTuple):
    """The text of a file, and for each of its lines the place as `file:line`."""

    path: str
    text: str
    places: list[str]


def files_below(path: str) -> Iterator[str]:
    """Go through a file, or the sources in a folder that are somebody's own: no virtual environments."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not _is_foreign(os.path.join(folder, name)))
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(_SUFFIXES))


def _is_foreign(folder: str) -> bool:
    name = os.path.basename(folder)
    is_environment = os.path.exists(os.path.join(folder, "pyvenv.cfg"))
    return name.startswith(".") or name in _SKIPPED or is_environment


def read(path: str) -> Source:
    """Return the source in a file."""
    try:
        if path.endswith(".ipynb"):
            return _notebook(path)
        with tokenize.open(path) as file:  # which honours a coding line
            text = file.read()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, SyntaxError, ValueError) as error:
        raise Unreadable(f"{path}: is not text: {error}") from None
    return Source(path, text, [f"{path}:{number}" for number in range(1, text.count("\n") + 2)])


def _notebook(path: str) -> Source:
    """Return the cells of a notebook in one text: what one defines, the next ones use."""
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    lines: list[str] = []
    places: list[str] = []
    cells = notebook.get("cells", []) if isinstance(notebook, dict) else []
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") == "code":
            text = "".join(cell.get("source", ""))
            code = text.splitlines() if not text.startswith("%%") else []
            lines += ["" if line.lstrip().startswith(("%", "!")) else line for line in code]
            places += [f"{path}: cell {number}:{line}" for line in range(1, len(code) + 1)]
    return Source(path, "\n".join(lines), places or [path])
