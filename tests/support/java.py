"""The Java of this machine, and the class that tests call in it."""

import shutil
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "data/java/com/example/Hello.java"
PATIENCE = 300
"""Seconds that a JVM and a compiler may take to start, on a machine that does much else."""


def jvm_or_skip() -> None:
    """Skip the test where there is nothing to start a JVM with."""
    if shutil.which("java") is None:
        pytest.skip("there is no java on the PATH")
    if find_spec("py4j") is None:
        pytest.skip("py4j is not installed: make .venv/.dev")


def javac_or_skip() -> None:
    """Skip the test where there is no JVM, or nothing to compile with."""
    jvm_or_skip()
    if shutil.which("javac") is None:
        pytest.skip("there is no javac on the PATH")


def hello_jar(folder: Path) -> Path:
    """Compile com.example.Hello and pack it into a jar."""
    classes, jar = folder / "classes", folder / "hello.jar"
    subprocess.run(
        ["javac", "-d", str(classes), str(SOURCE)], check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
    )
    with zipfile.ZipFile(jar, "w") as archive:
        for path in sorted(classes.rglob("*.class")):
            archive.write(path, path.relative_to(classes))
    return jar
