"""`firesteel verify`: runs a program here and on an installed Spark, and compares what it prints and saves.

Both runs get the same arguments, settings and hash seed, one after the other. Invariant: nothing that is the
user's is overwritten, and what the runs saved is removed at the end.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from typing import NamedTuple

from firesteel._cli.interpreters import WITHOUT_FOLDER, ask
from firesteel._cli.parsing import Parser, UsageError
from firesteel._cli.submit import STARTING
from firesteel._cli.submit_settings import is_cluster
from firesteel._cli.verify_saved import difference, saved

PLACEHOLDER = "{output}"
"""In an argument of the program: a folder that each run has for itself."""
SHOWN_ERRORS = 15
"""Lines of a failed run's stderr that are shown."""

_DESCRIPTION = """\
Runs a program on Firesteel and on an installed Spark, and compares exit codes, what was printed
(stdout), and what was saved: in folders that an argument names as {output}, or by --output.

The Spark is --reference, else SPARK_HOME, else the package pyspark beside Firesteel; with --against
it hands the program to a cluster, as `firesteel submit --master` does.
The exit code is 0 when all is the same, 1 when something differs, 2 when there is nothing to compare."""
_EXAMPLES = """\
examples:
  firesteel verify app.py input.txt
  firesteel verify --unordered wordcount.py input.txt {output}/counts
  firesteel verify --reference ~/spark-venv/bin/python --master 'local[2]' app.py
  firesteel verify --against spark://host:7077 app.py /shared/input
  firesteel verify --output results --ignore 'took .* seconds' app.py
"""


class Reference(NamedTuple):
    """An installed Spark: how to run a program on it, and what to call it."""

    command: list[str]
    name: str
    variables: dict[str, str | None]


class Run(NamedTuple):
    """What came of a run."""

    code: int
    printed: list[str]
    errors: str
    seconds: float
    saved: dict[str, list[str]]
    """The lines of each file that was saved."""


def main(arguments: list[str]) -> int:
    """Run a program twice; return 1 if something differs."""
    options = _parser().parse(arguments)
    program = os.path.abspath(options.program)
    if not os.path.isfile(program):
        raise UsageError(f"can't open file {program!r}: [Errno 2] No such file or directory")
    for path in options.output:
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already; --output names what the program makes")
    reference = _cluster(options) if options.against else _reference(options.reference)
    with tempfile.TemporaryDirectory(prefix="firesteel-verify-") as folder:
        ours = _run([sys.executable, "-c", STARTING, "run"], {}, options, os.path.join(folder, "firesteel"))
        _tell("firesteel", "", ours)
        theirs = _run(reference.command, reference.variables, options, os.path.join(folder, "reference"))
        _tell("reference", f", {reference.name}", theirs)
        return _compare(ours, theirs, options)


def _parser() -> Parser:
    parser = Parser(
        prog="firesteel verify",
        usage="firesteel verify [OPTION ...] PROGRAM [ARGUMENT ...]",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "--reference", metavar="PATH", help="a Python that has pyspark, or a folder with Spark"
    )
    parser.add_argument("--against", metavar="URL", help="the cluster to compare with: spark://host:7077")
    parser.add_argument("--master", metavar="URL", help="where both run, unless the program says: local[2]")
    parser.add_argument(
        "--output", metavar="PATH", action="append", default=[], help="what the program saves; repeatable"
    )
    parser.add_argument("--unordered", action="store_true", help="lines may come in any order")
    parser.add_argument(
        "--ignore", metavar="PATTERN", type=_pattern, help="lines that may differ, such as times"
    )
    parser.add_argument("program", metavar="PROGRAM", help="the program")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="what it is given")
    return parser


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"--ignore {text!r} is no regular expression: {error}") from None


# The runs.


def _reference(given: str | None) -> Reference:
    """Return the Spark that was named, or the one that is installed."""
    home = os.environ.get("SPARK_HOME")
    if given and os.path.isdir(given):
        return _in_folder(given)
    if given:
        return _in_python(given) or _none(f"{given} is no Python that has pyspark, and no folder with Spark")
    if home:
        return _in_folder(home)
    return _in_python(sys.executable) or _none(
        "there is no Spark to compare with: name one by --reference or SPARK_HOME, or install pyspark"
    )


