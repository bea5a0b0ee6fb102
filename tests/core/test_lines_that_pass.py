"""Lines that the first filters let pass: the others become no object, and nobody can tell by the result."""

import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.test_counted_lines import NEEDLES, TEXTS, WORD, has_word, predicates
from firesteel import RDD, SparkContext
from firesteel.errors import FiresteelError, PythonException

Step = tuple[Callable[[RDD[str]], RDD[Any]], Callable[[list[str]], list[Any]]]


def characters(line: str) -> str:
    return line[::-1]


# What follows the filters, on an RDD and on a list.
STEPS: list[Step] = [
    (lambda lines: lines.map(len), lambda lines: list(map(len, lines))),
    (lambda lines: lines.flatMap(characters), lambda lines: [one for line in lines for one in line[::-1]]),
    (lambda lines: lines.mapPartitions(list), lambda lines: lines),
    (lambda lines: lines.distinct(1), lambda lines: list(dict.fromkeys(lines))),
    (lambda lines: lines.zipWithIndex(), lambda lines: [(line, at) for at, line in enumerate(lines)]),
    (lambda lines: lines.sortBy(len, numPartitions=1), lambda lines: sorted(lines, key=len)),
    (lambda lines: lines.keyBy(len).reduceByKey(max, 1), lambda lines: list(longest(lines).items())),
]


