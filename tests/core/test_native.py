"""What runs without calling Python gives what Python gives: value, type, order and error."""

import functools
import math
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firesteel import RDD, SparkContext
from firesteel.errors import FiresteelError, PythonException
from support.contexts import SharedContext, start
from support.model import PlainRDD
from support.values import FLOATS, INTEGERS, SLICES, SMALL, TEXT, assert_same

OPERATIONS: list[Any] = [
    operator.add,
    max,
    min,
    lambda a, b: a + b,
    lambda a, b: max(a, b),
    lambda a, b: min(a, b),
]
# Near the limits of 64 bits, where a sum leaves them and comes back.
EDGES = st.sampled_from([2**62, -(2**62), 2**63 - 1, -(2**63), 1, -1, 0])
NUMBERS = st.one_of(EDGES, INTEGERS, FLOATS, st.booleans())
VALUES = st.one_of(
    [st.lists(kind, min_size=1, max_size=20) for kind in (EDGES, INTEGERS, FLOATS, NUMBERS, TEXT)]
)


@given(VALUES, SLICES, st.sampled_from(OPERATIONS))
def test_operations_by_key(sc: SparkContext, values: list[Any], slices: int, f: Any) -> None:
    pairs = [(index % 2, value) for index, value in enumerate(values)]
    expected = PlainRDD.parallelize(pairs, slices).reduceByKey(f, 2)
    assert_same(sc.parallelize(pairs, slices).reduceByKey(f, 2).glom().collect(), expected.partitions)


@given(VALUES, st.sampled_from(OPERATIONS))
def test_operations_over_a_partition(sc: SparkContext, values: list[Any], f: Any) -> None:
    rdd = sc.parallelize(values, 1)
    expected = functools.reduce(f, values)
    assert_same(rdd.reduce(f), expected)
    assert_same(rdd.fold(values[0], f), f(values[0], functools.reduce(f, values, values[0])))


@given(st.lists(NUMBERS, max_size=20))
def test_sums(sc: SparkContext, numbers: list[Any]) -> None:
    assert_same(sc.parallelize(numbers, 1).sum(), 0 + sum(numbers))


@given(
    st.lists(
        st.one_of(
            st.integers(-3, 3),
            st.sampled_from(
                [0.0, -0.0, 1.0, True, False, 2**64, -1, -2, "", "a", "a" * 15, "a" * 16, "ä", "火"]
            ),
            st.none(),
            st.tuples(st.integers(0, 1)),
        ),
        max_size=30,
    )
)
def test_distinct_keeps_the_first_of_equal_keys(sc: SparkContext, elements: list[Any]) -> None:
    assert_same(sc.parallelize(elements, 1).distinct(1).collect(), list(dict.fromkeys(elements)))


# Ints alone, and what ends a run of them: other types that equal ints among it.
INT_KEYS = st.one_of(
    st.lists(st.one_of(SMALL, EDGES), min_size=1, max_size=12),
    st.lists(
        st.one_of(SMALL, EDGES, st.sampled_from([True, 1.0, -0.0, 2**64, 1.5, None, (1,)])),
        min_size=1,
        max_size=12,
    ),
)
REPEATS = st.sampled_from([1, 3, 90])
"""Beyond 256 pairs a batch is full, and keys that were merged are merged again."""


