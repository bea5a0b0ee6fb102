"""SparkSession: where nearly every program starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firesteel import SparkConf, SparkContext
from firesteel.errors import (
    AnalysisException,
    NeedsQueryEngineError,
    PySparkRuntimeError,
)
from firesteel.sql import HiveContext, Row, SparkSession, SQLContext
from support.contexts import SharedContext


@pytest.fixture(autouse=True)
def no_context(shared: SharedContext) -> Iterator[None]:
    """Sessions make the context themselves."""
    shared.close()
    yield
    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()


@pytest.fixture
def spark() -> SparkSession:
    return SparkSession.builder.master("local[1]").getOrCreate()


def test_a_session_brings_its_context() -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("words")
        .config("spark.default.parallelism", "3")
        .getOrCreate()
    )
    sc = spark.sparkContext
    assert (sc.master, sc.appName, sc.defaultParallelism) == ("local[2]", "words", 3)
    assert sc.parallelize([1, 2, 3]).map(lambda x: x + 1).collect() == [2, 3, 4]
    spark.stop()
    assert SparkContext._active_spark_context is None
    assert SparkSession.getActiveSession() is None


def test_get_or_create_gets_the_one_that_runs() -> None:
    spark = SparkSession.builder.master("local[1]").getOrCreate()
    assert SparkSession.builder.appName("other").getOrCreate() is spark
    assert SparkContext.getOrCreate() is spark.sparkContext
    spark.stop()
    again = SparkSession.builder.master("local[1]").getOrCreate()
    assert again is not spark
    assert again.sparkContext.range(3).count() == 3
    again.stop()


def test_a_session_takes_the_context_that_runs() -> None:
    with SparkContext("local[1]", "mine") as sc:
        assert SparkSession.builder.getOrCreate().sparkContext is sc


def test_a_session_of_a_context(spark: SparkSession) -> None:
    other = SparkSession(spark.sparkContext)
    assert other is not spark
    assert SparkSession.getActiveSession() is spark
    spark.conf.set("spark.x", "1")
    assert other.conf.get("spark.x") == "1"


def test_a_session_is_a_context_manager() -> None:
    with SparkSession.builder.master("local[1]").getOrCreate() as spark:
        assert spark.version == "4.3.0"
    assert SparkContext._active_spark_context is None


def test_settings_in_all_their_forms() -> None:
    conf = SparkConf().set("spark.a", "1").set("spark.master", "local[1]")
    builder = SparkSession.builder.config(conf=conf).config("spark.b", True).config(map={"spark.c": 2})
    spark = builder.config(key="spark.d", value="x").enableHiveSupport().getOrCreate()
    assert [spark.conf.get(f"spark.{key}") for key in "abcd"] == ["1", "true", "2", "x"]
    assert spark.conf.getAll["spark.a"] == "1"
    assert spark.sparkContext.getConf().get("spark.a") == "1"
    SparkSession.builder.config("spark.a", "9").getOrCreate()
    assert spark.conf.get("spark.a") == "9"
    assert spark.sparkContext.getConf().get("spark.a") == "1"


def test_a_session_of_its_own_has_its_own_settings(spark: SparkSession) -> None:
    created = SparkSession.builder.config("spark.q", "1").create()
    assert created is not spark
    assert created.sparkContext is spark.sparkContext
    assert (created.conf.get("spark.q"), spark.conf.get("spark.q", None)) == ("1", None)
    spark.conf.set("spark.sql.shuffle.partitions", 7)
    assert spark.newSession().conf.get("spark.sql.shuffle.partitions") == "200"


def test_without_a_session() -> None:
    assert SparkSession.getActiveSession() is None
    with pytest.raises(PySparkRuntimeError, match="NO_ACTIVE_OR_DEFAULT_SESSION"):
        SparkSession.active()


def test_remote_is_refused() -> None:
    with pytest.raises(NeedsQueryEngineError, match="needs a Spark server"):
        SparkSession.builder.remote("sc://host")


def test_what_needs_a_query_engine_says_so(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, "a")], ["n", "s"])
    for run in (
        lambda: spark.sql("select 1"),
        lambda: spark.table("t"),
        lambda: spark.read.parquet("x"),
        lambda: spark.read.format("csv").option("header", True).load("x"),
        lambda: spark.catalog.listTables(),
        lambda: spark.readStream.load("x"),
        lambda: spark.streams.awaitAnyTermination(),
        lambda: spark.dataSource.register(int),
        lambda: frame.writeStream.start(),
        lambda: frame.groupBy("n"),
        lambda: frame.filter(frame.n > 0),
        lambda: frame[frame.n > 0],
        lambda: frame.select(frame.n + 1),
        lambda: frame.createOrReplaceTempView("t"),
        lambda: frame.na.drop(),
        lambda: frame.write.mode("overwrite").parquet("x"),
    ):
        with pytest.raises(NeedsQueryEngineError, match="needs a query engine: Firesteel runs RDDs"):
            run()


def test_what_is_no_attribute_is_none(spark: SparkSession) -> None:
    assert not hasattr(spark, "nonsense")
    with pytest.raises(AttributeError, match="nonsense"):
        spark.nonsense  # noqa: B018


def test_lines_of_a_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("a\nb\n\nc")
    path = str(tmp_path / "lines.txt")
    frame = spark.read.text(path)
    lines = [Row(value="a"), Row(value="b"), Row(value=""), Row(value="c")]
    assert repr(frame) == "DataFrame[value: string]"
    assert frame.rdd.collect() == frame.collect() == lines
    assert frame.rdd.map(lambda row: len(row.value)).sum() == 3
    assert spark.read.text([path, path]).count() == 8
    assert spark.read.format("text").load(path).collect() == lines
    assert spark.read.text(path, wholetext=True).collect() == [Row(value="a\nb\n\nc")]
    assert spark.read.option("wholetext", True).text(path).count() == 1
    with pytest.raises(NeedsQueryEngineError, match="with lineSep"):
        spark.read.text(path, lineSep="b")
    with pytest.raises(AnalysisException, match=r"PATH_NOT_FOUND.*does not exist: file:/no/such"):
        spark.read.text("/no/such")


def test_the_doors_of_old(spark: SparkSession) -> None:
    with pytest.warns(FutureWarning, match="Deprecated"):
        context = SQLContext(spark.sparkContext)
    assert context.sparkSession is spark
    assert context.createDataFrame([(1,)], ["a"]).count() == 1
    assert context.getConf("spark.no", "x") == "x"
    assert HiveContext(spark.sparkContext).range(2).count() == 2
    assert SQLContext.getOrCreate(spark.sparkContext) is SQLContext.getOrCreate()
    SQLContext._instantiatedContext = None


def test_tags_are_those_of_the_jobs(spark: SparkSession) -> None:
    spark.addTag("x")
    assert spark.getTags() == spark.sparkContext.getJobTags() == {"x"}
    spark.clearTags()
    assert spark.getTags() == set()


@pytest.mark.parametrize(("cores", "expected"), [(1, [15]), (2, [12, 3]), (3, [9, 5, 1])])
def test_small_files_share_partitions_as_in_the_reference(
    tmp_path: Path, cores: int, expected: list[int]
) -> None:
    for number, lines in enumerate((3, 1, 2, 5, 4)):
        text = "".join(f"{number} {line}\n" for line in range(lines))
        (tmp_path / f"{number}.txt").write_text(text)
    with SparkContext(f"local[{cores}]", "files") as sc:
        spark = SparkSession(sc)
        read = spark.read.text(str(tmp_path)).rdd.map(lambda row: row[0])
        assert [len(part) for part in read.glom().collect()] == expected
        assert read.take(6) == ["3 0", "3 1", "3 2", "3 3", "3 4", "4 0"]
        assert spark.read.text(str(tmp_path / "0.txt")).rdd.getNumPartitions() == 1


def test_the_doors_to_java_are_the_contexts(spark: SparkSession) -> None:
    assert spark._jsc is not None
    assert spark._jvm.java.lang.Math.max(1, 2) == 2
