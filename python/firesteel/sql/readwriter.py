"""Readers and writers of files. Text is read line by line; every other format needs a query engine."""

import glob
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from firesteel import _public_names
from firesteel.errors.exceptions.captured import AnalysisException
from firesteel.errors.missing import refuse
from firesteel.sql._absent import complete, fill
from firesteel.sql._errors import engine_error
from firesteel.sql._types.data_type import StringType
from firesteel.sql._types.nested import StructType

if TYPE_CHECKING:
    from firesteel.sql.dataframe import DataFrame
    from firesteel.sql.session import SparkSession

WHOLE = "wholetext"
UNDERSTOOD = {WHOLE}
"""The options of text that are acted on; any other is refused when files are read."""


@complete
class OptionUtils:
    """What readers and writers have in common."""


@complete
class DataFrameReader(OptionUtils):
    """Reads files: `spark.read`.

    >>> from firesteel.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> spark.read.text(__file__).rdd.filter(lambda row: "fill" in row.value).collect()[-1]
    Row(value='fill(globals())')
    """

    def __init__(self, spark: "SparkSession") -> None:
        self._spark = spark
        self._format = "parquet"
        self._options: dict[str, Any] = {}
        self._schema: Any = None

    def format(self, source: str) -> "DataFrameReader":
        """Say which format files have."""
        self._format = source
        return self

    def schema(self, schema: Any) -> "DataFrameReader":
        """Say which columns files have."""
        self._schema = schema
        return self

    def option(self, key: str, value: Any) -> "DataFrameReader":
        """Set an option."""
        self._options[key.lower()] = value
        return self

    def options(self, **options: Any) -> "DataFrameReader":
        """Set options."""
        for key, value in options.items():
            self.option(key, value)
        return self

    def load(
        self, path: Any = None, format: str | None = None, schema: Any = None, **options: Any
    ) -> "DataFrame":
        """Read files in the format that was said."""
        self.options(**options)
        if (format or self._format).lower() != "text" or path is None:
            refuse(f"DataFrameReader.load of {format or self._format}")
        return self.text(path)

    def text(
        self,
        paths: str | list[str],
        wholetext: bool = False,
        lineSep: str | None = None,
        pathGlobFilter: str | bool | None = None,
        recursiveFileLookup: str | bool | None = None,
        modifiedBefore: str | bool | None = None,
        modifiedAfter: str | bool | None = None,
    ) -> "DataFrame":
        """Read lines, or whole files, into the column `value`."""
        given = {
            "lineSep": lineSep,
            "pathGlobFilter": pathGlobFilter,
            "recursiveFileLookup": recursiveFileLookup,
            "modifiedBefore": modifiedBefore,
            "modifiedAfter": modifiedAfter,
        }
        used = [name for name, value in given.items() if value is not None]
        used += [name for name in self._options if name not in UNDERSTOOD]
        if used:
            refuse(f"DataFrameReader.text with {', '.join(used)}")
        is_whole = wholetext or str(self._options.get(WHOLE, False)).lower() == "true"
        names = [paths] if isinstance(paths, str) else list(paths)
        return self._read_text(names, is_whole)

    def _read_text(self, names: list[str], is_whole: bool) -> "DataFrame":
        from firesteel.sql._rows.dataframe import RowsDataFrame

        for name in names:
            _check_exists(name)
        context = self._spark.sparkContext
        if is_whole:
            texts = context.union([context.wholeTextFiles(name) for name in names]).values()
        else:
            parallelism = context.defaultParallelism
            texts = context._files(",".join(names), "packed_text", parallelism=parallelism)
        return RowsDataFrame(self._spark, texts.map(_in_tuple), StructType().add("value", StringType()))


def _in_tuple(text: str) -> tuple[str]:
    return (text,)


def _check_exists(name: str) -> None:
    url = urlparse(name)
    if url.scheme in ("", "file") and not glob.glob(glob.escape(url.path)) and not glob.glob(url.path):
        raise engine_error(
            AnalysisException,
            f"[PATH_NOT_FOUND] Path does not exist: file:{url.path}. SQLSTATE: 42K03",
            "PATH_NOT_FOUND",
        )


@complete
class DataFrameWriter(OptionUtils):
    """Saves a DataFrame: `df.write`. It takes its settings, and says what it needs when it is to save."""

    def __init__(self, df: "DataFrame") -> None:
        self._df = df
        self._settings: dict[str, Any] = {}

    def mode(self, saveMode: str | None) -> "DataFrameWriter":
        """Say what becomes of data that is there."""
        return self.option("mode", saveMode)

    def format(self, source: str) -> "DataFrameWriter":
        """Say which format files get."""
        return self.option("format", source)

    def option(self, key: str, value: Any) -> "DataFrameWriter":
        """Set an option."""
        self._settings[key] = value
        return self

    def options(self, **options: Any) -> "DataFrameWriter":
        """Set options."""
        self._settings.update(options)
        return self

    def partitionBy(self, *cols: Any) -> "DataFrameWriter":
        """Say by which columns files are cut."""
        return self.option("partitionBy", cols)


fill(globals())


_public_names.publish(__name__)
