"""What Java has thrown, as the error that programs catch: py4j.protocol.Py4JJavaError, by whichever name.

Invariant: the text with Java's stack trace is taken at once, so that it is there when the JVM is gone: an
error that leaves `with SparkContext()` is printed after the end of the context.
"""

import functools
from typing import Any

from firesteel._java import library
from firesteel._py4j.protocol import Py4JJavaError

__all__ = ["thrown"]

CONSTRUCTOR = "i"
"""The command of py4j's protocol that makes an object; it names a class where others name a target."""


class Thrown(Py4JJavaError):
    """A Java exception."""

    def __init__(self, msg: str, java_exception: Any, stack_trace: str) -> None:
        Exception.__init__(self, msg)
        self.errmsg = msg
        self.java_exception = java_exception
        self.exception_cmd = ""
        self.cause = None
        self._stack_trace = stack_trace

    def __str__(self) -> str:
        return f"{self.errmsg}: {self._stack_trace}"


def thrown(client: Any, command: str, answer: str) -> Exception:
    """Return the error for an answer that refers to an exception."""
    exception = library.load().java_gateway.JavaObject(answer[2:], client)
    what = ".".join(_target(command))
    message = f"An error occurred while calling {what}.\n"
    return _class(library.error_class("Py4JJavaError"))(message, exception, client.stack_trace(exception))


def _target(command: str) -> list[str]:
    kind, *parts = command.split("\n")
    return ["None", parts[0]] if kind == CONSTRUCTOR else parts[:2]


@functools.cache
def _class(known: type) -> Any:
    """Return the class that is caught both as ours and as py4j's, where that is another one."""
    bases = (Thrown,) if issubclass(Thrown, known) else (Thrown, known)
    return type("Py4JJavaError", bases, {"__module__": "py4j.protocol"})
