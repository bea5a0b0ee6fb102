"""Operations on one element at a time: same elements, order and partitions as plain Python gives."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firesteel import SparkContext
from support.model import PlainRDD
from support.values import ELEMENTS, FEW_KEYS, SLICES, VALUES, assert_same, pairs

FEW = st.lists(st.integers(0, 4), max_size=12)


@given(ELEMENTS, SLICES)
def test_what_goes_in_comes_out(sc: SparkContext, elements: list[Any], slices: int) -> None:
    rdd = sc.parallelize(elements, slices)
    assert_same(rdd.glom().collect(), PlainRDD.parallelize(elements, slices).partitions)
    assert_same(rdd.collect(), elements)


@given(ELEMENTS, SLICES)
def test_map_keeps_order_and_types(sc: SparkContext, elements: list[Any], slices: int) -> None:
    def f(x: Any) -> Any:
        return [x, (type(x).__name__, x)]

    expected = PlainRDD.parallelize(elements, slices).map(f)
    assert_same(sc.parallelize(elements, slices).map(f).glom().collect(), expected.partitions)


@given(ELEMENTS, SLICES)
def test_identity_functions_change_nothing(sc: SparkContext, elements: list[Any], slices: int) -> None:
    rdd = sc.parallelize(elements, slices).map(lambda x: x).filter(lambda _: True).flatMap(lambda x: [x])
    assert_same(rdd.collect(), elements)


@given(ELEMENTS, SLICES)
def test_filter_keeps_what_is_true(sc: SparkContext, elements: list[Any], slices: int) -> None:
    def odd(x: Any) -> Any:
        return len(repr(x)) % 2

    expected = PlainRDD.parallelize(elements, slices)
    actual = sc.parallelize(elements, slices)
    assert_same(actual.filter(odd).glom().collect(), expected.filter(odd).partitions)
    # Truth is Python's: None, 0, "", empty lists and tuples are false.
    assert_same(actual.filter(lambda x: x).glom().collect(), expected.filter(lambda x: x).partitions)


@given(FEW, SLICES)
def test_flat_map_takes_every_kind_of_iterable(sc: SparkContext, elements: list[int], slices: int) -> None:
    def f(n: int) -> Any:
        kinds = [range(n), "ab" * n, {n: "value"}, (x for x in range(n)), [(n, [n])]]
        return kinds[n]

    expected = PlainRDD.parallelize(elements, slices).flatMap(f)
    assert_same(sc.parallelize(elements, slices).flatMap(f).glom().collect(), expected.partitions)


@given(pairs(values=VALUES), SLICES)
def test_map_values_leaves_keys_alone(sc: SparkContext, elements: list[Any], slices: int) -> None:
    def f(value: Any) -> Any:
        return [value]

    expected = PlainRDD.parallelize(elements, slices).mapValues(f)
    assert_same(sc.parallelize(elements, slices).mapValues(f).glom().collect(), expected.partitions)


@given(pairs(values=st.lists(VALUES, max_size=3)), SLICES)
def test_flat_map_values_pairs_every_value_with_the_key(
    sc: SparkContext, elements: list[Any], slices: int
) -> None:
    expected = PlainRDD.parallelize(elements, slices).flatMapValues(lambda values: values)
    actual = sc.parallelize(elements, slices).flatMapValues(lambda values: values)
    assert_same(actual.glom().collect(), expected.partitions)


@given(pairs(VALUES, VALUES), SLICES)
def test_keys_and_values_take_pairs_apart(sc: SparkContext, elements: list[Any], slices: int) -> None:
    rdd, expected = sc.parallelize(elements, slices), PlainRDD.parallelize(elements, slices)
    assert_same(rdd.keys().glom().collect(), expected.keys().partitions)
    assert_same(rdd.values().glom().collect(), expected.values().partitions)


def test_whatever_has_a_first_and_a_second_part_is_a_pair(sc2: SparkContext) -> None:
    rdd = sc2.parallelize([(1, 2, 3), "ab", [4, 5]], 1)
    assert_same(rdd.keys().collect(), [1, "a", 4])
    assert_same(rdd.values().collect(), [2, "b", 5])
    assert_same(rdd.mapValues(lambda value: [value]).collect(), [(1, [2]), ("a", ["b"]), (4, [5])])
    assert_same(rdd.flatMapValues(lambda value: [value] * 2).take(2), [(1, 2), (1, 2)])


@given(st.lists(FEW_KEYS, max_size=10), SLICES)
def test_key_by_puts_the_key_before_the_element(sc: SparkContext, elements: list[Any], slices: int) -> None:
    expected = PlainRDD.parallelize(elements, slices).keyBy(repr)
    assert_same(sc.parallelize(elements, slices).keyBy(repr).glom().collect(), expected.partitions)


@given(FEW, SLICES)
def test_a_chain_is_the_composition_of_its_steps(sc: SparkContext, elements: list[int], slices: int) -> None:
    def chain(rdd: Any) -> Any:
        pairs = rdd.map(lambda x: x + 1).filter(lambda x: x != 3).flatMap(lambda x: [x] * (x % 3)).keyBy(str)
        return pairs.mapValues(float).flatMapValues(lambda x: (x, -x)).values()

    expected = chain(PlainRDD.parallelize(elements, slices))
    assert_same(chain(sc.parallelize(elements, slices)).glom().collect(), expected.partitions)


def test_elements_that_plain_pickle_cannot_carry_travel_too(sc: SparkContext) -> None:
    functions = (
        sc.parallelize([1, 2, 3], 2).map(lambda x: lambda y: x * y).map(lambda f: (f(10), f)).collect()
    )
    assert [(value, f(100)) for value, f in functions] == [(10, 100), (20, 200), (30, 300)]


def test_a_subclass_of_a_builtin_stays_what_it_is(sc: SparkContext) -> None:
    class Celsius(int):
        pass

    class Name(str):
        __slots__ = ()

    elements = [Celsius(3), Name("steel"), 3, "steel"]
    back = sc.parallelize(elements, 2).map(lambda x: x).collect()
    assert [type(x).__name__ for x in back] == ["Celsius", "Name", "int", "str"]
    assert back == elements


def test_classes_of_the_driver_are_the_drivers_own_again(sc: SparkContext) -> None:
    class Point:
        def __init__(self, x: int) -> None:
            self.x = x

    back = sc.parallelize([1, 2], 2).map(Point).collect()
    assert [type(point) is Point for point in back] == [True, True]
    assert [point.x for point in back] == [1, 2]


def test_a_large_element_beside_small_ones(sc: SparkContext) -> None:
    elements = ["small", "x" * 3_000_000, b"y" * 200_000, 2**100_000]
    assert_same(sc.parallelize(elements, 3).map(lambda x: x).collect(), elements)


def test_elements_that_share_a_list_share_it_afterwards(sc: SparkContext) -> None:
    def pairs(_: object) -> list[tuple[int, list[int]]]:
        shared, own = [0], [0]
        return [(1, shared), (2, shared), (3, own)]

    first, second, third = sc.parallelize([0], 1).mapPartitions(pairs).values().collect()
    assert (first, second, third) == ([0], [0], [0])
    assert first is second
    assert first is not third


def test_a_list_that_holds_itself(sc: SparkContext) -> None:
    def circles(_: object) -> list[list[object]]:
        circle: list[object] = [1]
        circle.append(circle)
        return [circle]

    (circle,) = sc.parallelize([0], 1).mapPartitions(circles).collect()
    assert circle[0] == 1
    assert circle[1] is circle


def test_lists_of_lists_and_pairs_keep_their_types(sc: SparkContext) -> None:
    values = [[], [1], [True, 1.0], [(1, "a"), (2, "b")], [[1, 2], []], [None], ["x", b"x"], [[[2**70]]]]
    made = sc.parallelize(range(len(values)), 2).map(lambda index: (index, [*values[index]]))
    assert_same(made.collect(), list(enumerate(values)))
    assert_same(
        made.groupByKey(2).mapValues(list).sortByKey().collect(), [(i, [v]) for i, v in enumerate(values)]
    )
