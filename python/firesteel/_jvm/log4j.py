"""org.apache.log4j, its successor's and SLF4J's loggers: Python's loggers under the name `log4j`.

The JVM's root logger is Python's logger `log4j`, and not Python's own root: switching the JVM's log off, as
many programs do, leaves the program's own log alone. It begins at WARN, as Spark's. Where a program has set
no handler up, lines go to stderr in Spark's format.
"""

import functools
import logging
import sys
from typing import Any, ClassVar

from firesteel._jvm.objects import JavaObject

__all__ = ["Configurator", "Level", "LogManager", "Logger", "LoggerFactory"]

PACKAGE = "org.apache.log4j"
FORMAT = "%(asctime)s %(java_level)s %(short_name)s: %(message)s"
DATE = "%y/%m/%d %H:%M:%S"


class Level(JavaObject):
    """How much is logged.

    >>> Level.toLevel("warn").toInt(), Level.toLevel("nonsense").toString()
    (30000, 'DEBUG')
    """

    ALL: ClassVar["Level"]
    TRACE: ClassVar["Level"]
    DEBUG: ClassVar["Level"]
    INFO: ClassVar["Level"]
    WARN: ClassVar["Level"]
    ERROR: ClassVar["Level"]
    FATAL: ClassVar["Level"]
    OFF: ClassVar["Level"]

    def __init__(self, name: str, number: int, python: int) -> None:
        self._name, self._number, self._python = name, number, python

    @staticmethod
    def toLevel(name: str, default: "Level | None" = None) -> "Level":
        """Return the level of a name, or else the default or DEBUG."""
        return LEVELS.get(name.upper(), default or Level.DEBUG)

    valueOf = getLevel = toLevel

    def toInt(self) -> int:
        """Return log4j's number for the level."""
        return self._number

    def name(self) -> str:
        """Return the name."""
        return self._name

    toString = name

    def isGreaterOrEqual(self, other: "Level") -> bool:
        """Return whether this level is as severe as another."""
        return self._python >= other._python


LEVELS = {
    name: Level(name, number, python)
    for name, number, python in (
        ("ALL", -(1 << 31), 1),
        ("TRACE", 5000, 5),
        ("DEBUG", 10000, logging.DEBUG),
        ("INFO", 20000, logging.INFO),
        ("WARN", 30000, logging.WARNING),
        ("ERROR", 40000, logging.ERROR),
        ("FATAL", 50000, logging.CRITICAL),
        ("OFF", (1 << 31) - 1, 100),
    )
}
for _name, _level in LEVELS.items():
    setattr(Level, _name, _level)


class Console(logging.Handler):
    """Writes to stderr, as it is at that time, unless the program has handlers of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        if logging.getLogger().handlers:
            return
        record.java_level = _level_of(record.levelno)._name
        record.short_name = record.name.rpartition(".")[2]
        print(self.format(record), file=sys.stderr)


@functools.cache
def _python_root() -> logging.Logger:
    """Return the logger for the JVM's root, set up."""
    root = logging.getLogger("log4j")
    if root.level == logging.NOTSET:
        root.setLevel(logging.WARNING)
    console = Console()
    console.setFormatter(logging.Formatter(FORMAT, DATE))
    root.addHandler(console)
    return root


def _level_of(python: int) -> Level:
    """Return the most severe level that is not above one of Python's."""
    return max(
        (level for level in LEVELS.values() if level._python <= python), key=lambda level: level._python
    )


class Logger(JavaObject):
    """A logger of the JVM's."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._logger = _python_root().getChild(name) if name else _python_root()

    @staticmethod
    def getLogger(name: Any = "") -> "Logger":
        """Return the logger of a name, or of a class."""
        return Logger(name if isinstance(name, str) else name.getName())

    @staticmethod
    def getRootLogger() -> "Logger":
        """Return the logger above all others."""
        return Logger()

    def getName(self) -> str:
        """Return the name."""
        return self._name

    def getLevel(self) -> Level | None:
        """Return the level that was set here, or None."""
        return _level_of(self._logger.level) if self._logger.level else None

    def getEffectiveLevel(self) -> Level:
        """Return the level that counts here."""
        return _level_of(self._logger.getEffectiveLevel())

    def setLevel(self, level: Level) -> None:
        """Log from this level on."""
        self._logger.setLevel(level._python)

    def log(self, level: Level, message: object) -> None:
        """Log a line at a level."""
        self._logger.log(level._python, "%s", message)

    def isEnabledFor(self, level: Level) -> bool:
        """Return whether a level is logged here."""
        return self._logger.isEnabledFor(level._python)

    isEnabled = isEnabledFor

    def trace(self, message: object) -> None:
        """Log a line at TRACE."""
        self.log(Level.TRACE, message)

    def debug(self, message: object) -> None:
        """Log a line at DEBUG."""
        self.log(Level.DEBUG, message)

    def info(self, message: object) -> None:
        """Log a line at INFO."""
        self.log(Level.INFO, message)

    def warn(self, message: object) -> None:
        """Log a line at WARN."""
        self.log(Level.WARN, message)

    def error(self, message: object) -> None:
        """Log a line at ERROR."""
        self.log(Level.ERROR, message)

    def fatal(self, message: object) -> None:
        """Log a line at FATAL."""
        self.log(Level.FATAL, message)

    def isTraceEnabled(self) -> bool:
        """Return whether TRACE is logged here."""
        return self.isEnabledFor(Level.TRACE)

    def isDebugEnabled(self) -> bool:
        """Return whether DEBUG is logged here."""
        return self.isEnabledFor(Level.DEBUG)

    def isInfoEnabled(self) -> bool:
        """Return whether INFO is logged here."""
        return self.isEnabledFor(Level.INFO)


class LogManager(JavaObject):
    """Where programs get loggers from."""

    getLogger = staticmethod(Logger.getLogger)
    getRootLogger = staticmethod(Logger.getRootLogger)


class LoggerFactory(JavaObject):
    """Where programs get loggers from in SLF4J."""

    getLogger = staticmethod(Logger.getLogger)


class Configurator(JavaObject):
    """Sets levels in log4j 2."""

    @staticmethod
    def setLevel(logger: Any, level: Level | str) -> None:
        """Set the level of a logger."""
        target = logger if isinstance(logger, Logger) else Logger.getLogger(logger)
        target.setLevel(Level.toLevel(level) if isinstance(level, str) else level)

    @staticmethod
    def setRootLevel(level: Level) -> None:
        """Set the level of the root logger."""
        Logger().setLevel(level)

    @staticmethod
    def setAllLevels(logger: str, level: Level) -> None:
        """Set the level of a logger; those below follow unless they have one."""
        Logger.getLogger(logger).setLevel(level)
