"""From nothing to the first result of a job: what a user waits for at every start of a script."""

from operator import add

from workload import bench


def spark(sc, count):
    return lambda: sc.parallelize(range(count), 2).map(lambda number: number * number).reduce(add)


bench(spark)
