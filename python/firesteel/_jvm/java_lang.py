"""java.lang: the machine, the process and its threads, and numbers as text.

What py4j would convert to Python on its way out of the JVM, strings and numbers, is Python's from the start.
"""

import getpass
import os
import platform
import tempfile
import threading
import time
from typing import Any

from firesteel import _java
from firesteel._jvm.objects import JavaError, JavaObject, java_string
from firesteel.conf import system_properties

__all__ = ["Boolean", "Double", "Integer", "Long", "Math", "Runtime", "String", "System", "Thread"]

PACKAGE = "java.lang"
MEBIBYTE = 1 << 20
PROPERTIES = {
    "file.encoding": lambda: "UTF-8",
    "file.separator": lambda: os.sep,
    "java.io.tmpdir": tempfile.gettempdir,
    "line.separator": lambda: os.linesep,
    "os.arch": lambda: {"x86_64": "amd64"}.get(platform.machine(), platform.machine()),
    "os.name": platform.system,
    "os.version": platform.release,
    "path.separator": lambda: os.pathsep,
    "user.dir": os.getcwd,
    "user.home": lambda: os.path.expanduser("~"),
    "user.name": getpass.getuser,
}
"""What is true without a JVM; `java.version` and its like only a JVM can tell, while one runs."""


class System(JavaObject):
    """Clocks, properties and the environment."""

    @staticmethod
    def currentTimeMillis() -> int:
        """Return milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    @staticmethod
    def nanoTime() -> int:
        """Return nanoseconds of a clock that never goes back."""
        return time.monotonic_ns()

    @staticmethod
    def getProperty(key: str, default: str | None = None) -> str | None:
        """Return a property: one that was set, or what it says about this process."""
        if key in system_properties:
            return system_properties[key]
        if key in PROPERTIES:
            return PROPERTIES[key]()
        machine = _java.running()
        value = None if machine is None else machine.property(key)
        return default if value is None else value

    @staticmethod
    def setProperty(key: str, value: str) -> str | None:
        """Set a property; return the value before."""
        before = System.getProperty(key)
        system_properties[key] = value
        _tell(key, value)
        return before

    @staticmethod
    def clearProperty(key: str) -> str | None:
        """Forget a property that was set; return its value."""
        _tell(key, None)
        return system_properties.pop(key, None)

    @staticmethod
    def getenv(name: str) -> str | None:
        """Return a variable of the environment."""
        return os.environ.get(name)

    @staticmethod
    def lineSeparator() -> str:
        """Return what ends a line."""
        return os.linesep

    @staticmethod
    def gc() -> None:
        """Collect cyclic garbage."""
        import gc

        gc.collect()


def _tell(key: str, value: str | None) -> None:
    """Let a JVM know of a property, if one runs; one that starts later is told of all."""
    machine = _java.running()
    if machine is not None:
        machine.set_property(key, value)


class Runtime(JavaObject):
    """The machine: processors and memory."""

    @staticmethod
    def getRuntime() -> "Runtime":
        """Return the runtime."""
        return Runtime()

    def availableProcessors(self) -> int:
        """Return how many processors this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def maxMemory(self) -> int:
        """Return the bytes of the machine's memory: there is no heap with a limit of its own."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def totalMemory(self) -> int:
        """Return the same as `maxMemory`."""
        return self.maxMemory()

    def freeMemory(self) -> int:
        """Return the bytes of memory that are free now."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")

    def gc(self) -> None:
        """Collect cyclic garbage."""
        System.gc()


class Thread(JavaObject):
    """A thread of Python's: in PySpark, too, every Python thread has one of its own in the JVM."""

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread

    @staticmethod
    def currentThread() -> "Thread":
        """Return this thread."""
        return Thread(threading.current_thread())

    @staticmethod
    def sleep(milliseconds: int) -> None:
        """Wait."""
        time.sleep(milliseconds / 1000)

    def getName(self) -> str:
        """Return the name of the thread."""
        return self._thread.name

    def setName(self, name: str) -> None:
        """Name the thread."""
        self._thread.name = name

    def getId(self) -> int:
        """Return the thread's number."""
        return self._thread.ident or 0

    def isAlive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    def isDaemon(self) -> bool:
        """Return whether the process ends without waiting for the thread."""
        return self._thread.daemon


def _parsed(kind: type, text: str, low: float, high: float) -> Any:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise JavaError("java.lang.NumberFormatException", f'For input string: "{text}"')
    return number


class Integer(JavaObject):
    """Numbers of 32 bits."""

    MIN_VALUE, MAX_VALUE = -(1 << 31), (1 << 31) - 1

    @staticmethod
    def parseInt(text: str) -> int:
        """Read a number."""
        return _parsed(int, text, Integer.MIN_VALUE, Integer.MAX_VALUE)

    @staticmethod
    def valueOf(value: int | str) -> int:
        """Return the number."""
        return Integer.parseInt(str(value))

    def __new__(cls, value: int | str) -> int:  # type: ignore[misc]  # py4j converts it, too
        return cls.valueOf(value)


class Long(JavaObject):
    """Numbers of 64 bits."""

    MIN_VALUE, MAX_VALUE = -(1 << 63), (1 << 63) - 1

    @staticmethod
    def parseLong(text: str) -> int:
        """Read a number."""
        return _parsed(int, text, Long.MIN_VALUE, Long.MAX_VALUE)

    @staticmethod
    def valueOf(value: int | str) -> int:
        """Return the number."""
        return Long.parseLong(str(value))

    def __new__(cls, value: int | str) -> int:  # type: ignore[misc]
        return cls.valueOf(value)


class Double(JavaObject):
    """Floating point numbers."""

    MAX_VALUE = 1.7976931348623157e308
    MIN_VALUE = 5e-324

    @staticmethod
    def parseDouble(text: str) -> float:
        """Read a number."""
        return _parsed(float, text, float("-inf"), float("inf"))

    @staticmethod
    def valueOf(value: float | str) -> float:
        """Return the number."""
        return Double.parseDouble(str(value))

    def __new__(cls, value: float | str) -> float:  # type: ignore[misc]
        return cls.valueOf(value)


class Boolean(JavaObject):
    """Truth."""

    TRUE, FALSE = True, False

    @staticmethod
    def parseBoolean(text: str) -> bool:
        """Return whether a text says true."""
        return text.lower() == "true"

    @staticmethod
    def valueOf(value: bool | str) -> bool:
        """Return the truth value."""
        return Boolean.parseBoolean(str(value))

    def __new__(cls, value: bool | str) -> bool:  # type: ignore[misc]
        return cls.valueOf(value)


class String(JavaObject):
    """Text."""

    @staticmethod
    def valueOf(value: object) -> str:
        """Return a value as Java writes it."""
        return java_string(value)

    def __new__(cls, value: str | bytes = "") -> str:  # type: ignore[misc]
        return value.decode() if isinstance(value, bytes) else value


class Math(JavaObject):
    """The few functions that programs try a gateway with."""

    @staticmethod
    def abs(value: float) -> float:
        """Return the absolute value."""
        return abs(value)

    @staticmethod
    def max(first: float, second: float) -> float:
        """Return the larger number."""
        return max(first, second)

    @staticmethod
    def min(first: float, second: float) -> float:
        """Return the smaller number."""
        return min(first, second)
