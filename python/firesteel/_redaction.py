"""Keeping secrets out of what is printed: settings and command lines, by `spark.redaction.regex`.

Invariant: whatever shows a setting to people shows it through here. `SparkConf.get` and `getAll` give the
program its own values.
"""

import re
from collections.abc import Iterable

__all__ = ["HIDDEN", "redacted", "redacted_command"]

REGEX = "spark.redaction.regex"
DEFAULT = r"(?i)secret|password|token|access[.]?key"
HIDDEN = "*********(redacted)"


def redacted(pairs: Iterable[tuple[str, str]], regex: str | None = None) -> list[tuple[str, str]]:
    """Return the pairs with the values hidden whose key or value the expression finds something in.

    One that is no expression hides all: nobody knows what it was meant to hide.

    >>> redacted([("spark.app.name", "steel"), ("spark.my.password", "1234")])
    [('spark.app.name', 'steel'), ('spark.my.password', '*********(redacted)')]
    """
    try:
        secret = re.compile(DEFAULT if regex is None else regex)
    except re.error:
        return [(key, HIDDEN) for key, _ in pairs]
    return [
        (key, HIDDEN if key != REGEX and (secret.search(key) or secret.search(value)) else value)
        for key, value in pairs
    ]


def redacted_command(text: str) -> str:
    """Return a command line with the values of secret settings hidden, and the word behind a secret option.

    >>> redacted_command("--conf spark.my.token=abc --name steel pyspark-shell")
    '--conf spark.my.token=*********(redacted) --name steel pyspark-shell'
    """
    shown: list[str] = []
    secret = re.compile(DEFAULT)
    for word in text.split(" "):
        key, mark, value = word.partition("=")
        if mark:
            [(_, value)] = redacted([(key, value)])
        elif shown and shown[-1].startswith("--") and secret.search(shown[-1]):
            key = HIDDEN
        shown.append(key + mark + value)
    return " ".join(shown)
