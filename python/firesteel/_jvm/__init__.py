"""What programs reach for in PySpark's JVM, answered in Python.

`sc._jvm` and `sc._jsc` lead here. One module answers for one Java package or a few that belong together; its
public classes have Java's names, and its PACKAGE is where Java has them. Invariant: an answer does what the
name says on this machine, or it is not there, and it stays ours when a JVM runs. Every other name is asked of
a real JVM (firesteel._java), here and nowhere else; where there is none, using it raises one NoJavaError.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from firesteel._jvm.objects import NoJavaError

if TYPE_CHECKING:
    from firesteel._py4j.java_gateway import JVMView

__all__ = ["IMPORTED", "PACKAGES", "answer_or_none", "class_or_none", "member_of", "resolved"]

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


NOT_THERE = "is not in the JVM: let spark.jars name the jar that has it"


def class_or_none(name: str, view: "JVMView | None" = None) -> Any:
    """Return the class that a real JVM has for a name.

    A JVM starts only for what looks like the name of a class: a package may be named for nothing.
    """
    from firesteel import _java

    looks_like_a_class = name.rpartition(".")[2][:1].isupper()
    if _java.running() is None and (not looks_like_a_class or _java.why_not() is not None):
        return None
    return _java.jvm_for(name).find(name, view)


def resolved(name: str) -> Any:
    """Return what a real JVM has for a name that a program calls: a class, or what is in one."""
    from firesteel import _java

    machine, parts = _java.jvm_for(name), name.split(".")
    for length in range(1, len(parts) + 1):
        found = machine.find(".".join(parts[:length]))
        if found is not None:
            for part in parts[length:]:
                found = getattr(found, part)
            return found
    raise NoJavaError(name, NOT_THERE)


def member_of(owner: str, name: str) -> Any:
    """Return a static member, that we do not answer ourselves, of a class that we do."""
    from firesteel import _java

    full = f"{owner}.{name}"
    machine = _java.jvm_for(full)
    found = machine.find(owner)
    if found is None:
        raise NoJavaError(full, NOT_THERE)
    try:
        return getattr(found, name)
    except machine.error as error:  # no AttributeError, which hasattr asks for
        raise NoJavaError(full, f"is not in the JVM: {error}") from None
