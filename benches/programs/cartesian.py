"""Every element of one RDD with every one of another."""

from plain import ranges
from workload import bench


def spark(sc, elements):
    left, right = sc.parallelize(range(elements), 2), sc.parallelize(range(elements), 2)
    return lambda: left.cartesian(right).filter(lambda pair: pair[0] > pair[1]).count()


def pairs_of(split):
    start, end, elements = split
    pairs = ((left, right) for left in range(start, end) for right in range(elements))
    return sum(1 for _ in filter(lambda pair: pair[0] > pair[1], pairs))


def plain(pool, elements):
    return lambda: sum(pool.map(pairs_of, [(*split, elements) for split in ranges(elements, 2)]))


bench(spark, plain)
