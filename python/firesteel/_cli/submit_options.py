"""spark-submit's options, one line each: which setting an option is, and what it takes.

An option after the program belongs to the program. Invariant: the text behind an option that takes a value is
that value, also where it begins with a dash, as in `--driver-java-options -Xmx1g`.
"""

from argparse import Namespace
from typing import NamedTuple

from firesteel._cli.parsing import Parser, UsageError


class Option(NamedTuple):
    """An option that takes a value."""

    name: str
    metavar: str
    help: str
    setting: str = ""
    """What it sets, if that is one setting as it stands."""


WHERE = (
    Option("--master", "URL", "where to run: local, local[4], local[*] (default)", "spark.master"),
    Option("--deploy-mode", "MODE", "client, which is what local masters do"),
    Option("--name", "NAME", "the name of the application (default: the program's)", "spark.app.name"),
)
SETTINGS = (
    Option("--properties-file", "FILE", "a file of settings, in place of spark-defaults.conf; repeatable"),
)
FILES = (
    Option(
        "--py-files", "FILES", "modules (.py) and archives (.zip, .egg) to import", "spark.submit.pyFiles"
    ),
    Option("--files", "FILES", "files for the workers: SparkFiles.get(name)", "spark.files"),
    Option("--archives", "FILES", "archives for the workers, unpacked; data.zip#name", "spark.archives"),
    Option("--jars", "FILES", "jars with Java classes for sc._jvm", "spark.jars"),
)
MEMORY = (
    Option("--driver-memory", "SIZE", "the heap of the JVM behind sc._jvm", "spark.driver.memory"),
    Option("--driver-java-options", "OPTIONS", "options of that JVM", "spark.driver.extraJavaOptions"),
    Option("--driver-library-path", "PATHS", "a JVM's libraries", "spark.driver.extraLibraryPath"),
    Option("--driver-class-path", "PATHS", "Java classes for sc._jvm", "spark.driver.extraClassPath"),
    Option("--driver-cores", "N", "cores of the driver on a cluster"),
    Option("--executor-memory", "SIZE", "a JVM's heap", "spark.executor.memory"),
    Option("--executor-cores", "N", "cores of an executor on a cluster"),
    Option("--total-executor-cores", "N", "cores of all executors on a cluster"),
    Option("--num-executors", "N", "executors on a cluster"),
    Option("--queue", "NAME", "a queue of YARN's"),
    Option("--principal", "NAME", "a name at a Kerberos server"),
    Option("--keytab", "FILE", "a key for a Kerberos server"),
    Option("--class", "NAME", "the main class of a Java program"),
)
JAVA = (
    Option("--packages", "NAMES", "jars by Maven's names, which are not looked up", "spark.jars.packages"),
    Option("--exclude-packages", "NAMES", "what not to load of those", "spark.jars.excludes"),
    Option("--repositories", "URLS", "where to look for those", "spark.jars.repositories"),
)
REFUSED = (
    Option("--remote", "URL", "a Spark Connect server, which runs no RDDs"),
    Option("--proxy-user", "NAME", "another user"),
    Option("--status", "ID", "a driver on a cluster"),
    Option("--kill", "ID", "a driver on a cluster"),
)
GROUPS = {
    "where to run": WHERE,
    "settings": SETTINGS,
    "files": FILES,
    "accepted, and without meaning on one machine": MEMORY,
    "accepted with a warning": JAVA,
    "refused": REFUSED,
}
ALL = tuple(option for group in GROUPS.values() for option in group)
_TAKES_VALUE = {"--conf", "-c", *(option.name for option in ALL)}


def add_options(parser: Parser) -> None:
    """Teach a parser spark-submit's options."""
    for title, options in GROUPS.items():
        group = parser.add_argument_group(title)
        for option in options:
            action = "append" if option.name == "--properties-file" else "store"
            group.add_argument(option.name, metavar=option.metavar, help=option.help, action=action)
        if title == "settings":
            group.add_argument("--conf", "-c", metavar="KEY=VALUE", action="append", help="one setting")
            group.add_argument(
                "--load-spark-defaults",
                action="store_true",
                help="read spark-defaults.conf also beside --properties-file",
            )
        if options is MEMORY:
            group.add_argument("--supervise", action="store_true", help="start a failed driver again")
    parser.add_argument("--verbose", "-v", action="store_true", help="print the settings and the command")


def split(parser: Parser, arguments: list[str]) -> tuple[Namespace, list[str]]:
    """Return the options, and from the program on what follows them."""
    joined: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        argument = rest.pop(0)
        if argument in _TAKES_VALUE:
            if not rest:
                raise UsageError(f"{argument} needs a value")
            argument = _with_value(argument, rest.pop(0))
        joined.append(argument)
    return parser.parse(joined), rest


def _with_value(option: str, value: str) -> str:
    return f"--conf={value}" if option == "-c" else f"{option}={value}"


def value_of(options: Namespace, option: Option) -> str | None:
    """Return what was given for an option, or None."""
    return getattr(options, option.name.lstrip("-").replace("-", "_"))
