"""SparkSession: the door through which most programs get their SparkContext, and their DataFrames."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from firesteel import _public_names
from firesteel.conf import SparkConf
from firesteel.core.context import SparkContext
from firesteel.errors import PySparkRuntimeError
from firesteel.errors.missing import NeedsQueryEngineError, refuse
from firesteel.sql.conf import RuntimeConfig, as_text
from firesteel.version import __version__

if TYPE_CHECKING:
    from firesteel.sql.dataframe import DataFrame
    from firesteel.sql.readwriter import DataFrameReader
    from firesteel.sql.udf import UDFRegistration

__all__ = ["RuntimeConfig", "SparkSession", "classproperty"]

T = TypeVar("T")


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
        self._options.update((name, as_text(content)) for name, content in pairs)
        return self

    def master(self, master: str) -> "Builder":
        """Set the master, as for SparkContext."""
        return self.config("spark.master", master)

    def appName(self, name: str) -> "Builder":
        """Set the name of the application."""
        return self.config("spark.app.name", name)

    def remote(self, url: str) -> "Builder":
        """Refuse: sessions on a Spark Connect server are not Firesteel's."""
        raise NeedsQueryEngineError(f"remote({url!r}) needs a Spark server; Firesteel runs here")

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
        """Start a session with settings of its own, on the running context if there is one."""
        with self._lock:
            return SparkSession(self._context(), options=self._options)

    def _context(self) -> SparkContext:
        return SparkContext.getOrCreate(SparkConf().setAll(list(self._options.items())))


class classproperty(Generic[T]):
    """A property of the class itself, as `SparkSession.builder` is."""

    def __init__(self, fget: Callable[[Any], T]) -> None:
        self.fget = fget

    def __get__(self, instance: object, owner: type | None = None) -> T:
        return self.fget(owner)


