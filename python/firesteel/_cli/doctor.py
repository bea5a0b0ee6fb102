"""`firesteel doctor`: what this machine has for a program, what is wrong with it, and what to do.

Each inspection is a generator of findings. Invariant: a finding with a problem makes the exit code 1 and says
what to do; what only makes programs slower is no problem.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from firesteel._cli.parsing import Parser, UsageError, versions
from firesteel._redaction import redacted_command

_GIB = 1 << 30
LEAST_MEMORY = 512 << 20
"""With less free memory than this a few workers and a shuffle do not fit."""
LEAST_SHARED = 128 << 20
"""With less than this in /dev/shm the engine keeps all blocks on disk."""
LEAST_DISK = _GIB
"""With less free than this a job that spills is likely to fail."""
LEAST_FILES = 256
"""A worker opens a file for each map output that it reads, and Python some of its own."""
PATIENCE = 60
"""Seconds that the job which tries the engine may take, on a machine that is very busy."""

_EXAMPLES = """\
examples:
  firesteel doctor
  SPARK_LOCAL_DIRS=/data/tmp firesteel doctor     look at another folder for blocks
"""
_JOB = """
from firesteel import SparkContext
with SparkContext("local[2]") as sc:
    print(sc.parallelize(range(4), 2).map(lambda x: (x % 2, x)).reduceByKey(max).count())
"""


class Finding(NamedTuple):
    """One line of the report; where something is wrong, also what, and what to do."""

    subject: str
    text: str
    problem: str = ""
    remedy: str = ""


def main(arguments: list[str]) -> int:
    """Print what is there and what is wrong; return 1 if anything is."""
    parser = Parser(
        prog="firesteel doctor",
        description="Shows versions, interpreters, memory, folders and installed Sparks, runs a small job,\n"
        "and says what is wrong and what to do. The exit code is 1 if anything is wrong.",
        epilog=_EXAMPLES,
    )
    parser.parse(arguments)
    problems = []
    for inspect in (_versions, _interpreters, _machine, _folders, _settings, _spark, _job):
        for finding in inspect():
            print(f"{finding.subject:22}{finding.text}", flush=True)
            if finding.problem:
                problems.append(finding)
    print()
    for finding in problems:
        print(f"wrong: {finding.subject}: {finding.problem}\n   do: {finding.remedy}")
    if not problems:
        print("nothing is wrong")
    return 1 if problems else 0


def _versions() -> Iterator[Finding]:
    yield Finding("firesteel", versions().removeprefix("firesteel "))
    yield Finding("python", f"{sys.version.split()[0]}, {sys.executable}")
    for name in ("cloudpickle", "numpy", "pandas", "IPython"):
        yield Finding(name, _version_of(name) or "not installed")


def _version_of(distribution: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _interpreters() -> Iterator[Finding]:
    """Look at the interpreters that variables name: they must be of one version."""
    ours = "{}.{}".format(*sys.version_info)
    for variable in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        python = os.environ.get(variable)
        if not python:
            continue
        theirs = _output([python, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"])
        if theirs is None:
            remedy = f"let {variable} name a Python {ours}, or unset it"
            yield Finding(variable, python, f"{python} does not run as a Python", remedy)
        elif theirs != ours:
            remedy = f"let {variable} name a Python {ours}, or install Firesteel for Python {theirs}"
            yield Finding(variable, f"{python} ({theirs})", f"it is Python {theirs} and not {ours}", remedy)
        else:
            yield Finding(variable, f"{python} ({theirs})")


def _output(command: list[str]) -> str | None:
    """Return what a command prints, or None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout + done.stderr).strip() if done.returncode == 0 else None


# The machine.


def _machine() -> Iterator[Finding]:
    from firesteel.core._master import available_cores

    yield Finding("cores", f"{available_cores()} to use, of {os.cpu_count()}")
    yield _memory()
    yield _open_files()


def _memory() -> Finding:
    total, free = _memory_of("MemTotal"), _memory_of("MemAvailable")
    limit = _memory_limit()
    text = f"{_shown(free)} free of {_shown(total)}"
    if limit is not None and limit < total:
        text += f", limited to {_shown(limit)} by the container"
        free = min(free, limit)
    if free >= LEAST_MEMORY:
        return Finding("memory", text)
    remedy = "end other programs, or ask for a larger container"
    return Finding("memory", text, f"{_shown(free)} are little", remedy)


def _memory_of(name: str) -> int:
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(name + ":"))


def _memory_limit() -> int | None:
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None  # no such limit: the file is missing, or says `max`


def _open_files() -> Finding:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = soft == resource.RLIM_INFINITY
    if unlimited or soft >= LEAST_FILES:
        return Finding("open files", "no limit" if unlimited else f"{soft} in a process")
    return Finding("open files", f"{soft} in a process", "shuffles need more", "ulimit -n 4096")


