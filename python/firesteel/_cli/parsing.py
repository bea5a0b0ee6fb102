"""Command lines: parsers that answer bad input in one line, and name the option that was meant.

Invariant: whatever is wrong with what the user typed is a UsageError, which ends in exit code 2.
"""

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn

USAGE_ERROR = 2


class UsageError(Exception):
    """What the user asked for cannot be done; the text is one line."""


class Parser(argparse.ArgumentParser):
    """Takes options only as they are written out, and shows examples as they stand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Raise in place of argparse's way out, which prints the usage too."""
        raise UsageError(message)

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Return the options; an unknown one is an error that names the nearest."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            raise UsageError(self.describe_unknown(unknown[0]))
        return options

    def describe_unknown(self, argument: str) -> str:
        """Say that there is no such option, and which there is."""
        option = argument.partition("=")[0]
        kind = "option" if option.startswith("-") else "argument"
        return f"unknown {kind} {option}{did_you_mean(option, self._option_string_actions)}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that names what is nearest to a name, if anything is.

    >>> did_you_mean("--mastr", ["--master", "--name"])
    '; did you mean --master?'
    """
    import difflib  # for those who mistyped, and not for every program that starts

    nearest = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def versions() -> str:
    """Return the line that names our version and PySpark's."""
    from firesteel.version import FIRESTEEL_VERSION, __version__

    return f"firesteel {FIRESTEEL_VERSION} (the API of PySpark {__version__})"
