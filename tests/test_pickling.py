"""Pickling of functions: what cannot be pickled is named, with the way that leads there."""

import functools
import pickle
import threading
from typing import Any

import pytest

from firesteel._pickling import dumps_code, find_culprit, large_captures

LOCK = threading.Lock()


class Holder:
    def __init__(self) -> None:
        self.parts = {"good": 1, "bad": [0, threading.Lock()]}

    def method(self, x: int) -> int:
        return x


class Slotted:
    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock = threading.Lock()


def way_to_culprit(value: Any) -> str:
    way, culprit = find_culprit("f", value)
    assert type(culprit).__name__ == "lock"
    return way


def test_the_way_through_a_closure_and_attributes() -> None:
    holder = Holder()
    assert way_to_culprit(lambda: holder) == "f -> closure 'holder' -> .parts -> ['bad'] -> [1]"


def test_the_way_through_globals_defaults_methods_and_partials() -> None:
    # The test's own module is pickled by name; what a program's main module defines, by value.
    def default(x: int, lock: Any = LOCK) -> int:
        return x

    def keyword(x: int, *, lock: Any = LOCK) -> int:
        return x

    assert way_to_culprit(lambda: LOCK) == "f -> global 'LOCK'"
    assert way_to_culprit(lambda: [LOCK for _ in "x"]) == "f -> global 'LOCK'"
    assert way_to_culprit(default) == "f -> default value"
    assert way_to_culprit(keyword) == "f -> default 'lock'"
    assert way_to_culprit(Holder().method) == "f -> self -> .parts -> ['bad'] -> [1]"
    assert way_to_culprit(functools.partial(max, LOCK)) == "f -> argument 0"
    assert way_to_culprit(functools.partial(max, key=LOCK)) == "f -> argument 'key'"
    assert way_to_culprit(Slotted()) == "f -> .lock"


def test_a_way_in_a_circle_ends() -> None:
    circle: list[Any] = [threading.Lock()]
    circle.insert(0, circle)
    assert way_to_culprit(circle) == "f -> [1]"


def test_the_error_says_what_and_where() -> None:
    big = b"x" * (3 << 20)
    with pytest.raises(pickle.PicklingError) as caught:
        dumps_code(lambda x: (LOCK, big), "map", "app.py:12")
    assert str(caught.value).splitlines() == [
        "Could not serialize object: TypeError: cannot pickle '_thread.lock' object",
        "  <lambda> -> global 'LOCK'  (a _thread.lock)",
        "  in map at app.py:12",
        "  closure 'big' takes 3.0 MB: sc.broadcast() would send it once",
    ]


def test_of_several_functions_the_failing_one_is_named() -> None:
    def good(x: int) -> int:
        return x

    def bad(x: int) -> Any:
        return LOCK

    with pytest.raises(pickle.PicklingError, match="bad -> global 'LOCK'"):
        dumps_code((None, good, bad), "combineByKey", "app.py:1")


def test_small_captures_are_not_worth_a_hint() -> None:
    small = b"x" * 1000
    assert large_captures(lambda: small) == []
