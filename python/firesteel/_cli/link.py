"""`firesteel link`: writes commands of Spark's names, for Makefiles and CI that call those.

Invariant: no file is replaced but one that this command has written itself.
"""

import os
import shlex
import sys
import tempfile

from firesteel._cli.parsing import Parser, UsageError
from firesteel._cli.submit import STARTING

_COMMANDS = {"spark-submit": "submit", "pyspark": "shell"}
_MARK = "# Written by `firesteel link`"
# The interpreter is where it was, or has moved together with the folder of this script.
_SCRIPT = """\
#!/bin/sh
{mark}: {name} means `firesteel {command}`.
here=$(dirname -- "$(readlink -f -- "$0")")
for python in {absolute} "$here"/{relative}; do
    if [ -x "$python" ]; then exec "$python" -c {code} {command} "$@"; fi
done
echo "{name}: the Python that has Firesteel is gone; run firesteel link again" >&2
exit 2
"""
_EXAMPLES = """\
examples:
  firesteel link ~/spark/bin
  export PATH=~/spark/bin:$PATH        now spark-submit and pyspark mean Firesteel
  export SPARK_HOME=~/spark            for scripts that call $SPARK_HOME/bin/spark-submit
"""


def main(arguments: list[str]) -> int:
    """Write the commands into a folder."""
    parser = Parser(
        prog="firesteel link",
        description="Writes the commands spark-submit and pyspark into a folder, made if there is none.\n"
        "They run `firesteel submit` and `firesteel shell`; what is not of this command stays as it is.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("folder", metavar="DIR", help="where to write them")
    folder = os.path.abspath(parser.parse(arguments).folder)
    paths = [os.path.join(folder, name) for name in _COMMANDS]
    try:
        os.makedirs(folder, exist_ok=True)
        for path in paths:
            _refuse_others(path)
        for path in paths:
            _write(path)
    except OSError as error:
        raise UsageError(f"can't write into {folder}: {error.strerror}") from None
    print(f"wrote {' and '.join(paths)}")
    print(f"put them first: export PATH={shlex.quote(folder)}:$PATH")
    return 0


def _refuse_others(path: str) -> None:
    if os.path.lexists(path) and not is_ours(path):
        raise UsageError(f"{path} is there already, and not written by this command; it stays as it is")


def is_ours(path: str) -> bool:
    """Tell whether this command has written a file."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8", errors="replace") as file:
        return _MARK in file.read(1000)


def _write(path: str) -> None:
    """Put a script in place at once: nobody runs half of it."""
    folder, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(dir=folder)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(_script(folder, name))
    os.chmod(temporary, 0o755)
    os.replace(temporary, path)


def _script(folder: str, name: str) -> str:
    return _SCRIPT.format(
        mark=_MARK,
        name=name,
        command=_COMMANDS[name],
        absolute=shlex.quote(sys.executable),
        relative=shlex.quote(os.path.relpath(sys.executable, os.path.realpath(folder))),
        code=shlex.quote(STARTING),
    )
