"""Firesteel's pyspark.sql gives what the reference gave: each expression of `cases.py`, evaluated again.

`record.py` says how `recorded.json` is made.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import cases, names, outcome

from firesteel import SparkContext
from firesteel.sql import SparkSession
from support.contexts import SharedContext

RECORDED: dict[str, str] = json.loads(Path(__file__).with_name("recorded.json").read_text())
# That of the recording, America/Los_Angeles, for machines without a list of zones.
TIME_ZONE = "PST8PDT,M3.2.0,M11.1.0"

# Results that differ on purpose: see docs/compatibility.md. One that no longer differs fails.
DIFFERENT: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def _time_zone(shared: SharedContext) -> Iterator[None]:
    """Times are recorded in one zone, whatever that of the machine is; workers have that of their start."""
    shared.close()
    before = os.environ.get("TZ")
    os.environ["TZ"] = TIME_ZONE
    time.tzset()
    yield
    shared.close()
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


_known: dict[str, Any] = {}


@pytest.fixture
def known(sc2: SparkContext) -> dict[str, Any]:
    """What the expressions see, with a session on the shared context; made once for each context."""
    if _known.get("sc") is not sc2:
        _known.update(names("firesteel", SparkSession.builder.getOrCreate()))
    return _known


@pytest.mark.parametrize("expression", RECORDED)
def test_outcome_equals_the_reference(known: dict[str, Any], expression: str) -> None:
    found, expected = outcome(expression, known), RECORDED[expression]
    if expression in DIFFERENT:
        assert found != expected, "does not differ any more"
    else:
        assert found == expected


def test_recording_and_cases_belong_together() -> None:
    assert list(RECORDED) == cases(), "record the cases again: see record.py"
    assert len(RECORDED) > 300
