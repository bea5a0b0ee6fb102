"""The programs of the benchmark: their arguments, their input, and how much faster Firesteel shall be.

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
MEMORY_TARGET = 2.0
"""Every program shall need at most half of the reference's memory."""

SEED = 20_260_101
VOCABULARY = 100_000
WORDS_PER_LINE = 10
LINES_PER_CHUNK = 10_000


@dataclass(frozen=True)
class Program:
    """One program. Its target is about one of its times: the whole process's, or that of the job inside."""

    name: str
    judged: str
    target: float
    arguments: Callable[[Path, float], list[str]]

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.name}.py"


def all_programs() -> list[Program]:
    return [
        Program("start_to_first_result", "wall", 10, lambda cache, scale: []),
        Program("tiny_jobs", "job", 20, lambda cache, scale: [count(100 * scale)]),
        Program("word_count", "job", 2, lambda cache, scale: [str(text(cache, int(200e6 * scale)))]),
        Program("reduce_by_key", "job", 2, lambda cache, scale: [count(5e6 * scale)]),
    ]


def count(number: float) -> str:
    return str(max(1, int(number)))


def text(cache: Path, size: int) -> Path:
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
