"""SparkSession: the door through which most programs get their SparkContext."""

import threading
from types import TracebackType
from typing import Any, ClassVar

from firesteel.conf import SparkConf
from firesteel.core.context import SparkContext
from firesteel.errors import PySparkNotImplementedError, PySparkValueError
from firesteel.version import __version__

__all__ = ["RuntimeConfig", "SparkSession"]


class NotYetError(PySparkNotImplementedError, AttributeError):
    """A part of PySpark's that Firesteel does not have yet. An AttributeError too, so that hasattr works."""


class RuntimeConfig:
    """The settings of a session: `spark.conf`.

    Examples
    --------
    >>> spark = SparkSession.builder.getOrCreate()
    >>> spark.conf.set("spark.sql.shuffle.partitions", 8)
    >>> spark.conf.get("spark.sql.shuffle.partitions")
    '8'
    """

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def set(self, key: str, value: str | int | bool) -> None:
        """Set a key."""
        self._values[key] = str(value).lower() if isinstance(value, bool) else str(value)

    def get(self, key: str, *default: str | None) -> str | None:
        """Return the value of a key, or the default.

        Raises
        ------
        PySparkValueError
            When the key is not set and there is no default.
        """
        if key in self._values:
            return self._values[key]
        if default:
            return default[0]
        raise PySparkValueError(f"The configuration key {key!r} is not set")

    def unset(self, key: str) -> None:
        """Forget a key."""
        self._values.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        """Tell whether a key can still change: only those of SQL can."""
        return key.startswith("spark.sql.")


class Builder:
    """Collects settings for a session: `SparkSession.builder`.

    Examples
    --------
    >>> spark = SparkSession.builder.appName("steel").config("spark.x", 1).getOrCreate()
    >>> spark.conf.get("spark.x")
    '1'
    """

    _lock: ClassVar[threading.RLock] = threading.RLock()

    def __init__(self) -> None:
        self._options: dict[str, str] = {}

    def config(
        self,
        key: str | None = None,
        value: Any = None,
        conf: SparkConf | None = None,
        *,
        map: dict[str, Any] | None = None,
    ) -> "Builder":
        """Set one key, all keys of a SparkConf, or all keys of a dict."""
        if conf is not None:
            pairs = conf.getAll()
        elif map is not None:
            pairs = list(map.items())
        else:
            pairs = [] if key is None else [(key, value)]
        for name, content in pairs:
            self._options[name] = str(content).lower() if isinstance(content, bool) else str(content)
        return self

    def master(self, master: str) -> "Builder":
        """Set the master, as for SparkContext."""
        return self.config("spark.master", master)

    def appName(self, name: str) -> "Builder":
        """Set the name of the application."""
        return self.config("spark.app.name", name)

    def remote(self, url: str) -> "Builder":
        """Refuse: sessions on a Spark Connect server are not Firesteel's."""
        raise PySparkNotImplementedError(f"remote({url!r}) needs a Spark server; Firesteel runs here")

    def enableHiveSupport(self) -> "Builder":
        """Accept what nothing needs before there are tables."""
        return self.config("spark.sql.catalogImplementation", "hive")

    def getOrCreate(self) -> "SparkSession":
        """Return the running session with these settings added, or start one."""
        with self._lock:
            session = SparkSession._running()
            if session is None:
                return SparkSession(self._context(), options=self._options)
            session.conf._values.update(self._options)
            return session

    def create(self) -> "SparkSession":
        """Start a session, on the running context if there is one."""
        return SparkSession(self._context(), options=self._options)

    def _context(self) -> SparkContext:
        return SparkContext.getOrCreate(SparkConf().setAll(list(self._options.items())))


class _BuilderOfClass:
    """Makes `SparkSession.builder` a new builder each time, without parentheses."""

    def __get__(self, instance: object, owner: type) -> Builder:
        return Builder()


class SparkSession:
    """The entry point of a program. For now it leads to `sparkContext` and `conf`.

    Examples
    --------
    >>> from firesteel.sql import SparkSession
    >>> spark = SparkSession.builder.appName("steel").getOrCreate()
    >>> spark.sparkContext.parallelize([1, 2]).sum()
    3
    """

    Builder = Builder
    builder = _BuilderOfClass()
    _instantiatedSession: ClassVar["SparkSession | None"] = None

    def __init__(
        self, sparkContext: SparkContext, jsparkSession: Any = None, options: dict[str, Any] | None = None
    ) -> None:
        self._sc = sparkContext
        self._conf = RuntimeConfig({**dict(sparkContext.getConf().getAll()), **(options or {})})
        SparkSession._instantiatedSession = self

    @classmethod
    def _running(cls) -> "SparkSession | None":
        session = cls._instantiatedSession
        return session if session is not None and session._sc._engine is not None else None

    @classmethod
    def getActiveSession(cls) -> "SparkSession | None":
        """Return the running session, or None.

        >>> SparkSession.getActiveSession() is SparkSession.builder.getOrCreate()
        True
        """
        return cls._running()

    @classmethod
    def active(cls) -> "SparkSession":
        """Return the running session.

        Raises
        ------
        PySparkValueError
            When there is none.
        """
        session = cls._running()
        if session is None:
            raise PySparkValueError("No active or default Spark session found.")
        return session

    @property
    def sparkContext(self) -> SparkContext:
        """The context underneath."""
        return self._sc

    @property
    def conf(self) -> RuntimeConfig:
        """The settings of the session."""
        return self._conf

    @property
    def version(self) -> str:
        """The version of PySpark whose API this is."""
        return __version__

    def stop(self) -> None:
        """Stop the context underneath."""
        self._sc.stop()
        if SparkSession._instantiatedSession is self:
            SparkSession._instantiatedSession = None

    def __enter__(self) -> "SparkSession":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.stop()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotYetError(
            f"SparkSession.{name} is not part of Firesteel yet: RDDs work today (spark.sparkContext), "
            "DataFrames come later"
        )