def longest(lines: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in lines:
        found[len(line)] = max(found.get(len(line), line), line)
    return found


@given(TEXTS, NEEDLES, st.integers(1, 4), st.sampled_from(STEPS))
def test_what_passes_goes_on(
    sc: SparkContext,
    tmp_path_factory: pytest.TempPathFactory,
    text: bytes,
    needle: str,
    slices: int,
    step: Step,
) -> None:
    file = tmp_path_factory.mktemp("lines") / "text"
    file.write_bytes(text)
    lines = sc.textFile(str(file), slices)
    every, (run, model) = lines.collect(), step
    for first in predicates(needle):
        kept = [line for line in every if first(line)]
        assert run(lines.filter(first)).collect() == model(kept)
        assert lines.filter(first).take(1) == kept[:1]
        short = lines.filter(first).filter(lambda line: len(line) < 2).filter(lambda line: "a" not in line)
        assert run(short).collect() == model([line for line in kept if len(line) < 2 and "a" not in line])


@pytest.mark.parametrize("native", [True, False])
def test_functions_are_called_only_where_they_must(start_context: Any, tmp_path: Path, native: bool) -> None:
    sc = start_context("local[1]", {"firesteel.native": str(native).lower()})
    (tmp_path / "a").write_text("fire\nsteel\nfiresteel\n" * 100)
    (tmp_path / "b.txt").write_text("steel\r\nwool\r\n")
    lines = sc.textFile(str(tmp_path), 1)

    def nanos_of(rdd: RDD[Any], expected: int) -> int:
        assert len(rdd.collect()) == expected
        tasks = sc._engine.last_job_tasks()
        assert sum(task["elements_read"] for task in tasks) == 302
        assert sum(task["bytes_read"] for task in tasks) == 2100 + 13
        return sum(task["user_nanos"] for task in tasks)

    assert (nanos_of(lines.filter(has_word), 201) == 0) is native
    assert (nanos_of(lines.filter(has_word).filter(lambda line: "fire" not in line), 101) == 0) is native
    assert nanos_of(lines.filter(has_word).filter(lambda line: line.startswith("fire")), 100) > 0
    assert nanos_of(lines.filter(has_word).map(len), 201) > 0
    assert nanos_of(lines.map(str).filter(has_word), 201) > 0

    lines.cache().count()
    assert lines.filter(has_word).collect() == [line for line in lines.collect() if WORD in line]
    lines.filter(has_word).collect()
    assert sum(task["user_nanos"] for task in sc._engine.last_job_tasks()) > 0


@pytest.mark.parametrize("native", [True, False])
def test_no_line_is_read_before_it_is_asked_for(start_context: Any, tmp_path: Path, native: bool) -> None:
    sc = start_context("local[1]", {"firesteel.native": str(native).lower()})
    file = tmp_path / "text"
    file.write_text("".join(f"line {number}\n" for number in range(2_000)))
    passing = sc.textFile(str(file), 1).filter(lambda line: "99" in line)

    def read(count: int) -> int:
        assert len(passing.take(count)) == count
        return sum(task["elements_read"] for task in sc._engine.last_job_tasks())

    assert [read(1), read(2), read(3)] == [100, 200, 300]


MODULE = """
WORD = "a"
gone = "a"


def has_word(line):
    return WORD in line


def has_gone(line):
    return gone in line


def look_for_next(line):
    global WORD
    WORD = chr(ord(WORD) + 1)
    return line


def forget(line):
    global gone
    del gone
    return line


def enclosed():
    word = "a"

    def has_cell(line):
        return word in line

    def change_cell(line):
        nonlocal word
        word = line[-1]
        return line

    for function in (has_cell, change_cell):
        function.__qualname__ = function.__name__
    return has_cell, change_cell


has_cell, change_cell = enclosed()
"""


@pytest.mark.parametrize("native", [True, False])
def test_a_needle_may_change_on_the_way(start_context: Any, tmp_path: Path, native: bool) -> None:
    """Its module is imported, so other functions share its variables."""
    (tmp_path / "needles.py").write_text(MODULE)
    (tmp_path / "text").write_text("a\nb\nba\nc\nab\nbc\nabc\nbd\n")
    sc = start_context("local[1]", {"firesteel.native": str(native).lower()})
    sc.addPyFile(str(tmp_path / "needles.py"))
    import needles  # type: ignore[import-not-found]  # made above

    lines = sc.textFile(str(tmp_path / "text"), 1)
    try:
        assert lines.filter(needles.has_word).map(needles.look_for_next).collect() == ["a", "b", "c", "bd"]
        passed = lines.filter(needles.has_cell).map(needles.change_cell).collect()
        assert passed == ["a", "ba", "ab", "bc", "abc"]
        with pytest.raises(PythonException, match="NameError: name 'gone' is not defined") as caught:
            lines.filter(needles.has_gone).map(needles.forget).collect()
        assert "record: 'b'" in str(caught.value)
    finally:
        sys.modules.pop("needles")


def test_what_raises_still_raises(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("b\na\nbad\n")
    lines = sc.textFile(str(tmp_path / "text"), 1)
    with pytest.raises(PythonException, match="TypeError"):
        sc.textFile(str(tmp_path / "text"), use_unicode=False).filter(lambda line: "a" in line).collect()
    with pytest.raises(PythonException, match="NameError"):
        lines.filter(lambda line: missing in line).collect()  # noqa: F821
    with pytest.raises(PythonException, match="invalid literal") as caught:
        lines.filter(lambda line: "a" in line).map(lambda line: int(line, 11)).collect()
    assert "record: 'bad'" in str(caught.value)


def test_the_line_that_kills_a_worker_is_named(start_context: Any, tmp_path: Path) -> None:
    """From the second attempt on lines are noted one by one, those that do not pass among them."""
    (tmp_path / "text").write_text("fine\nno\nkill me\nfine\n")

    def die(line: str) -> str:
        if "kill" in line:
            os._exit(3)
        return line

    lines = start_context("local[1]").textFile(str(tmp_path / "text"), 1)
    with pytest.raises(FiresteelError) as caught:
        lines.filter(lambda line: "i" in line).map(die).collect()
    assert caught.value.deaths[-1].endswith("at element 3: 'kill me'")


def test_lines_of_packed_and_of_compressed_files(sc: SparkContext, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.gz").write_bytes(gzip.compress(b"ab\nb\n\nabc\n" * 3))
    (folder / "b").write_bytes(b"\xef\xbb\xbfab\r\nx\xffab\rb")
    (folder / "c").write_bytes(b"")
    lines = sc.textFile(str(folder))
    passing = lines.filter(lambda line: "ab" in line)
    assert passing.collect() == ["ab", "abc"] * 3 + ["ab", "x\ufffdab"]
    passing.saveAsTextFile(str(tmp_path / "out"))
    assert sorted(sc.textFile(str(tmp_path / "out")).collect()) == sorted(passing.collect())
    (folder / "d.gz").write_bytes(gzip.compress(b"ab\n" * 100_000)[:-20])
    with pytest.raises(PythonException, match=r"d\.gz"):
        sc.textFile(str(folder)).filter(lambda line: "ab" in line).collect()
