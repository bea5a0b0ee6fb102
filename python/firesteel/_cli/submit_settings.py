"""What spark-submit's options set, together with the files of settings.

An option counts more than --conf, that more than a properties file, that more than spark-defaults.conf,
and what the program itself sets counts more than all of these. Invariant: whatever can be found wrong
before the program starts is found here.
"""

import glob
import os
import shlex
import zipfile
from argparse import Namespace
from collections.abc import Callable
from typing import NamedTuple

from firesteel._cli import properties
from firesteel._cli.parsing import Parser, UsageError
from firesteel._cli.submit_options import ALL, add_options, split, value_of

SHELL = "pyspark-shell"
"""Stands for the program where a context is made in plain Python."""

_REASONS = {
    "remote": "--remote is for Spark Connect, whose servers run no RDDs; Firesteel runs on this machine",
    "proxy_user": "--proxy-user needs a cluster that knows users; the program runs as you",
    "status": "--status asks a cluster; a program here ends with its command",
    "kill": "--kill asks a cluster; a program here ends with its command (Ctrl-C)",
}
_CLUSTERS = ("spark://", "k8s://")
_YARN = "yarn"
_COUNTS = ("driver_cores", "executor_cores", "total_executor_cores", "num_executors")
_SIZES = ("spark.driver.memory", "spark.executor.memory")
_OURS = ("spark.", "firesteel.")


class Submission(NamedTuple):
    """Settings, and what to tell the user about them."""

    settings: dict[str, str]
    warnings: list[str]


def settings_of_submit_args(text: str) -> Submission:
    """Return what PYSPARK_SUBMIT_ARGS sets."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{error}: {text}") from None
    parser = Parser(prog="pyspark", add_help=False)
    add_options(parser)
    options, rest = split(parser, words)
    if rest[:1] != [SHELL]:
        raise UsageError(f"{SHELL} must come behind the options: {text}")
    return resolve(options)


def resolve(options: Namespace) -> Submission:
    """Return what the options and the files that they name set."""
    _refuse(options)
    settings, warnings = settings_of(options)
    settings["spark.submit.deployMode"] = "client"
    _check_sizes(settings)
    _resolve_files(settings)
    return Submission(settings, warnings)


def settings_of(options: Namespace) -> Submission:
    """Return what the options and the files that they name set, as it stands there."""
    settings, warnings = _of_files(options)
    settings |= _of_conf(options.conf or [])
    given = {option.setting: value_of(options, option) for option in ALL if option.setting}
    settings |= {key: value for key, value in given.items() if value is not None}
    settings["spark.master"] = settings.get("spark.master") or os.environ.get("MASTER") or "local[*]"
    return Submission(settings, warnings)


def _refuse(options: Namespace) -> None:
    for name, reason in _REASONS.items():
        if getattr(options, name) is not None:
            raise UsageError(reason)
    if options.deploy_mode not in (None, "client"):
        raise UsageError(
            f"--deploy-mode {options.deploy_mode} needs a cluster; local masters run in client mode"
        )
    for name in _COUNTS:
        value = getattr(options, name)
        if value is not None and not (value.isdecimal() and int(value) > 0):
            raise UsageError(f"--{name.replace('_', '-')} must be a positive number; got {value!r}")


def is_cluster(master: str) -> bool:
    """Tell whether a master is Apache Spark's and not ours.

    >>> is_cluster("spark://host:7077"), is_cluster("yarn"), is_cluster("local[4]")
    (True, True, False)
    """
    return master.startswith(_CLUSTERS) or master == _YARN


def check_master(master: str) -> None:
    """Refuse a master that is none of ours."""
    from firesteel.core._master import parse_master
    from firesteel.errors import PySparkValueError

    if master.startswith("sc://"):
        raise UsageError(f"master {master} is a Spark Connect server, which runs no RDDs")
    if master.startswith("mesos://"):
        raise UsageError(f"master {master} is Mesos, which Spark has left")
    if is_cluster(master):
        raise UsageError(
            f"master {master} is a cluster, and this runs here, on local[4] or local[*]; "
            f"`firesteel submit --master {master}` hands programs over"
        )
    try:
        parse_master(master)
    except PySparkValueError as error:
        raise UsageError(str(error)) from None


def _of_conf(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not key or not mark:
            raise UsageError(f"--conf needs KEY=VALUE; got {pair!r}")
        settings[key] = value
    return settings


# Files of settings.


def _of_files(options: Namespace) -> tuple[dict[str, str], list[str]]:
    named = options.properties_file or []
    defaults = defaults_file() if options.load_spark_defaults or not named else None
    settings: dict[str, str] = {}
    for path in [*([defaults] if defaults else []), *named]:
        settings |= properties.read(path)
    strange = sorted(key for key in settings if not key.startswith(_OURS))
    warnings = [f"ignoring {key}: settings in files begin with spark." for key in strange]
    return {key: value for key, value in settings.items() if key not in strange}, warnings


def defaults_file() -> str | None:
    """Return the path of spark-defaults.conf, if there is one where Spark looks."""
    from firesteel.core._settings import file_of_settings

    return file_of_settings("spark-defaults.conf")


def _check_sizes(settings: dict[str, str]) -> None:
    from firesteel.core._settings import parse_bytes
    from firesteel.errors import PySparkException

    for key in _SIZES:
        try:
            parse_bytes(settings.get(key, "1g"), unit="m")
        except PySparkException as error:
            raise UsageError(f"{key}: {error}") from None


# Files of the program.


def _resolve_files(settings: dict[str, str]) -> None:
    """Make paths absolute, and look whether each file is there and what it should be."""
    checks: dict[str, Callable[[str], None]] = {
        "spark.submit.pyFiles": _check_py_file,
        "spark.files": _check_exists,
        "spark.archives": _check_exists,
    }
    for key, check in checks.items():
        if settings.get(key):
            parts = (part.strip() for part in settings[key].split(",") if part.strip())
            settings[key] = ",".join(found for part in parts for found in _resolved(part, check))


def local_path(part: str) -> str | None:
    """Return the absolute path of a local file, given as path or URI; None for one that is to be fetched."""
    from firesteel.core._shipping import REMOTE, locate
    from firesteel.errors import PySparkException

    try:
        return locate(part)[0]
    except PySparkException as error:
        raise UsageError(f"{part}: {error}; files are local, or come from {', '.join(REMOTE)}") from None


def _resolved(part: str, check: Callable[[str], None]) -> list[str]:
    """Return a path or a pattern as absolute paths; what is fetched from a server stays as it is."""
    path, mark, name = part.partition("#")
    source = local_path(path)
    if source is None:
        return [part]
    found = [source] if os.path.exists(source) else sorted(glob.glob(source))
    for file in found or [source]:
        check(file)
    return [file + mark + name for file in found]


def _check_exists(path: str) -> None:
    if not os.path.exists(path):
        raise UsageError(f"there is no file {path}")


def _check_py_file(path: str) -> None:
    _check_exists(path)
    if not path.endswith(".py") and not zipfile.is_zipfile(path):
        raise UsageError(f"{path} is no zip archive; --py-files takes .py, .zip and .egg")