# Folders.


def _folders() -> Iterator[Finding]:
    yield _shared_memory()
    yield from map(_local_folder, _local_folders())


def _shared_memory() -> Finding:
    folder = "/dev/shm"
    try:
        status = os.statvfs(folder)
    except OSError as error:
        return Finding(folder, f"{error.strerror}: every block goes to disk")
    free, total = (blocks * status.f_frsize for blocks in (status.f_bavail, status.f_blocks))
    text = f"{_shown(free)} free of {_shown(total)}"
    if free < LEAST_SHARED:
        text += ": every block goes to disk; --shm-size=2g makes a container's larger"
    return Finding(folder, text)


def _local_folders() -> list[str]:
    configured = os.environ.get("SPARK_LOCAL_DIRS") or tempfile.gettempdir()
    return [folder.strip() for folder in configured.split(",") if folder.strip()]


def _local_folder(folder: str) -> Finding:
    """Look at a folder for what does not fit shared memory; a context makes one that is not there."""
    remedy = "let SPARK_LOCAL_DIRS (or TMPDIR) name a folder that is writable and has room"
    existing = os.path.abspath(folder)
    while not os.path.exists(existing):
        existing = os.path.dirname(existing)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
        status = os.statvfs(existing)
    except OSError as error:
        return Finding("local folder", folder, f"cannot write to {existing}: {error.strerror}", remedy)
    free = status.f_bavail * status.f_frsize
    text = f"{folder}, {_shown(free)} free"
    if status.f_flag & os.ST_NOEXEC:
        text += ", noexec: programs that a job ships cannot run there"
    problem = f"{_shown(free)} on {folder} are little" if free < LEAST_DISK else ""
    return Finding("local folder", text, problem, remedy if problem else "")


def _shown(size: int) -> str:
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size >> 20} MiB"


# Settings, and Spark.


def _settings() -> Iterator[Finding]:
    """Read what a context would read."""
    from firesteel._cli import properties
    from firesteel._cli.submit_settings import check_master, defaults_file, settings_of_submit_args

    text, path = os.environ.get("PYSPARK_SUBMIT_ARGS"), defaults_file()
    try:
        if text:
            check_master(settings_of_submit_args(text).settings["spark.master"])
            yield Finding("PYSPARK_SUBMIT_ARGS", redacted_command(text))
    except UsageError as error:
        shown, problem = redacted_command(text or ""), redacted_command(str(error))
        yield Finding("PYSPARK_SUBMIT_ARGS", shown, problem, "correct the variable, or unset it")
    try:
        if path:
            yield Finding("spark-defaults.conf", f"{path}, {len(properties.read(path))} settings")
    except UsageError as error:
        yield Finding("spark-defaults.conf", path or "", str(error), "correct the file")


def _spark() -> Iterator[Finding]:
    """Look for a Spark to compare with, or to hand programs to; to have none is not wrong."""
    home = os.environ.get("SPARK_HOME")
    if home and not os.path.exists(os.path.join(home, "bin", "spark-submit")):
        problem = f"there is no bin/spark-submit in {home}"
        yield Finding("SPARK_HOME", home, problem, "let SPARK_HOME name an installed Spark, or unset it")
    else:
        yield Finding("SPARK_HOME", home or "not set")
    yield Finding("pyspark", _version_of("pyspark") or "not installed beside Firesteel")
    yield Finding("java", _java())
    yield Finding("sc._jvm", _jvm())


def _java() -> str:
    from firesteel._java import launch

    java = launch.java()
    said = _output([java, "-version"]) if java else None
    return f"{java}, {said.splitlines()[0]}" if said else "not installed; Firesteel needs none"


def _jvm() -> str:
    """Say what becomes of Java names that Firesteel does not answer itself."""
    from firesteel._java import launch

    reason = launch.missing()
    if reason is not None:
        return f"answers without a JVM; the rest {reason}"
    port = os.environ.get(launch.ATTACHED_PORT)
    where = f"asks the gateway at port {port}" if port else "starts a JVM"
    return f"{where} for what it does not answer itself, by py4j {_version_of('py4j')}"


def _job() -> Iterator[Finding]:
    """Run a job with a shuffle, in a process of its own, as a program would."""
    command = [sys.executable, "-P", "-c", _JOB]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        failure = "" if done.stdout == "2\n" else (done.stderr.strip() or f"exit code {done.returncode}")
    except subprocess.TimeoutExpired:
        failure = f"it did not end within {PATIENCE} seconds"
    if not failure:
        yield Finding("a small job", "runs")
    else:
        last = failure.splitlines()[-1]
        yield Finding("a small job", "fails", last, "mend what is listed above; else report this as a bug")
