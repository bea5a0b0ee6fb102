"""What a program sets in `sc._jsc.hadoopConfiguration()` is what its reads and writes go by."""

import gzip
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext
from firesteel.errors import ArgumentError, InputError

COMPRESS = "mapreduce.output.fileoutputformat.compress"
GZIP = "org.apache.hadoop.io.compress.GzipCodec"


@pytest.fixture
def hadoop(sc2: SparkContext) -> Iterator[Any]:
    assert sc2._jsc is not None
    conf = sc2._jsc.hadoopConfiguration()
    yield conf
    conf.clear()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".crc"))


def test_text_is_compressed(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.setBoolean(COMPRESS, True)
    hadoop.set(f"{COMPRESS}.codec", GZIP)
    sc2.parallelize(["iron"], 1).saveAsTextFile(str(tmp_path / "text"))
    assert names(tmp_path / "text") == ["_SUCCESS", "part-00000.gz"]
    assert gzip.decompress((tmp_path / "text/part-00000.gz").read_bytes()) == b"iron\n"


def test_hadoops_names_of_before_mean_the_same(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.set("mapred.output.compress", "true")
    hadoop.set("mapred.output.compression.codec", GZIP)
    new = "org.apache.hadoop.mapreduce.lib.output.TextOutputFormat"
    sc2.parallelize([("iron", 26)], 1).saveAsNewAPIHadoopFile(str(tmp_path / "new"), new)
    assert names(tmp_path / "new") == ["_SUCCESS", "part-r-00000.gz"]


def test_pickle_files_are_compressed_as_in_pyspark(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.setBoolean(COMPRESS, True)
    hadoop.set(f"{COMPRESS}.codec", GZIP)
    sc2.parallelize(["iron"], 1).saveAsPickleFile(str(tmp_path / "pickles"))
    assert GZIP.encode() in (tmp_path / "pickles/part-00000").read_bytes()
    assert sc2.pickleFile(str(tmp_path / "pickles")).collect() == ["iron"]
    sc2.parallelize([("iron", 26)], 1).saveAsSequenceFile(str(tmp_path / "pairs"))
    assert GZIP.encode() in (tmp_path / "pairs/part-00000").read_bytes()


def test_the_separator_of_pairs(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.set("mapreduce.output.textoutputformat.separator", "=")
    old = "org.apache.hadoop.mapred.TextOutputFormat"
    sc2.parallelize([("iron", 26)], 1).saveAsHadoopFile(str(tmp_path / "pairs"), old)
    assert (tmp_path / "pairs/part-00000").read_text() == "iron=26\n"


def test_the_conf_of_one_save_wins(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.set("mapreduce.output.textoutputformat.separator", "=")
    old = "org.apache.hadoop.mapred.TextOutputFormat"
    own = {"mapred.textoutputformat.separator": ";"}
    sc2.parallelize([("iron", 26)], 1).saveAsHadoopFile(str(tmp_path / "pairs"), old, conf=own)
    assert (tmp_path / "pairs/part-00000").read_text() == "iron;26\n"


def test_no_mark_of_success(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    hadoop.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    for number, path in enumerate([tmp_path / "one", f"file:{tmp_path}/two", f"file://{tmp_path}/three"]):
        sc2.parallelize([number], 1).saveAsTextFile(str(path))
    assert [names(tmp_path / name) for name in ("one", "two", "three")] == [["part-00000"]] * 3


def test_the_input_may_stand_there(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("iron\n")
    hadoop.set("mapreduce.input.fileinputformat.inputdir", str(tmp_path / "lines"))
    text = "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"
    classes = "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text"
    assert sc2.newAPIHadoopRDD(text, *classes).collect() == [(0, "iron")]


def test_settings_of_the_context_are_there(start_context: Any, tmp_path: Path) -> None:
    sc = start_context(
        "local[1]", {f"spark.hadoop.{COMPRESS}": "true", f"spark.hadoop.{COMPRESS}.codec": GZIP}
    )
    assert sc._jsc.hadoopConfiguration().get(COMPRESS) == "true"
    sc.parallelize(["iron"], 1).saveAsTextFile(str(tmp_path / "text"))
    assert names(tmp_path / "text") == ["_SUCCESS", "part-00000.gz"]


def test_lines_end_with_a_delimiter(sc2: SparkContext, hadoop: Any, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"iron\r\n||steel|\n||||flint||")
    hadoop.set("textinputformat.record.delimiter", "||")
    before = sc2.textFile(str(tmp_path / "lines"), 1)
    assert before.collect() == ["iron\r\n", "steel|\n", "", "flint"]
    assert [x for part in sc2.textFile(str(tmp_path), 5).glom().collect() for x in part] == before.collect()
    classes = "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text"
    read = sc2.hadoopFile(str(tmp_path), "org.apache.hadoop.mapred.TextInputFormat", *classes)
    assert read.keys().collect() == [0, 8, 17, 19]
    hadoop.set("textinputformat.record.delimiter", "")
    with pytest.raises(ArgumentError, match="must not be empty"):
        sc2.textFile(str(tmp_path))


@pytest.mark.parametrize(
    "key", ["mapreduce.input.fileinputformat.input.dir.recursive", "mapred.input.dir.recursive"]
)
def test_folders_inside_a_folder(sc2: SparkContext, hadoop: Any, tmp_path: Path, key: str) -> None:
    for name in ("b/c/3", "a/1", "b/2", "b/_no/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name[-1]}\n")
    folder = str(tmp_path)
    hadoop.set(key, "TRUE")
    assert sc2.textFile(folder).collect() == ["1", "2", "3"]
    assert sc2.wholeTextFiles(folder).values().collect() == ["1\n", "2\n", "3\n"]
    assert sc2.binaryFiles(folder).values().collect() == [b"1\n", b"2\n", b"3\n"]
    assert sc2.binaryRecords(folder, 2).collect() == [b"1\n", b"2\n", b"3\n"]
    hadoop.set(key, "yes")
    with pytest.raises(InputError, match="is a directory"):
        sc2.textFile(folder).collect()
    assert sc2.wholeTextFiles(folder).collect() == []


def test_what_nothing_goes_by_is_told_of_once_it_matters(hadoop: Any) -> None:
    with pytest.warns(UserWarning, match="input is split as without it"):
        hadoop.set("mapreduce.input.fileinputformat.split.maxsize", "7")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hadoop.set("fs.s3a.access.key", "secret")
    assert hadoop.get("fs.s3a.access.key") == "secret"
