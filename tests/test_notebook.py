"""Firesteel in a notebook: a real kernel, and what its cells show."""

from collections.abc import Callable
from typing import Any

import pytest

from firesteel import _notebook
from support.notebook import Cell, Output, run_cells
from support.programs import Programs

pytestmark = pytest.mark.timeout(300)

START = "from firesteel import SparkContext\nsc = SparkContext('local[2]')"
STOP = "sc.stop()"


def right(outputs: list[Output]) -> list[Output]:
    """Return outputs, of which none may be an error."""
    assert [output.error for output in outputs] == [""] * len(outputs)
    return outputs


def test_what_workers_print_lands_in_the_running_cell(programs: Programs) -> None:
    outputs = right(
        run_cells(
            programs,
            START,
            "import os, sys\n"
            "def speak(x):\n"
            "    print('worker', x, 'ü')\n"
            "    print('trouble', x, file=sys.stderr)\n"
            "    os.write(1, b'raw\\n')\n"
            "sc.parallelize(range(2), 2).foreach(speak)\n"
            "print('driver')",
            "sc.parallelize([3], 1).foreach(lambda x: print('later', x))",
            "sc.stop()",
        )
    )
    first, second = outputs[1], outputs[2]
    lines = first.streams["stdout"].splitlines()
    assert sorted(lines[:-1]) == ["raw", "raw", "worker 0 ü", "worker 1 ü"]
    assert lines[-1] == "driver"
    assert sorted(first.streams["stderr"].splitlines()) == ["trouble 0", "trouble 1"]
    assert second.streams == {"stdout": "later 3\n"}
    assert outputs[0].streams == outputs[3].streams == {}
    assert not any(output.stray for output in outputs)


def test_progress_is_a_display_that_goes_away(programs: Programs) -> None:
    shown = str(programs.folder / "shown")
    wait = (
        "import os, time\n"
        "def wait(x):\n"
        f"    while not os.path.exists({shown!r}):\n"
        "        time.sleep(0.01)\n"
        "    return x\n"
        "sc.parallelize(range(2), 2).map(wait).collect()"
    )
    output = right(run_cells(programs, START, Cell(wait, touch_at_display=shown), STOP))[1]
    assert output.result == "[0, 1]"
    assert output.streams == {}
    kinds = [kind for kind, _, _ in output.displays]
    assert kinds[0] == "display_data"
    assert set(kinds[1:]) == {"update_display_data"}
    assert len({display for _, display, _ in output.displays}) == 1
    first, last = output.displays[0][2], output.displays[-1][2]
    assert '<progress max="2"' in first["text/html"]
    assert "/ 2" in first["text/plain"]
    assert last == {"text/plain": "", "text/html": ""}


def test_interrupting_the_kernel_cancels_the_job(programs: Programs) -> None:
    forever = (
        "import itertools\n"
        "def count(x):\n"
        "    print('running', flush=True)\n"
        "    return sum(itertools.repeat(0))\n"
        "sc.parallelize(range(2), 2).map(count).collect()"
    )
    interrupted, after, left = run_cells(
        programs,
        START,
        Cell(forever, interrupt_at="running"),
        "sc.parallelize(range(4), 2).map(lambda x: x * x).collect()",
        "sc.statusTracker().getActiveJobsIds()",
        STOP,
    )[1:4]
    assert interrupted.error.startswith("KeyboardInterrupt")
    assert (after.result, after.error) == ("[0, 1, 4, 9]", "")
    assert left.result == "[]"


def test_stacks_of_workers_land_in_the_running_cell(programs: Programs) -> None:
    hammer = (
        "import os, signal\n"
        "def hammer(x, kernel=os.getpid()):\n"
        "    os.kill(kernel, signal.SIGQUIT)\n"
        "    while True: pass\n"
        "sc.parallelize([0], 1).foreach(hammer)"
    )
    interrupted, after = run_cells(programs, START, Cell(hammer, interrupt_at="in hammer"), STOP)[1:]
    assert interrupted.error.startswith("KeyboardInterrupt")
    assert "Worker process " in interrupted.streams["stderr"]
    assert after.error == ""


