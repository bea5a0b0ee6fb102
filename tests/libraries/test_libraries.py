"""Libraries from PyPI that were written for PySpark, run unchanged: what they print is what they print there.

They need an environment of their own, which `make test-libraries` makes; elsewhere these tests are skipped.
Each program in `programs/` says in its first line which library it uses and for what; `expected/` holds what
it has printed on the reference.
"""

import os
from pathlib import Path

import pytest

from support.programs import Programs

HERE = Path(__file__).parent
PYTHON = os.environ.get("FIRESTEEL_LIBRARIES", "")
"""The interpreter of the environment that has the libraries."""
PROGRAMS = sorted((HERE / "programs").glob("*.py"))

pytestmark = [
    pytest.mark.skipif(not PYTHON, reason="make test-libraries runs these"),
    pytest.mark.timeout(300),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_it_prints_what_it_prints_on_the_reference(programs: Programs, program: Path) -> None:
    path = os.pathsep.join([str(HERE.parents[1] / "python"), str(HERE / "old_python")])
    environment = programs.environment(PYTHONPATH=path)
    done = programs.run(PYTHON, "-m", "firesteel", "run", str(program), env=environment, within=280)
    expected = (HERE / "expected" / f"{program.stem}.txt").read_text()
    assert (done.stdout, done.returncode) == (expected, 0), done.stderr[-5000:]
