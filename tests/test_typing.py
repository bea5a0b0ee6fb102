"""Type checkers know what an RDD holds: right uses pass, wrong ones are refused on their line."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

USES = Path(__file__).parent / "data" / "typed_uses.py"
WRONG = {number for number, line in enumerate(USES.read_text().splitlines(), 1) if line.endswith("# wrong")}


def pyright() -> set[int]:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(USES)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return {diagnostic["range"]["start"]["line"] + 1 for diagnostic in found["generalDiagnostics"]}


def mypy() -> set[int]:
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--follow-imports=silent", str(USES)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {int(line) for line in re.findall(r"typed_uses\.py:(\d+): error", found)}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("refused", [pyright, mypy])
def test_wrong_uses_and_only_they_are_refused(refused: Callable[[], set[int]]) -> None:
    assert len(WRONG) >= 7
    assert refused() == WRONG
