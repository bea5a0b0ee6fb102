r"""Java's properties files, in which Spark keeps settings: `key value`, `key=value` or `key: value` a line.

Lines that begin with # or ! are comments, a backslash at the end goes on in the next line, and \t, \n, \uXXXX
mean what they mean in Java.
"""

import os
import re
from collections.abc import Iterator

from firesteel._cli.parsing import UsageError

_PAIR = re.compile(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read(path: str) -> dict[str, str]:
    """Return what a file sets."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise UsageError(f"can't read properties file {path!r}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"properties file {path!r} is not text: byte {error.start} is not UTF-8") from None
    return parse(text, os.path.basename(path))


def parse(text: str, name: str) -> dict[str, str]:
    r"""Return what a text sets; the name is for errors.

    >>> parse("spark.a 1\n# no\nspark.b = x \\\n   y\nspark.c:\\u0041", "p")
    {'spark.a': '1', 'spark.b': 'x y', 'spark.c': 'A'}
    """
    settings = {}
    for number, line in _logical_lines(text):
        try:
            key, value = _pair(line)
        except ValueError as error:
            raise UsageError(f"broken properties file: {name}:{number}: {error}") from None
        settings[key] = value
    return settings


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Go through the lines with where they begin, continued ones as one."""
    begun, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        line = line.lstrip()
        if not begun:
            if not line or line[0] in "#!":
                continue
            start = number
        if _is_continued(line):
            begun += line[:-1]
            continue
        yield start, begun + line
        begun = ""
    if begun:
        yield start, begun


def _is_continued(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _pair(line: str) -> tuple[str, str]:
    match = _PAIR.fullmatch(line)
    if match is None or not match[1]:
        raise ValueError("there is no key before the value")
    return _unescaped(match[1]), _unescaped(match[2]).strip()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _escape(match[1]), text)


def _escape(code: str) -> str:
    if code == "u":
        raise ValueError(r"malformed \uxxxx")
    return chr(int(code[1:], 16)) if len(code) == 5 else _NAMED.get(code, code)
