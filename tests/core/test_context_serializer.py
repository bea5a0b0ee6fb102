"""A context with a serializer of the program's own. What PySpark does with one: `programs/serializing.py`."""

import json
import os
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from firesteel import SparkConf, SparkContext
from firesteel.errors import JobError
from firesteel.serializers import (
    CloudPickleSerializer,
    CompressedSerializer,
    FramedSerializer,
    MarshalSerializer,
    PickleSerializer,
    Serializer,
)
from support.contexts import SharedContext
from support.programs import Programs


class Json(FramedSerializer):
    """Tuples come back as lists."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj).encode()

    def loads(self, obj: Any) -> Any:
        return json.loads(obj)


class Tagging(FramedSerializer):
    """Every element comes back with the process that has loaded it."""

    def dumps(self, obj: Any) -> bytes:
        return pickle.dumps(obj)

    def loads(self, obj: Any) -> Any:
        return [(x, os.getpid()) for x in pickle.loads(obj)]


class Silent(FramedSerializer):
    """Forgets to return anything."""

    def dumps(self, obj: Any) -> Any:
        return None


class Unloadable(FramedSerializer):
    """Dumps, and cannot load."""

    def dumps(self, obj: Any) -> bytes:
        return pickle.dumps(obj)

    def loads(self, obj: Any) -> Any:
        raise KeyError("no such letter")


@pytest.fixture
def context(shared: SharedContext) -> Iterator[Any]:
    """Make a context with a serializer."""
    shared.close()
    made: list[SparkContext] = []

    def make(serializer: Serializer, batch: int = 0, **settings: str) -> SparkContext:
        conf = SparkConf().setAll([(key.replace("_", "."), value) for key, value in settings.items()])
        made.append(SparkContext("local[2]", "serializer", serializer=serializer, batchSize=batch, conf=conf))
        return made[-1]

    yield make
    for sc in made:
        sc.stop()


def test_results_are_loaded_by_the_driver_and_caches_by_workers(context: Any) -> None:
    sc = context(Tagging())
    made = sc.parallelize([1, 2], 2).map(lambda x: x[0])
    driver = os.getpid()
    assert made.collect() == [(1, driver), (2, driver)]
    cached = made.cache().map(lambda x: x).map(lambda x: x[1] == driver)
    assert [x for x, _ in cached.collect()] == [False, False]


@pytest.mark.parametrize("batch", [0, 1, 3, -1])
@pytest.mark.parametrize(
    "serializer", [PickleSerializer(), CompressedSerializer(MarshalSerializer()), CloudPickleSerializer(None)]
)
def test_results_are_those_of_the_default(context: Any, serializer: Serializer, batch: int) -> None:
    sc = context(serializer, batch)
    pairs = sc.parallelize([(x % 97, x) for x in range(5000)], 3).mapValues(float)
    sums = pairs.reduceByKey(lambda a, b: a + b, 4)
    expected = {key: float(sum(range(key, 5000, 97))) for key in range(97)}
    assert sums.collectAsMap() == expected
    assert sums.join(sums.cache()).mapValues(
        lambda both: both[0] - both[1]
    ).values().distinct().collect() == [0.0]
    assert pairs.groupByKey(2).mapValues(len).lookup(3) == [52]
    assert pairs.sortBy(lambda pair: -pair[1]).first() == (4999 % 97, 4999.0)
    assert sorted(pairs.map(str).union(sc.parallelize(["a"], 1)).distinct().takeOrdered(2)) == [
        "(0, 0.0)",
        "(0, 1067.0)",
    ]


def test_a_shuffle_that_spills(context: Any) -> None:
    sc = context(MarshalSerializer(), firesteel_memory="256m", spark_python_worker_memory="64m")
    made = sc.range(200_000, numSlices=2).map(lambda x: (x % 50_000, "x" * 100))
    counts = made.groupByKey(2).mapValues(lambda values: len(list(values)))
    assert counts.values().distinct().collect() == [4]


def test_an_element_that_it_refuses_is_named(context: Any) -> None:
    sc = context(MarshalSerializer())
    mixed = sc.parallelize([1, 2], 1).map(lambda x: x if x == 1 else (x, Silent))
    with pytest.raises(JobError, match="unmarshallable object") as caught:
        mixed.collect()
    assert isinstance(caught.value.__cause__, ValueError)
    assert "map at test_context_serializer.py" in str(caught.value)
    assert "Silent" in str(caught.value)
    # The context is as good as before.
    assert mixed.map(lambda x: 0).collect() == [0, 0]
    with pytest.raises(ValueError, match="unmarshallable object"):
        sc.parallelize([Silent])


def test_nothing_for_something_is_an_error(context: Any) -> None:
    sc = context(Silent())
    with pytest.raises(JobError, match="serialized value should not be None"):
        sc.range(1).collect()


def test_what_it_cannot_load(context: Any) -> None:
    sc = context(Unloadable())
    with pytest.raises(KeyError, match="no such letter"):
        sc.range(3).collect()
    with pytest.raises(JobError, match="no such letter"):
        sc.range(3, numSlices=1).map(lambda x: (x, x)).partitionBy(2).count()
    with pytest.raises(JobError, match="no such letter"):
        sc.range(3, numSlices=1).map(str).cache().count()


def test_a_class_of_the_program_itself(programs: Programs) -> None:
    done = programs.python("""
        from firesteel import SparkContext
        from firesteel.serializers import FramedSerializer

        class Reversed(FramedSerializer):
            def dumps(self, obj):
                return repr(obj[::-1]).encode()
            def loads(self, obj):
                return eval(obj)

        with SparkContext("local[2]", "own", serializer=Reversed(), batchSize=3) as sc:
            print(sc.serializer, sc.range(5, numSlices=1).collect())
            print(sc.range(5, numSlices=1).map(lambda x: x).cache().map(str).collect())
    """)
    printed = "BatchedSerializer(Reversed(), 3) [2, 1, 0, 4, 3]\n['0', '1', '2', '3', '4']\n"
    assert (done.stdout, done.stderr) == (printed, "")


def test_the_default_is_not_asked(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CloudPickleSerializer, "dumps", None)
    sc = context(CloudPickleSerializer())
    assert sc.parallelize([(1, 2)], 1).map(lambda x: x).partitionBy(2).collect() == [(1, 2)]
    sc.stop()
    sc = context(CloudPickleSerializer(allowed_names=[("builtins", "set")]))
    monkeypatch.undo()
    assert sc.range(1).map(lambda x: {x}).collect() == [{0}]
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        sc.range(1).map(complex).collect()
