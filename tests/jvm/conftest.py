"""A context with a real JVM, which tests share; and the jar for programs of their own."""

import os
from pathlib import Path

import pytest

from firesteel import SparkContext, _java
from support.contexts import Mode, SharedContext
from support.java import hello_jar, javac_or_skip
from support.programs import Programs


@pytest.fixture(scope="session")
def jar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """com.example.Hello."""
    javac_or_skip()
    return hello_jar(tmp_path_factory.mktemp("java"))


@pytest.fixture
def java(shared: SharedContext, jar: Path, monkeypatch: pytest.MonkeyPatch) -> SparkContext:
    """A context with a JVM that runs. Leave both running."""
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    context = shared.get(Mode("local[1]", (("spark.jars", str(jar)),)))
    if _java.running() is None:
        assert context._jvm.com.example.Hello.hello("steel") == "hello steel"
        shared.accept_footprint()
    return context


@pytest.fixture
def java_programs(programs: Programs, jar: Path) -> Programs:
    """Runs programs that find the jar in the variable JAR."""
    inherited = programs.environment

    def environment(**changes: str | None) -> dict[str, str]:
        return inherited(**{"JAR": str(jar), "PYSPARK_GATEWAY_PORT": None, **changes})

    programs.environment = environment  # type: ignore[method-assign]
    return programs


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java, for tests of what is answered without it."""
    _java.stop()
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setenv("JAVA_HOME", os.devnull)
