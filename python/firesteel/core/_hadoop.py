"""Hadoop's file formats by the names of their Java classes, and what its keys and values look like.

There is no Java here: the formats for text, for text with keys, and SequenceFiles are native, and any other
class is refused in one line.
"""

import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from firesteel.core._settings import HADOOP
from firesteel.errors import FiresteelError, PySparkNotImplementedError, PySparkTypeError
from firesteel.errors.job import ArgumentError

Conf = dict[str, str]

INPUT = {
    "TextInputFormat": "text",
    "KeyValueTextInputFormat": "key_value",
    "SequenceFileInputFormat": "sequence",
}
OUTPUT = {"TextOutputFormat": "text", "SequenceFileOutputFormat": "sequence"}
WRITABLES = "org.apache.hadoop.io."
COMPRESS = "mapreduce.output.fileoutputformat.compress"
KEY_SEPARATOR = "mapreduce.input.keyvaluelinerecordreader.key.value.separator"
DELIMITER = "textinputformat.record.delimiter"
RECURSIVE = "mapreduce.input.fileinputformat.input.dir.recursive"
MARKS_SUCCESS = "mapreduce.fileoutputcommitter.marksuccessfuljobs"
OLD_NAMES = {
    "fs.default.name": "fs.defaultFS",
    "key.value.separator.in.input.line": KEY_SEPARATOR,
    "mapred.input.dir": "mapreduce.input.fileinputformat.inputdir",
    "mapred.input.dir.recursive": RECURSIVE,
    "mapred.output.compress": COMPRESS,
    "mapred.output.compression.codec": f"{COMPRESS}.codec",
    "mapred.output.compression.type": f"{COMPRESS}.type",
    "mapred.output.dir": "mapreduce.output.fileoutputformat.outputdir",
    "mapred.textoutputformat.separator": "mapreduce.output.textoutputformat.separator",
}
"""Hadoop's names of before, for the settings that count here."""
DEFAULT_CODEC = "org.apache.hadoop.io.compress.DefaultCodec"
JAVA_INTS = range(-(1 << 31), 1 << 31)
JAVA_LONGS = range(-(1 << 63), 1 << 63)


@dataclass(frozen=True)
class Api:
    """One of Hadoop's two APIs, which differ in packages, in how files are cut, and in the names of parts."""

    input_package: str
    output_package: str
    new_names: bool


OLD = Api("org.apache.hadoop.mapred.", "org.apache.hadoop.mapred.", False)
NEW = Api("org.apache.hadoop.mapreduce.lib.input.", "org.apache.hadoop.mapreduce.lib.output.", True)


def settings_of(pairs: Iterable[tuple[str, str]]) -> Conf:
    """Return Hadoop's settings among Spark's, where they have a prefix.

    >>> settings_of([("spark.hadoop.mapred.output.compress", "true"), ("spark.master", "local")])
    {'mapreduce.output.fileoutputformat.compress': 'true'}
    """
    return {current_name(key.removeprefix(HADOOP)): value for key, value in pairs if key.startswith(HADOOP)}


def current_name(key: str) -> str:
    """Return the name of a setting that Hadoop uses now."""
    return OLD_NAMES.get(key, key)


def current_names(conf: Conf) -> Conf:
    """Return settings under the names that Hadoop uses now."""
    return {current_name(key): value for key, value in conf.items()}


def marks_success(conf: Conf) -> bool:
    """Whether a whole output folder gets a `_SUCCESS`."""
    return conf.get(MARKS_SUCCESS, "true").lower() != "false"


def input_format(api: Api, name: str) -> str:
    """Return our name of an input format."""
    return _known(api.input_package, INPUT, name)


def output_format(api: Api, name: str) -> str:
    """Return our name of an output format."""
    return _known(api.output_package, OUTPUT, name)


def _known(package: str, formats: dict[str, str], name: str) -> str:
    found = formats.get(name.removeprefix(package)) if name.startswith(package) else None
    if found is None:
        known = ", ".join(package + short for short in formats)
        raise PySparkNotImplementedError(f"{name} cannot be used without Java; these can: {known}")
    return found


def refuse_converters(*converters: str | None) -> None:
    """Raise if a Java class is to convert keys or values."""
    for name in converters:
        if name is not None:
            raise PySparkNotImplementedError(f"{name} cannot be used without Java; convert with map()")


def input_paths(conf: Conf) -> str:
    """Return the paths that a conf names."""
    return _needed(conf, "mapreduce.input.fileinputformat.inputdir")


def output_path(conf: Conf) -> str:
    """Return the folder that a conf names."""
    return _needed(conf, "mapreduce.output.fileoutputformat.outputdir")


def _needed(conf: Conf, key: str) -> str:
    if key not in conf:
        raise FiresteelError(f"the conf must set {key}")
    return conf[key]


def delimiter_of(conf: Conf) -> str | None:
    """Return what ends a line in place of line ends."""
    delimiter = conf.get(DELIMITER)
    if delimiter == "":
        raise ArgumentError(f"{DELIMITER} must not be empty")
    return delimiter


def is_recursive(conf: Conf) -> bool:
    """Whether the folders inside an input folder are read, too."""
    return conf.get(RECURSIVE, "").strip().lower() == "true"


def warn_of_unread(conf: Conf) -> None:
    """Tell of settings of a read that PySpark does not look at in the old API, and so we do not either."""
    for key in (DELIMITER, RECURSIVE):
        if key in conf:
            warnings.warn(
                f"hadoopFile, as in PySpark, does not look at {key} in its conf: "
                f"use newAPIHadoopFile, hadoopRDD, or {HADOOP}{key} of the context",
                stacklevel=3,
            )


def separator_of_input(conf: Conf) -> str:
    """Return what stands between key and value in a line: a single character."""
    return (conf.get(KEY_SEPARATOR) or "\t")[0]


def separator_of_output(conf: Conf) -> str:
    """Return what is to stand between key and value in a line."""
    return conf.get("mapreduce.output.textoutputformat.separator", "\t")


def codec_of(conf: Conf) -> str | None:
    """Return the class of the codec that a conf asks for."""
    if conf.get(COMPRESS, "false").lower() != "true":
        return None
    return conf.get(f"{COMPRESS}.codec", DEFAULT_CODEC)


def compression_of(conf: Conf) -> dict[str, Any]:
    """Return how a conf asks for SequenceFiles to be compressed, as options of a save."""
    codec = codec_of(conf)
    return {} if codec is None else {"codec": codec, "blocks": compresses_blocks(conf)}


def compresses_blocks(conf: Conf) -> bool:
    """Whether a conf asks for many records to be compressed together."""
    kind = conf.get(f"{COMPRESS}.type", "RECORD").upper()
    if kind not in ("NONE", "RECORD", "BLOCK"):
        raise FiresteelError(f"{COMPRESS}.type must be NONE, RECORD or BLOCK, not {kind}")
    return kind == "BLOCK"


def key_and_value(separator: str, line: str) -> tuple[str, str]:
    r"""Cut a line at the first separator.

    >>> key_and_value("\t", "iron\tFe\t26"), key_and_value("\t", "iron")
    (('iron', 'Fe\t26'), ('iron', ''))
    """
    key, _, value = line.partition(separator)
    return key, value


def line_of(separator: str, pair: Any) -> Iterator[str]:
    r"""Return the line of a pair, or none if both are None.

    >>> list(line_of("\t", ("iron", 26))), list(line_of("\t", (None, 1e7))), list(line_of("\t", (None, None)))
    (['iron\t26'], ['1.0E7'], [])
    """
    texts = [java_text(part) for part in checked_pair(pair) if part is not None]
    if texts:
        yield separator.join(texts)


def checked_pair(element: Any) -> tuple[Any, Any]:
    """Return an element if it is a pair."""
    if not isinstance(element, tuple) or len(element) != 2:
        raise PySparkTypeError(f"RDD element of type {type(element).__qualname__} cannot be used")
    return element


def writable_class(value: Any) -> str:
    """Return the class that Hadoop stores a value as.

    >>> writable_class(26), writable_class("iron")
    ('org.apache.hadoop.io.IntWritable', 'org.apache.hadoop.io.Text')
    """
    return WRITABLES + _writable(value)


def _writable(value: Any) -> str:
    if value is None:
        return "NullWritable"
    if isinstance(value, int) and not isinstance(value, bool):
        return _writable_int(value)
    names = {
        bool: "BooleanWritable",
        float: "DoubleWritable",
        str: "Text",
        bytes: "BytesWritable",
        bytearray: "BytesWritable",
        dict: "MapWritable",
        tuple: "ArrayWritable",
    }
    name = next((name for cls, name in names.items() if isinstance(value, cls)), None)
    if name is None:
        raise PySparkTypeError(f"Data of type {type(value).__qualname__} cannot be used")
    return name


def _writable_int(value: int) -> str:
    if value in JAVA_INTS:
        return "IntWritable"
    if value in JAVA_LONGS:
        return "LongWritable"
    raise PySparkTypeError("Data of type int beyond 64 bits cannot be used")


def java_text(value: Any) -> str:
    """Return a value as Java shows what Hadoop makes of it.

    >>> java_text(True), java_text(1e-5), java_text(b"ab"), java_text({"a": 1})
    ('true', '1.0E-5', '61 62', '{a=1}')
    """
    kind = _writable(value)
    if kind == "NullWritable":
        return "(null)"
    if kind == "BooleanWritable":
        return "true" if value else "false"
    if kind == "DoubleWritable":
        return _java_double(value)
    if kind == "BytesWritable":
        return value.hex(" ")
    return _java_collection(kind, value) if kind in ("MapWritable", "ArrayWritable") else str(value)


def _java_collection(kind: str, value: Any) -> str:
    if kind == "MapWritable":
        return "{" + ", ".join(f"{java_text(k)}={java_text(v)}" for k, v in value.items()) + "}"
    values = ", ".join(java_text(item) for item in value)
    return f"ArrayWritable [valueClass=interface {WRITABLES}Writable, values=[{values}]]"


def _java_double(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        # In this range Python writes no exponent either.
        return repr(float(value))
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    first, *others = map(str, digits)
    shift = int(exponent) + len(others)
    return f"{'-' if sign else ''}{first}.{''.join(others) or '0'}E{shift}"
