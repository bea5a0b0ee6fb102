"""Looks up neighbours in a k-d tree of each partition: the user's own function, which keeps what it makes."""

from operator import itemgetter

from plain import ranges
from workload import bench

SIDE = 1_000_003
ACROSS, UP = 2_654_435_761, 1_103_515_245
BY_AXIS = itemgetter(0), itemgetter(1)


def point(number):
    return number * ACROSS % SIDE, number * UP % SIDE


def build(points, axis):
    if not points:
        return None
    points.sort(key=BY_AXIS[axis])
    middle = len(points) // 2
    below, above = build(points[:middle], 1 - axis), build(points[middle + 1 :], 1 - axis)
    return points[middle], below, above


def nearest(tree, wanted, axis, best):
    """The nearest point, with its squared distance: (distance, point)."""
    if tree is None:
        return best
    found, below, above = tree
    distance = (found[0] - wanted[0]) ** 2 + (found[1] - wanted[1]) ** 2
    if best is None or distance < best[0]:
        best = distance, found
    beyond = wanted[axis] - found[axis]
    near, far = (below, above) if beyond < 0 else (above, below)
    best = nearest(near, wanted, 1 - axis, best)
    return nearest(far, wanted, 1 - axis, best) if beyond**2 < best[0] else best


def work(numbers):
    points = [point(number) for number in numbers]
    others = [point(-number) for number in range(1, len(points))]
    tree = build(points, 0)
    neighbours = {other: nearest(tree, other, 0, None) for other in others}
    yield sum(distance for distance, _ in neighbours.values())


def spark(sc, points):
    numbers = sc.parallelize(range(points), 2)
    return lambda: numbers.mapPartitions(work).collect()


def work_on(split):
    return list(work(range(*split)))


def plain(pool, points):
    return lambda: [total for totals in pool.map(work_on, ranges(points, 2), chunksize=1) for total in totals]


bench(spark, plain)
