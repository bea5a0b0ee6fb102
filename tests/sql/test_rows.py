"""Rows, schemas and DataFrames where they meet the engine: in tasks, in pickles, beside pandas."""

import base64
import pickle
from typing import Any

import pytest

from data.public_objects import names_in
from firesteel import SparkContext, StorageLevel
from firesteel._pickled_names import as_pyspark, loads
from firesteel.errors import JobError, NeedsQueryEngineError, PySparkImportError
from firesteel.sql import DataFrame, Row, SparkSession
from firesteel.sql import functions as F
from firesteel.sql._rows.dataframe import RowsDataFrame
from firesteel.sql.types import (
    ArrayType,
    DecimalType,
    DoubleType,
    IntegerType,
    StringType,
    StructField,
    StructType,
    UserDefinedType,
)

# Written by PySpark 4.3: pickle.dumps of OBJECTS, protocol 4.
PICKLED_BY_THE_REFERENCE = (
    "gASVCAIAAAAAAAB9lCiMA3Jvd5SMEXB5c3Bhcmsuc3FsLnR5cGVzlIwLX2NyZWF0ZV9yb3eUk5RdlCiMAWGUjAFilGVLAV2U"
    "aARdlIwBY5RhjAF4lIWUhpRSlGGGlIaUUpSMBW5hbWVzlIwHY29weXJlZ5SMDl9yZWNvbnN0cnVjdG9ylJOUaAKMA1Jvd5ST"
    "lIwIYnVpbHRpbnOUjAV0dXBsZZSTlGgGaAeGlIeUUpSMBnNjaGVtYZRoAowKU3RydWN0VHlwZZSTlCmBlH2UKIwGZmllbGRz"
    "lF2UKGgCjAtTdHJ1Y3RGaWVsZJSTlCmBlH2UKIwEbmFtZZRoBowIZGF0YVR5cGWUaAKMC0ludGVnZXJUeXBllJOUKYGUjAhu"
    "dWxsYWJsZZSJjAhtZXRhZGF0YZR9lIwBa5RLAXN1YmgmKYGUfZQoaCloB2gqaAKMCUFycmF5VHlwZZSTlCmBlH2UKIwLZWxl"
    "bWVudFR5cGWUaAKMC0RlY2ltYWxUeXBllJOUKYGUfZQojAlwcmVjaXNpb26USwWMBXNjYWxllEsCjBBoYXNQcmVjaXNpb25J"
    "bmZvlIh1YowMY29udGFpbnNOdWxslIh1YmguiGgvfZR1YmVoEl2UKGgGaAdljA9fbmVlZENvbnZlcnNpb26UXZQoiYlljBZf"
    "bmVlZFNlcmlhbGl6ZUFueUZpZWxklIl1YnUu"
)
OBJECTS = {
    "row": Row(a=1, b=[Row(c="x")]),
    "names": Row("a", "b"),
    "schema": StructType(
        [
            StructField("a", IntegerType(), False, {"k": 1}),
            StructField("b", ArrayType(DecimalType(5, 2))),
        ]
    ),
}


@pytest.fixture
def spark(sc2: SparkContext) -> SparkSession:
    return SparkSession.builder.getOrCreate()


def test_pickles_cross_with_the_reference() -> None:
    written = base64.b64decode(PICKLED_BY_THE_REFERENCE)
    assert loads(written) == OBJECTS
    assert repr(loads(written)) == repr(OBJECTS)
    assert names_in(as_pyspark(pickle.dumps(OBJECTS, 4))) == names_in(written)


def test_rows_are_elements_like_any_other(sc: SparkContext) -> None:
    rows = [Row(name=f"n{i % 3}", n=i) for i in range(20)]
    rdd = sc.parallelize(rows, 3)
    assert rdd.collect() == rows
    assert rdd.map(lambda row: row.n).sum() == 190
    assert rdd.map(lambda row: (row.name, row.n)).reduceByKey(lambda a, b: a + b).collectAsMap() == {
        "n0": 63,
        "n1": 70,
        "n2": 57,
    }
    assert repr(rdd.map(lambda row: Row(**{**row.asDict(), "n": -row.n})).first()) == "Row(name='n0', n=0)"
    assert rdd.map(lambda row: (row, 1)).groupByKey().count() == 20


