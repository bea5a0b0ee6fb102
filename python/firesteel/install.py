"""`firesteel.install()`: from here on `import pyspark` means Firesteel, in this process and its workers.

PySpark has a module of this name, which downloads Spark. So this is that module, where there is nothing to
download, and it can be called.
"""

import sys
from types import ModuleType
from typing import Any, NoReturn

from firesteel import _public_names
from firesteel.errors import PySparkImportError, PySparkNotImplementedError

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
    return PySparkNotImplementedError(
        "there is no Spark to install: the engine comes with this package; use SparkContext"
    )


class _CallableModule(ModuleType):
    """A module that is a function, too."""

    def __call__(self) -> None:
        """Let `import pyspark` mean Firesteel, in this process and its workers.

        Raises
        ------
        PySparkImportError
            When another `pyspark` was imported before, or a context runs whose workers do not know of it.
        """
        import firesteel
        from firesteel import _alias
        from firesteel.core.context import SparkContext

        if _alias.is_installed():
            return
        if sys.modules.get("pyspark", firesteel) is not firesteel:
            raise PySparkImportError("pyspark is imported already: call firesteel.install() before that")
        if SparkContext._active() is not None:
            raise PySparkImportError("a context is running: call firesteel.install() before it starts")
        _alias.install()


sys.modules[__name__].__class__ = _CallableModule


_public_names.publish(__name__)
