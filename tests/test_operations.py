"""Which functions count as an operation, and which only look like one."""

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

import pytest

from firesteel._operations import is_sum, needle_of, operation_of


def plus(one: Any, other: Any) -> Any:
    """Add, with a docstring."""
    return one + other


def enclosed() -> Callable[..., Any]:
    return lambda left, right: left + right


# Two arguments by default, and one of them never given.
def defaulted(left: Any, right: Any = 1) -> Any:
    return left + right


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (operator.add, "add"),
        (max, "max"),
        (min, "min"),
        (lambda a, b: a + b, "add"),
        (lambda x, y: max(x, y), "max"),
        (lambda x, y: min(x, y), "min"),
        (enclosed(), "add"),
        (defaulted, "add"),
    ],
)
def test_what_is_plainly_an_operation(function: Any, name: str) -> None:
    assert operation_of(function) == name


def test_a_documented_function_may_count() -> None:
    assert operation_of(plus) in ("add", None)


outer = 3


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: b + a,
        lambda a, b: a - b,
        lambda a, b: a + b + 1,
        lambda a, b: max(b, a),
        lambda a, b: max(a, b, 0),
        lambda a, b: a + outer,
        lambda a, b: abs(a),
        lambda a, *b: a + b,
        lambda a, *, b=1: a + b,
        lambda a: a + a,
        lambda a, b, c=0: a + b,
        functools.partial(operator.add, 1),
        operator.sub,
        sum,
        "add",
        [],
        None,
    ],
)
def test_what_is_none(function: Any) -> None:
    assert operation_of(function) is None


@pytest.mark.parametrize("where", ["globals", "builtins"])
def test_a_name_that_means_something_else(where: str) -> None:
    mine: dict[str, Any] = {"max": lambda left, right: 0}
    space = mine if where == "globals" else {"__builtins__": mine}
    function = eval("lambda left, right: max(left, right)", space)
    assert function(1, 2) == 0
    assert operation_of(function) is None


def test_calls_that_somebody_counts_are_made() -> None:
    previous = sys.getprofile()
    sys.setprofile(lambda *_: None)
    try:
        found = operation_of(operator.add), is_sum(sum)
    finally:
        sys.setprofile(previous)
    assert found == (None, False)


WORD = "steel"


def documented(line: str) -> bool:
    """Look for a word."""
    return WORD in line


def found(function: Any) -> tuple[str, bool] | None:
    needle = needle_of(function)
    return needle and needle[:2]


def enclosing(word: Any) -> Callable[[str], bool]:
    return lambda line: word in line


@pytest.mark.parametrize(
    ("function", "test"),
    [
        (lambda line: "a" in line, ("a", True)),
        (lambda x: "a" not in x, ("a", False)),
        (lambda line: WORD in line, ("steel", True)),
        (lambda line: WORD not in line, ("steel", False)),
        (lambda line: line.__contains__(WORD), ("steel", True)),
        (lambda line: line.__contains__(""), ("", True)),
        (documented, ("steel", True)),
        (enclosing("火"), ("火", True)),
    ],
)
def test_what_plainly_looks_for_a_str(function: Any, test: tuple[str, bool]) -> None:
    assert found(function) == test


def test_what_holds_the_str() -> None:
    function = enclosing("a")
    assert needle_of(lambda line: "a" in line) == ("a", True, None, "")
    assert needle_of(function) == ("a", True, (function.__closure__ or ())[0], "word")  # type: ignore[attr-defined]
    needle = needle_of(documented)
    assert needle is not None
    assert needle[2] is globals()
    assert needle[3] == "WORD"


class Word(str):
    """Might do anything."""


@pytest.mark.parametrize(
    "function",
    [
        lambda line: line in "a",
        lambda line: "a" in "b",
        lambda line: "a" in line and "b" in line,
        lambda line: ("a" in line) is True,
        lambda line: line.find("a"),
        lambda line: line.startswith("a"),
        lambda line: 1 in line,
        lambda line: outer in line,
        lambda line: b"a" in line,
        lambda line: len in line,
        lambda line: missing in line,  # noqa: F821
        lambda *line: "a" in line,
        lambda line, other="": "a" in line,
        enclosing(Word("a")),
        enclosing(None),
        "a".__contains__,
        operator.contains,
        functools.partial(operator.contains, "a"),
        None,
    ],
)
def test_what_does_not_plainly(function: Any) -> None:
    assert needle_of(function) is None


def test_a_variable_without_a_value() -> None:
    function = lambda line: later in line  # noqa: E731
    assert needle_of(function) is None
    later = "a"
    assert found(function) == ("a", True)


def test_a_generator_that_looks_alike() -> None:
    def generator(line: str) -> Any:
        return "a" in line
        yield

    assert needle_of(generator) is None
