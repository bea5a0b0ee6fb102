"""repartition, coalesce and caching: where elements go when partitions are dealt out anew or packed together.

A coalesce without a shuffle packs by preferred location. Partitions of a shuffle that has run, and cached
partitions that the scheduler knows of, have one; which ones do depends on the jobs that ran before, so
these programs spell them out.
"""

import importlib

from programs.inputs import JUST_OVER_A_BATCH, MANY, SEVERAL_BATCHES, TEN, pairs, scattered
from programs.registry import outcome, placed, program


def _tagged(rdd):
    """One element for each partition that names it, so that a packing reads as a list of partitions."""
    return rdd.mapPartitionsWithIndex(lambda index, elements: [(index, sum(1 for _ in elements))])


def _shuffled(sc, partitions, keys):
    """Partition k holds the keys that are k modulo `partitions`; partitions without a key are empty."""
    return sc.parallelize([(key, None) for key in keys], 3).partitionBy(partitions, lambda key: key)


@program(1, 4, 5)
def repartition_ten(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "up": placed(rdd.repartition(7)),
        "down": placed(rdd.repartition(1)),
        "same": placed(rdd.repartition(n)),
        "to three": placed(rdd.repartition(3)),
    }


@program(1, 2, 3, 4, 5)
def repartition_deals_runs_of_ten(sc, n):
    rdd = sc.parallelize(range(137), 4)
    return {"dealt": placed(rdd.repartition(n)), "strings": placed(rdd.map(str).repartition(n))}


@program(2, 3)
def repartition_just_over_a_batch(sc, n):
    return placed(sc.parallelize(list(range(JUST_OVER_A_BATCH)), n).repartition(4))


@program(1, 5)
def repartition_several_batches(sc, n):
    return placed(sc.parallelize(scattered(SEVERAL_BATCHES), 3).repartition(n))


@program(2, 5)
def repartition_many(sc, n):
    return placed(sc.parallelize(range(MANY), 3).repartition(n))


@program(2, 3)
def repartition_of_many_small_partitions(sc, n):
    return placed(sc.parallelize(range(60), 23).repartition(n))


@program(3, 4)
def repartition_again_deals_the_same_runs(sc, n):
    """The runs of a repartition are dealt on as they are, short ones too, until an operation reads them."""
    once = sc.parallelize(range(47), 2).repartition(3)
    return {
        "again": placed(once.repartition(n)),
        "after map": placed(once.map(lambda x: x).repartition(n)),
        "after coalesce": placed(sc.parallelize(range(47), 2).repartition(3).coalesce(2).repartition(n)),
        "after union": placed(once.union(sc.parallelize(range(100, 113), 1).repartition(2)).repartition(n)),
        "after union with others": placed(once.union(sc.parallelize("abcdefghijklm", 1)).repartition(n)),
        "cached": placed(sc.parallelize(range(47), 2).repartition(3).cache().repartition(n)),
        "three times": placed(once.repartition(5).repartition(n)),
    }


@program(2, 3)
def repartition_after_operations(sc, n):
    reduced = sc.parallelize(pairs(100, 40), 3).reduceByKey(lambda a, b: a + b, 4)
    return {
        "reduceByKey": placed(reduced.repartition(n)),
        "sortBy": placed(sc.parallelize(scattered(70), 3).sortBy(lambda x: x).repartition(n)),
        "filter": placed(sc.parallelize(range(100), 3).filter(lambda x: x % 3).repartition(n)),
        "empty": placed(sc.parallelize([], 3).repartition(n)),
        "then reduced": placed(reduced.repartition(n).reduceByKey(max)),
    }


@program(1, 2, 3, 4, 5)
def coalesce_plain(sc, n):
    return {str(size): placed(sc.parallelize(range(23), size).coalesce(n)) for size in (1, 3, 5, 8, 11)}


@program(1, 4, 5)
def coalesce_with_shuffle(sc, n):
    rdd = sc.parallelize(range(65), 4)
    return {
        "list": placed(rdd.coalesce(n, True)),
        "keyword": placed(rdd.coalesce(numPartitions=n, shuffle=True)),
        "then packed": placed(rdd.coalesce(7, True).coalesce(n)),
    }


