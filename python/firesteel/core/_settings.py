"""What every setting of Spark's does here: honoured, without meaning, or not honoured.

docs/configuration.md is made from this table. Invariant: a setting that would change a result and is not
honoured is told of, once for each context; every other one that Spark knows is accepted in silence.
"""

import os
import re
import warnings
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from firesteel._redaction import REGEX, redacted
from firesteel.errors.job import ArgumentError

__all__ = ["SETTINGS", "file_of_settings", "parse_bytes", "parse_seconds", "warn_of_unhonoured"]

_SHIFTS = {unit + b: 10 * (n + 1) for n, unit in enumerate("kmgtp") for b in ("", "b")} | {"b": 0}
HADOOP = "spark.hadoop."
"""What Spark puts before Hadoop's settings."""
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class Kind(Enum):
    """What becomes of a setting."""

    HONOURED = "honoured"
    MEANINGLESS = "accepted, without meaning"
    UNHONOURED = "not honoured"


class Setting(NamedTuple):
    """A setting, or with a `*` at the end all that begin so."""

    key: str
    kind: Kind
    meaning: str
    neutral: str = ""
    """The value at which an unhonoured one changes nothing."""

    def covers(self, key: str) -> bool:
        """Tell whether it is about a key."""
        return key.startswith(self.key[:-1]) if self.key.endswith("*") else key == self.key


def _rows(kind: Kind, *rows: tuple[str, ...]) -> tuple[Setting, ...]:
    return tuple(Setting(row[0], kind, *row[1:]) for row in rows)


