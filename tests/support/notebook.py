"""Runs the cells of a notebook in a real kernel: `python -m support.notebook`, cells and outputs as JSON.

A program of its own, for the client of a kernel starts threads and keeps sockets, and the tests count theirs.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from support.programs import PYTHON, Programs

PATIENCE = 100.0
"""Seconds for one message of the kernel, on a busy machine too."""
SHOWN = {"stream", "error", "execute_result", "display_data", "update_display_data"}
TESTS = str(Path(__file__).parents[1])


@dataclass
class Cell:
    """A cell to run, and what happens from outside meanwhile."""

    code: str
    interrupt_at: str = ""
    """Text of a stream at which the kernel is interrupted."""
    touch_at_display: str = ""
    """The path of a file to make when the cell displays something."""


@dataclass
class Output:
    """What a cell has shown."""

    streams: dict[str, str] = field(default_factory=dict)
    displays: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Of each display the kind of message, the id of the display, and the data."""
    result: str = ""
    error: str = ""
    stray: list[str] = field(default_factory=list)
    """What was shown in another cell meanwhile."""


def run_cells(programs: Programs, *cells: Cell | str) -> list[Output]:
    """Run cells in a new kernel, in the folder of the programs."""
    steps = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
    folder = str(programs.folder)
    environment = programs.environment(PYTHONPATH=TESTS, IPYTHONDIR=folder, JUPYTER_RUNTIME_DIR=folder)
    process = programs.start(PYTHON, "-m", "support.notebook", env=environment, stdin=-1)
    printed, errors = process.communicate(json.dumps([asdict(step) for step in steps]), timeout=280)
    assert process.returncode == 0, errors
    return [Output(**output) for output in json.loads(printed)]


def main() -> None:
    """Run the cells that come on stdin."""
    from jupyter_client.manager import start_new_kernel

    cells = [Cell(**cell) for cell in json.load(sys.stdin)]
    manager, client = start_new_kernel(startup_timeout=PATIENCE, kernel_name="python3")
    try:
        outputs = [Run(manager, client, cell).output for cell in cells]
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    json.dump([asdict(output) for output in outputs], sys.stdout)


class Run:
    """One cell's run."""

    def __init__(self, manager: Any, client: Any, cell: Cell) -> None:
        self._manager = manager
        self._cell = cell
        self.output = Output()
        request = client.execute(cell.code)
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request:
                self.output.stray += [kind] if kind in SHOWN else []
            elif kind == "status" and content["execution_state"] == "idle":
                break
            else:
                self._take(kind, content)

    def _take(self, kind: str, content: Any) -> None:
        output = self.output
        if kind == "stream":
            output.streams[content["name"]] = output.streams.get(content["name"], "") + content["text"]
            self._interrupt(output.streams[content["name"]])
        elif kind == "error":
            output.error = f"{content['ename']}: {content['evalue']}"
        elif kind == "execute_result":
            output.result = content["data"]["text/plain"]
        elif kind in ("display_data", "update_display_data"):
            output.displays.append((kind, content["transient"].get("display_id", ""), content["data"]))
            if self._cell.touch_at_display:
                Path(self._cell.touch_at_display).touch()

    def _interrupt(self, text: str) -> None:
        if self._cell.interrupt_at and self._cell.interrupt_at in text:
            self._cell.interrupt_at = ""
            self._manager.interrupt_kernel()


if __name__ == "__main__":
    main()