def _cluster(options: Namespace) -> Reference:
    """Return the cluster that was named, after a look whether it and a Spark for it are there."""
    from firesteel._cli import cluster

    if not is_cluster(options.against):
        raise UsageError(f"--against {options.against} is no cluster: spark://host:7077, yarn, k8s://...")
    variables = _reference(options.reference).variables if options.reference else {}
    spark, _ = cluster.check({"spark.master": options.against}, _environment(variables, None))
    command = [sys.executable, "-c", STARTING, "submit", "--master", options.against]
    return Reference(command, f"Spark {spark.version} at {options.against}", variables)


def _none(reason: str) -> Reference:
    raise UsageError(reason)


def _in_folder(home: str) -> Reference:
    submit = os.path.join(home, "bin", "spark-submit")
    if not os.path.isfile(submit):
        raise UsageError(f"there is no bin/spark-submit in {home}")
    return Reference([submit], f"Spark in {home}", {"SPARK_HOME": home})


def _in_python(python: str) -> Reference | None:
    """Return the PySpark that an interpreter imports, if there is one."""
    code = WITHOUT_FOLDER + "import pyspark; print(pyspark.__version__)"
    version = ask(python, code)
    variables = {"SPARK_HOME": None, "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    return Reference([python], f"PySpark {version} of {python}", variables) if version is not None else None


def _run(command: list[str], variables: dict[str, str | None], options: Namespace, folder: str) -> Run:
    """Run the program; collect what it saved in a folder."""
    os.mkdir(folder)
    given = [word.replace(PLACEHOLDER, os.path.join(folder, "output")) for word in options.arguments]
    begun = time.monotonic()
    done = subprocess.run(
        [*command, os.path.abspath(options.program), *given],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=_environment(variables, options.master),
        text=True,
        errors="backslashreplace",
        check=False,
    )
    seconds = time.monotonic() - begun
    for number, path in enumerate(options.output):
        if os.path.lexists(path):
            os.mkdir(os.path.join(folder, str(number)))
            shutil.move(path, os.path.join(folder, str(number), os.path.basename(os.path.normpath(path))))
    printed = done.stdout.replace(folder, "").splitlines()
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Run(code, printed, done.stderr, seconds, saved(folder))


def _environment(variables: dict[str, str | None], master: str | None) -> dict[str, str]:
    changed: dict[str, str | None] = {"PYTHONHASHSEED": "0", **os.environ, **variables}
    if master:
        others = os.environ.get("PYSPARK_SUBMIT_ARGS") or "pyspark-shell"
        changed |= {"PYSPARK_SUBMIT_ARGS": f"--master {master} {others}", "MASTER": master}
    return {name: value for name, value in changed.items() if value is not None}


# The comparison.


def _tell(name: str, more: str, run: Run) -> None:
    print(f"{name}: exit code {run.code}, {run.seconds:.1f} s{more}", flush=True)


def _compare(ours: Run, theirs: Run, options: Namespace) -> int:
    differences = [
        _of_codes(ours, theirs),
        difference("stdout", ours.printed, theirs.printed, options.unordered, options.ignore),
        *_of_saved(ours, theirs, options),
    ]
    shown = [text for text in differences if text]
    for text in shown:
        print(text)
    if not shown:
        print(f"the same: exit code, stdout ({len(ours.printed)} lines), saved files ({len(ours.saved)})")
    return 1 if shown else 0


def _of_codes(ours: Run, theirs: Run) -> str:
    if ours.code == theirs.code:
        return ""
    lines = ["exit codes differ"]
    for name, run in (("firesteel", ours), ("reference", theirs)):
        if run.code:
            lines += [f"{name}: {line}" for line in run.errors.splitlines()[-SHOWN_ERRORS:]]
    return "\n".join(lines)


def _of_saved(ours: Run, theirs: Run, options: Namespace) -> list[str]:
    mine, others = ours.saved, theirs.saved
    if options.unordered:
        mine, others = _by_folder(mine), _by_folder(others)
    return [
        difference(_shown(name), mine.get(name), others.get(name), options.unordered, options.ignore)
        for name in sorted({*mine, *others})
    ]


def _shown(name: str) -> str:
    """Return a file's name without the number of its --output in front."""
    return re.sub(r"^\d+/", "", name)


def _by_folder(files: dict[str, list[str]]) -> dict[str, list[str]]:
    """Put the lines of all parts of a folder together: which is in which part is an order, too."""
    folders: dict[str, list[str]] = {}
    for name, lines in files.items():
        is_part = os.path.basename(name).startswith("part-")
        folders.setdefault(os.path.dirname(name) + "/part-*" if is_part else name, []).extend(lines)
    return folders
