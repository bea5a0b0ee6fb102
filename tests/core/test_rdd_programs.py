"""Random programs: whatever operations follow each other, partitions and order are those of the model."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import SLICES, SMALL, assert_same

Step = Callable[[Any], Any]
PARTITIONS = st.integers(1, 4)

# Each step takes an RDD of (int, int) pairs to another, and means the same for the model and for the engine.
NARROW: list[Step] = [
    lambda rdd: rdd.map(lambda pair: (pair[1] % 5, pair[0])),
    lambda rdd: rdd.filter(lambda pair: (pair[0] + pair[1]) % 3),
    lambda rdd: rdd.flatMap(lambda pair: [pair, (pair[0] + 1, pair[1])]),
    lambda rdd: rdd.mapValues(lambda value: value * 2 - 7),
    lambda rdd: rdd.flatMapValues(lambda value: range(value % 3)),
    lambda rdd: rdd.keyBy(lambda pair: pair[1] % 4).mapValues(lambda pair: pair[0]),
    lambda rdd: rdd.keys().map(lambda key: (key, -key)),
    lambda rdd: rdd.values().map(lambda value: (value % 3, value)),
    lambda rdd: rdd.glom().flatMap(lambda part: [(len(part), sum(pair[0] for pair in part))]),
    lambda rdd: rdd.mapPartitions(lambda pairs: sorted(pairs)),
    lambda rdd: rdd.mapPartitionsWithIndex(lambda index, pairs: ((index, value) for _, value in pairs)),
    lambda rdd: rdd.map(lambda pair: pair).union(rdd.map(lambda pair: (pair[0] + 10, 0))),
]


def shuffles(count: int) -> list[Step]:
    """Return the steps that move elements, into as many partitions."""
    return [
        lambda rdd: rdd.reduceByKey(lambda a, b: a * 3 + b, count),
        lambda rdd: rdd.combineByKey(lambda v: v + 1, lambda c, v: c * 3 + v, lambda c, d: c - d, count),
        lambda rdd: rdd.groupByKey(count).mapValues(lambda values: sum(i * v for i, v in enumerate(values))),
        lambda rdd: rdd.map(lambda pair: pair).distinct(count),
        lambda rdd: rdd.partitionBy(count, lambda key: key * 3 + 1),
        lambda rdd: rdd.join(rdd.map(lambda pair: (pair[1] % 5, pair[0])), count).mapValues(sum),
        # What has been dealt out before is dealt by the same runs: a map in between makes them anew.
        lambda rdd: rdd.map(lambda pair: pair).repartition(count).map(lambda pair: pair),
    ]


STEPS = st.one_of(
    st.sampled_from(NARROW),
    st.tuples(st.integers(0, len(shuffles(1)) - 1), PARTITIONS).map(
        lambda choice: shuffles(choice[1])[choice[0]]
    ),
)


@given(st.lists(st.tuples(SMALL, SMALL), max_size=16), SLICES, st.lists(STEPS, min_size=1, max_size=6))
def test_any_program(sc: SparkContext, elements: list[Any], slices: int, steps: list[Step]) -> None:
    expected, actual = PlainRDD.parallelize(elements, slices), sc.parallelize(elements, slices)
    for step in steps:
        if len(expected.partitions) > 8 or len(expected.collect()) > 500:
            break  # beyond what the model knows, or what is quick
        expected, actual = step(expected), step(actual)
    assert_same(actual.glom().collect(), expected.partitions)
    assert_same(actual.map(lambda pair: pair).count(), len(expected.collect()))


@given(st.lists(st.tuples(SMALL, SMALL), max_size=16), SLICES, st.lists(STEPS, min_size=1, max_size=4))
def test_any_program_with_everything_kept(
    sc: SparkContext, elements: list[Any], slices: int, steps: list[Step]
) -> None:
    expected, actual = PlainRDD.parallelize(elements, slices), sc.parallelize(elements, slices)
    for step in steps:
        if len(expected.partitions) > 8 or len(expected.collect()) > 500:
            break
        expected, actual = step(expected), step(actual).cache()
    for _ in range(2):
        assert_same(actual.glom().collect(), expected.partitions)
