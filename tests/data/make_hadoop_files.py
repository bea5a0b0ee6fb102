"""Writes `hadoop/`: small files by the real PySpark 4.3, for the tests to read.

Run it where PySpark and a JVM are: `python tests/data/make_hadoop_files.py`. What the files hold stands in
`hadoop/expected.json`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from pyspark import SparkContext

FOLDER = Path(__file__).parent / "hadoop"
CODECS = "org.apache.hadoop.io.compress."
OLD_OUTPUT = "org.apache.hadoop.mapred.SequenceFileOutputFormat"
RECORDS = {
    "mapreduce.output.fileoutputformat.compress": "true",
    "mapreduce.output.fileoutputformat.compress.type": "RECORD",
}
PAIRS: dict[str, list[tuple[Any, Any]]] = {
    "int": [(1, -1), (-(2**31), 2**31 - 1)],
    "long": [(2**40, -(2**63))],
    "double": [(1.5, -0.0), (1e300, 5e-324)],
    "text": [("", "für"), ("\U0001f600", "a\tb\n")],
    "boolean": [(True, False)],
    "null": [(None, None)],
    "map": [("k", {"a": 1, "b": 2.5, "c": {"d": None, "e": True}}), ("l", {})],
}
MANY = [(number, f"value {number}") for number in range(3000)]


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    sc = SparkContext("local[2]")
    for name, pairs in PAIRS.items():
        sc.parallelize(pairs, 1).saveAsSequenceFile(f"{FOLDER}/{name}")
    sc.parallelize([(b"\x00\xff", b"")], 1).saveAsSequenceFile(f"{FOLDER}/bytes")
    many = sc.parallelize(MANY, 1)
    for codec in ("Default", "Deflate", "Gzip", "BZip2", "Snappy", "Lz4"):
        many.saveAsSequenceFile(f"{FOLDER}/block_{codec}", f"{CODECS}{codec}Codec")
    sc.parallelize(PAIRS["text"], 1).saveAsHadoopFile(f"{FOLDER}/record", OLD_OUTPUT, conf=RECORDS)
    with_floats(sc)
    for size in (10, 3, 1, 0, -1):
        sc.parallelize(range(40), 1).saveAsPickleFile(f"{FOLDER}/pickle_{size}", size)
    sc.parallelize([None, {"a": (1, 2.5)}, "für", b"x"], 2).saveAsPickleFile(f"{FOLDER}/pickle_mixed")
    for codec in ("Snappy", "Lz4"):
        text = sc.parallelize([f"line {number % 7}" for number in range(100)], 1)
        text.saveAsTextFile(f"{FOLDER}/text_{codec}", f"{CODECS}{codec}Codec")
    many_marks(sc)
    sc.stop()
    for path in [*FOLDER.rglob("*.crc"), *FOLDER.rglob("_SUCCESS")]:
        path.unlink()
    (FOLDER / "expected.json").write_text(json.dumps({"pairs": PAIRS, "many": len(MANY)}, indent=1) + "\n")


def with_floats(sc: SparkContext) -> None:
    """Write what no Python value becomes in PySpark."""
    io = sc._jvm.org.apache.hadoop.io
    path = sc._jvm.org.apache.hadoop.fs.Path(f"{FOLDER}/float/part-00000")
    options = sc._gateway.new_array(io.SequenceFile.Writer.Option, 3)
    options[0] = io.SequenceFile.Writer.file(path)
    options[1] = io.SequenceFile.Writer.keyClass(io.FloatWritable().getClass())
    options[2] = io.SequenceFile.Writer.valueClass(io.LongWritable().getClass())
    writer = io.SequenceFile.createWriter(sc._jsc.hadoopConfiguration(), options)
    writer.append(io.FloatWritable(1.5), io.LongWritable(7))
    writer.close()


def many_marks(sc: SparkContext) -> None:
    """Write a file that is long enough to be cut, and record which pairs each partition of it holds."""
    path = f"{FOLDER}/marks"
    sc.parallelize([(number, "x" * 1000) for number in range(450)], 1).saveAsSequenceFile(path)
    splits = {
        wanted: [[p[0], len(p)] for p in sc.sequenceFile(path, minSplits=wanted).keys().glom().collect()]
        for wanted in (1, 2, 3, 5, 40)
    }
    (FOLDER / "splits.json").write_text(json.dumps(splits) + "\n")


if __name__ == "__main__":
    main()
