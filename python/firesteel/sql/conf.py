"""RuntimeConfig: the settings of a session.

Invariant: values are texts; what a session was not told has the context's value, then the default of SQL's
own settings, and what only counts when the context starts cannot change.
"""

import time
from typing import Any, NoReturn

from firesteel import _public_names
from firesteel.errors import IllegalArgumentException
from firesteel.errors.exceptions.captured import AnalysisException, SparkNoSuchElementException
from firesteel.sql._arguments import wrong_type
from firesteel.sql._errors import engine_error

__all__ = ["RuntimeConfig"]

NO_VALUE: Any = object()
"""Stands for a default that was not given."""

DEFAULTS = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.autoBroadcastJoinThreshold": "10485760b",
    "spark.sql.caseSensitive": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "true",
    "spark.sql.repl.eagerEval.enabled": "false",
    "spark.sql.shuffle.partitions": "200",
    "spark.sql.sources.default": "parquet",
    "spark.sql.sources.partitionOverwriteMode": "STATIC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
}
"""The defaults of the settings of SQL that programs ask for."""

STATIC = ("spark.sql.catalogImplementation", "spark.sql.extensions", "spark.sql.warehouse.dir")
_OF_THE_CONTEXT = (
    "spark.app.", "spark.cores.", "spark.default.parallelism", "spark.driver.", "spark.dynamicAllocation.",
    "spark.eventLog.", "spark.executor.", "spark.files", "spark.jars", "spark.local.", "spark.master",
    "spark.memory.", "spark.serializer", "spark.shuffle.", "spark.submit.", "spark.task.", "spark.ui.",
)  # fmt: skip
_GUIDE = "https://spark.apache.org/docs/latest/sql-migration-guide.html#ddl-statements"


class RuntimeConfig:
    """The settings of a session: `spark.conf`.

    Examples
    --------
    >>> from firesteel.sql import SparkSession
    >>> spark = SparkSession.builder.getOrCreate()
    >>> spark.conf.set("spark.sql.shuffle.partitions", 8)
    >>> spark.conf.get("spark.sql.shuffle.partitions")
    '8'
    """

    def __init__(self, jconf: dict[str, str]) -> None:
        self._values = jconf

    def set(self, key: str, value: str | int | bool) -> None:
        """Set a key."""
        if value is None:
            raise IllegalArgumentException(f"requirement failed: value cannot be null for key: {key}")
        if key in STATIC:
            _refuse_static(key)
        if key.startswith(_OF_THE_CONTEXT):
            _refuse_change(key)
        self._values[key] = as_text(value)

    def get(self, key: str, default: str | None = NO_VALUE) -> str | None:
        """Return the value of a key, or the default.

        Raises
        ------
        SparkNoSuchElementException
            When the key is not set and there is no default.
        """
        if not isinstance(key, str):
            raise wrong_type("key", "str", key)
        if default is not NO_VALUE and default is not None and not isinstance(default, str):
            raise wrong_type("default", "str", default)
        if key in self._values:
            return self._values[key]
        if default is not NO_VALUE:
            return default
        if key == "spark.sql.session.timeZone":
            return time.tzname[0]
        if key in DEFAULTS:
            return DEFAULTS[key]
        raise engine_error(
            SparkNoSuchElementException,
            f'[SQL_CONF_NOT_FOUND] The SQL config "{key}" cannot be found. Please verify that the config '
            "exists. SQLSTATE: 42K0I",
            "SQL_CONF_NOT_FOUND",
        )

    @property
    def getAll(self) -> dict[str, str]:
        """All keys that are set, with their values."""
        return dict(self._values)

    def unset(self, key: str) -> None:
        """Forget a key."""
        self._values.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        """Tell whether a key can still change: only those of SQL can."""
        return key.startswith("spark.sql.") and key not in STATIC


def as_text(value: Any) -> str:
    """Return a setting as a text.

    >>> as_text(True), as_text(8)
    ('true', '8')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_static(key: str) -> NoReturn:
    raise engine_error(
        AnalysisException,
        f'[CANNOT_MODIFY_STATIC_CONFIG] Cannot modify the value of the static Spark config: "{key}". '
        "SQLSTATE: 46110",
        "CANNOT_MODIFY_STATIC_CONFIG",
    )


def _refuse_change(key: str) -> NoReturn:
    raise engine_error(
        AnalysisException,
        f'[CANNOT_MODIFY_CONFIG] Cannot modify the value of the Spark config: "{key}".\n'
        f"See also '{_GUIDE}'. SQLSTATE: 46110",
        "CANNOT_MODIFY_CONFIG",
    )


_public_names.publish(__name__)
