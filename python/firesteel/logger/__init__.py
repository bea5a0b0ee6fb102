"""PySparkLogger: log lines as JSON, with a context of named values."""

from firesteel.logger.logger import SPARK_LOG_SCHEMA, PySparkLogger

__all__ = ["SPARK_LOG_SCHEMA", "PySparkLogger"]
