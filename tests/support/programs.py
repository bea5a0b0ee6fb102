"""Programs in processes of their own: what a user writes into a file and starts from a shell."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

from support.processes import MARK, exists, marked
from support.waiting import wait_until

PYTHON = sys.executable
FIRESTEEL = str(Path(sys.executable).parent / "firesteel")
"""The command, installed beside the interpreter that runs the tests."""


class Programs:
    """Runs programs that carry one mark, and ends what is left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self._started: list[subprocess.Popen[str]] = []

    def write(self, source: str, name: str = "app.py") -> Path:
        """Write a program into the test's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return this process's environment with the mark and the changes; None takes a variable out."""
        values = {**os.environ, MARK: self.mark, **changes}
        return {name: value for name, value in values.items() if value is not None}

    def start(self, *command: str, **options: object) -> subprocess.Popen[str]:
        """Start a command in the test's folder, its output in pipes, in a process group of its own."""
        environment = options.pop("env", None) or self.environment()
        defaults = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder,
            "text": True,
            "process_group": 0,
        }
        process = subprocess.Popen(list(command), env=environment, **{**defaults, **options})  # type: ignore[call-overload]
        self._started.append(process)
        return process

    def run(
        self, *command: str, text: str | None = None, within: float = 50, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        if text is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*command, **options)
        output, errors = process.communicate(text, timeout=within)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def python(self, source: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a program by `python app.py`."""
        return self.run(PYTHON, str(self.write(source)), *arguments, **options)

    def firesteel(self, source: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a program by `firesteel run app.py`."""
        return self.run(FIRESTEEL, "run", str(self.write(source)), *arguments, **options)

    def ours(self, *users: int) -> set[int]:
        """Return the processes that the programs left: all but those that are the user's own."""
        return {pid for pid in marked(self.mark) if exists(pid)} - set(users)

    def end(self) -> None:
        """End every program that still runs, and what it started."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        wait_until_or_kill(self)


def wait_until_or_kill(programs: Programs) -> None:
    """Wait for the engine to go by itself, and kill it if it does not, which is a failure."""
    try:
        wait_until(lambda: not programs.ours(), "all processes of the program gone")
    except AssertionError:
        for pid in programs.ours():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise
