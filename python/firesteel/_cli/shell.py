"""`firesteel shell`: a prompt with `sc` and `spark`."""

import sys
from typing import Any

from firesteel._cli.parsing import Parser, UsageError, versions
from firesteel._cli.run import fix_hashes, new_main, prepare


def main(arguments: list[str]) -> int:
    """Open a prompt with `sc` and `spark`."""
    parser = Parser(prog="firesteel shell")
    parser.add_argument("--master", help="where to run: local[4], local[*] (default)")
    master = parser.parse(arguments).master
    fix_hashes()
    from firesteel import _alias

    _alias.install()
    import code

    from firesteel.sql import SparkSession

    builder = SparkSession.builder.appName("firesteel shell")
    try:
        spark = (builder.master(master) if master else builder).getOrCreate()
    except ValueError as error:
        raise UsageError(str(error)) from None
    prepare([""], "")
    namespace = new_main().__dict__
    namespace.update(spark=spark, sc=spark.sparkContext)
    with spark:
        _complete_with_tab(namespace)
        code.interact(banner=_banner(spark.sparkContext.master), local=namespace, exitmsg="")
    return 0


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
