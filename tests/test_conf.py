"""SparkConf: strings by key."""

import pytest

from firesteel import SparkConf
from firesteel.errors import PySparkRuntimeError


def test_values_become_strings() -> None:
    conf = SparkConf().set("a", 1).set("b", True).set("c", None)
    assert conf.getAll() == [("a", "1"), ("b", "True"), ("c", "None")]


def test_setters_can_be_chained() -> None:
    conf = SparkConf().setMaster("local[2]").setAppName("app").setSparkHome("/opt").setAll([("x", "y")])
    assert conf.getAll() == [
        ("spark.app.name", "app"),
        ("spark.home", "/opt"),
        ("spark.master", "local[2]"),
        ("x", "y"),
    ]


def test_missing_keys() -> None:
    conf = SparkConf(loadDefaults=False)
    assert conf.get("x") is None
    assert conf.get("x", "default") == "default"
    assert not conf.contains("x")
    assert conf.setIfMissing("x", 1).setIfMissing("x", 2).get("x") == "1"


def test_executor_environment_by_key_or_by_pairs() -> None:
    conf = SparkConf().setExecutorEnv("A", "1").setExecutorEnv(pairs=[("B", "2"), ("C", "3")])
    assert [value for _, value in conf.getAll()] == ["1", "2", "3"]


@pytest.mark.parametrize("arguments", [{}, {"key": "A", "value": "1", "pairs": [("B", "2")]}])
def test_executor_environment_wants_one_of_them(arguments: dict) -> None:
    with pytest.raises(PySparkRuntimeError, match="Key-value pair") as caught:
        SparkConf().setExecutorEnv(**arguments)
    assert caught.value.getCondition() == "KEY_VALUE_PAIR_REQUIRED"


def test_debug_string_is_ordered_by_key() -> None:
    assert SparkConf().set("b", "1").set("a", "2").toDebugString() == "a=2\nb=1"
