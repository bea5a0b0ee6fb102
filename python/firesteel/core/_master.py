"""What a master URL means: how many cores, and how often a task may fail."""

import math
import os
import re
from typing import NamedTuple

from firesteel.errors import PySparkValueError

_LOCAL = re.compile(r"local(?:\[\s*(?P<cores>\*|[0-9]+)\s*(?:,\s*(?P<failures>[0-9]+)\s*)?\])?")
_CPU_QUOTA = "/sys/fs/cgroup/cpu.max"


class LocalMaster(NamedTuple):
    """`local[cores,failures]`."""

    cores: int
    max_failures: int


def parse_master(master: str) -> LocalMaster:
    """Return what a local master says.

    Raises
    ------
    PySparkValueError
        For any other master, in one line.

    >>> parse_master("local[4,3]")
    LocalMaster(cores=4, max_failures=3)
    """
    match = _LOCAL.fullmatch(master.strip())
    if match is None:
        raise PySparkValueError(
            f"Could not parse Master URL: '{master}'. Firesteel runs on this machine: "
            "local, local[4], local[*], or local[4,3] for three attempts at a task"
        )
    cores, failures = match["cores"] or "1", match["failures"] or "1"
    parsed = LocalMaster(available_cores() if cores == "*" else int(cores), int(failures))
    if parsed.cores < 1 or parsed.max_failures < 1:
        raise PySparkValueError(f"Could not parse Master URL: '{master}'. It asks for no core or no attempt")
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
