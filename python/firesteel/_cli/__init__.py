"""The command `firesteel`, a module for each of its commands.

Nothing heavy is imported here, and a command's module only when it is asked for: before a program starts,
Python may have to be started anew with fixed hashes.
"""

import sys
from importlib import import_module
from typing import NoReturn

from firesteel._cli.parsing import USAGE_ERROR, Parser, UsageError, did_you_mean, versions

_DESCRIPTION = """\
Runs programs written for PySpark on an engine inside this process: no Java, no server.
In such a program, `import pyspark` means Firesteel; the program stays as it is."""
_COMMANDS = {
    "run": "run a program, a module or a line of code, as python does",
    "submit": "run a program with the options of spark-submit",
    "shell": "open a prompt with sc and spark",
    "link": "write the commands spark-submit and pyspark, which mean Firesteel",
    "check": "list what a program uses that Firesteel does not have",
    "verify": "run a program here and on an installed Spark, and compare",
    "doctor": "show what is installed and what is wrong with it",
}
_EXAMPLES = """\
examples:
  firesteel run app.py input.txt                  run a program with arguments
  firesteel submit --master 'local[4]' app.py     run it as spark-submit would
  firesteel run -m pytest tests                   run a module, as python -m does
  firesteel shell                                 type commands, with sc and spark ready
  firesteel check src                             find what a code base needs that is not here

firesteel COMMAND --help says more about each.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = arguments[0] if arguments else ""
    if name not in _COMMANDS:
        return _without_command(arguments)
    command = import_module(f"firesteel._cli.{name}")
    try:
        return command.main(arguments[1:])
    except UsageError as error:
        print(f"firesteel {name}: {error}", file=sys.stderr)
        return USAGE_ERROR


def _without_command(arguments: list[str]) -> int:
    if not arguments:
        _parser().print_help()
        return 0
    try:
        _parser().parse(arguments)
    except UsageError as error:
        print(f"firesteel: {error} (usage: firesteel COMMAND ...)", file=sys.stderr)
    return USAGE_ERROR


def _parser() -> Parser:
    listed = "\n".join(f"  {name:8}{purpose}" for name, purpose in _COMMANDS.items())
    parser = Parser(
        prog="firesteel",
        usage="firesteel COMMAND ...",
        description=f"{_DESCRIPTION}\n\ncommands:\n{listed}",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=versions())
    parser.add_argument("command", nargs="?", type=_unknown, metavar="COMMAND", help="one of the above")
    return parser


def _unknown(name: str) -> NoReturn:
    raise UsageError(f"unknown command {name}{did_you_mean(name, _COMMANDS)}")


def entry() -> NoReturn:
    """Be the console script."""
    sys.exit(main())