SETTINGS = (
    *_rows(
        Kind.HONOURED,
        ("spark.master", "`local`, `local[n]`, `local[*]`, `local[n,f]`, `local-cluster[n,c,m]`"),
        ("spark.app.name", "the name of the application"),
        ("spark.default.parallelism", "partitions of `parallelize`, and of shuffles that name none"),
        (
            "spark.scheduler.mode",
            "`FAIR`: jobs of several threads share the workers by pools; else earlier ones first",
        ),
        (
            "spark.scheduler.allocation.file",
            "the XML file with the pools: weight, minShare, schedulingMode; default: fairscheduler.xml in "
            "SPARK_CONF_DIR, or in SPARK_HOME/conf",
        ),
        (
            "spark.task.cpus",
            "cores that a task counts for, also a share of one, and threads of numeric libraries in it",
        ),
        (
            "spark.scheduler.resource.profileMergeConflicts",
            "`true`: a stage with several profiles has the most of each, under `local-cluster`",
        ),
        (
            "spark.dynamicAllocation.enabled",
            "`true`: profiles may ask for executors of their own, under `local-cluster`",
        ),
        (
            "spark.local.dir",
            "where blocks go that do not fit shared memory, with commas between; SPARK_LOCAL_DIRS wins",
        ),
        ("spark.files", "files for the workers, with commas between"),
        ("spark.archives", "archives for the workers, with commas between"),
        ("spark.submit.pyFiles", "modules and archives to import, with commas between"),
        ("spark.executorEnv.*", "environment variables of the workers"),
        ("spark.pyspark.python", "the workers' interpreter, of the driver's version; PYSPARK_PYTHON is next"),
        ("spark.pyspark.driver.python", "the interpreter of the program, where `firesteel submit` starts it"),
        ("spark.jars", "jars with Java classes for `sc._jvm`, with commas between: java.md"),
        ("spark.driver.extraClassPath", "where else `sc._jvm` finds Java classes, with colons between"),
        ("spark.driver.memory", "the largest heap of the JVM behind `sc._jvm`, if one starts; default: `1g`"),
        ("spark.driver.extraJavaOptions", "options of the JVM behind `sc._jvm`"),
        ("spark.driver.defaultJavaOptions", "the same, and before them"),
        ("spark.executor.pyspark.memory", "a hard limit for each worker's address space; MiB without a unit"),
        ("spark.barrier.sync.timeout", "how long a task waits at a barrier; without it there is no limit"),
        ("spark.driver.maxResultSize", "what the results of one job may have; without it there is no limit"),
        ("spark.python.worker.reuse", "`false`: a fresh worker for each task"),
        (
            "spark.python.worker.memory",
            "what a worker has before it spills; never more than half of its part of firesteel.memory",
        ),
        ("spark.python.profile", "`true`: profile tasks, see `SparkContext.show_profiles`"),
        ("spark.python.profile.dump", "the folder for profiles at the end of the program"),
        ("spark.executor.allowSparkContext", "`true`: a task may make a context of its own"),
        ("spark.hadoop.validateOutputSpecs", "`false`: saving into an existing folder replaces files"),
        ("spark.hadoop.mapreduce.output.fileoutputformat.compress*", "what is saved is compressed, and how"),
        ("spark.hadoop.mapred.output.compress*", "Hadoop's names of before for the same"),
        ("spark.hadoop.mapreduce.output.textoutputformat.separator", "what stands between key and value"),
        ("spark.hadoop.mapred.textoutputformat.separator", "Hadoop's name of before for the same"),
        (
            "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs",
            "`false`: no `_SUCCESS` in what is saved",
        ),
        (
            "spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive",
            "`true`: the folders inside an input folder are read, too",
        ),
        ("spark.hadoop.mapred.input.dir.recursive", "Hadoop's name of before for the same"),
        ("spark.hadoop.textinputformat.record.delimiter", "what ends a line of text, in place of line ends"),
        ("spark.ui.showConsoleProgress", "`false`: no progress bar on a terminal or in a notebook"),
        ("firesteel.memory", "memory of all workers together, such as `4g`; default: 60 % of the machine's"),
        (
            "spark.io.encryption.enabled",
            "`true`: shuffles, spills, cached blocks, broadcasts, large results are encrypted (AES-256)",
        ),
        ("spark.redaction.regex", "settings whose key or value it finds something in are not printed"),
        (
            "firesteel.local.dir.limit",
            "what the files in each local directory may have together, such as `20g`; default: the disk",
        ),
        (
            "firesteel.shared.memory.dir",
            "where blocks go first; `none`: all go to the local directories; default: `/dev/shm`",
        ),
        (
            "firesteel.task.timeout",
            "how long a worker may be busy with one task before it is killed; default: no limit",
        ),
        (
            "firesteel.worker.start.timeout",
            "how long a worker may take to start before its daemon is replaced; default: `60s`",
        ),
        ("firesteel.frame.elements", "elements in a frame of a block"),
        (
            "firesteel.native",
            "`false`: every function runs in Python, also `operator.add`; no live copies of cached elements",
        ),
        ("firesteel.worker.command", "the command of workers in another language: worker-protocol.md"),
        ("firesteel.journal", "a file for the scheduler's events and decisions"),
        (
            "spark.task.maxFailures",
            "how often a task is tried under `local-cluster`: 4 times unless this says so",
        ),
        (
            "spark.driver.resource.*",
            "devices of the driver, found by a discovery script: `SparkContext.resources`",
        ),
        ("spark.executor.resource.*", "devices of each executor under `local-cluster`, found likewise"),
        ("spark.task.resource.*", "devices of each task under `local-cluster`: `TaskContext.resources()`"),
        (
            "firesteel.rehearsal.shuffle",
            "`true`: tasks start, and partitions finish, in another order; like the next four in a rehearsal",
        ),
        (
            "firesteel.rehearsal.failures",
            "`true`: every first attempt at a task fails when it has done its work",
        ),
        ("firesteel.rehearsal.spills", "`true`: what can spill does with the first MiB that it takes"),
        ("firesteel.rehearsal.deaths", "how many executors are killed, each after a task or some"),
        (
            "firesteel.rehearsal.seed",
            "what the others are drawn from; without it another number each time, printed",
        ),
    ),
    *_rows(
        Kind.UNHONOURED,
        ("spark.hadoop.mapreduce.input.fileinputformat.split.*", "input is split as without it"),
        ("spark.hadoop.mapred.*", "output is written as without it"),
        ("spark.hadoop.mapreduce.output.*", "output is written as without it"),
        ("spark.files.ignoreCorruptFiles", "a damaged file is an error", "false"),
        ("spark.files.ignoreMissingFiles", "a missing file is an error", "false"),
        ("spark.jars.*", "names of Maven's are not looked up; let spark.jars name the files"),
    ),
    *_rows(
        Kind.MEANINGLESS,
        ("spark.app.*", "set by the context itself"),
        ("spark.home", "the engine is inside the package"),
        ("spark.python.use.daemon", "workers are always forked by a small clean process"),
        ("spark.python.*", "how PySpark talks to its workers"),
        ("spark.pyspark.*", "the driver runs already"),
        ("spark.driver.*", "cores, address and more of a driver that is a JVM"),
        ("spark.executor.*", "memory, cores and options of executors; the master says how many workers"),
        ("spark.memory.*", "shares of a JVM's heap; see firesteel.memory"),
        ("spark.storage.*", "how a JVM stores blocks"),
        ("spark.shuffle.*", "how a JVM writes and serves shuffle files"),
        ("spark.serializer*", "objects of the JVM"),
        ("spark.kryo*", "objects of the JVM"),
        ("spark.rdd.compress", "blocks are in memory or on local disks, and not compressed"),
        ("spark.broadcast.*", "every worker maps the one block of a broadcast"),
        ("spark.io.*", "codecs and buffers of the JVM"),
        ("spark.network.*", "there is no network"),
        ("spark.rpc.*", "there is no network"),
        ("spark.port.*", "no port is open"),
        ("spark.blockManager.*", "no port is open"),
        ("spark.ui.*", "there is no web interface"),
        ("spark.eventLog.*", "there is no history server; see firesteel.journal"),
        ("spark.history.*", "there is no history server"),
        ("spark.metrics.*", "there are no sinks for metrics"),
        ("spark.cleaner.*", "what nobody can ask for any more goes at once"),
        ("spark.locality.*", "a task goes to any idle worker rather than wait"),
        ("spark.speculation*", "no task runs twice on one machine to be faster"),
        ("spark.scheduler.*", "how executors register and how the JVM's scheduler looks for work"),
        ("spark.task.*", "`local[n,f]` says how often a task is tried, `local-cluster` has a setting for it"),
        ("spark.stage.*", "a stage whose input is lost is tried as often as in Spark"),
        ("spark.dynamicAllocation.*", "there are as many workers as there is work for"),
        ("spark.authenticate*", "sockets have no name that another user could open"),
        ("spark.acls.*", "there is no web interface"),
        ("spark.ssl.*", "there is no network"),
        ("spark.submit.*", "the program runs already"),
        ("spark.hadoop.fs.*", "file systems of Hadoop's; local paths work"),
        ("spark.checkpoint.*", "how checkpoints are compressed"),
        ("spark.log*", "a successful program logs nothing"),
        ("spark.sql.*", "there are no queries yet; a session keeps them"),
        ("spark.job.*", "properties of threads, not of the application"),
    ),
)


