"""SequenceFiles and Hadoop's text formats, by the names of their Java classes, in and out."""

import itertools

from programs.inputs import pairs
from programs.registry import outcome, placed, program

IO = "org.apache.hadoop.io."
OLD = "org.apache.hadoop.mapred."
NEW_INPUT = "org.apache.hadoop.mapreduce.lib.input."
NEW_OUTPUT = "org.apache.hadoop.mapreduce.lib.output."
CODECS = "org.apache.hadoop.io.compress."
TEXTS = (f"{IO}Text", f"{IO}Text")
INPUT_FOLDER = "mapreduce.input.fileinputformat.inputdir"
OUTPUT_FOLDER = "mapreduce.output.fileoutputformat.outputdir"

# One class for all keys, and one for all values, as a file has.
OF_ONE_CLASS = {
    "ints": [(1, -1), (-(2**31), 2**31 - 1), (0, 7)],
    "longs": [(2**40, -(2**63)), (2**31, 2**63 - 1)],
    "floats": [(1.5, -0.0), (1e300, 5e-324), (float("inf"), 0.1)],
    "texts": [("", "für"), ("\U0001f600", "a\tb\n"), ("a\x00b", "")],
    "booleans": [(True, False), (False, False)],
    "nothings": [(None, None), (None, None)],
    "bytes": [(b"\x00\xff", b""), (b"", b"a")],
    "maps": [("k", {"a": 1, "b": 2.5, "c": {"d": None, "e": True}}), ("l", {})],
}


def _text(folder):
    """The text of each part that a save left."""
    return [(path.name, path.read_text()) for path in sorted(folder.glob("part-*"))]


@program(1, 3, files=True)
def hadoop_sequence_files(sc, n, folder):
    read = {}
    for name, elements in OF_ONE_CLASS.items():
        sc.parallelize(elements, n).saveAsSequenceFile(f"{folder}/{name}")
        read[name] = placed(sc.sequenceFile(f"{folder}/{name}/part-*", minSplits=1))
    return {
        **read,
        "written": sorted(path.name for path in (folder / "ints").glob("[!.]*")),
        "with classes": placed(sc.sequenceFile(f"{folder}/texts/part-*", *TEXTS, minSplits=n)),
        "nothing": outcome(
            lambda: sc.parallelize([], n).saveAsSequenceFile(f"{folder}/nothing"), "empty collection"
        ),
        "a second time": outcome(
            lambda: sc.parallelize([(1, 1)]).saveAsSequenceFile(f"{folder}/ints"), "already exists"
        ),
        "missing": outcome(
            lambda: sc.sequenceFile(f"{folder}/missing").collect(), "Input path does not exist"
        ),
    }


@program(1, 2, files=True)
def hadoop_compressed_sequence_files(sc, n, folder):
    elements, read = pairs(300, 7), {}
    for codec in ("Default", "Gzip", "BZip2"):
        path = f"{folder}/{codec}"
        sc.parallelize(elements, n).saveAsSequenceFile(path, f"{CODECS}{codec}Codec")
        read[codec] = placed(sc.sequenceFile(f"{path}/part-*", minSplits=1))
    return read


@program(1, 3, files=True)
def hadoop_lines(sc, n, folder):
    """Lines with the places where they begin, and lines cut at a separator, by both interfaces of Hadoop."""
    path = f"{folder}/lines"
    (folder / "lines").write_bytes(b"k1\tv1\nk2\nk3\ta\tb\n")
    conf = {"mapreduce.input.keyvaluelinerecordreader.key.value.separator": "1", INPUT_FOLDER: path}
    old, new = f"{OLD}KeyValueTextInputFormat", f"{NEW_INPUT}KeyValueTextInputFormat"
    return {
        "old lines": sc.hadoopFile(path, f"{OLD}TextInputFormat", *TEXTS).collect(),
        "new lines": placed(sc.newAPIHadoopFile(path, f"{NEW_INPUT}TextInputFormat", *TEXTS)),
        "old pairs": sc.hadoopFile(path, old, *TEXTS).collect(),
        "new pairs": placed(sc.newAPIHadoopFile(path, new, *TEXTS)),
        "cut elsewhere": placed(sc.newAPIHadoopRDD(new, *TEXTS, conf=conf)),
        "old, by a conf": sc.hadoopRDD(old, *TEXTS, conf=conf).collect(),
        "old, of a path and a conf": sc.hadoopFile(path, old, *TEXTS, conf=conf).collect(),
        "partitions": [
            sc.hadoopFile(path, old, *TEXTS).getNumPartitions(),
            sc.newAPIHadoopFile(path, new, *TEXTS).getNumPartitions(),
        ],
    }


@program(1, 3, files=True)
def hadoop_pairs_as_lines(sc, n, folder):
    elements = [("a", 1), (None, True), ("c", None), (None, None), (b"ab", 1e10), (1e-5, 2**40)]
    elements += [(float("inf"), float("-inf")), (100.0, 1e7), (-1.25e-7, 123456789.0)]
    rdd = sc.parallelize([(1, "one"), (2, "two"), (3, "")], n)
    separated = {"mapreduce.output.textoutputformat.separator": "|"}
    old = {OUTPUT_FOLDER: f"{folder}/by_conf", "mapred.output.format.class": f"{OLD}TextOutputFormat"}
    sc.parallelize(elements, n).saveAsHadoopFile(f"{folder}/mixed", f"{OLD}TextOutputFormat")
    rdd.saveAsHadoopFile(f"{folder}/old", f"{OLD}TextOutputFormat", *TEXTS)
    rdd.saveAsNewAPIHadoopFile(f"{folder}/new", f"{NEW_OUTPUT}TextOutputFormat", conf=separated)
    rdd.saveAsHadoopDataset(old)
    rdd.saveAsNewAPIHadoopDataset({OUTPUT_FOLDER: f"{folder}/new_by_conf", **separated})
    names = ("mixed", "old", "new", "by_conf", "new_by_conf")
    return {name: _text(folder / name) for name in names}


@program(1, 3, files=True)
def hadoop_sequence_files_by_their_formats(sc, n, folder):
    elements = [(1, 10), (2, 20), (3, 30)]
    rdd, told = sc.parallelize(elements, n), {}
    rdd.saveAsHadoopFile(f"{folder}/old", f"{OLD}SequenceFileOutputFormat")
    rdd.saveAsNewAPIHadoopFile(f"{folder}/new", f"{NEW_OUTPUT}SequenceFileOutputFormat")
    ints = (f"{IO}IntWritable", f"{IO}IntWritable")
    readers = {
        "sequenceFile": lambda path: sc.sequenceFile(path, *ints, minSplits=1),
        "hadoopFile": lambda path: sc.hadoopFile(path, f"{OLD}SequenceFileInputFormat", *ints),
        "newAPIHadoopFile": lambda path: sc.newAPIHadoopFile(
            path, f"{NEW_INPUT}SequenceFileInputFormat", *ints
        ),
    }
    for (reader, read), name in itertools.product(readers.items(), ("old", "new")):
        told[f"{reader} of {name}"] = read(f"{folder}/{name}/part-*").collect()
    told["written"] = {
        name: sorted(path.name for path in (folder / name).glob("part-*")) for name in ("old", "new")
    }
    return told
