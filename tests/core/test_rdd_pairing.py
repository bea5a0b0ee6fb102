"""zip, numbers and products: what the recorded programs do not show."""

import pytest

from firesteel.errors import JobError


@pytest.mark.parametrize("lengths", [(5, 4), (4, 5), (0, 1)])
def test_zip_needs_equally_many_elements(sc2, lengths):
    left, right = (sc2.range(length, numSlices=2) for length in lengths)
    with pytest.raises(JobError, match="Can only zip RDDs with same number of elements in each partition"):
        left.zip(right).collect()


def test_zip_across_a_shuffle_and_a_cache(sc2):
    pairs = sc2.range(6, numSlices=3).map(lambda x: (x % 3, x)).reduceByKey(max, 3).cache()
    assert pairs.zip(pairs.values()).map(lambda both: both[0][1] == both[1]).collect() == [True] * 3
    assert pairs.cartesian(pairs).count() == 9


def test_a_product_of_unions_and_coalesced(sc2):
    left = sc2.range(4, numSlices=2).union(sc2.range(4, 6, numSlices=1))
    right = sc2.range(6, numSlices=6).coalesce(2)
    product = left.cartesian(right)
    assert product.getNumPartitions() == 6
    assert sorted(product.collect()) == [(x, y) for x in range(6) for y in range(6)]


def test_a_product_reads_each_side_once(sc2):
    calls = sc2.accumulator(0)

    def counted(x):
        calls.add(1)
        return x

    sc2.range(20, numSlices=1).map(counted).cartesian(sc2.range(30, numSlices=1).map(counted)).count()
    assert calls.value == 50


def test_a_product_is_pulled_only_as_far_as_asked(sc2):
    def endless(_):
        number = 0
        while True:
            yield number
            number += 1

    numbers = sc2.range(1, numSlices=1).mapPartitions(endless)
    assert numbers.cartesian(sc2.parallelize("ab", 1)).take(3) == [(0, "a"), (0, "b"), (1, "a")]
    assert numbers.zip(numbers).take(2) == [(0, 0), (1, 1)]
    assert numbers.zipWithUniqueId().take(2) == [(0, 0), (1, 1)]


def test_products_of_products(sc2):
    two = sc2.range(2, numSlices=2)
    product = two.cartesian(two).cartesian(two.cartesian(two))
    assert product.getNumPartitions() == 16
    assert sorted(product.collect()) == [
        ((a, b), (c, d)) for a in range(2) for b in range(2) for c in range(2) for d in range(2)
    ]


def test_a_product_below_a_shuffle(sc2):
    product = sc2.range(4, numSlices=2).cartesian(sc2.range(4, numSlices=2))
    assert sorted(product.reduceByKey(lambda a, b: a + b).collect()) == [(x, 6) for x in range(4)]
