"""A real JVM, for the Java names that `firesteel._jvm` does not answer: one for each context, on request.

    driver ---- a socket pair ---- keeper.py ---- pipes ---- JVM        who ends when
       `------------ loopback, authenticated both ways -------'         gateway.py: py4j

Nothing is imported, started or listening before a program uses such a name. Invariant: the JVM belongs to the
context that runs in this very process; it goes with the context, and a forked child has none.
"""

import os
import threading
from typing import TYPE_CHECKING

from firesteel._java import launch
from firesteel._jvm.objects import NoJavaError

if TYPE_CHECKING:
    from firesteel._java.machine import Machine
    from firesteel.core.context import SparkContext

__all__ = ["jvm_for", "running", "stop", "why_not"]

_NO_CONTEXT = "needs a JVM, which runs as long as a SparkContext of this process does: create one"

_lock = threading.RLock()
_machine: "Machine | None" = None


def running() -> "Machine | None":
    """Return the JVM of this process, if it has started."""
    return _machine


def jvm_for(name: str) -> "Machine":
    """Return the JVM of the running context; start it, or say why there is none that could have the name."""
    global _machine
    with _lock:
        if _machine is None:
            reason = why_not()
            if reason is not None:
                raise NoJavaError(name, reason)
            _machine = _started(name)
        return _machine


def why_not() -> str | None:
    """Return why no JVM can start, or None if it is not known why not."""
    return launch.missing() or (_NO_CONTEXT if _context() is None else None)


def _started(name: str) -> "Machine":
    from firesteel._java.machine import StartError, start

    context = _context()
    assert context is not None  # why_not() has looked
    try:
        return start(context)
    except StartError as error:
        raise NoJavaError(name, f"needs a JVM, {error}") from None


def _context() -> "SparkContext | None":
    from firesteel.core.context import SparkContext

    return SparkContext._active()


def stop() -> None:
    """End the JVM, if there is one, and wait until it has gone."""
    global _machine
    with _lock:
        stopped, _machine = _machine, None
    if stopped is not None:
        stopped.stop()


def _forget() -> None:
    """In a forked child, let go of what is the parent's. Another thread may have held the lock."""
    global _lock, _machine
    _lock = threading.RLock()
    inherited, _machine = _machine, None
    if inherited is not None:
        inherited.let_go()


os.register_at_fork(after_in_child=_forget)
