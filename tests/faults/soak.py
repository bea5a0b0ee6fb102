"""Random correct programs whose workers, daemon and blocks are struck; a model knows every result.

    python tests/faults/soak.py --minutes 10
    python tests/faults/soak.py --seed 4711        # one program again

A seed makes a program and the strikes on it: what, and how long after the start. The program is the same
every time; what a strike meets is up to the moment. Invariant: no program is struck more often than its
tasks are tried again.
"""

import argparse
import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from firesteel import SparkConf, SparkContext
from support.model import PlainRDD
from support.processes import run_directories

SETTINGS = {"firesteel.task.timeout": "5s", "firesteel.frame.elements": "16"}
MOST_STRIKES = 3
"""A task is tried again three times after deaths, and after blocks that were lost."""
LONGEST_DELAY = 0.06
"""Seconds after the start of a program within which it is struck: about as long as one takes."""

Rdd = Any
Step = Callable[[Rdd], Rdd]


def work(x: int) -> int:
    """Take a moment."""
    return sum(range(x % 500)) % 7


def kept(rdd: Rdd) -> Rdd:
    """Cache what can be cached, which the model cannot."""
    return rdd if isinstance(rdd, PlainRDD) else rdd.cache()


def step(chance: random.Random) -> tuple[str, Step]:
    """Draw a transformation of pairs of ints, the same for the engine and the model."""
    n, a, b = chance.randint(1, 5), chance.randint(2, 30), chance.randint(0, 2)
    steps: dict[str, Step] = {
        "map": lambda r: r.map(lambda kv: (kv[0] * a % 17, kv[1] + work(kv[1]))),
        "filter": lambda r: r.filter(lambda kv: kv[1] % 3 != b),
        "flatMap": lambda r: r.flatMap(lambda kv: [kv] * (kv[0] % 3)),
        "mapValues": lambda r: r.mapValues(lambda v: v - a),
        "reduceByKey": lambda r: r.reduceByKey(lambda v, w: v + w, n),
        "groupByKey": lambda r: r.groupByKey(n).mapValues(lambda vs: sum(vs) + 7 * len(vs)),
        "distinct": lambda r: r.distinct(n),
        "partitionBy": lambda r: r.partitionBy(n),
        "join": lambda r: r.join(r.reduceByKey(max, n), n).mapValues(sum),
        # Through a map, which forgets how keys were placed: the model knows nothing of unions that stay so.
        "union": lambda r: r.union(r.map(lambda kv: (kv[0], kv[1] + a))),
        "coalesce": lambda r: r.coalesce(n),
        "cache": kept,
    }
    name = chance.choice(list(steps))
    return name, steps[name]


class Program:
    """What a seed makes."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        size, self._slices = chance.randint(0, 400), chance.randint(1, 6)
        self._pairs = [(chance.randint(0, 16), chance.randint(0, 999)) for _ in range(size)]
        drawn = [step(chance) for _ in range(chance.randint(1, 5))]
        self.names = [name for name, _ in drawn]
        self._steps = [made for _, made in drawn]
        self.strikes = [
            (chance.uniform(0, LONGEST_DELAY), name, chance.random())
            for name in chance.sample(list(STRIKES), chance.randint(0, MOST_STRIKES))
        ]

    def built(self, source: Rdd) -> Rdd:
        """Apply the steps."""
        for made in self._steps:
            source = made(source)
        return source

    def expected(self) -> list[list[Any]]:
        """Return the partitions that the model gives."""
        return self.built(PlainRDD.parallelize(self._pairs, self._slices)).partitions

    def found(self, sc: SparkContext, folder: Path) -> list[list[list[Any]]]:
        """Return the partitions that the engine gives: collected, again, and as saved."""
        rdd = self.built(sc.parallelize(self._pairs, self._slices))
        first = rdd.glom().collect()
        path = folder / "saved"
        rdd.saveAsTextFile(str(path))
        assert (path / "_SUCCESS").exists()
        parts = sorted(path.glob("part-*"))
        saved = [[eval(line) for line in part.read_text().splitlines()] for part in parts]
        shutil.rmtree(path)
        return [first, saved, rdd.glom().collect()]


# Strikes.


@dataclass(frozen=True)
class Target:
    """The running engine, and which of its parts is meant, from 0 to 1."""

    sc: SparkContext
    which: float

    def worker(self) -> int | None:
        """Return a worker's process."""
        workers = sorted(self.sc._engine.worker_pids())
        return workers[int(self.which * len(workers))] if workers else None

    def block(self) -> Path | None:
        """Return the file of a cached block or of a map output."""
        found = sorted(
            path
            for folder in run_directories()
            for kind in ("rdd-*", "shuffle-*")
            for path in folder.glob(kind)
        )
        return found[int(self.which * len(found))] if found else None


