"""What programs import from pyspark.sql.utils: mostly the exceptions, older here than in pyspark.errors."""

import functools
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from firesteel import _public_names
from firesteel.errors import (
    AnalysisException,
    IllegalArgumentException,
    ParseException,
    PySparkImportError,
    PySparkNotImplementedError,
    PySparkRuntimeError,
    PythonException,
    QueryExecutionException,
    SparkUpgradeException,
    StreamingQueryException,
    UnknownException,
)
from firesteel.errors.exceptions.captured import CapturedException
from firesteel.sql._absent import fill
from firesteel.sql._rows.text import _ESCAPES

__all__ = [
    "AnalysisException",
    "CapturedException",
    "IllegalArgumentException",
    "ParseException",
    "PySparkImportError",
    "PySparkNotImplementedError",
    "PySparkRuntimeError",
    "PythonException",
    "QueryExecutionException",
    "SparkUpgradeException",
    "StreamingQueryException",
    "UnknownException",
]

F = TypeVar("F", bound=Callable[..., Any])


def is_remote() -> bool:
    """Return False: sessions are in this process."""
    return False


def is_timestamp_ntz_preferred() -> bool:
    """Tell whether dates with times are inferred to have no zone."""
    from firesteel.sql.session import SparkSession

    session = SparkSession.getActiveSession()
    return session is not None and session.conf.get("spark.sql.timestampType") == "TIMESTAMP_NTZ"


def get_active_spark_context() -> Any:
    """Return the running context."""
    from firesteel.core.context import SparkContext

    context = SparkContext._active_spark_context
    if context is None:
        raise PySparkRuntimeError("SparkContext should be created before this is called")
    return context


def to_str(value: Any) -> str | None:
    """Return an option as a text.

    >>> to_str(True), to_str(5), to_str(None)
    ('true', '5', None)
    """
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def enum_to_value(value: Any) -> Any:
    """Return the value of a member of an enum, and anything else as it is."""
    return value.value if isinstance(value, Enum) else value


def escape_meta_characters(s: str) -> str:
    r"""Return a text with its line breaks, tabs and the like written out.

    >>> escape_meta_characters("a\tb")
    'a\\tb'
    """
    return s.translate(_ESCAPES)


def _as_it_is(f: F) -> F:
    """Return a function as it is: nothing is dispatched to a server."""
    return f


dispatch_col_method = dispatch_df_method = dispatch_table_arg_method = dispatch_window_method = _as_it_is
try_partitioning_remote_functions = try_remote_avro_functions = try_remote_functions = _as_it_is
try_remote_protobuf_functions = try_remote_session_classmethod = _as_it_is


def remote_only(func: F) -> F:
    """Make a function refuse: it is for sessions on a server."""

    @functools.wraps(func)
    def refuse(*args: Any, **kwargs: Any) -> Any:
        parameters = {"feature": func.__name__}
        raise PySparkRuntimeError(
            errorClass="ONLY_SUPPORTED_WITH_SPARK_CONNECT", messageParameters=parameters
        )

    return refuse  # type: ignore[return-value]  # the same parameters


fill(globals())


_public_names.publish(__name__)
