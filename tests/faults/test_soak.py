"""The soak in a bounded form: the same programs every time, whatever the strikes meet."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soak
from ledger import note

from firesteel import SparkContext

FIRST_SEED = 1
SECONDS = 8


def test_random_programs_under_random_strikes(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[3]", soak.SETTINGS)
    count, strikes = soak.soak(sc, FIRST_SEED, SECONDS)
    print(count, "programs", strikes)
    assert count > 1


@pytest.mark.parametrize("strike", soak.STRIKES)
def test_each_strike_on_a_program(
    start_context: Callable[..., SparkContext], strike: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sc = start_context("local[2]", {**soak.SETTINGS, "firesteel.task.timeout": "1s"})
    monkeypatch.setattr(soak, "LONGEST_DELAY", 0.01)
    monkeypatch.setattr(soak, "STRIKES", {strike: soak.STRIKES[strike]})
    monkeypatch.setattr(soak, "MOST_STRIKES", 1)
    for seed in range(3):
        soak.run(sc, seed, tmp_path)
    note("Processes", f"chaos: {strike}", "a random moment of random programs", "the model's result")