@program(1, 3, 5)
def coalesce_of_a_shuffle_that_has_not_run(sc, n):
    return placed(_tagged(_shuffled(sc, 11, range(33))).coalesce(n))


@program(1, 2, 4)
def coalesce_of_a_shuffle_that_has_run(sc, n):
    packings = {}
    for partitions in (1, 5, 11, 20):
        shuffled = _shuffled(sc, partitions, range(3 * partitions))
        shuffled.count()
        packings[str(partitions)] = placed(_tagged(shuffled).coalesce(n))
    return packings


@program(2, 5)
def coalesce_of_a_shuffle_with_empty_partitions(sc, n):
    packings = {}
    for keys in ((0,), (4, 5), (1, 3, 8), (0, 2, 4, 6, 8), (0, 1, 2, 3, 4, 5, 6, 7, 8)):
        shuffled = _shuffled(sc, 9, keys)
        shuffled.count()
        packings[str(keys)] = placed(_tagged(shuffled).coalesce(n))
    return packings


@program(2, 3)
def coalesce_to_more_groups(sc, n):
    shuffled = _shuffled(sc, 13, range(26))
    shuffled.count()
    return {str(groups): placed(_tagged(shuffled).coalesce(groups)) for groups in (n + 5, 12, 13, 14, 20)}


@program(3, 4)
def coalesce_elements_follow_their_partitions(sc, n):
    reduced = sc.parallelize(pairs(200, 60), 3).reduceByKey(lambda a, b: a + b, 7)
    before = placed(reduced.coalesce(n))
    return {
        "before it ran": before,
        "after": placed(reduced.coalesce(n)),
        "mapped": placed(reduced.map(lambda pair: pair[::-1]).coalesce(n)),
        "values": placed(reduced.coalesce(n).values()),
    }


@program(2, 3)
def coalesce_after_each_shuffle(sc, n):
    source = sc.parallelize(pairs(90, 25), 4)
    rdds = {
        "groupByKey": source.groupByKey(6).mapValues(list),
        "distinct": source.keys().distinct(6),
        "sortBy": source.sortBy(lambda pair: pair[1] % 9, True, 6),
        "join": source.join(source.mapValues(str), 6),
        "repartition": source.repartition(6),
        "aggregateByKey": source.aggregateByKey(0, max, max, 6),
    }
    packings = {}
    for name, rdd in rdds.items():
        rdd.count()
        packings[name] = placed(_tagged(rdd).coalesce(n))
    return packings


@program(2, 5)
def coalesce_of_unions(sc, n):
    plain, shuffled = sc.parallelize(range(8), 4), _shuffled(sc, 6, range(12))
    shuffled.count()
    left, right = shuffled.map(lambda pair: pair[0]), plain.map(lambda x: x)
    return {
        "shuffled and plain": placed(_tagged(left.union(right)).coalesce(n)),
        "plain and shuffled": placed(_tagged(right.union(left)).coalesce(n)),
        "plain alone": placed(_tagged(plain.union(plain)).coalesce(n)),
        "copartitioned": placed(_tagged(shuffled.union(shuffled.mapValues(str))).coalesce(n)),
        "into one": placed(right.union(left).coalesce(1)),
    }


@program(2, 3)
def coalesce_of_a_coalesce(sc, n):
    shuffled = _shuffled(sc, 12, range(12))
    shuffled.count()
    return {
        "located": placed(_tagged(shuffled).coalesce(6).coalesce(n)),
        "tagged": placed(_tagged(shuffled.coalesce(6)).coalesce(n)),
        "plain": placed(sc.parallelize(range(24), 12).coalesce(6).coalesce(n)),
    }


@program(3, 4)
def coalesce_is_decided_when_first_asked(sc, n):
    """Creating a coalesce decides nothing; counting its partitions does, for good."""
    shuffled = _shuffled(sc, 7, range(14))
    created, counted, described, united = (_tagged(shuffled).coalesce(n) for _ in range(4))
    counted.getNumPartitions()
    described.toDebugString()
    united.union(united)
    shuffled.count()
    return {
        "created": placed(created),
        "counted": placed(counted),
        "described": placed(described),
        "united": placed(united),
    }


