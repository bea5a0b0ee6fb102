r"""SIGQUIT (Ctrl-\) prints where the program and its workers are, and nothing dies of it.

The driver's stacks come from `faulthandler`, at once, whatever the main thread does. Then the signal is
handed on to Python, and the engine asks the workers, which have process groups of their own and so do not
get the terminal's signals. A program that handles SIGQUIT itself is left alone.
"""

import faulthandler
import os
import signal
import threading
from types import FrameType

STDERR = 2


def print_own_stacks() -> None:
    """Let SIGQUIT print the stacks of this process, and of the workers that it forks."""
    faulthandler.register(signal.SIGQUIT, file=STDERR)


def print_all_stacks() -> None:
    """Let SIGQUIT print the stacks of this process and of the running context's workers."""
    if _is_main_thread() and signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL:
        signal.signal(signal.SIGQUIT, _ask_workers)
        faulthandler.register(signal.SIGQUIT, file=STDERR, chain=True)


def restore() -> None:
    """Let SIGQUIT end this process again."""
    if _is_main_thread() and signal.getsignal(signal.SIGQUIT) is _ask_workers:
        faulthandler.unregister(signal.SIGQUIT)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _ask_workers(signal_number: int, frame: FrameType | None) -> None:
    from firesteel.core.context import SparkContext

    context = SparkContext._active()
    engine = context._engine if context is not None else None
    if engine is not None:
        engine.print_stacks()
    else:
        # Stopped by another thread, or this is a child that the program forked.
        restore()
        os.kill(os.getpid(), signal.SIGQUIT)
