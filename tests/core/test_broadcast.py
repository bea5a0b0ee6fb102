"""Broadcast variables: stored once, read in every task."""

import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from firesteel import Broadcast, SparkContext
from firesteel.core.broadcast import BroadcastPickleRegistry
from firesteel.errors import FiresteelError
from support.values import VALUES, assert_same


@given(VALUES)
def test_every_task_reads_the_value(sc: SparkContext, value: Any) -> None:
    shared = sc.broadcast(value)
    assert_same(shared.value, value)
    assert_same(sc.parallelize(range(4), 4).map(lambda _: shared.value).collect(), [value] * 4)


def test_a_worker_loads_the_value_once(sc: SparkContext) -> None:
    shared = sc.broadcast(list(range(1000)))
    seen = sc.parallelize(range(40), 20).map(lambda _: (os.getpid(), id(shared.value))).collect()
    assert len({pid for pid, _ in seen}) == len(set(seen))


def test_a_large_value_does_not_travel_with_the_tasks(sc2: SparkContext) -> None:
    shared = sc2.broadcast(b"x" * 5_000_000)
    before = sc2._engine.counters()["control_bytes_sent"]
    assert sc2.parallelize(range(8), 8).map(lambda _: len(shared.value)).collect() == [5_000_000] * 8
    assert sc2._engine.counters()["control_bytes_sent"] - before < 100_000


def test_what_the_driver_changes_later_the_tasks_do_not_see(sc2: SparkContext) -> None:
    shared = sc2.broadcast([1])
    shared.value.append(2)
    assert sc2.parallelize([0]).map(lambda _: list(shared.value)).collect() == [[1]]
    assert shared.value == [1, 2]


def test_after_unpersist_it_still_works(sc2: SparkContext) -> None:
    shared = sc2.broadcast("steel")
    shared.unpersist()
    assert sc2.parallelize([0]).map(lambda _: shared.value).collect() == ["steel"]


def test_after_destroy_no_task_gets_it(sc2: SparkContext) -> None:
    shared = sc2.broadcast("steel")
    shared.destroy()
    with pytest.raises(Exception, match=r"Attempted to use Broadcast\(\d+\) after it was destroyed"):
        sc2.parallelize([0]).map(lambda _: shared.value).collect()


def test_what_cannot_be_pickled_cannot_be_broadcast(sc2: SparkContext) -> None:
    with pytest.raises(pickle.PicklingError, match="Could not serialize broadcast"):
        sc2.broadcast(threading.Lock())


def test_a_broadcast_is_what_pyspark_calls_one(sc2: SparkContext) -> None:
    assert isinstance(sc2.broadcast(1), Broadcast)


def test_values_are_dumped_and_loaded(sc2: SparkContext, tmp_path: Path) -> None:
    names = sc2.broadcast({1: "one"})
    with (tmp_path / "dumped").open("wb") as file:
        names.dump({2: "two"}, file)
    assert names.load_from_path(str(tmp_path / "dumped")) == {2: "two"}
    with (tmp_path / "dumped").open("wb") as file, pytest.raises(pickle.PicklingError, match="broadcast"):
        names.dump(threading.Lock(), file)  # type: ignore[arg-type]


def test_a_registry_belongs_to_its_thread(sc2: SparkContext) -> None:
    registry, names = BroadcastPickleRegistry(), sc2.broadcast(1)
    registry.add(names)
    registry.add(names)
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.extend(registry))
    thread.start()
    thread.join()
    assert (list(registry), seen) == ([names], [])
    registry.clear()
    assert list(registry) == []


def test_the_driver_too_reads_the_value_as_it_was(sc2: SparkContext) -> None:
    numbers = [1, 2]
    shared = sc2.broadcast(numbers)
    numbers.append(3)
    assert shared.value == [1, 2]
    assert shared.value is shared.value


def test_after_destroy_a_value_that_was_never_read_is_gone(sc2: SparkContext) -> None:
    read, unread = sc2.broadcast("read"), sc2.broadcast("unread")
    assert read.value == "read"
    read.destroy()
    unread.destroy()
    assert read.value == "read"
    with pytest.raises(FiresteelError, match=r"Attempted to use Broadcast\(\d+\) after it was destroyed"):
        _ = unread.value


def test_after_stop_a_value_can_still_be_read(start_context: Callable[..., SparkContext]) -> None:
    with start_context() as context:
        shared, destroyed = context.broadcast(["unread"]), context.broadcast("destroyed")
        destroyed.destroy()
    assert shared.value == ["unread"]
    with pytest.raises(FiresteelError, match="after it was destroyed"):
        _ = destroyed.value


def test_what_a_worker_has_read_is_a_broadcast_as_before(sc2: SparkContext) -> None:
    shared = sc2.broadcast({1: "one"})

    def look(_: int) -> tuple[bool, ...]:
        first = shared.value
        again = pickle.loads(pickle.dumps(shared))
        name = type(shared).__name__
        same = shared.value is first and shared._value is first and again is shared
        return isinstance(shared, Broadcast), name == "Broadcast", same

    assert sc2.parallelize(range(4), 2).map(look).collect() == [(True,) * 3] * 4


@pytest.mark.parametrize("change", [lambda b: setattr(b, "value", 1), lambda b: delattr(b, "value")])
def test_nobody_changes_the_value_where_it_has_been_read(sc2: SparkContext, change: Any) -> None:
    shared = sc2.broadcast("steel")

    def try_to(_: int) -> str:
        assert shared.value == "steel"
        with pytest.raises(AttributeError, match="a broadcast's value cannot be"):
            change(shared)
        return shared.value

    assert sc2.parallelize(range(2), 1).map(try_to).collect() == ["steel"] * 2


def test_a_worker_does_not_read_what_no_function_asks_for(sc2: SparkContext) -> None:
    shared = sc2.broadcast("steel")
    assert sc2.parallelize([0]).map(lambda _: hasattr(shared, "_value")).collect() == [False]


def test_what_no_worker_can_read_fails_each_time_it_is_asked_for(sc2: SparkContext) -> None:
    class Fragile:
        def __reduce__(self) -> Any:
            return int, ("no number",)

    shared = sc2.broadcast(Fragile())

    def ask(_: int) -> list[str]:
        said = []
        for _ in range(2):
            try:
                shared.value  # noqa: B018  # reads it
            except ValueError as error:
                said.append(str(error))
        return said

    assert sc2.parallelize([0]).map(ask).collect() == [
        ["invalid literal for int() with base 10: 'no number'"] * 2
    ]


def test_a_broadcast_inside_a_broadcast_inside_a_function(sc2: SparkContext) -> None:
    inner = sc2.broadcast([1, 2])
    outer = sc2.broadcast({"inner": inner})

    def make() -> Callable[[int], int]:
        return lambda position: outer.value["inner"].value[position]

    assert sc2.parallelize([1, 0], 2).map(make()).collect() == [2, 1]