@program(3, 4)
def coalesce_of_cached(sc, n):
    """A cached RDD is packed by location once the scheduler has looked after its partitions were stored."""

    def packing(*jobs):
        rdd = _tagged(sc.parallelize(range(7), 7)).cache()
        for job in jobs:
            job(rdd)
        return placed(rdd.coalesce(n))

    def count(rdd):
        return rdd.count()

    def take_two(rdd):
        return rdd.take(2)

    def other(_):
        return sc.parallelize([1], 1).count()

    def shuffle(rdd):
        return rdd.reduceByKey(max).count()

    return {
        "not stored": packing(),
        "stored, not looked": packing(count),
        "another job": packing(count, other),
        "counted twice": packing(count, count),
        "partly stored": packing(take_two, other),
        "below a shuffle": packing(shuffle),
        "unpersisted, still believed": packing(count, count, lambda rdd: rdd.unpersist()),
        "unpersisted, looked": packing(count, count, lambda rdd: rdd.unpersist(), other),
    }


@program(2, 3)
def coalesce_of_derived_from_cached(sc, n):
    source = _tagged(sc.parallelize(range(7), 7))
    before = source.map(lambda x: x)
    source.cache()
    source.count()
    sc.parallelize([1], 1).count()
    return {
        "derived after": placed(source.map(lambda x: x).coalesce(n)),
        "derived before": placed(before.coalesce(n)),
    }


@program(2, 5)
def coalesce_of_one_partition_and_of_none(sc, n):
    return {
        "one": placed(sc.parallelize(TEN, 1).coalesce(n)),
        "none": placed(sc.emptyRDD().coalesce(n)),
        "empty": placed(sc.parallelize([], 4).coalesce(n)),
    }


@program(1, 3)
def repartition_and_coalesce_refuse(sc, n):
    rdd = sc.parallelize(TEN, n)
    return {
        "coalesce to none": outcome(lambda: rdd.coalesce(0)),
        "coalesce to less": outcome(lambda: rdd.coalesce(-1)),
        "repartition to none": outcome(lambda: rdd.repartition(0)),
        "coalesce to a word": outcome(lambda: rdd.coalesce("2")),
        "repartition to None": outcome(lambda: rdd.repartition(None)),
    }


@program(2, 3)
def cache_changes_no_result(sc, n):
    rdd = sc.parallelize(scattered(40), n).map(lambda x: (x % 5, [x]))
    cached = rdd.map(lambda pair: pair).cache()
    results = {
        "first": placed(cached),
        "again": placed(cached),
        "below": placed(cached.reduceByKey(lambda a, b: a + b)),
        "taken": cached.take(3),
        "is itself": cached.cache() is cached,
    }
    results["flag"] = cached.is_cached
    results["unpersist is itself"] = cached.unpersist() is cached
    return results | {"flag after": cached.is_cached, "after": placed(cached)}


@program(2, 3)
def cached_elements_are_copies(sc, n):
    """What a function does to a cached element is not seen by the next reader."""
    cached = sc.parallelize([[1], [2], [3]], n).map(lambda x: x).persist()
    changed = cached.map(lambda x: x.append("changed") or x)
    return {"changed": placed(changed), "again": placed(changed), "cached": placed(cached)}


@program(2, 3)
def persist_at_every_level(sc, n):
    levels = importlib.import_module(type(sc).__module__.partition(".")[0]).StorageLevel
    results = {}
    for name in ("MEMORY_ONLY", "MEMORY_AND_DISK", "DISK_ONLY", "MEMORY_ONLY_2", "MEMORY_AND_DISK_2"):
        rdd = sc.parallelize(TEN, n).map(lambda x: x * x).persist(getattr(levels, name))
        results[name] = [rdd.count(), placed(rdd), rdd.unpersist(True) is rdd, rdd.sum()]
    return results


@program(2, 3)
def cache_of_shuffled(sc, n):
    reduced = sc.parallelize(pairs(100, 20), 3).reduceByKey(lambda a, b: a + b, n).cache()
    return {
        "counted": reduced.count(),
        "placed": placed(reduced),
        "sorted": placed(reduced.sortByKey()),
        "same partitioner": placed(reduced.groupByKey().mapValues(list)),
    }
