"""Text files in and out."""

import bz2
import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from firesteel.errors import InputError, OutputError
from support.model import PlainRDD
from support.values import SLICES, VALUES, assert_same

LINES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=12), max_size=12
)


def lines_of(text: bytes) -> list[str]:
    """Cut a text at its three line ends, and at nothing else."""
    lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return [line.decode("utf-8", "replace") for line in (lines if lines[-1] else lines[:-1])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for one example after the other."""
    return tmp_path


def fresh(folder: Path) -> Path:
    """Return a path in a folder that nothing has yet."""
    return folder / str(len(list(folder.iterdir())))


@given(LINES, SLICES, st.integers(1, 6))
def test_saved_lines_read_back(
    sc: SparkContext, folder: Path, lines: list[str], slices: int, partitions: int
) -> None:
    path = fresh(folder)
    sc.parallelize(lines, slices).saveAsTextFile(str(path))
    back = [
        line for part in range(slices) for line in sc.textFile(f"{path}/part-{part:05}", partitions).collect()
    ]
    # A byte order mark at the start of a file is no text.
    parts = PlainRDD.parallelize(lines, slices).partitions
    expected = [x.removeprefix("\ufeff") if i == 0 else x for part in parts for i, x in enumerate(part)]
    assert_same(back, expected)


@given(st.lists(VALUES, max_size=8), SLICES)
def test_every_element_is_written_as_str_shows_it(
    sc: SparkContext, folder: Path, elements: list[Any], slices: int
) -> None:
    path = fresh(folder)
    texts = [str(element) for element in elements if not isinstance(element, bytes)]
    elements = [element for element in elements if not isinstance(element, bytes)]
    if any(0xD800 <= ord(char) < 0xE000 for text in texts for char in text):
        return
    sc.parallelize(elements, slices).saveAsTextFile(str(path))
    written = b"".join((path / f"part-{part:05}").read_bytes() for part in range(slices))
    assert written == "".join(text + "\n" for text in texts).encode()


@given(
    st.binary(max_size=60).map(
        lambda raw: raw.translate(bytes(b"ab\r\n\xc3\xa4\xff "[x % 8] for x in range(256)))
    )
)
def test_any_bytes_give_the_lines_of_the_file_whatever_the_splits(
    sc: SparkContext, folder: Path, content: bytes
) -> None:
    path = fresh(folder)
    path.write_bytes(content)
    for partitions in (1, 2, 3, 7):
        assert_same(sc.textFile(str(path), partitions).collect(), lines_of(content))
    as_bytes = sc.textFile(str(path), 3, use_unicode=False).collect()
    assert_same(as_bytes, [line.encode() for line in lines_of(content)])


def test_other_separators_stay_in_the_line(sc2: SparkContext, folder: Path) -> None:
    line = "a\x0bb\x0cc\x85d\u2028e\0f"
    (folder / "lines").write_text(line + "\nnext", encoding="utf-8")
    assert_same(sc2.textFile(str(folder / "lines")).collect(), [line, "next"])


def test_a_line_longer_than_a_split(sc2: SparkContext, folder: Path) -> None:
    long = "x" * 100_000
    (folder / "lines").write_text(f"short\n{long}\nlast")
    rdd = sc2.textFile(str(folder / "lines"), 50)
    assert rdd.getNumPartitions() >= 50
    assert_same(rdd.collect(), ["short", long, "last"])


def test_a_saved_folder_says_when_it_is_whole(sc: SparkContext, folder: Path) -> None:
    sc.parallelize(["a", "b", "c"], 4).saveAsTextFile(f"file:{folder}/deep/down/out")
    out = folder / "deep/down/out"
    names = sorted(name for name in os.listdir(out) if not name.endswith(".crc"))
    assert names == ["_SUCCESS", "part-00000", "part-00001", "part-00002", "part-00003"]
    assert (out / "_SUCCESS").read_bytes() == b""
    assert_same(sorted(sc.textFile(str(out)).collect()), ["a", "b", "c"])


def test_bytes_are_written_as_they_are(sc2: SparkContext, folder: Path) -> None:
    sc2.parallelize([b"raw", "text", None, 1.5], 1).saveAsTextFile(str(folder / "out"))
    assert (folder / "out/part-00000").read_bytes() == b"raw\ntext\nNone\n1.5\n"


def test_compressed_files_are_read(sc: SparkContext, folder: Path) -> None:
    text = "".join(f"line {i}\n" for i in range(1000)).encode()
    (folder / "a.gz").write_bytes(gzip.compress(text[:500]) + gzip.compress(text[500:]))
    (folder / "b.bz2").write_bytes(bz2.compress(text))
    for name in ("a.gz", "b.bz2"):
        assert_same(sc.textFile(str(folder / name), 4).collect(), text.decode().splitlines())


def test_a_codec_compresses_what_is_saved(sc2: SparkContext, folder: Path) -> None:
    codec = "org.apache.hadoop.io.compress.GzipCodec"
    sc2.parallelize(["a", "b"], 1).saveAsTextFile(str(folder / "out"), codec)
    assert gzip.decompress((folder / "out/part-00000.gz").read_bytes()) == b"a\nb\n"
    assert_same(sc2.textFile(str(folder / "out")).collect(), ["a", "b"])


def test_folders_globs_and_lists(sc2: SparkContext, folder: Path) -> None:
    for name in ("b.txt", "a.txt", "c.log", "_hidden", ".hidden"):
        (folder / name).write_text(name)
    assert_same(sorted(sc2.textFile(str(folder)).collect()), ["a.txt", "b.txt", "c.log"])
    assert_same(sc2.textFile(f"{folder}/*.txt").collect(), ["a.txt", "b.txt"])
    assert_same(sc2.textFile(f"{folder}/{{c,a}}.*").collect(), ["a.txt", "c.log"])
    assert_same(sc2.textFile(f"file://{folder}/b.txt,{folder}/a.txt").collect(), ["b.txt", "a.txt"])


def test_an_empty_file_and_an_empty_folder(sc2: SparkContext, folder: Path) -> None:
    assert sc2.textFile(str(folder)).collect() == []
    (folder / "empty").touch()
    assert sc2.textFile(str(folder)).count() == 0


def test_a_folder_inside_the_input_is_an_error(sc2: SparkContext, folder: Path) -> None:
    (folder / "sub").mkdir()
    with pytest.raises(InputError, match="sub"):
        sc2.textFile(str(folder)).collect()


def test_another_scheme_is_one_clear_line(sc2: SparkContext) -> None:
    with pytest.raises(InputError) as error:
        sc2.textFile("s3://bucket/key").collect()
    assert len(str(error.value).splitlines()) == 1
    assert "s3" in str(error.value)


def test_a_missing_path_is_only_missed_when_it_is_read(sc2: SparkContext) -> None:
    rdd = sc2.textFile("/no/such/file")
    with pytest.raises(InputError, match="Input path does not exist: file:/no/such/file"):
        rdd.getNumPartitions()


def test_a_failed_save_leaves_nothing_that_looks_whole(sc2: SparkContext, folder: Path) -> None:
    def fail(x: int) -> int:
        return 1 // (x - 3)

    with pytest.raises(Exception, match="ZeroDivisionError"):
        sc2.parallelize(range(6), 3).map(fail).saveAsTextFile(str(folder / "out"))
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert left == []
    with pytest.raises(OutputError, match="already exists"):
        sc2.parallelize([1]).saveAsTextFile(str(folder))


def test_a_lone_surrogate_cannot_be_written(sc2: SparkContext, folder: Path) -> None:
    with pytest.raises(Exception, match="UnicodeEncodeError"):
        sc2.parallelize(["\ud800"]).saveAsTextFile(str(folder / "out"))
