"""`firesteel shell`: a prompt with `sc` and `spark`, in IPython where that is installed.

As for Spark's `pyspark`, PYSPARK_DRIVER_PYTHON may name another program for it, `ipython` or `jupyter`: that
runs `startup.py`, as every Python does that finds PYTHONSTARTUP. Invariant: what is typed is in `__main__`.
"""

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

from firesteel._cli.parsing import Parser, UsageError, versions
from firesteel._cli.run import fix_hashes, new_main, prepare
from firesteel._cli.submit_options import add_options, split
from firesteel._cli.submit_settings import check_master, resolve
from firesteel._redaction import REGEX, redacted

if TYPE_CHECKING:
    from firesteel.sql import SparkSession

USERS_STARTUP = "OLD_PYTHONSTARTUP"
"""Spark's name for the user's own PYTHONSTARTUP where the shell takes its place."""

_STARTUP = os.path.join(os.path.dirname(__file__), "startup.py")
_DESCRIPTION = """\
Opens a prompt with sc and spark, in IPython where that is installed, and after PYTHONSTARTUP.
It takes the options of spark-submit; with PYSPARK_DRIVER_PYTHON (and PYSPARK_DRIVER_PYTHON_OPTS)
that program is the prompt, and has sc and spark in it."""
_EXAMPLES = """\
examples:
  firesteel shell
  firesteel shell --master 'local[2]' --py-files helpers.py
  PYSPARK_DRIVER_PYTHON=jupyter PYSPARK_DRIVER_PYTHON_OPTS=lab firesteel shell
"""


def main(arguments: list[str]) -> int:
    """Open a prompt with `sc` and `spark`."""
    parser = Parser(prog="firesteel shell", description=_DESCRIPTION, epilog=_EXAMPLES)
    add_options(parser)
    parser.add_argument("--version", action="version", version=versions())
    options, rest = split(parser, arguments)
    if rest:
        raise UsageError(f"it runs no programs: firesteel submit {rest[0]}")
    submission = resolve(options)
    check_master(submission.settings["spark.master"])
    submission.settings.setdefault("spark.app.name", "PySparkShell")
    fix_hashes()
    for line in submission.warnings:
        print(f"firesteel shell: {line}", file=sys.stderr)
    if options.verbose:
        for key, value in redacted(sorted(submission.settings.items()), submission.settings.get(REGEX)):
            print(f"{key}={value}", file=sys.stderr)
    driver = os.environ.get("PYSPARK_DRIVER_PYTHON")
    return _become(driver, submission.settings) if driver else _prompt(submission.settings)


def _become(driver: str, settings: dict[str, str]) -> int:
    """Become another program, in which `startup.py` makes `sc` and `spark`."""
    from firesteel._cli.submit import environment

    variables = environment(settings)
    users = variables.pop("PYTHONSTARTUP", None)
    if users:
        variables[USERS_STARTUP] = users
    command = [driver, *shlex.split(os.environ.get("PYSPARK_DRIVER_PYTHON_OPTS", ""))]
    try:
        os.execvpe(driver, command, {**variables, "PYTHONSTARTUP": _STARTUP})
    except OSError as error:
        raise UsageError(f"PYSPARK_DRIVER_PYTHON: can't run {driver}: {error.strerror}") from None


def _prompt(settings: dict[str, str]) -> int:
    from firesteel import _submitted

    prepare([""], "")
    _submitted.receive(settings)
    try:
        spark = start()
    except ValueError as error:
        raise UsageError(str(error)) from None
    namespace = new_main().__dict__
    namespace.update(spark=spark, sc=spark.sparkContext)
    with spark:
        if not _ipython(namespace):
            _python(namespace)
    return 0


def start() -> "SparkSession":
    """Start a session with the settings that were handed over, and say so."""
    from firesteel import _alias, _submitted

    _alias.install()
    _submitted.receive_handed_over()
    from firesteel.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    print(_banner(spark.sparkContext.master), file=sys.stderr)
    return spark


def _ipython(namespace: dict[str, Any]) -> bool:
    """Prompt by IPython, if it is there and somebody types."""
    if not sys.stdin.isatty():
        return False
    try:
        from IPython import start_ipython  # type: ignore[import-not-found]
    except ImportError:
        return False
    start_ipython(argv=["--no-banner", "--no-confirm-exit"], user_ns=namespace)
    return True


def _python(namespace: dict[str, Any]) -> None:
    import code

    _complete_with_tab(namespace)
    run_startup(os.environ.get("PYTHONSTARTUP"), namespace)
    code.interact(banner="", local=namespace, exitmsg="")


def run_startup(path: str | None, namespace: dict[str, Any]) -> None:
    """Run the user's own file for prompts, as Python does: what is wrong with it ends nothing."""
    if not path:
        return
    import traceback

    try:
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec"), namespace)
    except Exception:
        traceback.print_exc()


def _complete_with_tab(namespace: dict[str, Any]) -> None:
    try:
        import readline
        import rlcompleter
    except ImportError:
        return  # a Python built without readline still has a prompt
    readline.set_completer(rlcompleter.Completer(namespace).complete)
    readline.parse_and_bind("tab: complete")


def _banner(master: str) -> str:
    return (
        f"{versions()} on Python {sys.version.split()[0]}, {master}\n"
        "sc and spark are ready. Try: sc.range(10).map(lambda x: x * x).sum()"
    )
