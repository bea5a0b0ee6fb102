"""SQLContext and HiveContext: the doors of PySpark before there were sessions."""

import warnings
from typing import Any, ClassVar

from firesteel import _public_names
from firesteel.core.context import SparkContext
from firesteel.sql._absent import complete, fill
from firesteel.sql.conf import NO_VALUE
from firesteel.sql.session import SparkSession

__all__ = ["HiveContext", "SQLContext"]


@complete
class SQLContext:
    """A session under its old name.

    >>> from firesteel import SparkContext
    >>> SQLContext.getOrCreate(SparkContext.getOrCreate()).range(2).count()
    2
    """

    _instantiatedContext: ClassVar["SQLContext | None"] = None

    def __init__(
        self, sparkContext: SparkContext, sparkSession: SparkSession | None = None, jsqlContext: Any = None
    ) -> None:
        if sparkSession is None:
            text = "Deprecated in 3.0.0. Use SparkSession.builder.getOrCreate() instead."
            warnings.warn(text, FutureWarning, stacklevel=2)
        self._sc = sparkContext
        self.sparkSession = sparkSession or SparkSession.builder.getOrCreate()

    @classmethod
    def getOrCreate(cls, sc: SparkContext | None = None) -> "SQLContext":
        """Return the one of the running session."""
        session = SparkSession.builder.getOrCreate()
        known = cls._instantiatedContext
        if known is None or known.sparkSession is not session:
            known = cls._instantiatedContext = cls(sc or session.sparkContext, session)
        return known

    def newSession(self) -> "SQLContext":
        """Return one with settings of its own."""
        return type(self)(self._sc, self.sparkSession.newSession())

    def setConf(self, key: str, value: str | int | bool) -> None:
        """Set a key."""
        self.sparkSession.conf.set(key, value)

    def getConf(self, key: str, defaultValue: str | None = NO_VALUE) -> str | None:
        """Return the value of a key, or the default."""
        return self.sparkSession.conf.get(key, defaultValue)

    @property
    def udf(self) -> Any:
        """What registers functions."""
        return self.sparkSession.udf

    @property
    def udtf(self) -> Any:
        """What registers functions that give rows."""
        return self.sparkSession.udtf

    @property
    def read(self) -> Any:
        """What reads files."""
        return self.sparkSession.read

    def registerFunction(self, name: str, f: Any, returnType: Any = None) -> Any:
        """Register a function."""
        return self.udf.register(name, f, returnType)

    def range(
        self, start: int, end: int | None = None, step: int = 1, numPartitions: int | None = None
    ) -> Any:
        """Return numbers in a column `id`."""
        return self.sparkSession.range(start, end, step, numPartitions)

    def createDataFrame(
        self, data: Any, schema: Any = None, samplingRatio: float | None = None, verifySchema: bool = True
    ) -> Any:
        """Return a DataFrame of local data or of an RDD."""
        return self.sparkSession.createDataFrame(data, schema, samplingRatio, verifySchema)


@complete
class HiveContext(SQLContext):
    """A session under its old name, with tables of Hive's, which there are none of."""

    def __init__(
        self, sparkContext: SparkContext, sparkSession: SparkSession | None = None, jhiveContext: Any = None
    ) -> None:
        super().__init__(sparkContext, sparkSession or SparkSession.builder.getOrCreate())


fill(globals())


_public_names.publish(__name__)
