"""DataFrame: what programs annotate and test for, and the whole of its API.

It is the base of what holds data: `_rows.dataframe.RowsDataFrame`, which has rows and a schema and needs no
query engine, and one day the DataFrame on DataFusion as its sibling. Invariant: what a sibling does not have
raises NeedsQueryEngineError.
"""

from typing import TYPE_CHECKING, Any

from firesteel import _public_names
from firesteel.sql._absent import complete

if TYPE_CHECKING:
    from firesteel.sql.session import SparkSession

__all__ = ["DataFrame", "DataFrameNaFunctions", "DataFrameStatFunctions"]


@complete
class DataFrame:
    """Rows with a schema. Sessions make them: `createDataFrame`, `range`, `read`."""

    _session: "SparkSession"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __getitem__(self, item: Any) -> Any: ...

    @property
    def na(self) -> "DataFrameNaFunctions":
        """What fills and drops nulls."""
        return DataFrameNaFunctions(self)

    @property
    def stat(self) -> "DataFrameStatFunctions":
        """Statistics."""
        return DataFrameStatFunctions(self)

    @property
    def write(self) -> Any:
        """What saves the rows."""
        from firesteel.sql.readwriter import DataFrameWriter

        return DataFrameWriter(self)

    @property
    def writeStream(self) -> Any:
        """What saves a stream."""
        from firesteel.sql.streaming.readwriter import DataStreamWriter

        return DataStreamWriter(self)

    @property
    def sparkSession(self) -> "SparkSession":
        """The session that made it."""
        return self._session


@complete
class DataFrameNaFunctions:
    """What fills and drops nulls: `df.na`."""

    def __init__(self, df: DataFrame) -> None:
        self.df = df


@complete
class DataFrameStatFunctions:
    """Statistics: `df.stat`."""

    def __init__(self, df: DataFrame) -> None:
        self.df = df


_public_names.publish(__name__)
