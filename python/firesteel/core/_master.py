"""What a master URL means: which executors there are, with how many cores, and how often a task may fail."""

import math
import os
import re
from typing import NamedTuple, TypeVar

from firesteel.errors import PySparkValueError

_LOCAL = re.compile(r"local(?:\[\s*(?P<cores>\*|[0-9]+)\s*(?:,\s*(?P<failures>[0-9]+)\s*)?\])?")
_CLUSTER = re.compile(r"local-cluster\[\s*([0-9]+)\s*,\s*([0-9]+)\s*,\s*([0-9]+)\s*\]")
_CPU_QUOTA = "/sys/fs/cgroup/cpu.max"

CLUSTER_FAILURES = 4
"""How often a task is tried on a cluster, unless `spark.task.maxFailures` says otherwise."""


class LocalMaster(NamedTuple):
    """`local[cores,failures]`: the driver is the one executor."""

    cores: int
    max_failures: int

    @property
    def parallelism(self) -> int:
        """How many partitions there are where nobody says so."""
        return self.cores


class LocalCluster(NamedTuple):
    """`local-cluster[executors,cores,memory]`: the rehearsal of a cluster, on this machine."""

    executors: int
    cores: int
    """Of each executor."""
    memory: int
    """Of each executor, in MiB."""

    @property
    def max_failures(self) -> int:
        """How often a task is tried."""
        return CLUSTER_FAILURES

    @property
    def parallelism(self) -> int:
        """How many partitions there are where nobody says so: at least 2, as on a cluster."""
        return max(2, self.executors * self.cores)


Master = TypeVar("Master", LocalMaster, LocalCluster)


def parse_master(master: str) -> LocalMaster | LocalCluster:
    """Return what a local master says.

    Raises
    ------
    PySparkValueError
        For any other master, in one line.

    >>> parse_master("local[4,3]")
    LocalMaster(cores=4, max_failures=3)
    >>> parse_master("local-cluster[2,1,1024]")
    LocalCluster(executors=2, cores=1, memory=1024)
    """
    master = master.strip()
    cluster = _CLUSTER.fullmatch(master)
    if cluster is not None:
        return _checked(LocalCluster(*map(int, cluster.groups())), master)
    match = _LOCAL.fullmatch(master)
    if match is None:
        raise PySparkValueError(
            f"Could not parse Master URL: '{master}'. Firesteel runs on this machine: "
            "local, local[4], local[*], local[4,3] for three attempts at a task, "
            "or local-cluster[2,1,1024] for two executors with a core and 1024 MiB each"
        )
    cores, failures = match["cores"] or "1", match["failures"] or "1"
    return _checked(LocalMaster(available_cores() if cores == "*" else int(cores), int(failures)), master)


def _checked(parsed: Master, master: str) -> Master:
    if min(parsed) < 1:
        raise PySparkValueError(
            f"Could not parse Master URL: '{master}'. It asks for nothing: each number is at least 1"
        )
    return parsed


def available_cores() -> int:
    """Return how many processors this process may use: affinity and container limits count."""
    return max(1, min(len(os.sched_getaffinity(0)), _quota_cores()))


def _quota_cores() -> int:
    try:
        with open(_CPU_QUOTA, encoding="ascii") as file:
            quota, period = file.read().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):
        # No such limit: the file is missing, or its quota is the word `max`.
        return os.cpu_count() or 1
