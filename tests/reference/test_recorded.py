"""Firesteel gives the results that the reference gave: each recorded program, run again, element for element.

`record.py` says how `recorded.json` is made. Invariant: a program runs here exactly as it ran there, on one
context that it shares with the programs before it, or on those that it starts itself.
"""

import inspect
import json
import os
from pathlib import Path

import pytest
from canonical import canonical, difference, summary
from programs import PROGRAMS

from firesteel import SparkContext

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())["cases"]

# The operations that this API promises so far. Every one is in a recorded program.
# fmt: off
CONTEXT_OPERATIONS = [
    "parallelize", "range", "emptyRDD", "textFile", "union", "broadcast", "accumulator",
    "defaultParallelism",
]
RDD_OPERATIONS = [
    "map", "flatMap", "filter", "mapPartitions", "mapPartitionsWithIndex", "mapValues", "flatMapValues",
    "keys", "values", "keyBy", "glom", "union", "distinct", "reduceByKey", "combineByKey",
    "aggregateByKey", "groupByKey", "partitionBy", "join", "sortByKey", "sortBy", "repartition",
    "coalesce", "cache", "persist", "unpersist", "collect", "count", "take", "first", "reduce", "fold",
    "aggregate", "sum", "takeOrdered", "top", "foreach", "countByKey", "countByValue", "collectAsMap",
    "saveAsTextFile", "toDebugString", "getNumPartitions",
    "leftOuterJoin", "rightOuterJoin", "fullOuterJoin", "cogroup", "groupWith", "groupBy", "foldByKey",
    "reduceByKeyLocally", "subtract", "subtractByKey", "intersection", "sample", "randomSplit",
    "takeSample", "sampleByKey", "min", "max", "mean", "variance", "stdev", "sampleVariance",
    "sampleStdev", "stats", "histogram", "isEmpty", "lookup", "treeReduce", "treeAggregate",
    "foreachPartition", "toLocalIterator", "collectWithJobGroup", "repartitionAndSortWithinPartitions",
    "zip", "zipWithIndex", "zipWithUniqueId", "cartesian", "pipe",
    "countApprox", "sumApprox", "meanApprox", "countApproxDistinct", "checkpoint", "localCheckpoint",
    "isCheckpointed", "getCheckpointFile", "barrier",
]
# fmt: on


# Results that differ, on purpose or by nature: see docs/compatibility.md. One that no longer differs fails.
NO_PAIR = "pairs are refused in one line that names the operation"
DIFFERENT = {
    ("reduce_by_key_is_lazy_but_checks_nothing", "an int"): NO_PAIR,
    ("reduce_by_key_is_lazy_but_checks_nothing", "a triple"): NO_PAIR,
    ("reduce_by_key_is_lazy_but_checks_nothing", "a single"): NO_PAIR,
    ("what_fails_in_a_task", "keys of ints"): NO_PAIR,
    ("what_fails_in_a_task", "values of singles"): NO_PAIR,
    ("errors_know_themselves", "message of captured"): "the description, also without an exception of a JVM",
    ("small_serializers", "read back"): "AutoSerializer reads what it has written by marshal",
    ("coalesce_of_derived_from_cached", "derived before"): "an RDD reads its parent's cached partitions",
    ("repartition_again_deals_the_same_runs", "cached"): "persist forgets the runs of a repartition",
}


@pytest.fixture
def sc(case, request):
    """A context with two workers, as on the reference, or the class of contexts, while none runs."""
    if not PROGRAMS[case.partition(":")[0]].starts_contexts:
        return request.getfixturevalue("sc2")
    request.getfixturevalue("shared").close()
    return SparkContext


@pytest.mark.parametrize("case", sorted(RECORDED))
def test_result_equals_the_reference(sc, case, tmp_path):
    name, _, n = case.partition(":")
    if os.environ.get("PYTHONHASHSEED", "0") != "0":
        pytest.skip("the reference was recorded with PYTHONHASHSEED=0, by which words land in partitions")
    expected = dict(RECORDED[case])
    found = summary(PROGRAMS[name].run(sc, int(n), tmp_path))
    for label in [label for program, label in DIFFERENT if program == name]:
        assert expected.pop(label) != found.pop(label), f"{case}: {label} does not differ any more"
    different = difference(expected, found)
    assert different is None, f"{case}: {different}"


def test_recording_and_programs_belong_together():
    recorded = {case.partition(":")[0] for case in RECORDED}
    assert recorded == set(PROGRAMS), "record the programs again: see record.py"


def test_every_operation_is_recorded():
    sources = [inspect.getsource(program.function) for program in PROGRAMS.values()]
    unused = [name for name in CONTEXT_OPERATIONS if not any(f"sc.{name}" in source for source in sources)]
    unused += [name for name in RDD_OPERATIONS if not any(f".{name}(" in source for source in sources)]
    assert unused == []


def test_there_is_enough_to_compare():
    numbers = {case.partition(":")[0]: set() for case in RECORDED}
    for case in RECORDED:
        numbers[case.partition(":")[0]].add(int(case.partition(":")[2]))
    assert len(numbers) >= 60
    assert [name for name, used in numbers.items() if len(used) < 2] == []
    assert set.union(*numbers.values()) == {1, 2, 3, 4, 5}


def test_canonical_tells_types_values_and_order_apart():
    numbers = [1, True, 1.0, 0, -0.0, 0.0, 1j, None]
    texts = ["1", b"1", "", b""]
    holders = [(1,), [1], {1}, frozenset({1}), {1: 1}, {1: True}, (), [], {}, (1, 2), (2, 1)]
    values = numbers + texts + holders
    assert len({canonical(value) for value in values}) == len(values)
    assert canonical({1: 2, 3: 4}) != canonical({3: 4, 1: 2})
    assert canonical({3, 1, 2}) == canonical({2, 3, 1})


def test_a_difference_names_the_partition():
    expected, found = ([list(range(2000)), list(range(last))] for last in (2000, 1999))
    assert "lengths [2000, 2000], found [2000, 1999]" in difference(summary(expected), summary(found))
    found = [list(range(2000)), [*range(1999), 1999.0]]
    assert "partition 1 differs" in difference(summary(expected), summary(found))
    assert difference(summary(expected), summary(expected)) is None
