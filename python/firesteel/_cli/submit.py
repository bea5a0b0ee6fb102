"""`firesteel submit`: runs a program with spark-submit's options.

The process becomes the program (exec), so that signals reach it, and its exit code is the command's, without
anybody between. Invariant: what is wrong with the options is said before the program starts.
"""

import json
import os
import shlex
import sys
from argparse import Namespace
from importlib.util import find_spec

from firesteel._cli.interpreters import WITHOUT_FOLDER, ask, wanted_interpreter
from firesteel._cli.parsing import Parser, UsageError, versions
from firesteel._cli.submit_options import add_options, split
from firesteel._cli.submit_settings import (
    SHELL,
    Submission,
    check_master,
    is_cluster,
    local_path,
    resolve,
    settings_of,
)
from firesteel._redaction import REGEX, redacted

_USAGE = "firesteel submit [OPTION ...] PROGRAM [ARGUMENT ...]"
_DESCRIPTION = """\
Runs a Python program with the options of spark-submit. In it, `import pyspark` means Firesteel.
What the program sets itself counts more than options, options more than --conf, --conf more than
a properties file, and that more than spark-defaults.conf (in SPARK_CONF_DIR or SPARK_HOME/conf).

The interpreter is the setting spark.pyspark.driver.python, else spark.pyspark.python, else the
variables PYSPARK_DRIVER_PYTHON and PYSPARK_PYTHON, else the one that runs this command.

A master that is a cluster (spark://, yarn, k8s://) makes this the command of an installed Apache
Spark, in SPARK_HOME or beside the interpreter: the same program, the same options, PySpark's modules."""
_EXAMPLES = """\
examples:
  firesteel submit app.py input.txt
  firesteel submit --master 'local[4]' --name words app.py input.txt
  firesteel submit --py-files helpers.py,vendor.zip --files data.csv app.py
  firesteel submit -c spark.default.parallelism=8 --properties-file production.conf app.py
  firesteel submit --master spark://host:7077 app.py input.txt
"""
STARTING = (
    "import os, sys; sys.flags.safe_path or sys.path.__setitem__(0, os.devnull); "
    "from firesteel._cli import entry; entry()"
)
"""Starts the command; unlike `python -m firesteel` it takes no modules from the folder it is started in."""


def main(arguments: list[str]) -> int:
    """Become the program that the arguments name, unless something is wrong."""
    parser = _parser()
    options, rest = split(parser, arguments)
    settings, _ = settings_of(options)
    if is_cluster(settings["spark.master"]):
        from firesteel._cli import cluster

        cluster.hand_over(options, arguments[: len(arguments) - len(rest)], rest, settings)
    submission = resolve(options)
    check_master(submission.settings["spark.master"])
    if not rest:
        raise UsageError(f"say which program to run: {_USAGE}")
    program = _checked(rest[0])
    submission.settings.setdefault("spark.app.name", os.path.basename(program))
    command = [*interpreter(submission.settings), "run", program, *rest[1:]]
    _tell(submission, f"{command[0]} runs {shlex.join([program, *rest[1:]])}", options)
    os.execvpe(command[0], command, environment(submission.settings))


def _parser() -> Parser:
    parser = Parser(
        prog="firesteel submit",
        usage=_USAGE,
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    add_options(parser)
    parser.add_argument("--version", action="version", version=versions())
    return parser


def _checked(program: str) -> str:
    """Return the absolute path of a program."""
    if program == SHELL:
        raise UsageError(f"{SHELL} is no program; `firesteel shell` opens a prompt")
    if program == "run-example":
        raise UsageError("run-example runs Spark's Scala programs, which need Spark")
    if program.endswith((".jar", ".R", ".r")):
        raise UsageError(f"{program} is not a Python program; Firesteel runs those only")
    path = local_path(program)
    if path is None:
        raise UsageError(f"{program} is not on this machine; programs are local files")
    if not os.path.exists(path):
        raise UsageError(f"can't open file {path!r}: [Errno 2] No such file or directory")
    return path


def _tell(submission: Submission, plan: str, options: Namespace) -> None:
    for warning in submission.warnings:
        print(f"firesteel submit: {warning}", file=sys.stderr)
    if options.verbose:
        for key, value in redacted(sorted(submission.settings.items()), submission.settings.get(REGEX)):
            print(f"{key}={value}", file=sys.stderr)
        print(plan, file=sys.stderr)
    sys.stderr.flush()


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return what the program finds in its environment: unbuffered output, fixed hashes, the settings."""
    from firesteel._submitted import VARIABLE

    fixed = {"PYTHONUNBUFFERED": "YES", VARIABLE: json.dumps(settings)}
    return {"PYTHONHASHSEED": "0", **os.environ, **fixed}


def interpreter(settings: dict[str, str]) -> list[str]:
    """Return the beginning of a command that runs Firesteel in the interpreter that was asked for."""
    wanted = wanted_interpreter(settings) or sys.executable
    if wanted == sys.executable or ask(wanted, WITHOUT_FOLDER + "import firesteel._cli") is not None:
        return [wanted, "-c", STARTING]
    theirs, ours = (
        ask(wanted, "import sys; print(sys.implementation.cache_tag)"),
        sys.implementation.cache_tag,
    )
    if theirs is None:
        raise UsageError(f"{wanted} does not run; the driver's interpreter must be a Python")
    if theirs != ours:
        raise UsageError(
            f"{wanted} is {theirs} and has no firesteel; this one is of {ours}: install it there"
        )
    return [wanted, "-c", _borrowing()]


def _borrowing() -> str:
    """Return code that runs the command from this installation, behind what the interpreter has itself."""
    specs = [find_spec(name) for name in ("firesteel", "cloudpickle")]
    homes = {os.path.dirname(os.path.dirname(spec.origin)) for spec in specs if spec and spec.origin}
    return f"import sys; sys.path += {sorted(homes)!r}; {STARTING}"
