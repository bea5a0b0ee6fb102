"""SequenceFiles, pickle files and Hadoop's text formats: what we write we read, and what PySpark wrote, too.

`data/hadoop` is written by the real PySpark with `data/make_hadoop_files.py`.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from firesteel.core import _object_file
from firesteel.errors import (
    FiresteelError,
    InputError,
    OutputError,
    PySparkNotImplementedError,
    PythonException,
)
from support.values import SLICES, VALUES, assert_same

DATA = Path(__file__).parent.parent / "data" / "hadoop"
CODECS = "org.apache.hadoop.io.compress."
IO = "org.apache.hadoop.io."
OLD = "org.apache.hadoop.mapred."
NEW_INPUT = "org.apache.hadoop.mapreduce.lib.input."
NEW_OUTPUT = "org.apache.hadoop.mapreduce.lib.output."
TEXTS = f"{IO}Text", f"{IO}Text"
MANY = [(number, f"value {number}") for number in range(3000)]

INTS = st.integers(-(2**31), 2**31 - 1)
LONGS = st.integers(2**31, 2**63 - 1) | st.integers(-(2**63), -(2**31) - 1)
FLOATS = st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
BYTES = st.binary(max_size=5).map(bytearray)
HASHABLE = INTS | FLOATS | TEXT | st.booleans() | st.none()
MAPS = st.recursive(
    st.dictionaries(HASHABLE, HASHABLE | LONGS | BYTES, max_size=3),
    lambda inner: st.dictionaries(TEXT, inner | HASHABLE, max_size=3),
    max_leaves=4,
)
SAME_CLASS = st.sampled_from([INTS, LONGS, FLOATS, TEXT, BYTES, st.booleans(), st.none(), MAPS])
PAIRS = st.tuples(SAME_CLASS, SAME_CLASS).flatmap(
    lambda kinds: st.lists(st.tuples(*kinds), min_size=1, max_size=6)
)


def fresh(folder: Path) -> str:
    """Return a path in a folder that nothing has yet."""
    return str(folder / str(len(list(folder.iterdir()))))


@given(PAIRS, SLICES, st.sampled_from([None, "Default", "Gzip", "BZip2", "ZStandard", "Snappy", "Lz4"]))
def test_saved_pairs_read_back(
    sc: SparkContext, tmp_path: Path, pairs: list[tuple[Any, Any]], slices: int, codec: str | None
) -> None:
    path = fresh(tmp_path)
    rdd = sc.parallelize(pairs, slices)
    rdd.saveAsSequenceFile(path, codec and f"{CODECS}{codec}Codec")
    assert_same(sc.sequenceFile(path).collect(), pairs)


@given(st.lists(VALUES, max_size=30), SLICES, st.sampled_from([-1, 0, 1, 3, 10]))
def test_pickled_elements_read_back(
    sc: SparkContext, tmp_path: Path, elements: list[Any], slices: int, batch: int
) -> None:
    path = fresh(tmp_path)
    rdd = sc.parallelize(elements, slices)
    rdd.saveAsPickleFile(path, batch)
    assert_same(sc.pickleFile(path).collect(), elements)


@pytest.mark.parametrize("name", ["int", "long", "double", "text", "boolean", "null", "map"])
def test_pairs_of_the_reference(sc: SparkContext, name: str) -> None:
    expected = json.loads((DATA / "expected.json").read_text())["pairs"][name]
    assert_same(sc.sequenceFile(str(DATA / name)).collect(), [tuple(pair) for pair in expected])


def test_bytes_and_floats_of_the_reference(sc: SparkContext) -> None:
    assert_same(sc.sequenceFile(str(DATA / "bytes")).collect(), [(bytearray(b"\x00\xff"), bytearray())])
    assert_same(sc.sequenceFile(str(DATA / "float")).collect(), [(1.5, 7)])


@pytest.mark.parametrize("codec", ["Default", "Deflate", "Gzip", "BZip2", "Snappy", "Lz4"])
def test_blocks_of_the_reference(sc: SparkContext, codec: str) -> None:
    assert sc.sequenceFile(str(DATA / f"block_{codec}"), minSplits=1).collect() == MANY


@pytest.mark.parametrize("codec", ["Snappy", "Lz4"])
def test_text_in_blocks(sc: SparkContext, tmp_path: Path, codec: str) -> None:
    lines = [f"line {number % 7}" for number in range(100)]
    assert sc.textFile(str(DATA / f"text_{codec}")).collect() == lines
    path = tmp_path / "out"
    sc.parallelize(lines, 2).saveAsTextFile(str(path), f"{CODECS}{codec}Codec")
    assert (path / f"part-00001.{codec.lower()}").exists()
    assert sc.textFile(str(path)).collect() == lines
    assert sc.wholeTextFiles(str(path)).values().first().startswith("line 0\nline 1\n")


def test_compressed_records_of_the_reference(sc: SparkContext) -> None:
    assert sc.sequenceFile(str(DATA / "record")).collect() == [("", "für"), ("\U0001f600", "a\tb\n")]


def test_a_file_is_cut_where_the_reference_cuts_it(sc: SparkContext) -> None:
    recorded = json.loads((DATA / "splits.json").read_text())
    for wanted, expected in recorded.items():
        parts = sc.sequenceFile(str(DATA / "marks"), minSplits=int(wanted)).keys().glom().collect()
        assert [[part[0], len(part)] for part in parts] == expected
    whole = sc.newAPIHadoopFile(str(DATA / "marks"), f"{NEW_INPUT}SequenceFileInputFormat", *TEXTS)
    assert whole.getNumPartitions() == 1


def test_our_files_are_cut_at_their_marks(sc: SparkContext, tmp_path: Path) -> None:
    path = str(tmp_path / "marks")
    sc.parallelize([(number, "x" * 1000) for number in range(450)], 1).saveAsSequenceFile(path)
    parts = sc.sequenceFile(path, minSplits=3).keys().glom().collect()
    assert [len(part) for part in parts] == [202, 101, 147]
    assert [number for part in parts for number in part] == list(range(450))


@pytest.mark.parametrize("batch", [10, 3, 1, 0, -1])
def test_pickle_files_of_the_reference_and_ours_are_the_same(
    sc: SparkContext, tmp_path: Path, batch: int
) -> None:
    theirs = DATA / f"pickle_{batch}"
    assert sc.pickleFile(str(theirs)).collect() == list(range(40))
    sc.range(40, numSlices=1).saveAsPickleFile(str(tmp_path / "ours"), batch)
    header = len(b'SEQ\x06!org.apache.hadoop.io.NullWritable"org.apache.hadoop.io.BytesWritable') + 6
    ours = (tmp_path / "ours" / "part-00000").read_bytes()
    recorded = (theirs / "part-00000").read_bytes()
    # Between the header and the first record stands the mark, which is random.
    assert ours[:header] == recorded[:header]
    assert ours[header + 16 :] == recorded[header + 16 :]


def test_pickled_elements_of_every_type_of_the_reference(sc: SparkContext) -> None:
    elements = sc.pickleFile(str(DATA / "pickle_mixed")).collect()
    assert sorted(elements, key=str) == sorted([None, {"a": (1, 2.5)}, "für", b"x"], key=str)


def test_elements_of_classes_of_the_program(sc: SparkContext, tmp_path: Path) -> None:
    sc.parallelize([lambda x: x + 1], 1).saveAsPickleFile(str(tmp_path / "out"))
    assert sc.pickleFile(str(tmp_path / "out")).first()(1) == 2


@pytest.mark.parametrize("name", ["int", "text"])
def test_no_pickle_file(sc: SparkContext, name: str) -> None:
    with pytest.raises(PythonException, match="not a pickle file"):
        sc.pickleFile(str(DATA / name)).collect()


@given(st.lists(st.binary(max_size=9), max_size=12), st.binary(max_size=3), st.integers(0, 200))
def test_arrays_of_java_are_whole_or_refused(arrays: list[bytes], more: bytes, cut: int) -> None:
    serialised = _object_file.java_arrays(arrays)
    assert _object_file.byte_arrays(serialised) == arrays
    for damaged in (serialised[:-1], serialised[:cut] + more + serialised[cut:]):
        try:
            _object_file.byte_arrays(damaged)
        except ValueError as error:
            assert str(error) == _object_file.NOT_A_PICKLE_FILE  # noqa: PT017  some damage goes unseen


def test_what_is_no_sequence_file(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello world\n")
    with pytest.raises(PythonException, match=f"file:{tmp_path}/text not a SequenceFile"):
        sc.sequenceFile(str(tmp_path)).collect()
    with pytest.raises(InputError, match="Input path does not exist"):
        sc.sequenceFile(f"{tmp_path}/zz").collect()
    (tmp_path / "empty").touch()
    assert sc.sequenceFile(f"{tmp_path}/empty").collect() == []


@pytest.mark.parametrize("name", ["int", "block_Default", "record"])
def test_damage_is_an_error(sc: SparkContext, tmp_path: Path, name: str) -> None:
    whole = (DATA / name / "part-00000").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-3])
    with pytest.raises(PythonException, match=f"Cannot read file:{tmp_path}/cut at byte"):
        sc.sequenceFile(f"{tmp_path}/cut").collect()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([(1, 1), (2, "x")], f"wrong value class: {IO}Text is not class {IO}IntWritable"),
        ([(1, 1), (None, 1)], f"wrong key class: {IO}NullWritable is not class {IO}IntWritable"),
        ([(1, 1), 5], "RDD element of type int cannot be used"),
        ([(1, 1), (1, 2, 3)], "RDD element of type tuple cannot be used"),
        ([(1, {"a": [1]}), (1, {"a": {1}})], "Data of type list cannot be used"),
    ],
)
def test_pairs_that_do_not_fit(sc: SparkContext, tmp_path: Path, pairs: list[Any], message: str) -> None:
    with pytest.raises(PythonException, match=message):
        sc.parallelize(pairs, 1).saveAsSequenceFile(str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", [[1], {1}, 1j, 2**70])
def test_a_first_pair_that_does_not_fit(sc: SparkContext, tmp_path: Path, value: Any) -> None:
    with pytest.raises(TypeError, match=r"Data of type .* cannot be used"):
        sc.parallelize([("k", value)], 1).saveAsSequenceFile(str(tmp_path / "out"))


def test_nothing_has_no_classes(sc: SparkContext, tmp_path: Path) -> None:
    with pytest.raises(FiresteelError, match="empty collection"):
        sc.parallelize([], 2).saveAsSequenceFile(str(tmp_path / "out"))


def test_arrays_are_written_and_only_their_subclasses_are_read(sc: SparkContext, tmp_path: Path) -> None:
    sc.parallelize([("k", (1.5, 2.5))], 1).saveAsSequenceFile(str(tmp_path / "out"))
    part = tmp_path / "out" / "part-00000"
    with pytest.raises(PythonException, match=f"{IO}ArrayWritable is not a class that can be read"):
        sc.sequenceFile(str(part)).collect()
    name = b"org.apache.spark.api.python.DoubleArrayWritable"
    old = b"org.apache.hadoop.io.ArrayWritable"
    part.write_bytes(part.read_bytes().replace(bytes([len(old)]) + old, bytes([len(name)]) + name))
    assert sc.sequenceFile(str(part)).collect() == [("k", (1.5, 2.5))]


def test_classes_that_are_asked_for(sc: SparkContext, tmp_path: Path) -> None:
    path = str(tmp_path / "out")
    classes = f"{IO}LongWritable", f"{IO}FloatWritable"
    sc.parallelize([(1, 0.1)], 1).saveAsHadoopFile(path, f"{OLD}SequenceFileOutputFormat", *classes)
    [(key, value)] = sc.sequenceFile(path).collect()
    assert key == 1
    assert math.isclose(value, 0.1, rel_tol=1e-6)
    assert value != 0.1
    with pytest.raises(OutputError, match="foo is not a class that can be written without Java"):
        sc.parallelize([(1, 2)]).saveAsHadoopFile(
            f"{path}2", f"{OLD}SequenceFileOutputFormat", "foo", classes[0]
        )


def test_records_are_compressed_where_the_conf_says_so(sc: SparkContext, tmp_path: Path) -> None:
    path = str(tmp_path / "out")
    conf = {"mapreduce.output.fileoutputformat.compress": "true"}
    pairs = [("k", "v" * 1000)]
    sc.parallelize(pairs, 1).saveAsNewAPIHadoopFile(path, f"{NEW_OUTPUT}SequenceFileOutputFormat", conf=conf)
    part = (tmp_path / "out" / "part-r-00000").read_bytes()
    assert b"\x01\x00*org.apache.hadoop.io.compress.DefaultCodec" in part
    assert len(part) < 300
    assert sc.sequenceFile(path).collect() == pairs


def test_lines_with_their_places_and_with_keys(sc: SparkContext, tmp_path: Path) -> None:
    path = str(tmp_path / "lines")
    (tmp_path / "lines").write_bytes(b"k1\tv1\nk2\nk3\ta\tb\n")
    lines = [(0, "k1\tv1"), (6, "k2"), (9, "k3\ta\tb")]
    pairs = [("k1", "v1"), ("k2", ""), ("k3", "a\tb")]
    old, new = sc.hadoopFile, sc.newAPIHadoopFile
    assert old(path, f"{OLD}TextInputFormat", *TEXTS).getNumPartitions() == sc.defaultMinPartitions
    assert old(path, f"{OLD}TextInputFormat", *TEXTS).collect() == lines
    assert new(path, f"{NEW_INPUT}TextInputFormat", *TEXTS).glom().collect() == [lines]
    assert old(path, f"{OLD}KeyValueTextInputFormat", *TEXTS).collect() == pairs
    assert new(path, f"{NEW_INPUT}KeyValueTextInputFormat", *TEXTS).collect() == pairs
    conf = {
        "mapreduce.input.keyvaluelinerecordreader.key.value.separator": "1",
        "mapreduce.input.fileinputformat.inputdir": path,
    }
    cut = [("k", "\tv1"), ("k2", ""), ("k3\ta\tb", "")]
    assert sc.newAPIHadoopRDD(f"{NEW_INPUT}KeyValueTextInputFormat", *TEXTS, conf=conf).collect() == cut
    assert sc.hadoopRDD(f"{OLD}KeyValueTextInputFormat", *TEXTS, conf=conf).collect() == cut
    # PySpark passes a conf on only where it says the path, too.
    assert old(path, f"{OLD}KeyValueTextInputFormat", *TEXTS, conf=conf).collect() == pairs


def test_a_delimiter_ends_lines(sc: SparkContext, tmp_path: Path) -> None:
    path, directory = str(tmp_path / "lines"), "mapreduce.input.fileinputformat.inputdir"
    (tmp_path / "lines").write_bytes(b"a\tb;\nc;d")
    delimited, lines = [(0, "a\tb"), (4, "\nc"), (7, "d")], [(0, "a\tb;"), (5, "c;d")]
    conf = {"textinputformat.record.delimiter": ";", directory: path}
    old, new = f"{OLD}TextInputFormat", f"{NEW_INPUT}TextInputFormat"
    assert sc.newAPIHadoopFile(path, new, *TEXTS, conf=conf).glom().collect() == [delimited]
    assert sc.newAPIHadoopRDD(new, *TEXTS, conf=conf).collect() == delimited
    assert sc.hadoopRDD(old, *TEXTS, conf=conf).collect() == delimited
    # PySpark does not look at the conf of this one, nor at the delimiter of a format with keys.
    with pytest.warns(UserWarning, match=r"does not look at textinputformat\.record\.delimiter"):
        assert sc.hadoopFile(path, old, *TEXTS, conf=conf).collect() == lines
    keyed = sc.newAPIHadoopFile(path, f"{NEW_INPUT}KeyValueTextInputFormat", *TEXTS, conf=conf)
    assert keyed.collect() == [("a", "b;"), ("c;d", "")]


def test_folders_inside_a_folder_by_the_conf(sc: SparkContext, tmp_path: Path) -> None:
    for name in ("z", "a/b/1"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        sc.parallelize([(name, None)], 1).saveAsSequenceFile(str(tmp_path / name))
    conf = {"mapred.input.dir.recursive": "true"}
    input_format = f"{NEW_INPUT}SequenceFileInputFormat"
    assert sc.newAPIHadoopFile(str(tmp_path), input_format, *TEXTS, conf=conf).keys().collect() == [
        "a/b/1",
        "z",
    ]
    with pytest.raises(InputError, match="is a directory"):
        sc.newAPIHadoopFile(str(tmp_path), input_format, *TEXTS).collect()


def test_pairs_as_lines_look_as_in_the_reference(sc: SparkContext, tmp_path: Path) -> None:
    array = f"ArrayWritable [valueClass=interface {IO}Writable, values=[1]]"
    lines = {
        ("a", 1): "a\t1\n",
        (None, True): "true\n",
        ("c", None): "c\n",
        (None, None): "",
        (b"ab", 1e10): "61 62\t1.0E10\n",
        (1e-5, 2**40): "1.0E-5\t1099511627776\n",
        (math.inf, -math.inf): "Infinity\t-Infinity\n",
        (100.0, 1e7): "100.0\t1.0E7\n",
        (-1.25e-7, 123456789.0): "-1.25E-7\t1.23456789E8\n",
        ("m", (1,)): f"m\t{array}\n",
    }
    path = tmp_path / "out"
    sc.parallelize(list(lines), 1).saveAsHadoopFile(str(path), f"{OLD}TextOutputFormat")
    assert (path / "part-00000").read_text() == "".join(lines.values())


def test_datasets_take_everything_from_the_conf(sc: SparkContext, tmp_path: Path) -> None:
    key = "mapreduce.output.fileoutputformat.outputdir"
    rdd = sc.parallelize([(1, 2)], 1)
    conf = {key: str(tmp_path / "old"), "mapred.output.format.class": f"{OLD}TextOutputFormat"}
    rdd.saveAsHadoopDataset(conf)
    assert (tmp_path / "old" / "part-00000").read_text() == "1\t2\n"
    conf = {key: str(tmp_path / "new"), "mapreduce.output.textoutputformat.separator": "|"}
    rdd.saveAsNewAPIHadoopDataset(conf)
    assert (tmp_path / "new" / "part-r-00000").read_text() == "1|2\n"


def test_other_classes_are_refused_in_one_line(sc: SparkContext, tmp_path: Path) -> None:
    rdd = sc.parallelize([(1, 2)])
    for call in (
        lambda: sc.newAPIHadoopFile("x", "foo.Bar", *TEXTS),
        lambda: sc.hadoopFile("x", f"{NEW_INPUT}TextInputFormat", *TEXTS),
        lambda: sc.sequenceFile("x", keyConverter="foo.Bar"),
        lambda: rdd.saveAsHadoopFile(str(tmp_path / "x"), "foo.Bar"),
        lambda: rdd.saveAsNewAPIHadoopFile(str(tmp_path / "x"), "foo.Bar", keyConverter="foo"),
    ):
        with pytest.raises(PySparkNotImplementedError, match=r"cannot be used without Java.*") as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(OutputError, match="Unknown compression codec foo"):
        rdd.saveAsSequenceFile(str(tmp_path / "y"), "foo")
