"""The rehearsal: what a driver does for executors that see nothing of it.

`local-cluster[n,c,m]` starts executors as a cluster does: from a fresh interpreter, in another folder, with
no more of the program than it has shipped. Invariant: no task gets anything that it would not on a cluster.
"""

import os
import sys
from importlib.util import find_spec

from firesteel import _alias
from firesteel.conf import SparkConf
from firesteel.core._master import LocalCluster, LocalMaster
from firesteel.errors.job import ArgumentError

SETTINGS = "firesteel.rehearsal."
"""What all settings begin with that disturb a rehearsal."""
SEED = SETTINGS + "seed"
FAILURES = SETTINGS + "failures"


def own_homes() -> list[str]:
    """Return where this package and its one requirement lie, for an interpreter that has neither."""
    specs = [find_spec(name) for name in ("firesteel", "cloudpickle")]
    return sorted({os.path.dirname(os.path.dirname(spec.origin)) for spec in specs if spec and spec.origin})


def environment() -> list[tuple[str, str]]:
    """Return what executors have to know of this process: what `pyspark` means."""
    alias = os.environ.get(_alias.VARIABLE)
    return [(_alias.VARIABLE, alias)] if alias else []


def prepare(conf: SparkConf, master: LocalMaster | LocalCluster, attempts: int) -> None:
    """Check the settings that disturb a rehearsal, and draw the seed and print it if the program has none."""
    given = [key for key, _ in conf.getAll() if key.startswith(SETTINGS)]
    if given and not isinstance(master, LocalCluster):
        raise ArgumentError(f"{given[0]} needs a master local-cluster[n,c,m], not {conf.get('spark.master')}")
    if (conf.get(FAILURES) or "false").lower() == "true" and attempts < 2:
        raise ArgumentError(f"{FAILURES} needs a second attempt: spark.task.maxFailures must be above 1")
    if given and SEED not in given:
        conf.set(SEED, str(int.from_bytes(os.urandom(4), "big")))
        print(f"{SEED}={conf.get(SEED)}", file=sys.stderr)
