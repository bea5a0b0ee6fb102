"""What PySpark's names return, as far as following a program through them needs it.

A kind is the full name of a class of PySpark's. Invariant: where the tables do not say, nothing is assumed.
"""

import functools


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


CONTEXT = "pyspark.SparkContext"
CONF = "pyspark.SparkConf"
RDD = "pyspark.RDD"
SESSION = "pyspark.sql.SparkSession"
BUILDER = "pyspark.sql.SparkSession.Builder"
FRAME = "pyspark.sql.DataFrame"
GROUPED = "pyspark.sql.GroupedData"
READER = "pyspark.sql.DataFrameReader"
WRITER = "pyspark.sql.DataFrameWriter"
JVM = "jvm"
"""The root of Java's packages, `sc._jvm`; a dotted path below it is a Java name."""

CLASSES = {
    kind.rpartition(".")[2]: kind for kind in (CONTEXT, CONF, RDD, SESSION, FRAME, GROUPED, READER, WRITER)
}
"""The classes by the names that programs import, from whichever module."""
CLASSES |= dict.fromkeys(("SQLContext", "HiveContext"), SESSION)

CONVENTIONS = {
    "sc": CONTEXT,
    "sparkContext": CONTEXT,
    "spark_context": CONTEXT,
    "spark": SESSION,
    "sparkSession": SESSION,
    "spark_session": SESSION,
    "sqlContext": SESSION,
    "_jvm": JVM,
}
"""What a name is that nothing else is known of."""

RESULTS = {
    f"{SESSION}.builder": BUILDER,
    f"{SESSION}.read": READER,
    f"{SESSION}.sparkContext": CONTEXT,
    f"{SESSION}.createDataFrame": FRAME,
    f"{SESSION}.sql": FRAME,
    f"{SESSION}.table": FRAME,
    f"{SESSION}.range": FRAME,
    f"{SESSION}.getOrCreate": SESSION,
    f"{SESSION}.getActiveSession": SESSION,
    f"{SESSION}.active": SESSION,
    f"{SESSION}.newSession": SESSION,
    f"{BUILDER}.getOrCreate": SESSION,
    f"{BUILDER}.create": SESSION,
    f"{CONTEXT}.getOrCreate": CONTEXT,
    f"{CONTEXT}.getConf": CONF,
    f"{FRAME}.rdd": RDD,
    f"{FRAME}.write": WRITER,
    f"{RDD}.toDF": FRAME,
    f"{RDD}.context": CONTEXT,
    f"{RDD}.ctx": CONTEXT,
    **{f"{FRAME}.{name}": GROUPED for name in ("groupBy", "groupby", "rollup", "cube")},
    **{
        f"{READER}.{name}": FRAME
        for name in ("text", "csv", "json", "parquet", "orc", "jdbc", "table", "load")
    },
    **{
        f"{CONTEXT}.{name}": RDD
        for name in (
            *("parallelize", "range", "emptyRDD", "union", "textFile", "wholeTextFiles", "binaryFiles"),
            *("binaryRecords", "pickleFile", "sequenceFile", "hadoopFile", "newAPIHadoopFile"),
        )
    },
}
"""The kinds of members, called or not."""

CHAINING = {
    FRAME: FRAME,
    GROUPED: FRAME,
    READER: READER,
    WRITER: WRITER,
    BUILDER: BUILDER,
    CONF: CONF,
}
"""What the other methods of a kind return: mostly one to go on with."""

VALUES = {
    FRAME: words(
        "collect columns count dtypes first head isEmpty schema show tail take toLocalIterator toPandas "
        "printSchema explain toArrow sparkSession"
    ),
    CONF: frozenset(["get", "getAll", "contains", "toDebugString"]),
}
"""Methods that end a chain."""

FRAME_ONLY = words(
    "approxQuantile createGlobalTempView createOrReplaceGlobalTempView createOrReplaceTempView "
    "createTempView crossJoin dropDuplicates exceptAll intersectAll registerTempTable selectExpr "
    "sortWithinPartitions unionByName withColumn withColumnRenamed withColumns withWatermark writeStream"
)
"""Methods of DataFrames that nothing else has, whatever they are called on."""


def result_of(kind: str, member: str) -> str | None:
    """Return the kind of a member, or of what it returns.

    >>> result_of(CONTEXT, "textFile"), result_of(RDD, "map"), result_of(RDD, "count")
    ('pyspark.RDD', 'pyspark.RDD', None)
    """
    if kind == JVM or kind.startswith(f"{JVM}."):
        return f"{kind}.{member}"
    known = RESULTS.get(f"{kind}.{member}")
    if known is not None or member in VALUES.get(kind, ()) or member.startswith("_"):
        return known or CONVENTIONS.get(member)
    if kind == RDD:
        return RDD if member in _rdd_methods() else None
    return CHAINING.get(kind)


@functools.cache
def _rdd_methods() -> frozenset[str]:
    """Return the methods of an RDD that return another one, by their annotations."""
    from firesteel.core import rdd

    found = vars(rdd.RDD).items()
    return frozenset(name for name, value in found if _returns_rdd(value))


def _returns_rdd(method: object) -> bool:
    return str(getattr(method, "__annotations__", {}).get("return", "")).lstrip("'").startswith("RDD")
