"""SparkSession: where nearly every program starts."""

from collections.abc import Iterator

import pytest

from firesteel import SparkContext
from firesteel.sql import SparkSession
from support.contexts import SharedContext


@pytest.fixture(autouse=True)
def no_context(shared: SharedContext) -> Iterator[None]:
    """Sessions make the context themselves."""
    shared.close()
    yield
    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()


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


def test_a_session_is_a_context_manager() -> None:
    with SparkSession.builder.master("local[1]").getOrCreate() as spark:
        assert spark.version == "4.3.0"
    assert SparkContext._active_spark_context is None


def test_what_does_not_exist_yet_says_so() -> None:
    with (
        SparkSession.builder.master("local[1]").getOrCreate() as spark,
        pytest.raises(AttributeError) as error,
    ):
        spark.createDataFrame([(1,)])  # type: ignore[attr-defined]
    assert "DataFrame" in str(error.value)
