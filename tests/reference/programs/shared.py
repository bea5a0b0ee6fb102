"""Broadcast variables and accumulators."""

from programs.inputs import SEVERAL_BATCHES, TEN, WORDS
from programs.registry import outcome, placed, program


@program(1, 3)
def broadcast_in_every_task(sc, n):
    table = sc.broadcast({"a": 1, "b": [2, 3], "c": None})
    rdd = sc.parallelize(["a", "b", "c", "d"], n)
    return {
        "looked up": placed(rdd.map(lambda k: table.value.get(k, "missing"))),
        "driver": table.value,
        "in a shuffle": placed(rdd.map(lambda k: (len(table.value), k)).groupByKey(2).mapValues(list)),
    }


@program(1, 2)
def broadcast_of_any_value(sc, n):
    values = [None, 0, "é", b"\xff", (1, (2.0,)), list(range(SEVERAL_BATCHES)), {"k": {1}}, 2**80]
    return [_seen_in_tasks(sc, n, sc.broadcast(value)) for value in values]


def _seen_in_tasks(sc, n, shared):
    return placed(sc.parallelize([0, 1], n).map(lambda _: shared.value))


@program(1, 2)
def broadcast_is_a_snapshot(sc, n):
    shared = sc.broadcast([1])
    shared.value.append(2)
    seen = placed(sc.parallelize([0], n).map(lambda _: shared.value))
    shared.unpersist()
    return {
        "seen": seen,
        "driver": shared.value,
        "after unpersist": placed(sc.parallelize([0], n).map(lambda _: shared.value)),
    }


@program(1, 3)
def broadcast_destroyed(sc, n):
    shared = sc.broadcast("value")
    shared.destroy()
    return outcome(lambda: sc.parallelize([0], n).map(lambda _: shared.value).collect(), "destroyed")


@program(1, 3, 5)
def accumulator_counts_in_foreach(sc, n):
    total, ratio, turn = sc.accumulator(0), sc.accumulator(0.5), sc.accumulator(1j)

    def count(x):
        total.add(x)
        ratio.add(x / 4)
        turn.add(1)

    done = sc.parallelize(TEN, n).foreach(count)
    return {
        "foreach": done,
        "int": total.value,
        "float": ratio.value,
        "complex": turn.value,
        "str": str(total),
    }


@program(1, 2)
def accumulator_counts_once_per_action(sc, n):
    seen = sc.accumulator(0)
    rdd = sc.parallelize(WORDS, n).map(lambda word: seen.add(1) or word)
    lazy = seen.value
    rdd.count()
    once = seen.value
    rdd.collect()
    return {"lazy": lazy, "once": once, "twice": seen.value}


@program(1, 3)
def accumulator_with_operators(sc, n):
    total = sc.accumulator(5)

    def add(x):
        nonlocal total
        total += x

    sc.parallelize(TEN, n).foreach(add)
    after = total.value
    total.value = 1
    total += 2
    return {"after": after, "set and added": total.value}


@program(1, 2)
def accumulator_refuses(sc, n):
    total = sc.accumulator(0)
    rdd = sc.parallelize(TEN, n)
    return {
        "a str": outcome(lambda: sc.accumulator("x")),
        "a list": outcome(lambda: sc.accumulator([])),
        "None": outcome(lambda: sc.accumulator(None)),
        "read in a task": outcome(
            lambda: rdd.map(lambda x: total.value).collect(), "cannot be accessed inside tasks"
        ),
        "untouched": total.value,
    }
