"""The programs of the benchmark: their input, and how much less than others Firesteel shall need for them.

Invariant: the same command line gives the same arguments and the same input, byte for byte, on every machine
and for every engine.
"""

import os
import random
import string
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
LATENCY, BULK = "job", "job cpu"
"""What a program is judged by: the wall time of its job, or, as the steadier one, its processor time."""
STREAMED, HELD = 4.0, 1.0
"""The reference's memory at least so many times ours: where data streams, and everywhere."""
OF_PLAIN = 1.1
"""The processor time that a job may take of its hand-written twin's."""

SEED = 20_260_101
VOCABULARY = 100_000
WORDS_PER_LINE = 10
LINES_PER_CHUNK = 10_000

Input = Callable[[Path, float], str]


@dataclass(frozen=True)
class Program:
    """One program, with the targets for it. `judged` names the measure that its target is about."""

    name: str
    judged: str
    target: float
    input: Input
    memory: float = HELD
    of_plain: float | None = None
    needs: str | None = None
    """A package that has to be installed."""

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.name}.py"

    def arguments(self, cache: Path, scale: float) -> list[str]:
        """The input for the first, small run of the job, and the one for the run that counts."""
        return [self.input(cache, 0.0001), self.input(cache, scale)]


def elements(number: float) -> Input:
    return lambda _, scale: count(number * scale)


def text(size: float) -> Input:
    return lambda cache, scale: str(text_file(cache, int(size * scale)))


def all_programs() -> list[Program]:
    return [
        Program("start_to_first_result", "wall", 25, elements(1000), STREAMED),
        Program("tiny_jobs", LATENCY, 60, elements(100), STREAMED),
        Program("empty_tasks", LATENCY, 100, elements(2000)),
        Program("take_of_many", LATENCY, 50, elements(1000)),
        Program("union_of_fifty", LATENCY, 15, elements(1000)),
        Program("word_count", BULK, 3, text(200e6), STREAMED, OF_PLAIN),
        Program("grep_and_count", BULK, 5, text(200e6), STREAMED, OF_PLAIN),
        Program("reduce_by_key", BULK, 4.5, elements(5e6), STREAMED, OF_PLAIN),
        Program("reduce_by_key_str", BULK, 3, elements(5e6), STREAMED, OF_PLAIN),
        Program("group_by_key", BULK, 3, elements(2e6), HELD, OF_PLAIN),
        Program("group_by_key_str", BULK, 3, elements(2e6), HELD, OF_PLAIN),
        Program("distinct", BULK, 10, elements(3e6), HELD, OF_PLAIN),
        Program("join", BULK, 7, elements(1e6), HELD, OF_PLAIN),
        Program("cogroup", BULK, 3, elements(1e6), HELD, OF_PLAIN),
        Program("sort_floats", BULK, 3, elements(2e6), HELD, OF_PLAIN),
        Program("sort_strings", BULK, 5, elements(1e6), HELD, OF_PLAIN),
        Program("page_rank", BULK, 4.5, elements(1e6), HELD, OF_PLAIN),
        Program("cached_scans", BULK, 5, elements(2e6), HELD, OF_PLAIN),
        Program("broadcast_join", BULK, 2, elements(2e6), HELD, OF_PLAIN),
        Program("broadcast_look_up", BULK, 2, elements(2e6), HELD, OF_PLAIN),
        Program("accumulators", BULK, 2, elements(2e6), HELD, OF_PLAIN),
        Program("pipe", BULK, 2, elements(1e6), HELD, OF_PLAIN),
        Program("cartesian", BULK, 3, elements(2e3), HELD, OF_PLAIN),
        Program("numpy_aggregate", BULK, 10, elements(5e4), HELD, OF_PLAIN, "numpy"),
        Program("numpy_tree_aggregate", BULK, 10, elements(5e4), HELD, OF_PLAIN, "numpy"),
        Program("collect_bytes", BULK, 2, elements(1e5), HELD, OF_PLAIN),
        Program("save_and_read_gz", BULK, 3, elements(1e6), HELD, OF_PLAIN),
        Program("shuffle_hundred", LATENCY, 12, elements(1e6), HELD, OF_PLAIN),
        Program("cpu_bound", BULK, 1.4, elements(12e6), HELD, 1.02),
        Program("cpu_bound_objects", BULK, 1.4, elements(2e5), HELD, 1.02),
    ]


def count(number: float) -> str:
    return str(max(1, int(number)))


def text_file(cache: Path, size: int) -> Path:
    """A text of this many bytes, made at its first use. Words are as frequent as Zipf's law says."""
    path = cache / f"words-{SEED}-{size}.txt"
    if not path.exists():
        print(f"making {path} ...", file=sys.stderr)
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        write_text(unfinished, size)
        unfinished.rename(path)
    return path


def write_text(path: Path, size: int) -> None:
    source = random.Random(SEED)
    words = vocabulary(source)
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    with path.open("w", encoding="ascii") as file:
        while size > 0:
            drawn = source.choices(words, cum_weights=weights, k=WORDS_PER_LINE * LINES_PER_CHUNK)
            chunk = "".join(
                " ".join(drawn[start : start + WORDS_PER_LINE]) + "\n"
                for start in range(0, len(drawn), WORDS_PER_LINE)
            )
            size -= file.write(chunk[:size])


def vocabulary(source: random.Random) -> list[str]:
    """Distinct words of two to twelve letters."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(source.choices(string.ascii_lowercase, k=source.randint(2, 12)))] = None
    return list(words)
