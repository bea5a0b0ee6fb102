"""What programs reach for in PySpark's JVM, answered in Python.

`sc._jvm` and `sc._jsc` lead here. One module answers for one Java package or a few that belong together; its
public classes have Java's names, and its PACKAGE is where Java has them. Invariant: an answer does what the
name says on this machine, or it is not there. A name that nobody answers raises one NoJavaError, in
`answer_or_none` and `unanswered`: the one place where a real JVM would be asked.
"""

from importlib import import_module
from typing import Any

from firesteel._jvm.objects import NoJavaError

__all__ = ["IMPORTED", "PACKAGES", "answer_or_none", "unanswered"]

PACKAGES = {
    "java.lang": "java_lang",
    "java.net": "java_net",
    "java.util": "java_util",
    "org.apache.hadoop.conf": "hadoop_conf",
    "org.apache.hadoop.fs": "hadoop_fs",
    "org.apache.log4j": "log4j",
    "org.apache.logging.log4j": "log4j",
    "org.apache.logging.log4j.core.config": "log4j",
    "org.apache.spark": "spark",
    "org.apache.spark.api.java": "spark",
    "org.apache.spark.api.python": "spark",
    "org.slf4j": "log4j",
}
"""The modules of this package that answer, by the Java packages that they answer for."""

IMPORTED = (
    "java.lang.*",
    "org.apache.spark.SparkConf",
    "org.apache.spark.api.java.*",
    "org.apache.spark.api.python.*",
)
"""The classes that need no package in front, as in PySpark."""


def answer_or_none(name: str) -> Any:
    """Return the class that answers for a full Java name.

    >>> answer_or_none("java.lang.System").currentTimeMillis() > 0
    True
    >>> answer_or_none("com.example.Hello") is None
    True
    """
    package, _, simple = name.rpartition(".")
    if package not in PACKAGES:
        return None
    module = import_module(f"{__name__}.{PACKAGES[package]}")
    return getattr(module, simple) if simple in module.__all__ else None


def unanswered(name: str) -> NoJavaError:
    """Return the error for a name that needs a real JVM."""
    return NoJavaError(name)
