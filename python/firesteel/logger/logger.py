"""PySparkLogger and its formatter: one JSON object a line, in the shape of Spark's structured logs."""

import json
import logging
import traceback
from typing import Any, cast

from firesteel import _public_names

__all__ = ["SPARK_LOG_SCHEMA", "PySparkLogger"]

SPARK_LOG_SCHEMA = (
    "ts TIMESTAMP, level STRING, msg STRING, context map<STRING, STRING>, exception STRUCT<class STRING, "
    "msg STRING, stacktrace ARRAY<STRUCT<class STRING, method STRING, file STRING, line STRING>>>, "
    "logger STRING"
)
"""What such a line holds, as a schema for `spark.read.schema`."""

_CONTEXT = "context"


class JSONFormatter(logging.Formatter):
    """Makes one line of a log record."""

    default_msec_format = "%s.%03d"

    def __init__(self, ensure_ascii: bool = False) -> None:
        super().__init__()
        self._ensure_ascii = ensure_ascii

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry = {
            "ts": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "msg": record.getMessage(),
            "context": getattr(record, _CONTEXT, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = _described(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=self._ensure_ascii, default=str)


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "class": type(error).__name__,
        "msg": str(error),
        "stacktrace": [
            {"class": None, "method": frame.name, "file": frame.filename, "line": str(frame.lineno)}
            for frame in frames
        ],
    }


class PySparkLogger(logging.Logger):
    """A logger whose methods take named values, which become the context of the line.

    Examples
    --------
    >>> import io, json, logging
    >>> from firesteel.logger import PySparkLogger
    >>> logger, lines = PySparkLogger.getLogger("furnace"), io.StringIO()
    >>> for handler in list(logger.handlers):
    ...     logger.removeHandler(handler)
    >>> logger.addHandler(logging.StreamHandler(lines))
    >>> logger.warning("too hot", degrees=1600)
    >>> entry = json.loads(lines.getvalue())
    >>> entry["msg"], entry["context"]
    ('too hot', {'degrees': 1600})
    """

    def __init__(self, name: str = "PySparkLogger") -> None:
        super().__init__(name, level=logging.WARNING)
        handler = logging.StreamHandler()
        self.addHandler(handler)

    def addHandler(  # type: ignore[override]  # PySpark's name
        self, handler: logging.Handler
    ) -> None:
        """Add a handler, whose lines will be JSON."""
        handler.setFormatter(JSONFormatter())
        super().addHandler(handler)

    @staticmethod
    def getLogger(name: str | None = None) -> "PySparkLogger":
        """Return the logger of a name, made at the first call; without a name the root logger.

        A logger that was made by another class before stays what it is.
        """
        before = logging.getLoggerClass()
        logging.setLoggerClass(PySparkLogger)
        try:
            return cast(PySparkLogger, logging.getLogger(name))
        finally:
            logging.setLoggerClass(before)

    def debug(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level DEBUG."""
        self._log_with_context(logging.DEBUG, msg, args, kwargs)

    def info(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level INFO."""
        self._log_with_context(logging.INFO, msg, args, kwargs)

    def warning(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level WARNING."""
        self._log_with_context(logging.WARNING, msg, args, kwargs)

    def warn(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level WARNING."""
        self._log_with_context(logging.WARNING, msg, args, kwargs)

    def error(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level ERROR."""
        self._log_with_context(logging.ERROR, msg, args, kwargs)

    def exception(  # type: ignore[override]
        self, msg: object, *args: object, exc_info: Any = True, **kwargs: object
    ) -> None:
        """Log with level ERROR and the exception that is being handled."""
        self._log_with_context(logging.ERROR, msg, args, {"exc_info": exc_info, **kwargs})

    def critical(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level CRITICAL."""
        self._log_with_context(logging.CRITICAL, msg, args, kwargs)

    def fatal(self, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with level CRITICAL."""
        self._log_with_context(logging.CRITICAL, msg, args, kwargs)

    def log(self, level: int, msg: object, *args: object, **kwargs: object) -> None:  # type: ignore[override]
        """Log with a level."""
        self._log_with_context(level, msg, args, kwargs)

    def _log_with_context(
        self, level: int, msg: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        if not self.isEnabledFor(level):
            return
        options = {key: kwargs.pop(key) for key in ("exc_info", "stack_info") if key in kwargs}
        # Past this method and the one that called it, to the line of the program.
        self._log(level, msg, args, extra={_CONTEXT: kwargs}, stacklevel=3, **options)  # type: ignore[arg-type]


_public_names.publish(__name__)
