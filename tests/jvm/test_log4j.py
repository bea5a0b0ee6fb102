"""The JVM's loggers are Python's, below one of their own."""

import logging
from typing import Any

import pytest

from firesteel import SparkContext
from support.programs import Programs


@pytest.fixture
def log4j(sc2: SparkContext) -> Any:
    assert sc2._jvm is not None
    log4j = sc2._jvm.org.apache.log4j
    log4j.LogManager.getRootLogger().setLevel(log4j.Level.WARN)
    return log4j


def test_lines_reach_pythons_handlers(log4j: Any, caplog: pytest.LogCaptureFixture) -> None:
    log4j.LogManager.getLogger("my.app").warn("careful")
    assert [(r.name, r.levelname, r.getMessage()) for r in caplog.records] == [
        ("log4j.my.app", "WARNING", "careful")
    ]


def test_switching_the_jvm_off_leaves_the_programs_own_log_alone(
    log4j: Any, caplog: pytest.LogCaptureFixture
) -> None:
    root = log4j.LogManager.getRootLogger()
    before = root.getLevel()
    try:
        root.setLevel(log4j.Level.OFF)
        log4j.LogManager.getLogger("silent").error("not shown")
        logging.getLogger("my.app").error("shown")
    finally:
        root.setLevel(before)
    assert [record.getMessage() for record in caplog.records] == ["shown"]


def test_set_log_level_is_the_jvms(sc2: SparkContext, log4j: Any) -> None:
    before = log4j.LogManager.getRootLogger().getLevel()
    try:
        sc2.setLogLevel("info")
        assert log4j.LogManager.getLogger("any").isInfoEnabled()
        log4j_2 = sc2._jvm.org.apache.logging.log4j  # type: ignore[union-attr]
        log4j_2.core.config.Configurator.setRootLevel(log4j_2.Level.ERROR)
        assert not log4j.LogManager.getLogger("any").isInfoEnabled()
    finally:
        log4j.LogManager.getRootLogger().setLevel(before)


def test_without_handlers_lines_go_to_stderr_as_sparks_do(programs: Programs) -> None:
    done = programs.firesteel("""
        from pyspark import SparkContext
        with SparkContext("local[1]", "log") as sc:
            logger = sc._jvm.org.apache.log4j.LogManager.getLogger("my.app")
            logger.info("hidden")
            logger.warn("careful")
    """)
    line = done.stderr.split(" ", 2)
    assert (done.stdout, line[2]) == ("", "WARN app: careful\n")
    assert (len(line[0]), len(line[1])) == (8, 8)