def send(process: int | None, *signals: signal.Signals) -> None:
    """Send signals, with a moment between."""
    for number, name in enumerate(signals):
        if number:
            time.sleep(0.2)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, name)


def starve() -> None:
    """Let others have the processors for a moment."""
    burn = "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end: pass"
    burners = [subprocess.Popen([sys.executable, "-c", burn]) for _ in range(2 * (os.cpu_count() or 1))]
    for burner in burners:
        burner.wait()


def damage(path: Path | None) -> None:
    """Take a block away."""
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink()


STRIKES: dict[str, Callable[[Target], None]] = {
    "kill a worker": lambda target: send(target.worker(), signal.SIGKILL),
    "crash a worker": lambda target: send(target.worker(), signal.SIGSEGV),
    "freeze a worker": lambda target: send(target.worker(), signal.SIGSTOP),
    "freeze and thaw a worker": lambda target: send(target.worker(), signal.SIGSTOP, signal.SIGCONT),
    "kill the daemon": lambda target: send(target.sc._engine.daemon_pid(), signal.SIGKILL),
    "freeze and thaw the daemon": lambda target: send(
        target.sc._engine.daemon_pid(), signal.SIGSTOP, signal.SIGCONT
    ),
    "delete a block": lambda target: damage(target.block()),
    "starve all": lambda target: starve(),
}


def strike_later(sc: SparkContext, program: Program) -> list[threading.Thread]:
    """Begin the strikes of a program."""

    def strike(delay: float, name: str, which: float) -> None:
        time.sleep(delay)
        STRIKES[name](Target(sc, which))

    threads = [threading.Thread(target=strike, args=planned) for planned in program.strikes]
    for thread in threads:
        thread.start()
    return threads


def run(sc: SparkContext, seed: int, folder: Path) -> Program:
    """Run one program under its strikes and compare all that it gives with the model."""
    program = Program(seed)
    expected = program.expected()
    threads = strike_later(sc, program)
    try:
        found = program.found(sc, folder)
    except Exception as error:
        raise AssertionError(f"seed {seed}: {program.names} under {program.strikes} failed") from error
    finally:
        for thread in threads:
            thread.join()
    for partitions in found:
        assert partitions == expected, f"seed {seed}: {program.names} under {program.strikes}"
    return program


def soak(sc: SparkContext, first: int, seconds: float) -> tuple[int, dict[str, int]]:
    """Run programs for so long; return how many, and how often each strike was made."""
    end = time.monotonic() + seconds
    strikes = dict.fromkeys(STRIKES, 0)
    with tempfile.TemporaryDirectory() as folder:
        for count in itertools.count(1):
            program = run(sc, first + count - 1, Path(folder))
            for _, name, _ in program.strikes:
                strikes[name] += 1
            if time.monotonic() > end:
                return count, strikes
    raise AssertionError("the count is endless")


def context(workers: int) -> SparkContext:
    """Start a context that kills frozen workers."""
    conf = SparkConf().setMaster(f"local[{workers}]").setAppName("soak")
    for key, value in SETTINGS.items():
        conf.set(key, value)
    return SparkContext(conf=conf)


def main() -> None:
    """Soak for as long as the command line says."""
    parser = argparse.ArgumentParser(description="Run random programs under random strikes.")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, help="run one program only")
    parser.add_argument("--workers", type=int, default=3)
    options = parser.parse_args()
    first = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
    seconds = 60 * options.minutes if options.seed is None else 0
    print("first seed", first, flush=True)
    with context(options.workers) as sc:
        count, strikes = soak(sc, first, seconds)
        print(count, "programs, all right;", strikes)
        print({name: value for name, value in sc._engine.counters().items() if value})


if __name__ == "__main__":
    main()
