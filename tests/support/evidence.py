"""The evidence that a name works: a test that executes it, each time that it runs.

`data/evidence.csv` gives one test for each name of the catalogue. Such a test is traced, and fails when it no
longer executes the names that it stands for; a recorded program has to name them, too, for what only runs
behind other names is not compared. With FIRESTEEL_EVIDENCE=file every test is traced, and what it executes is
added to that file: `test_compatibility.py --trace` chooses from it.
"""

import csv
import functools
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support import executed

EVIDENCE = Path(__file__).parents[1] / "data" / "evidence.csv"
COLLECT = "FIRESTEEL_EVIDENCE"
RECORDED = "tests/reference/test_recorded.py::test_result_equals_the_reference"


@functools.cache
def by_name() -> dict[str, str]:
    """Return the test for each name."""
    with EVIDENCE.open(newline="") as file:
        return {row["name"]: row["test"] for row in csv.DictReader(file)}


@functools.cache
def by_test() -> dict[str, set[str]]:
    """Return the names that each test stands for."""
    names = defaultdict(set)
    for name, test in by_name().items():
        names[test].add(name)
    return names


@contextmanager
def held_to(item: pytest.Function) -> Iterator[None]:
    """Trace a test that is evidence, and fail where it is none."""
    test = node_id(item)
    expected, collect = by_test().get(test, set()), os.environ.get(COLLECT)
    if not expected and not collect:
        yield
        return
    with executed.trace() as found:
        yield
    sources = _sources(item)
    found = found | executed.named_in(*sources)
    if test.startswith(RECORDED):
        found = executed.asked_for(found, *sources)
    if collect:
        with open(collect, "a") as file:
            print(json.dumps([test, sorted(found)]), file=file)
    elif expected - found:
        pytest.fail(f"does not execute {sorted(expected - found)}: see tests/support/evidence.py")


def node_id(item: pytest.Item) -> str:
    """Return the name of a test, from the root of the project, whatever folder pytest started in."""
    path = item.path.relative_to(EVIDENCE.parents[2]).as_posix()
    return "::".join([path, *item.nodeid.split("::")[1:]])


def _sources(item: pytest.Function) -> list[Any]:
    """Return what says what a test does: its function, or the recorded program that it runs."""
    if not node_id(item).startswith(RECORDED):
        return [item.function]
    from programs import PROGRAMS

    name = item.callspec.params["case"].partition(":")[0]
    return [PROGRAMS[name].function]
