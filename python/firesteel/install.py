"""PySpark's downloads of Spark. There is nothing to download: the engine is inside this package."""

from typing import Any, NoReturn

from firesteel.errors import PySparkNotImplementedError

__all__ = ["checked_package_name", "checked_versions", "install_spark"]

DEFAULT_HADOOP = "hadoop3"
DEFAULT_HIVE = "hive2.3"
SUPPORTED_HADOOP_VERSIONS = ["hadoop3", "without-hadoop"]
SUPPORTED_HIVE_VERSIONS = ["hive2.3"]
UNSUPPORTED_COMBINATIONS: list[tuple[str, str]] = []


def install_spark(dest: str, spark_version: str, hadoop_version: str, hive_version: str) -> NoReturn:
    """Raise: the engine is installed with this package."""
    raise _nothing_to_install()


def checked_package_name(spark_version: str, hadoop_version: str, hive_version: str) -> NoReturn:
    """Raise: there are no packages of Spark."""
    raise _nothing_to_install()


def checked_versions(spark_version: str, hadoop_version: str, hive_version: str) -> NoReturn:
    """Raise: there are no packages of Spark."""
    raise _nothing_to_install()


def convert_old_hadoop_version(spark_version: str, hadoop_version: str) -> NoReturn:
    """Raise: there is no Hadoop."""
    raise _nothing_to_install()


def get_preferred_mirrors() -> NoReturn:
    """Raise: nothing is downloaded."""
    raise _nothing_to_install()


def download_to_file(response: Any, path: str, chunk_size: int = 1 << 20) -> NoReturn:
    """Raise: nothing is downloaded."""
    raise _nothing_to_install()


def _nothing_to_install() -> PySparkNotImplementedError:
    return PySparkNotImplementedError("there is no Spark to install: the engine comes with this package")
