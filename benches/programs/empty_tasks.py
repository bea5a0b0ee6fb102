"""One job of many tasks that have nothing to do: what a task costs by itself."""

from workload import bench


def spark(sc, tasks):
    empty = sc.parallelize([], tasks)
    return lambda: empty.count()


bench(spark)
