"""`docs/compatibility.md` is made from the tests: what works is executed by a program recorded on PySpark.

    python tests/test_compatibility.py --write            # the page, anew
    python tests/test_compatibility.py --trace [ARGS]     # first run pytest ARGS, for names without

A name works when `data/evidence.csv` has a test for it that compares with what was recorded on PySpark; a
test of our own is no evidence (`support/evidence.py` says how tests are held to their names). How a name
differs stands in `data/differences.csv`, what is not here in `data/catalogue_gaps.csv`, and what refuses is
asked for its own words.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from support import catalogue, evidence
from support.catalogue import DATA, Row
from support.refusals import refusal

PAGE = Path(__file__).parents[1] / "docs" / "compatibility.md"
NOTES = DATA / "compatibility_notes.md"
WORKS, DIFFERS, REFUSED, NOT_YET, UNTESTED = "works", "differs", "not supported", "not yet", "untested"
INTRODUCTION = """\
The RDD side of PySpark 4.3 has these public names. A name *works* when a program that was recorded on PySpark
calls it in the tests and gives the same results, and the test fails when it no longer does. *Untested*
names are here with PySpark's parameters, and no recorded program is known to call them.
"""
STANDINGS = (WORKS, DIFFERS, REFUSED, NOT_YET, UNTESTED)
RECORDED = (evidence.RECORDED, "tests/sql/test_outcomes.py::test_outcome_equals_the_reference")
"""The tests that compare with what was recorded on PySpark: nothing else shows that a name works."""
KINDS = ("recorded", "ids", "own", "doctest")
"""What tests show, the best first."""


def differences() -> dict[str, str]:
    """Return how names differ that are here with PySpark's parameters."""
    with (DATA / "differences.csv").open(newline="") as file:
        return {row["name"]: row["how"] for row in csv.DictReader(file)}


def standing(row: Row) -> tuple[str, str]:
    """Return how a name stands, and what there is to say about it."""
    gap = catalogue.gaps().get(row.name)
    if gap is not None:
        return (NOT_YET, "") if gap == catalogue.NOT_YET else (DIFFERS, gap)
    words = refusal(row)
    if words is not None:
        return REFUSED, words
    how = differences().get(row.name)
    if how is not None:
        return DIFFERS, how
    return (WORKS if is_recorded(row) else UNTESTED), ""


def page() -> str:
    """Return the whole page."""
    standings = {row: standing(row) for row in catalogue.rows()}
    return "\n".join([NOTES.read_text(), *summary(standings), *details(standings)])


def summary(standings: dict[Row, tuple[str, str]]) -> Iterator[str]:
    yield "## Every name\n"
    yield INTRODUCTION
    yield f"| module | {' | '.join(STANDINGS)} |"
    yield "|---" * (len(STANDINGS) + 1) + "|"
    modules: dict[str, list[Row]] = defaultdict(list)
    for row in standings:
        modules[row.module].append(row)
    for module, rows in [*sorted(modules.items()), ("all", list(standings))]:
        counts = Counter(standings[row][0] for row in rows)
        yield f"| {module} | {' | '.join(str(counts[name] or '') for name in STANDINGS)} |"
    yield ""


def is_recorded(row: Row) -> bool:
    return evidence.by_name().get(row.name, "").startswith(RECORDED)


def details(standings: dict[Row, tuple[str, str]]) -> Iterator[str]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in standings:
        groups[f"{row.module}.{row.owner}".rstrip(".")].append(row)
    for title, rows in sorted(groups.items()):
        yield f"### {title}\n"
        for name in (WORKS, NOT_YET, UNTESTED):
            yield from listed(name, [row for row in rows if standings[row][0] == name])
        for name in (DIFFERS, REFUSED):
            chosen = [row for row in rows if standings[row][0] == name]
            yield from explained(name, [(row, standings[row][1]) for row in chosen])


def listed(name: str, rows: Iterable[Row]) -> Iterator[str]:
    names = [f"`{short(row)}`" for row in rows]
    if names:
        yield f"{name.capitalize()}: {', '.join(names)}\n"


