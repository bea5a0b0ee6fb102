"""Many jobs with next to nothing to do: what a job costs by itself."""

from operator import add

from workload import bench


def tiny_job(sc, number):
    return sc.parallelize(range(100), 2).map(lambda element: element * number).reduce(add)


def spark(sc, jobs):
    return lambda: sum(tiny_job(sc, number) for number in range(jobs))


bench(spark)
