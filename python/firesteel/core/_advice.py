"""What the failure of a task in a rehearsal means: what the program has here and would not have on a cluster.

Invariant: advice is given only where this process sees the difference: the module, file or variable is here.
"""

import glob
import os
import re
import sys
from importlib.util import find_spec

from firesteel.core._master import LocalCluster
from firesteel.errors.job import TaskFailure

_MISSING_MODULE = re.compile(r"No module named '([^']+)'")
_MISSING_FILE = re.compile(r"\[Errno 2\] No such file or directory: '([^']+)'")
_LOOKUP_IN_ENVIRON = re.compile(r'File ".*\bos(\.py|>)", line \d+, in __getitem__')


class Adviser:
    """Says of a failed task what the program takes for granted."""

    def __init__(self, master: LocalCluster, shipped: str, given: dict[str, str]) -> None:
        self._master = master
        self._executors = os.path.join(os.path.dirname(shipped), "executor-*")
        self._given = given

    def __call__(self, failure: TaskFailure) -> str | None:
        """Return the advice, if there is some."""
        judges = (_of_module, self._of_file, self._of_variable, self._of_memory)
        return failure.advice or next((advice for judge in judges if (advice := judge(failure))), None)

    def _of_file(self, failure: TaskFailure) -> str | None:
        match = _MISSING_FILE.search(failure.message)
        if match is None or os.path.isabs(match[1]):
            return None
        return _of_drivers_file(match[1]) if os.path.exists(match[1]) else self._of_tasks_file(match[1])

    def _of_tasks_file(self, path: str) -> str | None:
        written = sorted(glob.glob(os.path.join(self._executors, glob.escape(path))))
        if not written:
            return None
        place = os.path.relpath(written[0], os.path.dirname(self._executors)).split(os.sep)[0]
        return (
            f"another task has written {path!r} into the folder of {place.replace('-', ' ')}. On a cluster "
            "tasks share no folder: pass the data on as an RDD, or write it where every machine reaches it"
        )

    def _of_variable(self, failure: TaskFailure) -> str | None:
        name = failure.message.strip("'\"")
        if failure.exception != "KeyError" or not _LOOKUP_IN_ENVIRON.search(failure.traceback or ""):
            return None
        if name not in os.environ or name in self._given:
            return None
        return (
            f"the environment variable {name} is the driver's. On a cluster executors have those of their "
            f"machine: set spark.executorEnv.{name}, or let the function carry the value"
        )

    def _of_memory(self, failure: TaskFailure) -> str | None:
        if failure.exception != "MemoryError":
            return None
        return (
            f"each executor has {self._master.memory} MiB for {self._master.cores} tasks at a time. On a "
            "cluster, too, it takes more partitions or larger executors (--executor-memory)"
        )


def _of_drivers_file(path: str) -> str:
    return (
        f"{path!r} is in the driver's folder, {os.getcwd()}. On a cluster executors work in folders of their "
        "own, on other machines: ship it with --files or sc.addFile and open "
        f"SparkFiles.get({os.path.basename(path)!r}), or put it where every machine reaches it"
    )


def _of_module(failure: TaskFailure) -> str | None:
    match = _MISSING_MODULE.search(failure.message)
    if match is None or failure.exception != "ModuleNotFoundError":
        return None
    root = match[1].partition(".")[0]
    place = _place_of(root)
    if place is None:
        return None
    return (
        f"the driver has {root} from {place}. On a cluster executors import what is installed on their "
        "machine and what is shipped: name it in --py-files or sc.addPyFile, a package as a zip"
    )


def _place_of(module: str) -> str | None:
    """Return where this process has a module from."""
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded:
        return os.path.abspath(loaded)
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec is not None else None
