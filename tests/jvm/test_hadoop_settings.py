"""What a program sets in `sc._jsc.hadoopConfiguration()` is what its reads and writes go by."""

import gzip
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext

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


def test_what_nothing_goes_by_is_told_of_once_it_matters(hadoop: Any) -> None:
    with pytest.warns(UserWarning, match="lines end with a newline"):
        hadoop.set("textinputformat.record.delimiter", "|")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hadoop.set("fs.s3a.access.key", "secret")
    assert hadoop.get("fs.s3a.access.key") == "secret"
