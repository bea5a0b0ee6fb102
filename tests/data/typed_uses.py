"""Right and wrong uses of the API, for type checkers. `# wrong` marks what they must refuse; nothing runs."""

from operator import add
from typing import assert_type

from firesteel import RDD, SparkContext


def right(sc: SparkContext) -> None:
    numbers = sc.parallelize([1, 2, 3])
    assert_type(numbers, RDD[int])
    assert_type(numbers.map(str), RDD[str])
    assert_type(numbers.map(str).collect(), list[str])
    pairs = numbers.map(lambda x: (str(x), x))
    assert_type(pairs, RDD[tuple[str, int]])
    assert_type(pairs.reduceByKey(add).collectAsMap(), dict[str, int])
    assert_type(pairs.mapValues(float), RDD[tuple[str, float]])
    assert_type(pairs.join(pairs.mapValues(float)).first(), tuple[str, tuple[int, float]])
    assert_type(sc.textFile("words").flatMap(str.split).count(), int)
    assert_type(pairs.keys(), RDD[str])


def wrong(sc: SparkContext) -> None:
    numbers = sc.parallelize([1, 2, 3])
    numbers.reduceByKey(add)  # wrong
    numbers.groupByKey()  # wrong
    numbers.mapValues(str)  # wrong
    numbers.join(numbers)  # wrong
    numbers.collectAsMap()  # wrong
    numbers.map(3)  # wrong
    numbers.take("three")  # wrong
