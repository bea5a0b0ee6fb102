"""A real Apache Spark cluster: a standalone master and a worker, on loopback and ephemeral ports.

It comes from the reference's PyPI package; FIRESTEEL_REFERENCE names the Python that has it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.processes import exists
from support.programs import Programs
from support.waiting import wait_until

PATIENCE = 300
"""Seconds that a JVM may take to start, on a machine that does much else."""

_HOME = "import os, pyspark; print(os.path.dirname(pyspark.__file__))"


def reference_or_skip() -> str:
    """Return the Python of the reference; skip the test where there is none, or no Java."""
    python = os.environ.get("FIRESTEEL_REFERENCE")
    if not python:
        pytest.skip("FIRESTEEL_REFERENCE names no Python that has pyspark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    return python


class StandaloneCluster:
    """A master and one worker with two cores, ended by `end`."""

    def __init__(self, programs: Programs, python: str) -> None:
        self._programs = programs
        self._folder = programs.folder / "cluster"
        self._folder.mkdir()
        self.python = python
        self.home = subprocess.run(
            [python, "-c", _HOME], capture_output=True, text=True, check=True
        ).stdout.strip()
        self._processes: list[subprocess.Popen[str]] = []
        ports = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
        self.url = self._start("master", r"(spark://127\.0\.0\.1:\d+)", *ports)
        room = ["--cores", "2", "--memory", "1g", "--work-dir", str(self._folder / "work")]
        self._start("worker", r"Successfully registered with (master)", *ports, *room, self.url)

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return the environment of a program for the cluster, whose output is the program's alone."""
        fixed: dict[str, str | None] = {
            "SPARK_HOME": None,
            "SPARK_CONF_DIR": str(self._configuration()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self._folder),
            "PYSPARK_PYTHON": self.python,
            "PYSPARK_DRIVER_PYTHON": self.python,
        }
        return self._programs.environment(**{**fixed, **changes})

    def _configuration(self) -> Path:
        """Write settings that keep everything small and on loopback."""
        folder = self._folder / "conf"
        folder.mkdir(exist_ok=True)
        (folder / "spark-defaults.conf").write_text(
            "spark.ui.enabled false\n"
            "spark.driver.host 127.0.0.1\n"
            "spark.executor.memory 512m\n"
            "spark.driver.memory 512m\n"
            f"spark.pyspark.python {self.python}\n"
        )
        return folder

    def _start(self, role: str, said: str, *arguments: str) -> str:
        """Start a daemon of Spark's and return what it says when it is ready."""
        log = self._folder / f"{role}.log"
        launcher = str(Path(self.home, "bin", "spark-class"))
        name = f"org.apache.spark.deploy.{role}.{role.capitalize()}"
        with open(log, "w") as output:
            process = self._programs.start(
                launcher,
                name,
                *arguments,
                env=self.environment(SPARK_HOME=self.home),
                stdout=output,
                stderr=output,
            )
        self._processes.append(process)

        def ready() -> re.Match[str] | None:
            assert process.poll() is None, log.read_text()
            return re.search(said, log.read_text())

        wait_until(lambda: ready() is not None, f"the {role} ready", within=PATIENCE)
        match = ready()
        assert match is not None
        return match[1]

    def end(self) -> None:
        """End the worker, which ends its executors, and then the master; wait until nothing is left."""
        for process in reversed(self._processes):
            process.terminate()
            process.wait(timeout=PATIENCE)
        wait_until(
            lambda: not any(map(exists, self._programs.ours())), "Spark's processes gone", within=PATIENCE
        )
