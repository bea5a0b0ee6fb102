"""Hand-off: a program whose master is a cluster goes to an installed Apache Spark, with its options.

    firesteel submit --master spark://host:7077 OPTIONS app.py ARGUMENTS
      └─ exec ─► spark-submit --master spark://host:7077 OPTIONS --py-files ... app.py ARGUMENTS

The process becomes spark-submit, so that output, signals and the exit code are the program's own. Invariant:
what can be found wrong without Spark, which takes seconds to start, is said in one line before it starts.
"""

import glob
import os
import re
import shlex
import shutil
import socket
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

from firesteel._alias import VARIABLE as ALIAS
from firesteel._cli.interpreters import WITHOUT_FOLDER, ask, wanted_interpreter
from firesteel._cli.parsing import UsageError
from firesteel._submitted import VARIABLE as SUBMITTED
from firesteel.version import __version__

CONNECT_LIMIT = 3.0
"""Seconds in which a master has to take a connection; one that is up takes it in milliseconds."""

_MAJOR, _MINOR = __version__.split(".")[:2]
_API = (int(_MAJOR), int(_MINOR))
_OLDEST_PYTHON = {(4, 0): (3, 9), (4, 1): (3, 10), (4, 3): (3, 11)}
"""What a release of Spark asks of Python, from that release on."""
_CORE_JAR = re.compile(r"spark-core_[\d.]+-((\d+)\.(\d+)[^/]*)\.jar$")
_GET_SPARK = (
    f"pip install pyspark=={__version__} beside Firesteel, with a Java 17 on the PATH, "
    "or let SPARK_HOME name an installed Spark"
)


class Spark(NamedTuple):
    """An installed Apache Spark."""

    home: str
    version: str
    """Empty where the folder does not tell."""
    release: tuple[int, int]

    @property
    def submit(self) -> str:
        """The path of its spark-submit."""
        return os.path.join(self.home, "bin", "spark-submit")


def hand_over(options: Namespace, given: list[str], rest: list[str], settings: dict[str, str]) -> NoReturn:
    """Become spark-submit with the options that were given, and the program and its arguments behind them."""
    asks = options.status is not None or options.kill is not None
    if options.remote is not None:
        raise UsageError("--remote is for Spark Connect, whose servers run no RDDs")
    if not rest and not asks:
        raise UsageError("say which program to run: firesteel submit [OPTION ...] PROGRAM [ARGUMENT ...]")
    client = (options.deploy_mode or settings.get("spark.submit.deployMode", "client")) == "client"
    if rest and client:
        _check_program(rest[0])
    spark, warnings = check(settings, os.environ, client)
    shipped = _with_module(settings, client, rest[0]) if rest else []
    command = [spark.submit, *given, *shipped, *rest]
    for warning in warnings:
        print(f"firesteel submit: {warning}", file=sys.stderr)
    if options.verbose:
        print(f"{spark.home} runs {shlex.join(command)}", file=sys.stderr)
    sys.stderr.flush()
    try:
        os.execve(command[0], command, environment(spark, settings, client))
    except OSError as error:
        raise UsageError(f"cannot run {spark.submit}: {error.strerror}") from None


def check(
    settings: Mapping[str, str], environ: Mapping[str, str], client: bool = True
) -> tuple[Spark, list[str]]:
    """Return the Spark that can run a program with these settings, and what to tell the user about it."""
    master = settings["spark.master"]
    python = wanted_interpreter(settings, environ) or sys.executable
    spark = _find_spark(master, [python, sys.executable], environ)
    if not _has_own_environment(spark, environ):
        _check_java(spark, environ)
        _check_hadoop_settings(master, environ)
    executors = settings.get("spark.pyspark.python") or environ.get("PYSPARK_PYTHON") or "python3"
    warnings = [*_check_spark(spark), *(_check_pythons(spark, python, executors) if client else ())]
    # What this machine cannot connect to itself, a proxy may.
    if not (master.startswith("k8s://") and (environ.get("HTTPS_PROXY") or environ.get("https_proxy"))):
        _check_reachable(master)
    return spark, warnings


def environment(spark: Spark, settings: dict[str, str], client: bool) -> dict[str, str]:
    """Return what spark-submit finds in its environment: nothing of ours, and the driver's interpreter."""
    changed = {**os.environ, "SPARK_HOME": spark.home}
    if client and wanted_interpreter(settings) is None:
        changed["PYSPARK_DRIVER_PYTHON"] = sys.executable
    return {name: value for name, value in changed.items() if name not in (ALIAS, SUBMITTED)}


def _check_program(program: str) -> None:
    if program.endswith(".py") and urlsplit(program).scheme == "" and not os.path.exists(program):
        path = os.path.abspath(program)
        raise UsageError(f"can't open file {path!r}: [Errno 2] No such file or directory")


def _with_module(settings: dict[str, str], client: bool, program: str) -> list[str]:
    """Return the option that ships the module `firesteel`, before what is shipped anyway.

    A program that lies in the cluster already is not accompanied by files from here: they would need a place
    for uploads that such a program does without.
    """
    if not program.endswith(".py") or not (client or urlsplit(program).scheme in ("", "file")):
        return []
    module = os.path.join(os.path.dirname(os.path.dirname(__file__)), "_on_spark", "firesteel.py")
    others = settings.get("spark.submit.pyFiles")
    return ["--py-files", f"{module},{others}" if others else module]


