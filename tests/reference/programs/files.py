"""Whole files, records and pickle files: what is read, and that it comes back.

Files of a folder are read in the order in which the file system lists them: see `text.py`.
"""

import gzip

from programs.inputs import MIXED
from programs.registry import outcome, placed, program

MISSING = "Input path does not exist"


def _fill(folder, **contents):
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return str(folder)


def _sorted(rdd, folder):
    """The pairs of an RDD by name, without the folder, which is another one in each run."""
    return sorted((_short(name, folder), content) for name, content in rdd.collect())


def _short(name, folder):
    whole = f"file:{folder}/"
    return name.replace(whole, "") if isinstance(name, str) else name.replace(whole.encode(), b"")


@program(1, 3, files=True)
def files_as_whole_texts(sc, n, folder):
    path = _fill(folder, b=b"bb\r\nx\xff", a=b"aaa", empty=b"", _hidden=b"h", **{".dot": b"d"})
    (folder / "packed.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfhello"))
    (folder / "inside").mkdir()
    (folder / "inside" / "y").write_bytes(b"2")
    (folder / "none").mkdir()
    return {
        "texts": _sorted(sc.wholeTextFiles(path), folder),
        "bytes": _sorted(sc.wholeTextFiles(f"{path}/[ab]", n, use_unicode=False), folder),
        "with more partitions": _sorted(sc.wholeTextFiles(path, n), folder),
        "of one": placed(sc.wholeTextFiles(f"{path}/a", n).values()),
        "none": placed(sc.wholeTextFiles(f"{path}/none")),
        "missing": outcome(lambda: sc.wholeTextFiles(f"{path}/missing").collect(), MISSING),
    }


@program(1, 3, files=True)
def files_as_whole_bytes(sc, n, folder):
    path = _fill(folder, a=b"\x00\xff", b=b"bb", empty=b"", _hidden=b"h")
    (folder / "packed.gz").write_bytes(gzip.compress(b"hello", mtime=0))
    read = sc.binaryFiles(path, n)
    return {
        "bytes": [(name, type(content).__name__, content[:2]) for name, content in _sorted(read, folder)],
        "of one": placed(sc.binaryFiles(f"{path}/a", n).values()),
        "partitions": sc.binaryFiles(f"{path}/[ab]", n).getNumPartitions(),
        "missing": outcome(lambda: sc.binaryFiles(f"{path}/missing").collect(), MISSING),
    }


@program(1, 3, files=True)
def files_of_records(sc, n, folder):
    path = _fill(folder, a=b"0123456789", b=b"abcde", empty=b"")
    return {
        "records": placed(sc.binaryRecords(f"{path}/[ab]", 5)),
        "single bytes": placed(sc.binaryRecords(f"{path}/b", 1)),
        "empty": placed(sc.binaryRecords(f"{path}/empty", 4)),
        "missing": outcome(lambda: sc.binaryRecords(f"{path}/missing", 4).collect(), MISSING),
    }


@program(1, 3, files=True)
def files_of_pickles(sc, n, folder):
    read = {}
    for name, elements in {"mixed": MIXED, "numbers": list(range(40)), "nothing": []}.items():
        for size in (10, 3, 1, 0, -1):
            path = f"{folder}/{name}{size}"
            sc.parallelize(elements, n).saveAsPickleFile(path, size)
            read[f"{name} by {size}"] = placed(sc.pickleFile(f"{path}/part-*"))
    sc.parallelize(range(30), n).saveAsPickleFile(f"{folder}/plain")
    return {
        **read,
        "plain": placed(sc.pickleFile(f"{folder}/plain/part-*", n)),
        "written": sorted(path.name for path in (folder / "plain").glob("[!.]*")),
        "a second time": outcome(lambda: sc.range(3).saveAsPickleFile(f"{folder}/plain"), "already exists"),
        "missing": outcome(lambda: sc.pickleFile(f"{folder}/missing").collect(), MISSING),
    }
