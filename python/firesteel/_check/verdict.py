"""What of PySpark's names is not here, and what to do about it.

Whether a module, a class or a member is here is asked of Firesteel itself; what works of classes that mostly
need a query engine is in a table. Invariant: what gets no advice works.
"""

import ast
import functools
import inspect
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple

from firesteel._alias import home_of
from firesteel._check.kinds import FRAME, GROUPED, JVM, READER, SESSION, WRITER, words
from firesteel._check.uses import MASTER, SETTING, Use
from firesteel._public_names import is_public

_QUERY = "needs a query engine, which comes later; use RDDs, or keep this on Spark"
_MODULE = "is not part of Firesteel; keep this on Spark, or use another library on the workers"
_MEMBER = "is not part of Firesteel yet; do without it, or keep this on Spark"
_JAVA = "is a Java object of Spark's, and Spark's JVM is not here; use what Python has for it"
_CLASS = "is a Java class; install firesteel[java] and a Java, and let --jars name the jar that has it"
_CLUSTER = "is not this machine; name no master in the program, and use --master where it is started"

_FUNCTIONS = "pyspark.sql.functions"
_WITHOUT_ENGINE = {
    SESSION: words(
        "builder conf createDataFrame getActiveSession active newSession range read sparkContext stop "
        "version Builder addArtifact addArtifacts addTag removeTag getTags clearTags "
        "interruptAll interruptTag interruptOperation _sc"
    ),
    READER: words("format load option options schema text"),
    FRAME: words(
        "cache checkpoint collect columns count dtypes first foreach foreachPartition head isEmpty isLocal "
        "isStreaming localCheckpoint persist printSchema rdd schema show sparkSession storageLevel sql_ctx "
        "tail take toDF toLocalIterator toPandas unpersist write"
    ),
    GROUPED: frozenset[str](),
    WRITER: frozenset[str](),
    _FUNCTIONS: frozenset(["udf", "pandas_udf", "udtf", "PandasUDFType", "col", "column", "lit"]),
    "pyspark.sql.Window": frozenset[str](),
    "pyspark.sql.window.Window": frozenset[str](),
}
"""What works without a query engine, of that which has members that do not."""

_JAVA_NAMES = words(
    "_gateway _jconf _jcol _jdf _java_obj _jmap _jrdd _jschema _jseq _jsparkSession _jsqlContext _jvm "
    "_jsc _jvm_class _to_java_object_rdd"
)


_OF_SPARK = ("org.apache.spark.", "org.apache.hadoop.")
"""Where the Java classes are that come with a Spark."""
_OTHER_LIBRARIES = words("ml mllib pandas pipelines streaming testing")
"""Packages inside PySpark's own, of which there is nothing here."""


class Advice(NamedTuple):
    """What is missing, and what to do."""

    name: str
    text: str


def advise(use: Use) -> Advice | None:
    """Return what to do about a use, or None if it works.

    >>> advise(Use("pyspark.RDD.map", 1)) is None
    True
    >>> advise(Use("pyspark.ml.feature.Word2Vec", 1)).name
    'pyspark.ml'
    """
    for begin, judge in ((MASTER, _of_master), (SETTING, _of_setting), (JVM, _of_java)):
        if use.name.startswith(begin):
            return judge(use.name.removeprefix(begin))
    return _of_name(use.name, use.is_import)


def _of_master(master: str) -> Advice | None:
    from firesteel.core._master import parse_master

    try:
        parse_master(master)
    except ValueError:
        return Advice(f"master {master}", _CLUSTER)
    return None


def _of_setting(key: str) -> Advice | None:
    from firesteel.core._settings import Kind, setting

    known = setting(key)
    if known is None or known.kind is not Kind.UNHONOURED:
        return None
    return Advice(key, f"is not honoured: {known.meaning}")


def _of_java(path: str) -> Advice | None:
    """Judge a path below `sc._jvm`: it works from where one of our own classes answers for a Java one."""
    if not path:
        return Advice("_jvm", _JAVA) if not _has_java_names() else None
    parts = path.removeprefix(".").split(".")
    classes = [index for index, part in enumerate(parts) if part[:1].isupper()]
    if not classes:
        return None  # a package on the way to its class, which is a use of its own
    name = ".".join(parts[: classes[0] + 1])
    if _has_java_names() and _answers(name):
        return None
    return Advice(name, _JAVA if name.startswith(_OF_SPARK) else _CLASS)


def _has_java_names() -> bool:
    return find_spec("firesteel._jvm") is not None


def _answers(name: str) -> bool:
    jvm = import_module("firesteel._jvm")
    return "." not in name or jvm.answer_or_none(name) is not None


def _of_name(name: str, is_import: bool) -> Advice | None:
    module, rest = _module_of(name)
    if module is None:
        return Advice(_missing_module(name), _MODULE)
    owner, _, member = name.rpartition(".")
    is_used = not is_import and not member.startswith("_")
    if is_used and owner in _WITHOUT_ENGINE and member not in _WITHOUT_ENGINE[owner]:
        return Advice(name, _QUERY)
    if _has(module, rest):
        return None
    return Advice(name, _JAVA if member in _JAVA_NAMES else _MEMBER)


@functools.cache
def _module_of(name: str) -> tuple[ModuleType | None, tuple[str, ...]]:
    """Return the longest module that a name begins with, and what is left of the name."""
    parts = name.split(".")
    if parts[1:2] and parts[1] in _OTHER_LIBRARIES:
        return None, ()
    for length in range(len(parts), 0, -1):
        home = home_of(".".join(parts[:length]))
        if home is not None:
            return import_module(home), tuple(parts[length:])
    return None, ()


def _missing_module(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _has(owner: Any, path: tuple[str, ...]) -> bool:
    """Tell whether a module has a name, and that its member, as far as classes and modules go."""
    if not path:
        return True
    first, rest = path[0], path[1:]
    try:
        found = getattr(owner, first)
    except AttributeError:
        return inspect.isclass(owner) and first in _set_in_methods(owner)
    except ImportError:
        return False
    return _has(found, rest) if inspect.isclass(found) or inspect.ismodule(found) else True


@functools.cache
def _set_in_methods(cls: type) -> frozenset[str]:
    """Return the attributes that methods of a class, or of its bases, give its instances."""
    names: set[str] = set()
    for base in cls.__mro__:
        if is_public(base.__module__):
            tree = ast.parse(inspect.getsource(_home(base)))
            attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
            names |= {node.attr for node in attributes if _is_stored_in_self(node)}
    return frozenset(names)


def _home(cls: type) -> ModuleType | type:
    """Return the module that defines a class, which may call itself another's."""
    method = next((value for value in vars(cls).values() if inspect.isfunction(value)), None)
    return inspect.getmodule(method.__code__ if method else cls) or cls


def _is_stored_in_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self" and isinstance(node.ctx, ast.Store)
