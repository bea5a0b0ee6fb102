"""A union of fifty small RDDs, counted."""

from workload import bench


def spark(sc, elements):
    parts = [sc.parallelize(range(elements), 2).map(lambda number: number + 1) for _ in range(50)]
    return lambda: sc.union(parts).sum()


bench(spark)