def test_elements_of_an_rdd_are_checked_when_they_are_computed(spark: SparkSession) -> None:
    frame = spark.createDataFrame(spark.sparkContext.parallelize([(1,), ("x",)], 1), "a int")
    with pytest.raises(JobError, match=r"field a: IntegerType.. can not accept object 'x'"):
        frame.collect()
    assert frame.first() == Row(a=1)


def test_tuples_are_kept_and_rows_are_made_of_them(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(i, str(i)) for i in range(5)], ["n", "s"])
    assert isinstance(frame, RowsDataFrame)
    assert type(frame._tuples.first()) is tuple
    assert type(frame.rdd.first()) is Row
    assert frame.rdd is frame.rdd


def test_keeping_rows(spark: SparkSession) -> None:
    calls = spark.sparkContext.accumulator(0)

    def noted(x: int) -> tuple[int]:
        calls.add(1)
        return (x,)

    frame = (
        spark.sparkContext.parallelize(range(4), 2).map(noted).toDF("n: long").persist(StorageLevel.DISK_ONLY)
    )
    assert (frame.count(), frame.count(), frame.is_cached) == (4, 4, True)
    assert calls.value == 4
    assert not frame.unpersist().is_cached


def test_the_last_rows_come_from_the_last_partitions(spark: SparkSession) -> None:
    frame = spark.createDataFrame(spark.sparkContext.parallelize([(i,) for i in range(10)], 4), "n int")
    assert [row.n for row in frame.tail(4)] == [6, 7, 8, 9]
    assert [row.n for row in frame.limit(4).collect()] == [0, 1, 2, 3]
    assert frame.limit(4).rdd.getNumPartitions() == 1


def test_one_sibling_is_as_good_as_another(spark: SparkSession) -> None:
    class Other(DataFrame):
        """What a query engine would add."""

        def count(self) -> int:
            return 7

    other = Other()
    assert isinstance(spark.range(1), DataFrame)
    assert (other.count(), isinstance(other, DataFrame)) == (7, True)
    assert F.broadcast(other) is other
    with pytest.raises(NeedsQueryEngineError, match=r"DataFrame\.collect"):
        other.collect()


class Point:
    """A point on a plane."""

    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    __hash__ = None  # type: ignore[assignment]


class PointType(UserDefinedType):
    """A point, kept as a list of two numbers."""

    @classmethod
    def sqlType(cls) -> ArrayType:
        return ArrayType(DoubleType(), False)

    @classmethod
    def module(cls) -> str:
        return __name__

    def serialize(self, obj: Any) -> Any:
        return [obj.x, obj.y]

    def deserialize(self, datum: Any) -> Point:
        return Point(datum[0], datum[1])


Point.__UDT__ = PointType()  # type: ignore[attr-defined]


def test_a_type_of_the_users_own(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, Point(1.0, 2.0))], ["n", "p"])
    assert frame.schema["p"].dataType == PointType()
    assert frame.collect() == [Row(n=1, p=Point(1.0, 2.0))]
    assert StructType.fromJson(frame.schema.jsonValue()) == frame.schema
    assert PointType().simpleString() == "udt"


def test_without_pandas_there_is_one_clear_line(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(PySparkImportError, match="pip install pandas"):
        spark.range(3).toPandas()


def test_names_and_types_as_texts(spark: SparkSession) -> None:
    schema = StructType([StructField("a", StringType()), StructField("b", ArrayType(IntegerType()))])
    assert spark.createDataFrame([], schema).dtypes == [("a", "string"), ("b", "array<int>")]
    assert spark.emptyDataFrame(schema).isEmpty()
