"""Counts the words of this machine's Python standard library: `firesteel run standard_library_words.py`."""

import os
import re
import sysconfig
import time
from glob import glob
from operator import add

from pyspark.sql import SparkSession

WORD = re.compile(r"[A-Za-z_]{4,}")


def main() -> None:
    library = sysconfig.get_path("stdlib")
    # Names that begin with _ are hidden files for textFile, as they are for Hadoop.
    patterns = [f"{library}/[!_]*.py", f"{library}/[!_]*/[!_]*.py"]
    paths = [path for pattern in patterns for path in sorted(glob(pattern)) if "site-packages" not in path]
    size = sum(os.path.getsize(path) for path in paths)

    spark = SparkSession.builder.master("local[*]").appName("words").getOrCreate()
    sc = spark.sparkContext
    start = time.perf_counter()
    lines = sc.textFile(",".join(paths)).coalesce(4 * sc.defaultParallelism)
    counts = lines.flatMap(WORD.findall).map(lambda word: (word, 1)).reduceByKey(add)
    top = counts.takeOrdered(20, key=lambda pair: -pair[1])
    different = counts.count()
    elapsed = time.perf_counter() - start
    spark.stop()

    width = max(len(word) for word, _ in top)
    print(f"{'word':<{width}}  {'count':>7}")
    print(f"{'-' * width}  {'-' * 7}")
    for word, count in top:
        print(f"{word:<{width}}  {count:>7,}")
    print(f"\n{different:,} different words in {len(paths):,} files, {size:,} bytes read in {elapsed:.2f} s")


if __name__ == "__main__":
    main()
