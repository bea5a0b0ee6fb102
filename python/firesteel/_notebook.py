"""A notebook's cell: what workers print and how far a job is, shown where the cell shows its own output.

The descriptors of a kernel lead to the terminal of whoever started the server, and what a thread of ours
printed would land in the cell that started it. So the engine keeps what workers print, and the thread
that waits inside an action writes it. Invariant: what a task printed is written before its action returns
or raises.
"""

import codecs
import html
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firesteel._native import Engine

SILENCE = 0.5
"""Seconds of a job before there is a progress bar."""
REFRESH = 0.2
"""Seconds between two states of a progress bar."""


def ipython_shell() -> Any:
    """Return IPython's shell, or None where there is none. IPython is not imported for that."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell() if get_shell is not None else None


def is_kernel() -> bool:
    """Tell whether this process is the kernel of a notebook."""
    return getattr(ipython_shell(), "kernel", None) is not None


class Cell:
    """The cells of a notebook, as the jobs of one context use them."""

    def __init__(self, engine: "Engine", shows_progress: bool) -> None:
        self._engine = engine
        self._shows_progress = shows_progress
        # Of all threads inside actions, one shows at a time.
        self._lock = threading.Lock()
        self._decoders = [codecs.getincrementaldecoder("utf-8")("replace") for _ in range(2)]
        self._actions = 0
        self._due = 0.0
        self._bar: Any = None

    @contextmanager
    def watch(self) -> Iterator[Callable[[], None]]:
        """Show what happens during an action, which calls what this gives it while it waits."""
        with self._lock:
            if self._actions == 0:
                self._due = time.monotonic() + SILENCE
            self._actions += 1
        try:
            yield self._look
        finally:
            with self._lock:
                self._actions -= 1
                if self._actions == 0:
                    self._take_bar_away()
                self._write_printed()

    def close(self) -> None:
        """Show what workers printed that no action has shown."""
        with self._lock:
            self._write_printed()

    def _look(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._write_printed()
                self._refresh()
            finally:
                self._lock.release()

    def _write_printed(self) -> None:
        printed = self._engine.take_output()
        for stream, decoder, part in zip((sys.stdout, sys.stderr), self._decoders, printed, strict=True):
            text = decoder.decode(part)
            if text:
                _write(stream, text)

    def _refresh(self) -> None:
        now = time.monotonic()
        if not self._shows_progress or now < self._due:
            return
        self._due = now + REFRESH
        stages = [self._engine.stage_status(stage) for stage in reversed(self._engine.active_stages())]
        content = _content([stage for stage in stages if stage is not None])
        if self._bar is None:
            from IPython.display import display  # type: ignore[import-not-found]

            self._bar = display(content, raw=True, display_id=True)
        else:
            self._bar.update(content, raw=True)

    def _take_bar_away(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.update(_content([]), raw=True)


def _content(stages: list[tuple[int, str, int, int, int, int]]) -> dict[str, str]:
    """Return a progress bar for each stage, as text and as HTML."""
    lines, bars = [], []
    for _, name, tasks, active, completed, _ in stages:
        counts = f"({completed} + {active}) / {tasks}"
        lines.append(f"{name}: {counts}")
        bar = f'<progress max="{tasks}" value="{completed}"></progress>'
        bars.append(f"<div>{bar} {html.escape(name)}: {counts}</div>")
    return {"text/plain": "\n".join(lines), "text/html": "".join(bars)}


def _write(stream: Any, text: str) -> None:
    try:
        stream.write(text)
    except (AttributeError, OSError, ValueError):
        return  # no stream, or one that the user closed
