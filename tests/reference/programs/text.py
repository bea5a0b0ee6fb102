"""Text input and output: which partition owns a line, what ends one, and the bytes that are written.

Files of a folder are read in the order in which the file system lists them, which no recording can fix;
programs over several files therefore name them or use a pattern, whose matches are sorted.
"""

import gzip

from programs.inputs import SEVERAL_BATCHES, WORDS, pairs
from programs.registry import outcome, placed, program


def _file(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def _saved(folder):
    """Names and bytes of what a save left, without the checksum files of the reference's file system."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith(".")
    }


@program(1, 2, 3, 4, 5, files=True)
def text_lines_and_splits(sc, n, folder):
    lines = b"".join(b"line %d%s\n" % (number, b"x" * (number % 7)) for number in range(40))
    path = _file(folder, "lines.txt", lines)
    return {"placed": placed(sc.textFile(path, n)), "partitions": sc.textFile(path, n).getNumPartitions()}


@program(1, 2, 3, 4, 5, files=True)
def text_number_of_splits(sc, n, folder):
    """A split may be a tenth larger than planned, so there may be other than n partitions."""
    sizes = {
        size: _file(folder, f"{size}.txt", b"x\n" * (size // 2) + b"y" * (size % 2))
        for size in (1, 2, 3, 9, 10, 11, 12, 23, 97, 101, 109, 111)
    }
    return {str(size): [len(lines) for lines in placed(sc.textFile(path, n))] for size, path in sizes.items()}


@program(1, 2, 3, 4, 5, files=True)
def text_boundary_lines(sc, n, folder):
    """A line that starts exactly on a boundary belongs to the earlier split."""
    contents = (
        b"aa\nbb\ncc\ndd\n",
        b"aa\r\nbb\r\ncc\r\n",
        b"aaa\rbbb\rcc\r",
        b"a" * 20 + b"\nb\n",
        b"\r\n\r\n\r\n\r\n",
        b"\n\n\n",
        b"\r\r",
        b"a\rb\rc",
    )
    return {
        repr(content): placed(sc.textFile(_file(folder, f"{index}.txt", content), n))
        for index, content in enumerate(contents)
    }


@program(2, 3, files=True)
def text_line_ends(sc, n, folder):
    contents = {
        "mixed": b"a\n\rb\r\r\nc\n",
        "no end": b"a\nb",
        "nothing else ends a line": "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n".encode(),
        "nul": b"a\0b\n\0\n",
        "only ends": b"\n\r\n\r\n\r",
        "blanks stay": b"  a \t\n \n",
    }
    return {name: placed(sc.textFile(_file(folder, name, content), n)) for name, content in contents.items()}


@program(1, 2, files=True)
def text_that_is_not_utf8(sc, n, folder):
    sequences = (
        b"\xff", b"\x80\x80", b"\xc3", b"\xc3\x28", b"\xc0\x80", b"\xe2\x82", b"\xe2\x28\xa1",
        b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x9f\x94",
        b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff", b"\xf1\x80\xc3\xa9",
        b"\xe1\x80\xe1", b"ok \xf0\x9f\x94\xa5 ok",
    )  # fmt: skip
    path = _file(
        folder, "bytes.txt", b"".join(b"[" + sequence + b"]" + sequence + b"\n" for sequence in sequences)
    )
    return {"unicode": placed(sc.textFile(path, n)), "bytes": placed(sc.textFile(path, n, use_unicode=False))}


@program(1, 3, files=True)
def text_byte_order_mark(sc, n, folder):
    mark = b"\xef\xbb\xbf"
    return {
        "at the start": placed(sc.textFile(_file(folder, "one", mark + b"aaaa\nbbbb\n"), n)),
        "twice, and on a later line": placed(
            sc.textFile(_file(folder, "two", mark + mark + b"a\n" + mark + b"b\n"), n)
        ),
        "alone": placed(sc.textFile(_file(folder, "alone", mark), n)),
        "half": placed(sc.textFile(_file(folder, "half", mark[:2] + b"a\n"), n)),
    }


@program(1, 2, 3, 4, 5, files=True)
def text_of_several_files(sc, n, folder):
    a = _file(folder, "in/a.txt", b"a\n" * 50)
    b = _file(folder, "in/b.txt", b"b\n" * 10)
    _file(folder, "in/c.txt", b"")
    d = _file(folder, "in/d.log", b"d\n" * 200)
    _file(folder, "in/_hidden.txt", b"hidden\n")
    _file(folder, "in/.hidden.txt", b"hidden\n")
    names = {
        "pattern": f"{folder}/in/*.txt",
        "choice": f"{folder}/in/{{d,a}}*",
        "set": f"{folder}/in/[ab].txt",
        "list": f"{d},{a}",
        "twice": f"{b},{b}",
        "uri": f"file:{a}",
        "uri with slashes": f"file://{b}",
    }
    return {
        name: [[len(lines), sorted(set(lines))] for lines in placed(sc.textFile(path, n))]
        for name, path in names.items()
    }


@program(1, 2, files=True)
def text_of_a_folder(sc, n, folder):
    _file(folder, "in/part-00000", b"1\n2\n3\n")
    _file(folder, "in/_SUCCESS", b"")
    _file(folder, "in/.part-00000.crc", b"crc!")
    (folder / "empty").mkdir()
    return {
        "folder": placed(sc.textFile(f"{folder}/in", n)),
        "trailing slash": placed(sc.textFile(f"{folder}/in/", n)),
        "empty": placed(sc.textFile(f"{folder}/empty", n)),
    }


@program(1, 4, files=True)
def text_of_empty_files(sc, n, folder):
    path = _file(folder, "empty.txt", b"")
    return {
        "placed": placed(sc.textFile(path, n)),
        "partitions": sc.textFile(path, n).getNumPartitions(),
        "count": sc.textFile(path, n).count(),
        "first": outcome(lambda: sc.textFile(path, n).first()),
    }


@program(1, 4, files=True)
def text_compressed(sc, n, folder):
    lines = b"".join(b"%d\n" % number for number in range(300))
    return {
        "one split": placed(sc.textFile(_file(folder, "a.gz", gzip.compress(lines)), n)),
        "two members": placed(
            sc.textFile(_file(folder, "b.gz", gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n")), n)
        ),
        "nothing inside": placed(sc.textFile(_file(folder, "c.gz", gzip.compress(b"")), n)),
    }


@program(2, 5, files=True)
def text_of_long_lines(sc, n, folder):
    path = _file(
        folder,
        "long.txt",
        b"\n".join(
            bytes([97 + index]) * size for index, size in enumerate((70_000, 3, 0, 131_072, 1, 65_536))
        )
        + b"\n",
    )
    return placed(sc.textFile(path, n).map(lambda line: (line[:3], len(line))))


@program(2, 3, files=True)
def text_word_count(sc, n, folder):
    path = _file(
        folder,
        "words.txt",
        "\n".join(" ".join(WORDS[start : start + 5]) for start in range(0, len(WORDS), 2)).encode(),
    )
    counts = (
        sc.textFile(path, n).flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    )
    return {"placed": placed(counts), "top": counts.takeOrdered(10, key=lambda pair: -pair[1])}


@program(2, 3, files=True)
def text_repartitioned_and_coalesced(sc, n, folder):
    path = _file(folder, "lines.txt", b"".join(b"line %d\n" % number for number in range(100)))
    lines = sc.textFile(path, 7)
    counted = lines.count()
    return {
        "counted": counted,
        "coalesced": placed(lines.coalesce(n)),
        "coalesced, mapped": placed(lines.map(len).coalesce(n)),
        "repartitioned": placed(lines.repartition(n)),
        "with others": placed(lines.union(sc.parallelize(["other"], 1)).coalesce(n)),
        "keyed": placed(lines.keyBy(lambda line: len(line)).partitionBy(n)),
    }


@program(2, 3, files=True)
def text_default_partitions(sc, n, folder):
    path = _file(folder, "lines.txt", b"line\n" * 30)
    return {
        "placed": placed(sc.textFile(path)),
        "none asked": placed(sc.textFile(path, 0)),
        "type": type(sc.textFile(path, use_unicode=False).first()).__name__,
    }


@program(1, 2, files=True)
def text_input_refused(sc, n, folder):
    _file(folder, "nested/inner/file", b"x\n")
    _file(folder, "_hidden", b"x\n")
    return {
        "created": outcome(lambda: sc.textFile(f"{folder}/missing") and None),
        "missing": outcome(
            lambda: sc.textFile(f"{folder}/missing").collect(),
            f"Input path does not exist: file:{folder}/missing",
        ),
        "missing, counted": outcome(
            lambda: sc.textFile(f"{folder}/missing").getNumPartitions(), "Input path does not exist"
        ),
        "no match": outcome(lambda: sc.textFile(f"{folder}/no*").collect(), "matches 0 files"),
        "one of two": outcome(
            lambda: sc.textFile(f"{folder}/nested/inner/file,{folder}/missing").collect(),
            "Input path does not exist",
        ),
        "hidden": outcome(lambda: sc.textFile(f"{folder}/_hidden").collect(), "Input path does not exist"),
        "a folder inside": outcome(lambda: sc.textFile(f"{folder}/nested").collect(), "is a directory"),
        "matched folder": placed(sc.textFile(f"{folder}/nested/*", 1)),
        "another scheme": outcome(lambda: sc.textFile("nowhere://host/path").collect(), "nowhere"),
    }


@program(1, 2, 3, 4, 5, files=True)
def save_one_file_per_partition(sc, n, folder):
    done = sc.parallelize(range(12), n).saveAsTextFile(f"{folder}/out")
    sc.parallelize([1], n + 1).saveAsTextFile(f"{folder}/deep/er/out")
    return {"returned": done, "out": _saved(folder / "out"), "mostly empty": _saved(folder / "deep/er/out")}


@program(1, 2, files=True)
def save_every_kind_of_element(sc, n, folder):
    elements = [
        "a",
        b"b\xff\xed\xa0\x80",
        None,
        1,
        1.0,
        -0.0,
        1e100,
        True,
        10**30,
        (1, "x", None),
        [1],
        {"k": b"v"},
        "é\u2028",
        "two\nlines",
        "cr\rx",
        "",
        b"",
        "\0",
        3j,
        (),
    ]
    sc.parallelize(elements, n).saveAsTextFile(f"{folder}/out")
    return _saved(folder / "out")


@program(2, 3, files=True)
def save_and_read_back(sc, n, folder):
    sc.parallelize(pairs(SEVERAL_BATCHES, 100), n).reduceByKey(lambda a, b: a + b).saveAsTextFile(
        f"file:{folder}/out"
    )
    return {"saved": _saved(folder / "out"), "read": placed(sc.textFile(f"{folder}/out/part-*", 3))}


@program(1, 2, files=True)
def save_nothing(sc, n, folder):
    sc.emptyRDD().saveAsTextFile(f"{folder}/none")
    sc.parallelize([], n).saveAsTextFile(f"{folder}/empty")
    return {"no partitions": _saved(folder / "none"), "empty partitions": _saved(folder / "empty")}


@program(2, 3, files=True)
def save_compressed(sc, n, folder):
    codec = "org.apache.hadoop.io.compress.GzipCodec"
    sc.parallelize(WORDS, n).saveAsTextFile(f"{folder}/out", compressionCodecClass=codec)
    saved = _saved(folder / "out")
    return {name: gzip.decompress(content) if content else content for name, content in saved.items()}


@program(2, 3, files=True)
def save_refused(sc, n, folder):
    rdd = sc.parallelize([1, 2], n)
    rdd.saveAsTextFile(f"{folder}/out")
    _file(folder, "file", b"mine")
    refused = {
        "existing folder": outcome(lambda: rdd.saveAsTextFile(f"{folder}/out"), "already exists"),
        "existing file": outcome(lambda: rdd.saveAsTextFile(f"{folder}/file"), "already exists"),
        "a failing task": outcome(
            lambda: rdd.map(lambda x: 1 // (x - 2)).saveAsTextFile(f"{folder}/failed"), "ZeroDivisionError"
        ),
        "a lone surrogate": outcome(
            lambda: rdd.map(lambda x: "\ud800").saveAsTextFile(f"{folder}/surrogate"),
            "surrogates not allowed",
        ),
    }
    whole = (folder / "failed" / "_SUCCESS").exists()
    return refused | {
        "untouched": _saved(folder / "out"),
        "file": (folder / "file").read_bytes(),
        "failed looks whole": whole,
    }
