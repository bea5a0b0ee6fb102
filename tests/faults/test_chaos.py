"""The soak in a bounded form: the same programs every time, whatever the strikes meet."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soak
from ledger import note

from firesteel import SparkContext

FIRST_SEED = 1
SECONDS = 6


def test_random_programs_under_random_strikes(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[3]", soak.SETTINGS)
    count, strikes = soak.soak(sc, FIRST_SEED, SECONDS)
    print(count, "programs", strikes)
    assert count > 1


def is_eventful(program: soak.Program) -> bool:
    return bool(program.strikes) and {"reduceByKey", "cache", "join"} <= set(program.names)


@pytest.mark.parametrize("strike", soak.STRIKES)
def test_each_strike_on_a_program(
    start_context: Callable[..., SparkContext], strike: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sc = start_context("local[2]", soak.SETTINGS)
    monkeypatch.setattr(soak, "LONGEST_DELAY", 0.01)
    monkeypatch.setattr(soak, "STRIKES", {strike: soak.STRIKES[strike]})
    monkeypatch.setattr(soak, "MOST_STRIKES", 1)
    # A program with a shuffle and a cache, struck once.
    seed = next(seed for seed in range(1000) if is_eventful(soak.Program(seed)))
    soak.run(sc, seed, tmp_path)
    note("Processes", f"chaos: {strike}", "a random moment of random programs", "the model's result")