# The installed Spark.


def _find_spark(master: str, pythons: list[str], environ: Mapping[str, str]) -> Spark:
    """Return the Spark that SPARK_HOME names, or the one in the package pyspark of an interpreter."""
    named = environ.get("SPARK_HOME")
    if named and not _is_linked(named):
        if not os.path.isfile(os.path.join(named, "bin", "spark-submit")):
            raise UsageError(f"there is no bin/spark-submit in SPARK_HOME={named}: {_GET_SPARK}")
        return _in_folder(named)
    for python in dict.fromkeys(pythons):
        home = ask(python, WITHOUT_FOLDER + _HOME_OF_PACKAGE)
        if home and os.path.isfile(os.path.join(home, "bin", "spark-submit")):
            return _in_folder(home)
    raise UsageError(f"master {master} needs Apache Spark, and there is none: {_GET_SPARK}")


_HOME_OF_PACKAGE = """
from importlib.util import find_spec
spec = find_spec("pyspark")
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
"""


def _is_linked(home: str) -> bool:
    """Tell whether `firesteel link` wrote the spark-submit of a folder, which would start us again."""
    from firesteel._cli.link import is_ours

    return is_ours(os.path.join(home, "bin", "spark-submit"))


def _in_folder(home: str) -> Spark:
    jars = glob.glob(os.path.join(glob.escape(home), "jars", "spark-core_*.jar"))
    found = next(filter(None, map(_CORE_JAR.search, jars)), None)
    return Spark(home, found[1], (int(found[2]), int(found[3]))) if found else Spark(home, "", _API)


def _has_own_environment(spark: Spark, environ: Mapping[str, str]) -> bool:
    """Tell whether Spark reads spark-env.sh, which may set what we do not see."""
    folder = environ.get("SPARK_CONF_DIR") or os.path.join(spark.home, "conf")
    return os.path.exists(os.path.join(folder, "spark-env.sh"))


def _check_java(spark: Spark, environ: Mapping[str, str]) -> None:
    home = environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    if shutil.which(java, path=environ.get("PATH")) is None:
        where = f"in JAVA_HOME={home}" if home else "on the PATH, and JAVA_HOME is not set"
        raise UsageError(f"Spark in {spark.home} needs a Java (17 or newer), and there is none {where}")


# Versions.


def _check_spark(spark: Spark) -> Iterator[str]:
    """Warn of a Spark whose API is another."""
    if spark.release != _API:
        yield f"Spark {spark.version} in {spark.home} is not {_dotted(_API)}, whose API Firesteel has"


def _check_pythons(spark: Spark, python: str, executors: str) -> Iterator[str]:
    """Refuse a driver's Python that is too old; warn where executors have another, as far as we see."""
    found = _python_version(python)
    if found is None:
        raise UsageError(f"{python} does not run; the driver's interpreter must be a Python")
    oldest = max(
        (need for release, need in _OLDEST_PYTHON.items() if release <= spark.release), default=(3, 8)
    )
    if found < oldest:
        raise UsageError(
            f"Spark {spark.version} needs Python {_dotted(oldest)} or newer; {python} is {_dotted(found)}"
        )
    theirs = _python_version(executors)
    if theirs not in (None, found):
        yield (
            f"executors run {executors}, which is Python {_dotted(theirs)} here, and the driver runs "
            f"{_dotted(found)}: Spark needs the same version; set PYSPARK_PYTHON"
        )


def _python_version(python: str) -> tuple[int, ...] | None:
    if python == sys.executable:
        return sys.version_info[:2]
    said = ask(python, "import sys; print(*sys.version_info[:2])")
    return tuple(map(int, said.split())) if said else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


# Reachability.


def _check_reachable(master: str) -> None:
    failures = []
    for host, port in _addresses(master):
        try:
            socket.create_connection((host, port), timeout=CONNECT_LIMIT).close()
            return
        except OSError as error:
            failures.append(f"{host}:{port}: {error.strerror or error}")
    if failures:
        raise UsageError(f"master {master} cannot be reached: {'; '.join(failures)}")


def _check_hadoop_settings(master: str, environ: Mapping[str, str]) -> None:
    folders = [environ.get(name) for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR")]
    if master == "yarn" and not any(folders):
        raise UsageError(
            "master yarn needs HADOOP_CONF_DIR or YARN_CONF_DIR, a folder with Hadoop's settings"
        )


def _addresses(master: str) -> list[tuple[str, int]]:
    """Return where a master may listen; any of several is enough.

    >>> _addresses("spark://one:7077,two:7078"), _addresses("k8s://host")
    ([('one', 7077), ('two', 7078)], [('host', 443)])
    """
    if master == "yarn":
        return []  # Hadoop's settings say where it is
    if master.startswith("k8s://"):
        address = master.removeprefix("k8s://")
        parts = urlsplit(address if "://" in address else f"https://{address}")
        return [_address(master, parts.netloc, 80 if parts.scheme == "http" else 443)]
    return [_address(master, part, None) for part in master.removeprefix("spark://").split(",")]


def _address(master: str, text: str, usual: int | None) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port or usual
    except ValueError:
        port = None
    if not parts.hostname or port is None:
        form = "spark://HOST:PORT[,HOST:PORT]" if master.startswith("spark://") else "k8s://https://HOST:PORT"
        raise UsageError(f"master {master} is no address of the form {form}")
    return parts.hostname, port