class SparkSession:
    """The entry point of a program: `sparkContext`, `conf`, and what makes DataFrames.

    Examples
    --------
    >>> from firesteel.sql import SparkSession
    >>> spark = SparkSession.builder.appName("steel").getOrCreate()
    >>> spark.sparkContext.parallelize([1, 2]).sum()
    3
    >>> spark.createDataFrame([(1, "a"), (2, None)], ["n", "s"]).show()
    +---+----+
    |  n|   s|
    +---+----+
    |  1|   a|
    |  2|NULL|
    +---+----+
    <BLANKLINE>
    """

    Builder = Builder
    _instantiatedSession: ClassVar["SparkSession | None"] = None

    @classproperty
    def builder(cls) -> Builder:
        """Return a new builder each time."""
        return Builder()

    def __init__(
        self,
        sparkContext: SparkContext,
        jsparkSession: Any = None,
        options: dict[str, Any] = {},  # noqa: B006  PySpark's default, and never written to
    ) -> None:
        self._sc = sparkContext
        running = SparkSession._running()
        if running is not None and running._sc is sparkContext and not options and jsparkSession is None:
            self._conf = running._conf
        else:
            given = {key: as_text(value) for key, value in options.items()}
            self._conf = RuntimeConfig({**dict(sparkContext.getConf().getAll()), **given})
        if running is None:
            SparkSession._instantiatedSession = self

    @classmethod
    def _running(cls) -> "SparkSession | None":
        session = SparkSession._instantiatedSession
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
        PySparkRuntimeError
            When there is none.
        """
        session = cls._running()
        if session is None:
            raise PySparkRuntimeError(errorClass="NO_ACTIVE_OR_DEFAULT_SESSION", messageParameters={})
        return session

    @property
    def sparkContext(self) -> SparkContext:
        """The context underneath."""
        return self._sc

    @property
    def _jvm(self) -> Any:
        return self._sc._jvm

    @property
    def _jsc(self) -> Any:
        return self._sc._jsc

    @property
    def conf(self) -> RuntimeConfig:
        """The settings of the session."""
        return self._conf

    @property
    def version(self) -> str:
        """The version of PySpark whose API this is."""
        return __version__

    @property
    def catalog(self) -> Any:
        """The tables that there are."""
        from firesteel.sql.catalog import Catalog

        return Catalog(self)

    @property
    def udf(self) -> "UDFRegistration":
        """What registers functions."""
        from firesteel.sql.udf import UDFRegistration

        return UDFRegistration(self)

    @property
    def udtf(self) -> Any:
        """What registers functions that give rows."""
        from firesteel.sql.udtf import UDTFRegistration

        return UDTFRegistration(self)

    @property
    def read(self) -> "DataFrameReader":
        """What reads files."""
        from firesteel.sql.readwriter import DataFrameReader

        return DataFrameReader(self)

    @property
    def client(self) -> NoReturn:
        """What only a session on a server has."""
        parameters = {"feature": "SparkSession.client"}
        raise PySparkRuntimeError(
            errorClass="ONLY_SUPPORTED_WITH_SPARK_CONNECT", messageParameters=parameters
        )

    def newSession(self) -> "SparkSession":
        """Return a session with settings of its own, on the same context."""
        return SparkSession(self._sc, options=dict(self._sc.getConf().getAll()))

    def createDataFrame(
        self,
        data: Any,
        schema: Any = None,
        samplingRatio: float | None = None,
        verifySchema: bool = True,
    ) -> "DataFrame":
        """Return a DataFrame of local data or of an RDD.

        Parameters
        ----------
        data : iterable, RDD, or a frame of pandas, Arrow or numpy
            Tuples, lists, dicts, Rows, objects with attributes, or with the schema of one type plain values.
        schema : DataType, str, or list of str, optional
            The type of a row, the same as a text, or names, with the types inferred.
        samplingRatio : float, optional
            The part of an RDD from which types are inferred. Default: its first elements.
        verifySchema : bool
            Check that every value is of its type.

        Examples
        --------
        >>> spark = SparkSession.builder.getOrCreate()
        >>> spark.createDataFrame([{"a": 1}, {"a": 2}]).collect()
        [Row(a=1), Row(a=2)]
        """
        from firesteel.sql._rows.creation import create

        return create(self, data, schema, samplingRatio, verifySchema)

    def emptyDataFrame(self, schema: Any) -> "DataFrame":
        """Return a DataFrame without rows."""
        return self.createDataFrame([], schema)

    def range(
        self, start: int, end: int | None = None, step: int = 1, numPartitions: int | None = None
    ) -> "DataFrame":
        """Return numbers in a column `id`.

        >>> SparkSession.builder.getOrCreate().range(1, 7, 3).collect()
        [Row(id=1), Row(id=4)]
        """
        from firesteel.sql._rows.dataframe import RowsDataFrame
        from firesteel.sql._types.data_type import LongType
        from firesteel.sql._types.nested import StructField, StructType

        first, last = (0, int(start)) if end is None else (int(start), int(end))
        numbers = self._sc.range(first, last, int(step), numPartitions)
        schema = StructType([StructField("id", LongType(), False)])
        return RowsDataFrame(self, numbers.map(lambda number: (number,)), schema)

    def sql(self, sqlQuery: str, args: Any = None, **kwargs: Any) -> NoReturn:
        """Refuse: a query needs a query engine."""
        refuse("SparkSession.sql")

    def table(self, tableName: str) -> NoReturn:
        """Refuse: tables need a query engine."""
        refuse("SparkSession.table")

    @property
    def readStream(self) -> Any:
        """What reads streams."""
        from firesteel.sql.streaming.readwriter import DataStreamReader

        return DataStreamReader(self)

    @property
    def streams(self) -> Any:
        """The streaming queries that there are."""
        from firesteel.sql.streaming.query import StreamingQueryManager

        return StreamingQueryManager(None)

    @property
    def tvf(self) -> Any:
        """The functions that give rows."""
        from firesteel.sql.tvf import TableValuedFunction

        return TableValuedFunction(self)

    @property
    def dataSource(self) -> Any:
        """What registers sources of users' own."""
        from firesteel.sql.datasource import DataSourceRegistration

        return DataSourceRegistration(self)

    @property
    def profile(self) -> NoReturn:
        """Refuse: there are no profiles of queries without any."""
        refuse("SparkSession.profile")

    def registerProgressHandler(self, handler: Any) -> NoReturn:
        """Refuse: there is no progress of queries without any."""
        refuse("SparkSession.registerProgressHandler")

    def removeProgressHandler(self, handler: Any) -> NoReturn:
        """Refuse: there is no progress of queries without any."""
        refuse("SparkSession.removeProgressHandler")

    def clearProgressHandlers(self) -> NoReturn:
        """Refuse: there is no progress of queries without any."""
        refuse("SparkSession.clearProgressHandlers")

    def copyFromLocalToFs(self, local_path: str, dest_path: str) -> NoReturn:
        """Refuse: it is for sessions on a server."""
        parameters = {"feature": "SparkSession.copyFromLocalToFs"}
        raise PySparkRuntimeError(
            errorClass="ONLY_SUPPORTED_WITH_SPARK_CONNECT", messageParameters=parameters
        )

    def interruptOperation(self, op_id: str) -> list[str]:
        """Return no id: operations have no ids of their own here."""
        return []

    def addTag(self, tag: str) -> None:
        """Add a tag to the jobs that this thread submits."""
        self._sc.addJobTag(tag)

    def removeTag(self, tag: str) -> None:
        """Take a tag away again."""
        self._sc.removeJobTag(tag)

    def getTags(self) -> set[str]:
        """Return the tags of the jobs that this thread submits."""
        return self._sc.getJobTags()

    def clearTags(self) -> None:
        """Take all tags away again."""
        self._sc.clearJobTags()

    def interruptAll(self) -> list[str]:
        """Cancel all jobs."""
        self._sc.cancelAllJobs()
        return []

    def interruptTag(self, tag: str) -> list[str]:
        """Cancel the jobs with a tag."""
        self._sc.cancelJobsWithTag(tag)
        return []

    def addArtifacts(
        self, *path: str, pyfile: bool = False, archive: bool = False, file: bool = False
    ) -> None:
        """Ship files to the workers."""
        add = self._sc.addPyFile if pyfile else self._sc.addArchive if archive else self._sc.addFile
        for name in path:
            add(name)

    def addArtifact(
        self, *path: str, pyfile: bool = False, archive: bool = False, file: bool = False
    ) -> None:
        """Ship files to the workers."""
        self.addArtifacts(*path, pyfile=pyfile, archive=archive, file=file)

    def stop(self) -> None:
        """Stop the context underneath."""
        self._sc.stop()
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


_public_names.publish(__name__)
