"""Lines that are only counted: no object is made of them, and nobody can tell by the number."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from firesteel.errors import PythonException

PIECES = [b"a", b"ab", "é".encode(), "€".encode(), "😀".encode(), b"\xe2\x82", b"\xed\xa0\x80", b"\xff"]
ENDS = [b"\n", b"\r\n", b"\r", b"\x0b", b"\x00", "\u2028".encode(), "\ufeff".encode()]
TEXTS = st.lists(st.sampled_from(PIECES + ENDS), max_size=30).map(b"".join)
NEEDLES = st.one_of(
    st.text(st.sampled_from("abé€😀\ufffd\ufeff\n\r\x00"), max_size=2),
    st.sampled_from(["", "\udcff", "\ud83d"]),
)


def predicates(needle: str) -> list[Callable[[str], bool]]:
    return [
        lambda line: needle in line,
        lambda line: needle not in line,
        lambda line: line.__contains__(needle),
        lambda line: "a" in line,
        lambda line: "é" not in line,
        lambda line: "" in line,
        # Looks like the others, and is none.
        lambda line: line in needle,
        lambda line: needle in line.upper(),
        lambda line: bool(line),
    ]


@given(TEXTS, NEEDLES, st.integers(1, 4))
def test_as_many_as_pass(
    sc: SparkContext, tmp_path_factory: pytest.TempPathFactory, text: bytes, needle: str, slices: int
) -> None:
    file = tmp_path_factory.mktemp("lines") / "text"
    file.write_bytes(text)
    lines = sc.textFile(str(file), slices)
    expected: list[Any] = lines.collect()
    assert lines.count() == sc.textFile(str(file), slices, use_unicode=False).count() == len(expected)
    for first in predicates(needle):
        assert lines.filter(first).count() == len([line for line in expected if first(line)])
        for second in predicates(needle)[:3]:
            both = [line for line in expected if first(line) and second(line)]
            assert lines.filter(first).filter(second).count() == len(both)
            assert lines.filter(first).filter(second).collect() == both


WORD = "steel"


def has_word(line: str) -> bool:
    """Look for a word."""
    return WORD in line


@pytest.mark.parametrize("native", [True, False])
def test_functions_are_called_only_where_they_must(start_context: Any, tmp_path: Path, native: bool) -> None:
    sc = start_context("local[1]", {"firesteel.native": str(native).lower()})
    (tmp_path / "a").write_text("fire\nsteel\nfiresteel\n" * 100)
    (tmp_path / "b.txt").write_text("steel\r\nwool\r\n")
    lines = sc.textFile(str(tmp_path), 1)

    def nanos_of(count: Callable[[], int], expected: int) -> int:
        assert count() == expected
        tasks = sc._engine.last_job_tasks()
        assert sum(task["elements_read"] for task in tasks) == 302
        assert sum(task["bytes_read"] for task in tasks) == 2100 + 13
        return sum(task["user_nanos"] for task in tasks)

    assert (nanos_of(lines.filter(has_word).count, 201) == 0) is native
    assert (nanos_of(lines.filter(lambda line: "wool" not in line).count, 301) == 0) is native
    assert nanos_of(lines.filter(lambda line: line.endswith(WORD)).count, 201) > 0
    assert nanos_of(lines.map(len).filter(lambda length: length > 4).count, 201) > 0
    assert nanos_of(lines.count, 302) == 0


def test_what_raises_still_raises(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a\n")
    with pytest.raises(PythonException, match="TypeError"):
        sc.textFile(str(tmp_path / "text"), use_unicode=False).filter(lambda line: "a" in line).count()
    with pytest.raises(PythonException, match="NameError"):
        sc.textFile(str(tmp_path / "text")).filter(lambda line: missing in line).count()  # noqa: F821
    number: Any = 1
    with pytest.raises(PythonException, match="TypeError"):
        sc.textFile(str(tmp_path / "text")).filter(lambda line: number in line).count()


def test_a_compressed_file_is_counted(sc: SparkContext, tmp_path: Path) -> None:
    import gzip

    (tmp_path / "text.gz").write_bytes(gzip.compress(b"ab\nb\n\nabc" * 5000))
    lines = sc.textFile(str(tmp_path / "text.gz"))
    assert [lines.count(), lines.filter(lambda line: "ab" in line).count()] == [15_001, 5_001]
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"ab\n" * 100_000)[:-20])
    with pytest.raises(PythonException, match=r"cut\.gz"):
        sc.textFile(str(tmp_path / "cut.gz")).count()
