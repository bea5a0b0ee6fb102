"""Whole files, records, SequenceFiles and pickle files, in and out."""

import gzip
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel.errors import InputError


def fill(folder: Path, **files: bytes) -> str:
    """Write files into a folder and return its path."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return str(folder)


def test_whole_text_files_are_pairs_of_name_and_text(sc: SparkContext, tmp_path: Path) -> None:
    path = fill(tmp_path, b=b"bb\r\nx\xff", a=b"aaa", empty=b"", _hidden=b"h")
    assert sc.wholeTextFiles(path).collect() == [
        (f"file:{path}/a", "aaa"),
        (f"file:{path}/b", "bb\r\nx\ufffd"),
        (f"file:{path}/empty", ""),
    ]
    assert sc.wholeTextFiles(f"{path}/b", use_unicode=False).collect() == [
        (f"file:{path}/b".encode(), b"bb\r\nx\xef\xbf\xbd")
    ]


def test_whole_text_files_are_unpacked_and_keep_a_byte_order_mark(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "packed.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfhello"))
    assert sc.wholeTextFiles(str(tmp_path)).values().collect() == ["\ufeffhello"]
    assert sc.binaryFiles(str(tmp_path)).values().first()[:2] == b"\x1f\x8b"


def test_files_share_partitions_as_in_the_reference(sc: SparkContext, tmp_path: Path) -> None:
    path = fill(tmp_path, **{f"f{n}": b"x" * size for n, size in enumerate([3, 0, 9, 3, 44, 3, 27, 3])})
    names = sc.wholeTextFiles(path, 5).keys().map(lambda name: int(name[-1]))
    assert names.glom().collect() == [[0, 2, 3, 4], [5, 6], [1, 7]]
    assert sc.binaryFiles(path, 5).getNumPartitions() == 1


def test_folders_inside_are_passed_over(sc: SparkContext, tmp_path: Path) -> None:
    path = fill(tmp_path, x=b"1")
    fill_inside = tmp_path / "inside"
    fill_inside.mkdir()
    (fill_inside / "y").write_bytes(b"2")
    assert sc.wholeTextFiles(path).values().collect() == ["1"]
    assert sc.binaryFiles(path).values().collect() == [b"1"]


def test_an_empty_folder_has_no_partitions(sc: SparkContext, tmp_path: Path) -> None:
    assert sc.wholeTextFiles(str(tmp_path)).glom().collect() == []
    assert sc.binaryFiles(str(tmp_path)).glom().collect() == []


def test_a_missing_path_is_told_by_the_job(sc: SparkContext, tmp_path: Path) -> None:
    for rdd in (sc.wholeTextFiles(f"{tmp_path}/zz"), sc.binaryFiles(f"{tmp_path}/zz")):
        with pytest.raises(InputError, match=f"Input path does not exist: file:{tmp_path}/zz"):
            rdd.collect()


def test_binary_records_of_several_files(sc: SparkContext, tmp_path: Path) -> None:
    path = fill(tmp_path, a=b"0123456789", b=b"abcde", empty=b"")
    assert sc.binaryRecords(path, 5).glom().collect() == [[b"01234", b"56789"], [b"abcde"]]


def test_a_file_that_ends_inside_a_record_is_an_error(sc: SparkContext, tmp_path: Path) -> None:
    path = fill(tmp_path, a=b"0123456789")
    with pytest.raises(InputError, match="not whole records of 3 bytes"):
        sc.binaryRecords(path, 3).collect()
    with pytest.raises(ValueError, match="recordLength must be positive"):
        sc.binaryRecords(path, 0)


def test_compressed_records_are_refused(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"hello"))
    with pytest.raises(InputError, match="does not support compressed files"):
        sc.binaryRecords(str(tmp_path), 5).collect()
