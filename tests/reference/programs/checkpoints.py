"""Checkpoints: when they are written, and what is the same before and after."""

from programs.registry import outcome, placed, program


def _state(rdd):
    file = rdd.getCheckpointFile()
    return (rdd.is_checkpointed, rdd.isCheckpointed(), rdd.isLocallyCheckpointed(), file and file[:5])


@program(1, 3, files=True)
def checkpoint_is_written_by_the_first_job(sc, n, folder):
    sc.setCheckpointDir(str(folder))
    rdd = sc.parallelize([1, "a", None, (2.5, b"x"), [3]], n).map(lambda x: [x, x])
    states = [_state(rdd)]
    rdd.checkpoint()
    derived = rdd.map(str)
    states.append(_state(rdd))
    number = rdd.id()
    first = derived.collect()
    states.append(_state(rdd))
    later = rdd.map(len)
    return {
        "states": states,
        "same id": rdd.id() == number,
        "before": first,
        "derived before": derived.collect(),
        "derived later": placed(later),
        "itself": placed(rdd),
        "named after it": rdd.getCheckpointFile().endswith(f"/rdd-{number}"),
        "in the folder": rdd.getCheckpointFile().startswith(sc.getCheckpointDir() + "/"),
    }


@program(1, 2, files=True)
def checkpoint_of_shuffled_and_cached(sc, n, folder):
    sc.setCheckpointDir(str(folder))
    pairs = sc.parallelize([(x % 3, x) for x in range(10)], n)
    counted = pairs.reduceByKey(lambda a, b: a + b, 2)
    counted.checkpoint()
    cached = pairs.mapValues(str).cache()
    cached.checkpoint()
    empty = sc.emptyRDD()
    empty.checkpoint()
    return {
        "shuffled": (placed(counted), counted.isCheckpointed()),
        "still placed": counted.reduceByKey(max).getNumPartitions(),
        "joined": placed(counted.join(pairs.reduceByKey(max, 2))),
        "cached": (cached.count(), cached.isCheckpointed(), placed(cached), cached.is_cached),
        "empty": (empty.count(), empty.isCheckpointed()),
    }


@program(1, 2, files=True)
def checkpoint_too_late(sc, n, folder):
    sc.setCheckpointDir(str(folder))
    rdd = sc.parallelize(range(5), n).map(str)
    rdd.collect()
    rdd.checkpoint()
    marked = _state(rdd)
    rdd.count()
    return {"marked": marked, "afterwards": _state(rdd), "elements": placed(rdd)}


@program(1, 2, files=True)
def checkpoint_of_no_partition(sc, n, folder):
    sc.setCheckpointDir(str(folder))
    rdd = sc.emptyRDD().map(str)
    rdd.checkpoint()
    return {"first": rdd.count(), "then": (rdd.collect(), rdd.isCheckpointed(), placed(rdd.repartition(n)))}


@program(1, 2)
def checkpoint_locally_at_another_level(sc, n):
    levels = type(sc.emptyRDD().getStorageLevel())
    given = [levels.MEMORY_ONLY, levels.DISK_ONLY, levels.MEMORY_AND_DISK_2, levels.OFF_HEAP]
    before = [sc.parallelize(range(5), n).persist(level) for level in given]
    after = [sc.parallelize(range(5), n) for _ in given]
    for rdd in before + after:
        rdd.localCheckpoint()
    for level, rdd in zip(given, after, strict=True):
        rdd.persist(level).persist(levels.MEMORY_ONLY).persist(level)
    return [(repr(rdd.getStorageLevel()), rdd.is_cached, placed(rdd)) for rdd in before + after]


@program(1, 2)
def checkpoint_locally(sc, n):
    rdd = sc.parallelize(range(5), n).map(str)
    states = [_state(rdd)]
    rdd.localCheckpoint()
    states.append((_state(rdd), repr(rdd.getStorageLevel())))
    elements = placed(rdd)
    states.append((_state(rdd), repr(rdd.getStorageLevel())))
    return {"states": states, "elements": (elements, placed(rdd)), "again": outcome(rdd.localCheckpoint)}
