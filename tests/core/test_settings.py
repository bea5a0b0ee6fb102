"""Settings: sizes, durations, warnings, and the page that lists them."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel.core import _settings
from firesteel.core._settings import Kind, parse_bytes, parse_seconds
from firesteel.errors import ArgumentError, FiresteelError

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.mark.parametrize(
    ("text", "unit", "size"),
    [
        ("512", "b", 512),
        ("1g", "b", 1 << 30),
        ("10MB", "b", 10 << 20),
        ("7", "k", 7168),
        ("2t", "m", 2 << 40),
    ],
)
def test_sizes(text: str, unit: str, size: int) -> None:
    assert parse_bytes(text, unit) == size


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [("10", "s", 10), ("250ms", "s", 0.25), ("5m", "ms", 300), ("1d", "s", 86400)],
)
def test_durations(text: str, unit: str, seconds: float) -> None:
    assert parse_seconds(text, unit) == seconds


@pytest.mark.parametrize("text", ["", "g", "1x", "-1", "1.5g", "1 2"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(ArgumentError, match="Size must be specified as bytes"):
        parse_bytes(text)
    with pytest.raises(ArgumentError, match="Time must be specified as seconds"):
        parse_seconds(text)


def test_only_unhonoured_settings_are_told_of() -> None:
    settings = [
        ("spark.driver.memory", "8g"),
        ("spark.sql.shuffle.partitions", "7"),
        ("spark.files.ignoreMissingFiles", "false"),
        ("my.own", "x"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _settings.warn_of_unhonoured(settings)
    with pytest.warns(UserWarning, match=r"ignoreMissingFiles=true is not honoured: a missing") as caught:
        _settings.warn_of_unhonoured([*settings, ("spark.files.ignoreMissingFiles", "true")])
    assert len(caught) == 1


def test_a_context_tells_once(start_context: Callable[..., SparkContext]) -> None:
    with pytest.warns(UserWarning, match=r"spark\.jars\.packages=a:b:1 is not honoured") as caught:
        sc = start_context(settings={"spark.jars.packages": "a:b:1", "spark.jars": "x.jar"})
    assert sc.range(3).count() == 3
    assert len(caught) == 1


def test_every_key_is_described_once() -> None:
    keys = [entry.key for entry in _settings.SETTINGS]
    assert len(set(keys)) == len(keys)
    honoured = [entry.key for entry in _settings.SETTINGS if entry.kind is Kind.HONOURED]
    for key in honoured:
        known = _settings.setting(key.replace("*", "x"))
        assert known is not None
        assert known.kind is Kind.HONOURED, key


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text() == _settings.documentation(), f"python {__file__} writes it anew"


def test_results_have_a_limit(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context(settings={"spark.driver.maxResultSize": "100k"})
    assert sc.parallelize(["x" * 1000] * 50, 2).map(str).count() == 50
    for size, tasks in ((1000, 1), (1000, 8)):
        with pytest.raises(
            FiresteelError, match=r"results of \d tasks .* bigger than spark\.driver\.maxResultSize"
        ):
            sc.parallelize(range(200), tasks).map(lambda x, size=size: str(x) * size).collect()
    assert sc.range(3).collect() == [0, 1, 2]


def test_a_workers_memory_has_a_limit(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context(settings={"spark.executor.pyspark.memory": "1g"})
    assert sc.range(3).map(lambda x: len(bytearray(1 << 20)) + x).count() == 3
    with pytest.raises(FiresteelError, match="MemoryError"):
        sc.range(1).foreach(lambda x: bytearray(2 << 30))


def test_workers_are_used_again(sc2: SparkContext) -> None:
    assert len(set(sc2.parallelize(range(6), 6).map(lambda _: os.getpid()).collect())) <= 2


def test_a_worker_may_be_for_one_task_only(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[2]", {"spark.python.worker.reuse": "false"})
    cached = sc.parallelize(range(6), 6).map(lambda _: os.getpid()).cache()
    fresh = cached.collect()
    assert len(set(fresh)) == 6
    assert cached.collect() == fresh
    assert sc.parallelize([(x % 2, x) for x in range(9)], 3).reduceByKey(max, 2).collect() == [(0, 8), (1, 7)]
    assert sc._engine.counters()["workers_died"] == sc._engine.counters()["tasks_retried"] == 0  # type: ignore[union-attr]


def test_a_wrong_size_is_named(start_context: Callable[..., SparkContext]) -> None:
    with pytest.raises(ArgumentError, match="got 'much'"):
        start_context(settings={"spark.executor.pyspark.memory": "much"})


if __name__ == "__main__":
    PAGE.write_text(_settings.documentation())