def repeated(keys: list[Any], values: list[Any], times: int) -> list[tuple[Any, Any]]:
    """Pair keys and values, often, with other ints for keys half of the time."""
    shifted = [key + turn // 2 if type(key) is int else key for turn in range(times) for key in keys]
    return [(key, values[index % len(values)]) for index, key in enumerate(shifted)]


@given(INT_KEYS, VALUES, REPEATS, SLICES, st.sampled_from(OPERATIONS))
def test_operations_by_int_keys(
    sc: SparkContext, keys: list[Any], values: list[Any], times: int, slices: int, f: Any
) -> None:
    pairs = repeated(keys, values, times)
    expected = PlainRDD.parallelize(pairs, slices).reduceByKey(f, 3)
    actual = sc.parallelize(pairs, slices).reduceByKey(f, 3)
    assert_same(actual.glom().collect(), expected.partitions)
    assert_same(actual.collect(), [pair for partition in expected.partitions for pair in partition])
    assert actual.count() == len({key for key, _ in pairs})


STR_KEYS = st.one_of(
    st.lists(st.text(max_size=3), min_size=1, max_size=12),
    st.lists(
        st.one_of(
            st.text(st.characters(max_codepoint=0xFF), max_size=17),
            st.sampled_from(
                ["a" * 15, "a" * 16, "ÿ" * 15, "ÿ" * 16, "\0", "", "火", "\ud800", 1, True, None]
            ),
        ),
        min_size=1,
        max_size=12,
    ),
)


@given(STR_KEYS, VALUES, REPEATS, SLICES, st.sampled_from(OPERATIONS))
def test_operations_by_str_keys(
    sc: SparkContext, keys: list[Any], values: list[Any], times: int, slices: int, f: Any
) -> None:
    pairs = repeated(keys, values, times)
    expected = PlainRDD.parallelize(pairs, slices).reduceByKey(f, 1)
    for source in (sc.parallelize(pairs, slices), sc.parallelize(pairs, slices).map(lambda pair: pair)):
        assert_same(source.reduceByKey(f, 1).collect(), expected.collect())
    placed = source.reduceByKey(f, 3).glom().collect()
    assert_same(sorted(repr(pair) for part in placed for pair in part), sorted(map(repr, expected.collect())))
    looked_up = source.partitionBy(3).glom().map(lambda part: {key for key, _ in part}).collect()
    assert [{key for key, _ in part} for part in placed] == looked_up


@given(STR_KEYS, REPEATS, SLICES)
def test_distinct_strs(sc: SparkContext, keys: list[Any], times: int, slices: int) -> None:
    elements = [key for key, _ in repeated(keys, [None], times)]
    rdd = sc.parallelize(elements, slices)
    assert_same(rdd.distinct(1).collect(), list(dict.fromkeys(elements)))
    assert rdd.map(lambda element: element).distinct(3).count() == len(set(elements))


@given(INT_KEYS, REPEATS, SLICES)
def test_distinct_ints(sc: SparkContext, keys: list[Any], times: int, slices: int) -> None:
    elements = [key for key, _ in repeated(keys, [None], times)]
    rdd = sc.parallelize(elements, slices)
    assert_same(rdd.distinct(1).collect(), list(dict.fromkeys(elements)))
    assert rdd.distinct(3).count() == len(set(elements))
    numbers = rdd.filter(lambda element: isinstance(element, int)).distinct(2)
    assert numbers.sum() == sum({element for element in elements if isinstance(element, int)})


@given(INT_KEYS, st.lists(st.one_of(SMALL, TEXT, FLOATS), max_size=5), REPEATS, SLICES)
def test_counts(sc: SparkContext, keys: list[Any], more: list[Any], times: int, slices: int) -> None:
    elements = [*(key for key, _ in repeated(keys, [None], times)), *more, *more]
    if any(element != element for element in elements):
        return  # which NaN is the same one depends on how it came
    expected: dict[Any, int] = {}
    for element in elements:
        expected[element] = expected.get(element, 0) + 1
    rdd = sc.parallelize(elements, slices)
    assert_same(dict(rdd.countByValue()), expected)
    assert_same(dict(sc.parallelize([(key, "x") for key in elements], slices).countByKey()), expected)
    assert_same(dict(rdd.map(lambda element: (element, 0)).countByKey()), expected)
    assert rdd.count() == len(elements)
    pairs = sc.parallelize([(index, element) for index, element in enumerate(elements)], slices)
    assert_same(pairs.values().collect(), elements)
    assert pairs.keys().sum() == sum(range(len(elements)))


@given(EDGES, st.integers(-5, 5).filter(bool), st.integers(0, 20_000), SLICES)
def test_ranges(sc: SparkContext, start: int, step: int, length: int, slices: int) -> None:
    numbers = range(start, start + step * length, step)
    rdd = sc.parallelize(numbers, slices)
    assert rdd.collect() == list(numbers)
    assert rdd.count() == length
    assert rdd.sum() == sum(numbers)
    assert rdd.take(3) == list(numbers[:3])
    assert rdd.fold(0, max) == max([0, *numbers])
    if length:
        assert rdd.max() == max(numbers)
        assert rdd.reduce(operator.add) == sum(numbers)


TYPED = st.one_of(
    [
        st.lists(kind, min_size=1, max_size=6)
        for kind in (SMALL, FLOATS, TEXT, st.tuples(SMALL, TEXT), st.booleans(), VALUES, NUMBERS, st.none())
    ]
)


@given(INT_KEYS, TYPED, REPEATS, SLICES)
def test_groups_by_int_keys(
    sc: SparkContext, keys: list[Any], values: list[Any], times: int, slices: int
) -> None:
    pairs = repeated(keys, values, times)
    expected = PlainRDD.parallelize(pairs, slices).groupByKey(2)
    for source in (sc.parallelize(pairs, slices), sc.parallelize(pairs, slices).map(lambda pair: pair)):
        actual = source.groupByKey(2).mapValues(list)
        assert_same(actual.glom().collect(), expected.partitions)
    assert_same(actual.keys().collect(), [key for key, _ in expected.collect()])
    placed = source.groupByKey(2, lambda key: 0).mapValues(list).collect()
    assert_same(sorted(map(repr, placed)), sorted(map(repr, expected.collect())))


@given(INT_KEYS, TYPED, INT_KEYS, TYPED, REPEATS, SLICES)
def test_joins_by_int_keys(
    sc: SparkContext,
    keys: list[Any],
    values: list[Any],
    other_keys: list[Any],
    other_values: list[Any],
    times: int,
    slices: int,
) -> None:
    left, right = repeated(keys, values, times), repeated(other_keys, other_values, 1)
    sides = sc.parallelize(left, slices), sc.parallelize(right, 2)
    expected = PlainRDD.parallelize(left, slices).join(PlainRDD.parallelize(right, 2), 3)
    assert_same(sides[0].join(sides[1], 3).glom().collect(), expected.partitions)
    groups = {key: ([], []) for key, _ in [*left, *right]}
    for side, pairs in enumerate((left, right)):
        for key, value in pairs:
            groups[key][side].append(value)
    outer = sides[0].fullOuterJoin(sides[1], 1).collect()
    assert_same(
        [pair[1] for pair in outer],
        [(v, w) for vs, ws in groups.values() for v in vs or [None] for w in ws or [None]],
    )
    cogrouped = sides[0].cogroup(sides[1], 1).mapValues(lambda pair: (list(pair[0]), list(pair[1])))
    assert_same(cogrouped.values().collect(), list(groups.values()))


@given(STR_KEYS, TYPED, REPEATS, SLICES)
def test_groups_by_str_keys(
    sc: SparkContext, keys: list[Any], values: list[Any], times: int, slices: int
) -> None:
    pairs = repeated(keys, values, times)
    expected = PlainRDD.parallelize(pairs, slices).groupByKey(1).collect()
    for source in (sc.parallelize(pairs, slices), sc.parallelize(pairs, slices).map(lambda pair: pair)):
        assert_same(source.groupByKey(1).mapValues(list).collect(), expected)
    groups = source.groupByKey(3)
    assert_same(sorted(map(repr, groups.mapValues(list).collect())), sorted(map(repr, expected)))
    looked_up = source.partitionBy(3).glom().map(lambda part: list(dict(part))).collect()
    assert_same(groups.keys().glom().collect(), looked_up)


@given(STR_KEYS, TYPED, STR_KEYS, TYPED, REPEATS, SLICES)
def test_joins_by_str_keys(
    sc: SparkContext,
    keys: list[Any],
    values: list[Any],
    other_keys: list[Any],
    other_values: list[Any],
    times: int,
    slices: int,
) -> None:
    left, right = repeated(keys, values, times), repeated(other_keys, other_values, 1)
    sides = sc.parallelize(left, slices), sc.parallelize(right, 2)
    expected = PlainRDD.parallelize(left, slices).join(PlainRDD.parallelize(right, 2), 1)
    assert_same(sides[0].join(sides[1], 1).collect(), expected.collect())
    groups: dict[Any, tuple[list[Any], list[Any]]] = {key: ([], []) for key, _ in [*left, *right]}
    for side, pairs in enumerate((left, right)):
        for key, value in pairs:
            groups[key][side].append(value)
    cogrouped = sides[0].cogroup(sides[1], 1).mapValues(lambda pair: (list(pair[0]), list(pair[1])))
    assert_same(cogrouped.collect(), list(groups.items()))
    without = sides[0].subtractByKey(sides[1], 1).values().collect()
    assert_same(without, [value for vs, ws in groups.values() if not ws for value in vs])


@pytest.mark.parametrize("keys", [(0, 3), ("even", "odd"), ("ä", ""), ("a" * 15, "a" * 16)])
def test_a_group_of_very_many_values_is_one_group(sc: SparkContext, keys: tuple[Any, Any]) -> None:
    pairs = sc.parallelize(range(50_000), 2).map(lambda number: (keys[number % 2], number))
    groups = pairs.groupByKey(1).mapValues(list).collect()
    assert groups == [(keys[0], list(range(0, 50_000, 2))), (keys[1], list(range(1, 50_000, 2)))]


@pytest.mark.parametrize("misfit", [("a" * 16, 0), ("火", 0), (7, 0), (None, 0), ("3", [0]), ("3", 2**63)])
@pytest.mark.parametrize("first", [0, 1, 700, 1999])
def test_a_misfit_among_strs_changes_nothing_but_the_way(
    sc: SparkContext, misfit: tuple[Any, Any], first: int
) -> None:
    pairs: list[tuple[Any, Any]] = [(str(number % 7), number) for number in range(2000)]
    pairs.insert(first, misfit)
    expected = PlainRDD.parallelize(pairs, 1).groupByKey(1).collect()
    assert_same(sc.parallelize(pairs, 1).groupByKey(1).mapValues(list).collect(), expected)
    # On the reduce side it comes behind columns.
    late = sc.parallelize(pairs[:first], 1).union(sc.parallelize(pairs[first:], 1))
    assert_same(late.groupByKey(1).mapValues(list).collect(), expected)


def test_a_key_that_does_not_fit_comes_after_the_pairs_that_wait(sc: SparkContext) -> None:
    """The function sees the values in their order, each once."""
    pairs: list[tuple[Any, Any]] = [*((n % 7, n) for n in range(300)), (True, 2**63), ("x", 1), (1, 0.5)]
    expected = PlainRDD.parallelize(pairs, 1).reduceByKey(lambda a, b: a + b, 1)
    assert_same(
        sc.parallelize(pairs, 1).reduceByKey(lambda a, b: a + b, 1).glom().collect(), expected.partitions
    )


class Named:
    """Equals a str, hashes like it, and is none."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return self.name == (other.name if isinstance(other, Named) else other)

    def __hash__(self) -> int:
        return hash(self.name)


@pytest.mark.parametrize("late", [False, True])
def test_a_key_that_equals_a_str_unites_with_it(sc: SparkContext, late: bool) -> None:
    names = ["b", "a", "c", "b", "a"]
    elements = [*names, Named("a")] if late else [Named("a"), *names]
    counts = sc.parallelize([(key, 1) for key in elements], 1).reduceByKeyLocally(operator.add)
    assert {str(getattr(key, "name", key)): count for key, count in counts.items()} == {
        "a": 3,
        "b": 2,
        "c": 1,
    }


def test_what_the_operation_refuses_is_told_by_the_function_itself(sc: SparkContext) -> None:
    pairs: RDD[tuple[str, Any]] = sc.parallelize([("k", 1), ("k", "x")], 1)
    with pytest.raises(PythonException, match=r"TypeError: unsupported operand") as caught:
        pairs.reduceByKey(lambda a, b: a + b).collect()
    assert "lambda a, b: a + b" in str(caught.value)
    assert "('k', 'x')" in str(caught.value)


def test_an_unhashable_element_of_distinct_is_shown(sc: SparkContext) -> None:
    with pytest.raises(PythonException, match=r"unhashable type: 'list'") as caught:
        sc.parallelize([1, [2]], 1).distinct().collect()
    assert "([2], None)" in str(caught.value)


def test_a_sum_that_fails_shows_the_element(sc: SparkContext) -> None:
    with pytest.raises(
        PythonException, match=r"unsupported operand type\(s\) for \+: 'int' and 'str'"
    ) as caught:
        sc.parallelize([1, 2, "x", 3], 1).sum()
    assert "'x'" in str(caught.value)


@pytest.mark.parametrize("sides", [([1], [2]), ([1, 2], [3, 4]), ([], [1, 2]), ([1, 2], []), ([], [])])
def test_joins_of_few_and_of_many_values(sc: SparkContext, sides: tuple[list[int], list[int]]) -> None:
    left = sc.parallelize([("k", value) for value in sides[0]], 2)
    right = sc.parallelize([("k", value) for value in sides[1]], 2)
    product = [("k", (v, w)) for v in sides[0] for w in sides[1]]
    assert left.join(right).collect() == product
    assert left.leftOuterJoin(right).collect() == (product or [("k", (v, None)) for v in sides[0]])
    assert left.rightOuterJoin(right).collect() == (product or [("k", (None, w)) for w in sides[1]])


def test_zeros_and_nan_keep_their_sign_and_place(sc: SparkContext) -> None:
    assert math.copysign(1, sc.parallelize([-0.0, 0.0], 1).reduce(max)) == -1
    assert math.copysign(1, sc.parallelize([0.0, -0.0], 1).reduce(min)) == 1
    assert math.isnan(sc.parallelize([math.nan, 1.0], 1).reduce(max))
    assert sc.parallelize([1.0, math.nan], 1).reduce(max) == 1.0


def test_the_switch_takes_true_and_false_only(shared: SharedContext) -> None:
    shared.close()
    with pytest.raises(FiresteelError, match=r'firesteel.native must be true or false, not "maybe"'):
        start("local[1]", {"firesteel.native": "maybe"})


LATIN1 = st.text(st.characters(max_codepoint=0xFF), max_size=12)
HOMOGENEOUS = st.one_of(
    [
        st.lists(kind, max_size=40)
        for kind in (
            st.integers(-3, 3),
            EDGES,
            INTEGERS,
            st.floats(allow_nan=False),
            st.sampled_from([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan]),
            LATIN1,
            st.sampled_from(["abcdefgh", "abcdefgh\0", "abcdefghi", "abcdefg", "", "\0", "ÿ", "Ā"]),
            st.binary(max_size=10),
            st.booleans(),
            st.text(max_size=6),
            TEXT,
            st.sampled_from(["ab", "a\uff00", "a\U0001f525", "a\ud800", "a", "aÿ", "b"]),
            st.tuples(st.integers(0, 2), LATIN1),
            st.tuples(st.sampled_from([0.0, -0.0, 1.0]), st.sampled_from(["", "火", "a"]), st.integers(0, 2)),
            st.tuples(st.integers(0, 1), st.tuples(st.binary(max_size=1), st.floats(0, 1))),
            st.tuples(st.integers(0, 1), st.sampled_from([0.0, math.nan, 1.0])),
            st.tuples(st.booleans(), st.integers(0, 1)),
            st.lists(st.integers(0, 1), max_size=2).map(tuple),
            st.just(()),
        )
    ]
)


@given(HOMOGENEOUS, st.booleans())
def test_sorting_is_that_of_a_list(sc: SparkContext, keys: list[Any], ascending: bool) -> None:
    pairs = [(key, index) for index, key in enumerate(keys)]
    expected = sorted(pairs, key=lambda pair: pair[0], reverse=not ascending)
    actual = sc.parallelize(pairs, 1).sortByKey(ascending, 1)
    assert_same(actual.collect(), expected)
    assert_same(sc.parallelize(pairs, 1).sortBy(lambda pair: pair[0], ascending, 1).collect(), expected)


@given(HOMOGENEOUS, st.one_of(st.integers(), TEXT, st.lists(st.booleans(), max_size=1)), st.booleans())
def test_sorting_into_partitions(sc: SparkContext, keys: list[Any], extra: Any, ascending: bool) -> None:
    if has_nan(keys):
        return  # among the bounds of partitions a NaN has no place, in PySpark neither
    pairs = [(key, (index, extra) if index % 7 == 3 else index) for index, key in enumerate(keys)]
    expected = PlainRDD.parallelize(pairs, 2).sortByKey(ascending, 3)
    actual = sc.parallelize(pairs, 2).sortByKey(ascending, 3)
    assert_same(actual.glom().collect(), expected.partitions)
    assert_same(actual.values().collect(), [pair[1] for pair in expected.collect()])
    assert actual.count() == len(pairs)


def has_nan(key: Any) -> bool:
    return any(map(has_nan, key)) if isinstance(key, (list, tuple)) else key != key


@pytest.mark.parametrize("keys", [[1.5, 0.5, math.nan], [(1, 0.5), (1, math.nan), (0, 2.0)]])
def test_a_nan_that_was_computed_leaves_the_order_to_the_list(sc: SparkContext, keys: list[Any]) -> None:
    pairs = [(key, index) for index, key in enumerate(keys * 3)]
    assert_same(
        sc.parallelize(pairs, 3).sortByKey(True, 1).collect(), sorted(pairs, key=lambda pair: pair[0])
    )


@pytest.mark.parametrize("numbers", [[3, 1, 2], [3, 1, "x"]])
def test_a_key_function_is_called_once_for_each_element(sc: SparkContext, numbers: list[Any]) -> None:
    calls = sc.accumulator(0)

    def key(number: Any) -> Any:
        calls.add(1)
        return (0, number) if isinstance(number, int) else (1, number)

    assert sc.parallelize([(number, 0) for number in numbers], 1).sortByKey(
        True, 1, keyfunc=key
    ).keys().collect() == sorted(numbers, key=lambda number: (isinstance(number, str), number))
    assert calls.value == len(numbers)