def explained(name: str, rows: list[tuple[Row, str]]) -> Iterator[str]:
    """Names that have the same words are one line."""
    by_words: dict[str, list[str]] = defaultdict(list)
    for row, words in rows:
        by_words[words].append(f"`{short(row)}`")
    if rows:
        yield f"| {name} | |\n|---|---|"
        yield from (f"| {', '.join(names)} | {words} |" for words, names in by_words.items())
        yield ""


def short(row: Row) -> str:
    return row.member or row.owner or row.module


def test_the_page_is_made_from_the_tests() -> None:
    assert PAGE.read_text() == page(), f"python {__file__} --write makes it anew"


def test_evidence_is_for_names_that_are_here() -> None:
    names = {row.name for row in catalogue.rows()}
    assert set(evidence.by_name()) <= names
    assert set(differences()) <= set(evidence.by_name())


@pytest.mark.parametrize("file", sorted({test.partition("::")[0] for test in evidence.by_test()}))
def test_evidence_exists(file: str) -> None:
    source = (DATA.parents[1] / file).read_text()
    recorded = json.loads((DATA.parent / "reference" / "recorded.json").read_text())["cases"]
    for test in (test for test in evidence.by_test() if test.startswith(f"{file}::")):
        function, _, case = test.rpartition("::")[2].partition("[")
        assert f"def {function}(" in source, test
        if test.startswith(evidence.RECORDED):
            assert case.removesuffix("]") in recorded, test


def test_every_name_that_is_here_is_compared_with_pyspark() -> None:
    untested = [row.name for row in catalogue.rows() if standing(row)[0] == UNTESTED]
    assert untested == [], "they need a recorded program: see tests/reference/record.py"
    own = {name: test for name, test in evidence.by_name().items() if not test.startswith(RECORDED)}
    assert own == {}, "what differs needs one, too"


def trace(arguments: list[str]) -> None:
    """Run tests, and take as evidence those that execute names without."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        environment = os.environ | {evidence.COLLECT: str(found)}
        subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], env=environment, check=False)
        tests = dict(json.loads(line) for line in found.read_text().splitlines())
    write_evidence(chosen({test: set(names) for test, names in tests.items()}))


def chosen(tests: dict[str, set[str]]) -> dict[str, str]:
    """Return a test for each name: a recorded one, the one that it has, or else few, which show the most."""
    here = {row.name for row in catalogue.rows() if row.name not in catalogue.gaps() and refusal(row) is None}
    known = {
        name: test
        for name, test in evidence.by_name().items()
        if name in here and (test not in tests or name in tests[test])
    }
    kept: dict[str, str] = {}
    for kind in KINDS:
        kept |= {name: test for name, test in known.items() if kind_of(test) == kind and name not in kept}
        some = {test: names for test, names in tests.items() if kind_of(test) == kind}
        while True:
            best = min(some, key=lambda test: (-len((some[test] & here) - set(kept)), test), default="")
            new = (some.get(best, set()) & here) - set(kept)
            if not new:
                break
            kept |= dict.fromkeys(new, best)
    return kept


def kind_of(test: str) -> str:
    """Return what a test shows: recorded ones show results, those about ids only that something runs."""
    if test.startswith(f"{evidence.RECORDED}[ids_"):
        return "ids"
    if test.startswith(RECORDED):
        return "recorded"
    return "doctest" if "test_doctests" in test else "own"


def write_evidence(tests: dict[str, str]) -> None:
    with evidence.EVIDENCE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "test"])
        writer.writerows(sorted(tests.items()))
    evidence.by_name.cache_clear()
    evidence.by_test.cache_clear()


def test_recorded_programs_come_first() -> None:
    name = next(name for name, test in evidence.by_name().items() if re.search(r"test_recorded", test))
    assert chosen({"tests/test_x.py::test_y": {name, "no.such.name"}})[name] == evidence.by_name()[name]


if __name__ == "__main__":
    if "--trace" in sys.argv:
        trace(sys.argv[sys.argv.index("--trace") + 1 :])
    PAGE.write_text(page())
