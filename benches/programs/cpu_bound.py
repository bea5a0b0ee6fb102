"""A loop in the user's own function: nothing that an engine could take away."""

from workload import bench


def work(numbers):
    state = 1
    for number in numbers:
        state = (state * 1_103_515_245 + number) % 2_147_483_648
    yield state


def spark(sc, steps):
    numbers = sc.parallelize(range(2), 2)
    return lambda: numbers.mapPartitions(lambda part: work(range(next(iter(part)), steps))).collect()


def work_on(start_and_end):
    return list(work(range(*start_and_end)))


def plain(pool, steps):
    return lambda: [
        state for states in pool.map(work_on, [(0, steps), (1, steps)], chunksize=1) for state in states
    ]


bench(spark, plain)