def setting(key: str) -> Setting | None:
    """Return what is known of a key; a longer description wins.

    >>> setting("spark.driver.cores").kind.value
    'accepted, without meaning'
    >>> setting("spark.driver.maxResultSize").kind.value
    'honoured'
    >>> setting("my.own.key") is None
    True
    """
    covering = (entry for entry in SETTINGS if entry.covers(key))
    return max(covering, key=lambda entry: len(entry.key), default=None)


def warn_of_unhonoured(settings: Iterable[tuple[str, str]]) -> None:
    """Tell of every setting that would change results and does not."""
    pairs = dict(settings)
    for (key, value), (_, shown) in zip(
        pairs.items(), redacted(pairs.items(), pairs.get(REGEX)), strict=True
    ):
        known = setting(key)
        if known is not None and known.kind is Kind.UNHONOURED and value.lower() != known.neutral:
            warnings.warn(f"{key}={shown} is not honoured: {known.meaning}", stacklevel=2)


def file_of_settings(name: str) -> str | None:
    """Return the path of a file where Spark looks for its settings, if it is there."""
    home, folder = os.environ.get("SPARK_HOME"), os.environ.get("SPARK_CONF_DIR")
    folder = folder or (os.path.join(home, "conf") if home else None)
    path = os.path.join(folder, name) if folder else ""
    return path if os.path.isfile(path) else None


def parse_bytes(text: str, unit: str = "b") -> int:
    """Return a size as Spark writes it in bytes; a number alone counts in the unit.

    >>> parse_bytes("1g"), parse_bytes("64", unit="m"), parse_bytes("16kb")
    (1073741824, 67108864, 16384)
    """
    match = re.fullmatch(r"(\d+)([a-z]*)", text.strip().lower())
    shift = _SHIFTS.get(match[2] or unit) if match else None
    if match is None or shift is None:
        raise ArgumentError(
            "Size must be specified as bytes (b), kibibytes (k), mebibytes (m), gibibytes (g), "
            f"tebibytes (t), or pebibytes(p). E.g. 50b, 100k, or 250m; got {text!r}"
        )
    return int(match[1]) << shift


def parse_seconds(text: str, unit: str = "s") -> float:
    """Return a duration as Spark writes it in seconds; a number alone counts in the unit.

    >>> parse_seconds("10s"), parse_seconds("250", unit="ms"), parse_seconds("2min")
    (10, 0.25, 120)
    """
    match = re.fullmatch(r"(\d+)([a-z]*)", text.strip().lower())
    factor = _SECONDS.get(match[2] or unit) if match else None
    if match is None or factor is None:
        raise ArgumentError(
            "Time must be specified as seconds (s), milliseconds (ms), microseconds (us), minutes "
            f"(m or min), hour (h), or day (d). E.g. 50s, 100ms, or 250us; got {text!r}"
        )
    return int(match[1]) * factor


def documentation() -> str:
    """Return docs/configuration.md."""
    lines = [
        "# Settings",
        "",
        "Set them as in PySpark: `SparkConf().set(key, value)`. Sizes are written `512`, `64k`, `512m`,",
        "`1g`; durations `250ms`, `10s`, `5m`, `1h`. A key that is not listed is kept, as any key of a",
        "program's own, and changes nothing. Where several lines fit a key, the longest counts.",
        "",
        "This page is made from `python/firesteel/core/_settings.py`.",
    ]
    explanations = {
        Kind.HONOURED: "These do what they say.",
        Kind.UNHONOURED: "These would change results. A context that is given one says so once.",
        Kind.MEANINGLESS: "These have nothing to act on without a JVM and a network.",
    }
    for kind, explanation in explanations.items():
        title = kind.value[0].upper() + kind.value[1:]
        lines += ["", f"## {title}", "", explanation, "", "| key | |", "|---|---|"]
        lines += [f"| `{entry.key}` | {entry.meaning} |" for entry in SETTINGS if entry.kind is kind]
    return "\n".join(lines) + "\n"
