"""What the tests of this folder saw, and docs/reliability.md, which is made from it.

    python tests/faults/ledger.py --write

runs them and writes the page. Invariant: a test that sees what the page does not say fails.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
WRITTEN_TO = "FIRESTEEL_FAULTS_SEEN"
"""The environment variable that names the file for what is seen, when the page is to be made."""

SECTIONS = {
    "Deaths": (
        "fault",
        "By the user's code in a task, and by the special methods of its objects. `retried`: the\n"
        "right answer, from a fresh worker; after four deaths one error that tells how each worker\n"
        "ended, with the memory that it had used, from the second one on with the element that it had read\n"
        "last, and the last words of the last one: the end of its stderr, or its stack. `error`: one\n"
        "error that names the cause, the operation, stage and partition, and where a function raised,\n"
        "the record. `unharmed`: the right answer at once.\n"
        "Always: the next job on the context works, and when it has stopped no process, thread,\n"
        "descriptor or file is left.",
    ),
    "Processes": ("fault", "Struck from outside, or where no task runs."),
    "The driver": (
        "fault",
        "What ends or interrupts the program itself. `the next start`: of any context with the same\n"
        "local directories.",
    ),
    "Disk and memory": ("fault", "A quota, a mount or a damaged file stands for the broken device."),
    "Commit": ("fault", "What is at the path after a `saveAs*` that did not go well."),
    "Hostile input": (
        "input",
        "What others may have prepared; [SECURITY.md](../SECURITY.md) says what is defended.",
    ),
}
seen: dict[str, dict[str, dict[str, str]]] = {}
skipped: dict[tuple[str, str], set[str]] = {}
"""What this system does not let us try."""


def note(section: str, fault: str, point: str, outcome: str) -> None:
    """Take note of an outcome; without an order to write, the page must know of it."""
    assert section in SECTIONS
    seen.setdefault(section, {}).setdefault(fault, {})[point] = outcome
    path = os.environ.get(WRITTEN_TO)
    if path:
        Path(path).write_text(json.dumps(seen), encoding="utf-8")
        return
    said = read_page().get(section, {}).get(fault, {}).get(point)
    assert said == outcome, (
        f"{PAGE.name} says {said!r} of {fault}, {point}; seen: {outcome!r}. "
        "Run python tests/faults/ledger.py --write"
    )


def note_skipped(section: str, fault: str, *points: str) -> None:
    """Take note of what cannot be tried here."""
    skipped.setdefault((section, fault), set()).update(points)


def page(outcomes: dict[str, dict[str, dict[str, str]]]) -> str:
    """Return docs/reliability.md."""
    lines = [
        "# Reliability",
        "",
        "What was broken on purpose, and what came of it. Every row is a test in `tests/faults`,",
        "which runs with the suite; `python tests/faults/ledger.py --write` makes this page from what",
        "the tests saw.",
        "",
        "`python tests/faults/soak.py --minutes N` goes on for as long as you like: random programs,",
        "compared with a model, while workers and the daemon are killed, frozen and starved and",
        "blocks vanish.",
        "",
        "Three instruments more are not in the tables, for what they find is nothing or a failed run of",
        "CI. `make histories` lives through a million random histories of the scheduler, in which workers,",
        "tasks, the daemon, map outputs and cached blocks are lost and jobs cancelled at any moment; a",
        "model knows how each job has to end ([load.md](load.md)). `make sanitize` runs the engine's tests,",
        "the fuzz targets and the tests of the Python API with engine and extension built for the address",
        "sanitizer. And what parses bytes is fed with damaged ones (`fuzz/README.md`).",
        "",
        "What is not promised: the record that a worker worked on when it died for the first time (later",
        "attempts note what they read), and the end of a task that never ends, unless",
        "`firesteel.task.timeout` sets a limit.",
    ]
    for section, (title, explanation) in SECTIONS.items():
        if section in outcomes:
            lines += ["", f"## {section}", "", explanation, "", *_table(title, outcomes[section])]
    return "\n".join(lines) + "\n"


def _table(title: str, rows: dict[str, dict[str, str]]) -> list[str]:
    """Return a row for each outcome of a fault, with the points that it was seen at."""
    lines = [f"| {title} | struck at | times | outcome |", "|---|---|---|---|"]
    for fault in sorted(rows):
        for outcome in sorted(set(rows[fault].values())):
            points = sorted(point for point, result in rows[fault].items() if result == outcome)
            lines.append(f"| {fault} | {', '.join(points)} | {len(points)} | {outcome} |")
    return lines


def read_page() -> dict[str, dict[str, dict[str, str]]]:
    """Return what the page says."""
    outcomes: dict[str, dict[str, dict[str, str]]] = {}
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []:
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if len(cells) == 4 and cells[1] != "struck at":
            rows = outcomes.setdefault(section, {}).setdefault(cells[0], {})
            rows.update(dict.fromkeys(cells[1].split(", "), cells[3]))
    return outcomes


def write() -> int:
    """Run the tests and write what they saw."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "seen.json")
        command = [sys.executable, "-m", "pytest", "-q", str(HERE)]
        failed = subprocess.run(command, env={**os.environ, WRITTEN_TO: str(path)}, check=False).returncode
        if failed:
            return failed
        PAGE.write_text(page(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    sys.exit(write())
