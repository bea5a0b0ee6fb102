"""The example programs inside PySpark's own package run unchanged, and print what they print there.

They are not copied: the tests take them from a reference that is installed, and are skipped without one.
`programs/algorithms.py` has programs of the same shapes, recorded, which always run.
"""

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.programs import Programs

REFERENCE = os.environ.get("FIRESTEEL_REFERENCE", "")
"""The interpreter of an environment with PySpark, and NumPy for the examples that need it."""
OURS = os.environ.get("FIRESTEEL_LIBRARIES", sys.executable)
"""An interpreter with NumPy, such as the one that `make test-libraries` uses."""
HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "python"

pytestmark = [
    pytest.mark.skipif(not REFERENCE, reason="FIRESTEEL_REFERENCE names no Python with PySpark"),
    pytest.mark.timeout(2000),
]


def words(folder: Path) -> list[str]:
    (folder / "text").write_text("iron is iron\nsteel is iron and carbon\n\nand  sparks\n" * 20)
    return ["text"]


def numbers(folder: Path) -> list[str]:
    source = random.Random(11)
    lines = (" ".join(str(source.randrange(500)) for _ in range(8)) for _ in range(40))
    (folder / "numbers").write_text("\n".join(lines))
    return ["numbers"]


def links(folder: Path) -> list[str]:
    (folder / "links").write_text("a b\na c\nb c\nc a\nd c\nd a\ne d\na b\n")
    return ["links", "5"]


def points(folder: Path) -> list[str]:
    source = random.Random(5)
    lines = (f"{x + source.random()} {y + source.random()}" for x, y in ((0, 0), (8, 8), (0, 9)) * 30)
    (folder / "points").write_text("\n".join(lines))
    return ["points", "3", "0.001"]


def labelled(folder: Path) -> list[str]:
    source = random.Random(17)
    lines = (
        ",".join([str(source.choice([-1, 1])), *(f"{source.gauss(0, 1):.4f}" for _ in range(10))])
        for _ in range(100)
    )
    (folder / "labelled").write_text("\n".join(lines))
    return ["labelled", "5"]


def arguments(*values: str) -> Callable[[Path], list[str]]:
    return lambda folder: list(values)


def all_of_it(output: str) -> object:
    return output


def about_pi(output: str) -> object:
    """Two per cent: the points are random on both sides."""
    found = re.fullmatch(r"Pi is roughly (\d\.\d+)\n", output)
    return found is not None and abs(float(found[1]) - 3.1416) < 0.06


def stages_and_results(output: str) -> object:
    """What does not depend on when somebody looks."""
    stages = {line.partition(" (")[0] for line in output.splitlines() if line.startswith("Stage")}
    return stages, re.findall(r"Job 0 status:  RUNNING|Job results are:.*", output)[-1]


@dataclass
class Example:
    name: str
    inputs: Callable[[Path], list[str]]
    needs_numpy: bool = False
    essential: Callable[[str], object] = all_of_it
    configuration: str = ""
    """What `--conf` says on both sides."""


EXAMPLES = [
    Example("wordcount", words),
    Example("sort", numbers),
    Example("pagerank", links),
    Example("kmeans", points, needs_numpy=True),
    Example("als", arguments("20", "30", "4", "3", "2"), needs_numpy=True),
    # Without it the partitions double in each of 14 rounds, to 65,534: too many, here and there.
    Example("transitive_closure", arguments(), configuration="spark.default.parallelism=2"),
    Example("logistic_regression", labelled, needs_numpy=True),
    Example("pi", arguments("2"), essential=about_pi),
    Example("status_api_demo", arguments(), essential=stages_and_results),
]


def package_of_the_reference() -> Path:
    script = "import os, pyspark; print(os.path.dirname(pyspark.__file__))"
    done = subprocess.run([REFERENCE, "-c", script], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def has_numpy(python: str) -> bool:
    return subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode == 0


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_it_prints_what_it_prints_there(programs: Programs, example: Example) -> None:
    if example.needs_numpy and not (has_numpy(REFERENCE) and has_numpy(OURS)):
        pytest.skip("it needs NumPy on both sides: FIRESTEEL_REFERENCE and FIRESTEEL_LIBRARIES")
    program = package_of_the_reference() / "examples/src/main/python" / f"{example.name}.py"
    command = [str(program), *example.inputs(programs.folder)]
    expected = printed_there(programs, command, example.configuration)
    done = programs.run(
        OURS,
        *("-m", "firesteel", "submit", "--master", "local[2]", *as_options(example.configuration)),
        *command,
        env=programs.environment(**environment(str(PACKAGE))),
        within=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert example.essential(done.stdout) == example.essential(expected)


def printed_there(programs: Programs, command: list[str], configuration: str) -> str:
    options = ["--master", "local[2]", "--conf", "spark.ui.enabled=false", *as_options(configuration)]
    done = programs.run(
        REFERENCE,
        *command,
        env=programs.environment(
            **environment(),
            PYSPARK_PYTHON=REFERENCE,
            PYSPARK_SUBMIT_ARGS=" ".join([*options, "pyspark-shell"]),
            SPARK_LOCAL_IP="127.0.0.1",
        ),
        within=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def as_options(configuration: str) -> list[str]:
    return ["--conf", configuration] if configuration else []


def environment(*folders: str) -> dict[str, str]:
    return {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join([*folders, str(HERE / "seeded")])}
