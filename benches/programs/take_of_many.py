"""The first ten elements of an RDD of many partitions, the first hundred of which hold nothing."""

from workload import bench


def spark(sc, partitions):
    numbers = sc.parallelize(range(partitions), partitions).filter(lambda number: number >= partitions // 10)
    return lambda: numbers.take(10)


bench(spark)
