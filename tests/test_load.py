"""Small forms of the loads of benches/load.py: near a limit, a job ends well."""

import threading
from collections.abc import Callable

import pytest

from firesteel import SparkContext
from support.programs import Programs


def test_sixty_four_jobs_from_sixty_four_threads(sc2: SparkContext) -> None:
    found: list[tuple[int, int]] = []

    def job(number: int) -> None:
        pairs = sc2.range(100, numSlices=4).map(lambda x: (x % 5, number))
        sums = pairs.reduceByKey(lambda a, b: a + b, 2).values().collect()
        found.append((number, sum(sums)))

    threads = [threading.Thread(target=job, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(number, 100 * number) for number in range(64)]


def test_a_thousand_stages(sc2: SparkContext) -> None:
    rdd = sc2.parallelize([(number, number) for number in range(10)], 2)
    for _ in range(1000):
        rdd = rdd.map(lambda pair: (pair[0] + 1, pair[1])).partitionBy(2)
    assert sorted(rdd.collect()) == [(number + 1000, number) for number in range(10)]


def test_ten_thousand_tasks(sc2: SparkContext) -> None:
    assert sc2.range(10_000, numSlices=10_000).map(lambda x: x + 1).sum() == 50_005_000


def test_two_thousand_partitions_in_a_shuffle(sc2: SparkContext) -> None:
    pairs = sc2.range(4_000, numSlices=4).map(lambda x: (x, x))
    assert pairs.partitionBy(2_000).glom().map(len).collect() == [2] * 2_000


def test_two_thousand_unions_on_one_another(sc2: SparkContext) -> None:
    rdd = sc2.parallelize([1], 1)
    for _ in range(2_000):
        rdd = rdd.union(sc2.emptyRDD())
    assert rdd.count() == 1


@pytest.mark.parametrize("limit", [256, 64])
def test_few_descriptors_are_enough_for_many_map_outputs(programs: Programs, limit: int) -> None:
    done = programs.python(f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
        from firesteel import SparkContext
        with SparkContext("local[4]", "few") as sc:
            pairs = sc.range(3000, numSlices=300).map(lambda x: (x, x))
            print(pairs.groupByKey(300).count(), sc.broadcast(bytes(100_000)).value[:1])
    """)
    assert (done.stdout, done.returncode) == ("3000 b'\\x00'\n", 0), done.stderr


def test_too_few_descriptors_are_a_clear_error(programs: Programs) -> None:
    done = programs.python("""
        import os, resource
        import firesteel
        from firesteel import SparkContext
        resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
        try:
            SparkContext("local[2]", "none left").range(10).count()
        except Exception as error:
            print(type(error).__name__, error)
    """)
    assert "Too many open files" in done.stdout, (done.stdout, done.stderr)
    assert done.returncode == 0


def test_an_encrypted_context_bears_the_same(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]", {"spark.io.encryption.enabled": "true"})
    pairs = sc.range(2_000, numSlices=40).map(lambda x: (x, x))
    assert pairs.partitionBy(100).count() == 2_000
