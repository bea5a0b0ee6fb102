"""Saving into a folder that exists."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel.errors import OutputError, PythonException

NEW_TEXT = "org.apache.hadoop.mapreduce.lib.output.TextOutputFormat"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def sc(start_context: Callable[..., SparkContext]) -> SparkContext:
    return start_context(settings={"spark.hadoop.validateOutputSpecs": "False"})


def test_parts_replace_those_of_their_names_and_others_stay(sc: SparkContext, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sc.parallelize([1, 2, 3], 3).saveAsTextFile(str(out))
    first = names(out)
    (out / ".part-00000.crc").write_bytes(b"of the file before")
    sc.parallelize([9], 1).saveAsTextFile(f"file:{out}")
    assert names(out) == first
    assert sc.textFile(str(out)).collect() == ["9", "2", "3"]
    sc.parallelize([(7, 8)], 1).saveAsNewAPIHadoopFile(str(out), NEW_TEXT)
    assert names(out) == sorted([*first, "part-r-00000"])


def test_an_rdd_is_saved_over_its_own_input(sc: SparkContext, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    sc.parallelize(["a", "b"], 2).saveAsTextFile(out)
    sc.textFile(out).map(str.upper).saveAsTextFile(out)
    assert sc.textFile(out).collect() == ["A", "B"]


def test_a_failed_job_changes_nothing(sc: SparkContext, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sc.parallelize([1, 2], 2).saveAsTextFile(str(out))
    before = names(out)
    with pytest.raises(PythonException, match="ZeroDivisionError"):
        sc.parallelize([9, 0], 2).map(lambda x: 1 / x).saveAsTextFile(str(out))
    assert names(out) == before
    assert sc.textFile(str(out)).collect() == ["1", "2"]


def test_a_file_is_not_replaced(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        sc.parallelize([1]).saveAsTextFile(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"