EDIT = "from pathlib import Path\nPath('helper.py').write_text('def f(x): return {}\\n')"
RUN = "sc.parallelize([1, 2], 2).map(helper.f).collect()"


def test_a_reloaded_module_runs_as_it_is_now(programs: Programs) -> None:
    outputs = right(
        run_cells(
            programs,
            EDIT.format("x"),
            f"{START}\nimport helper, importlib",
            RUN,
            EDIT.format("x + 100"),
            "importlib.reload(helper)",
            RUN,
            STOP,
        )
    )
    assert [outputs[cell].result for cell in (2, 5)] == ["[1, 2]", "[101, 102]"]


def test_an_autoreloaded_module_runs_as_it_is_now(programs: Programs) -> None:
    outputs = right(
        run_cells(
            programs,
            "%load_ext autoreload\n%autoreload 2",
            EDIT.format("x"),
            f"{START}\nimport helper",
            RUN,
            EDIT.format("x + 100"),
            RUN,
            EDIT.format("x + 10000"),
            f"{RUN}",
            STOP,
        )
    )
    assert [outputs[cell].result for cell in (3, 5, 7)] == ["[1, 2]", "[101, 102]", "[10001, 10002]"]


class FakeEngine:
    """An engine with one stage, whose workers print."""

    def __init__(self) -> None:
        self.printed = (b"", b"")

    def take_output(self) -> tuple[bytes, bytes]:
        printed, self.printed = self.printed, (b"", b"")
        return printed

    def active_stages(self) -> list[int]:
        return [0]

    def stage_status(self, stage: int) -> tuple[int, str, int, int, int, int]:
        return (0, "map at <cell>:1", 4, 2, 1, 0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the time."""
    now = [0.0]
    monkeypatch.setattr(_notebook.time, "monotonic", lambda: now[0])
    return lambda time: now.__setitem__(0, time)


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is displayed instead of in a notebook."""
    shown: list[Any] = []

    class Handle:
        def update(self, content: Any, raw: bool) -> None:
            shown.append(content)

    def display(content: Any, raw: bool, display_id: bool) -> Handle:
        shown.append(content)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    return shown


def test_a_short_job_shows_no_progress(clock: Callable[[float], None], bars: list[Any]) -> None:
    cell = _notebook.Cell(FakeEngine(), True)  # type: ignore[arg-type]
    with cell.watch() as look:
        clock(_notebook.SILENCE - 0.01)
        look()
    assert bars == []


def test_a_long_job_shows_progress_now_and_then(clock: Callable[[float], None], bars: list[Any]) -> None:
    cell = _notebook.Cell(FakeEngine(), True)  # type: ignore[arg-type]
    with cell.watch() as look:
        for time in (0.1, 0.51, 0.52, 0.8):
            clock(time)
            look()
        assert len(bars) == 2
        assert bars[0]["text/plain"] == "map at <cell>:1: (1 + 2) / 4"
        assert "map at &lt;cell&gt;:1" in bars[0]["text/html"]
    assert bars[2:] == [{"text/plain": "", "text/html": ""}]


def test_without_progress_only_prints_are_shown(
    clock: Callable[[float], None], bars: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine()
    cell = _notebook.Cell(engine, False)  # type: ignore[arg-type]
    with cell.watch() as look:
        clock(10)
        # A character may come in two pieces.
        engine.printed = ("ü".encode()[:1], b"")
        look()
        engine.printed = ("ü".encode()[1:], b"error\n")
        look()
        engine.printed = (b"\xff\n", b"")
    assert capsys.readouterr() == ("ü\ufffd\n", "error\n")
    assert bars == []


def test_a_script_is_no_notebook() -> None:
    assert not _notebook.is_kernel()
