"""Every Java name that is answered gives what PySpark gives."""

import inspect
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from java_names import TABLES, fill

from firesteel import SparkContext
from firesteel._jvm import PACKAGES, NoJavaError
from firesteel._jvm.objects import JavaObject
from firesteel._py4j.protocol import Py4JError, Py4JJavaError

CASES = [(area, expression) for area, table in TABLES.items() for expression in table]


def evaluate(expression: str, sc: Any, folder: Path) -> Any:
    """Return what an expression gives, an error as class and message."""
    jvm, log4j = sc._jvm, sc._jvm.org.apache.log4j
    hadoop = jvm.org.apache.hadoop.fs
    conf = jvm.org.apache.hadoop.conf.Configuration(sc._jsc.hadoopConfiguration())
    names = {
        "FileSystem": hadoop.FileSystem,
        "FileUtil": hadoop.FileUtil,
        "Path": hadoop.Path,
        "conf": conf,
        "folder": str(folder),
        "fs": hadoop.FileSystem.get(conf),
        "jsc": sc._jsc,
        "jvm": jvm,
        "log4j": log4j,
        "sc": sc,
    }
    try:
        return eval(expression, names)
    except Py4JJavaError as error:
        return error.java_exception.getClass().getName(), error.java_exception.getMessage()


@pytest.mark.parametrize(("area", "expression"), CASES)
def test_it_gives_what_pyspark_gives(sc2: SparkContext, tmp_path: Path, area: str, expression: str) -> None:
    expected = TABLES[area][expression]
    if area == "fs_errors":
        expected = expected[0], expected[1].format(tmp_path)
    fill(tmp_path)
    assert evaluate(expression, sc2, tmp_path) == expected


def answered_names() -> set[str]:
    """Return the public names of all answers' classes."""
    modules = {import_module(f"firesteel._jvm.{module}") for module in PACKAGES.values()}
    classes = [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, JavaObject) and value.__module__ == module.__name__
    ]
    return {name for cls in classes for name in vars(cls) if not name.startswith("_")}


def test_every_answered_name_has_a_test() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    assert {name for name in answered_names() if f".{name}" not in text} == set()


NO_JVM, NO_METHOD = r"needs a JVM, and JAVA_HOME=/dev/null has no bin/java", "is not answered: .* in Python"
WITHOUT_ANSWER = {
    "sc._jvm.com.example.Hello.hello('x')": NO_JVM,
    "sc._jvm.com.example.Hello()": NO_JVM,
    "sc._jvm.java.lang.System.exit(1)": NO_JVM,
    "sc._gateway.entry_point": NO_JVM,
    "sc._jsc.nothing()": NO_METHOD,
    "sc._jsc.sc().dagScheduler()": NO_METHOD,
    "sc.range(1)._jrdd.mapToPair(None)": NO_METHOD,
}


@pytest.mark.usefixtures("no_java")
@pytest.mark.parametrize("expression", WITHOUT_ANSWER)
def test_a_name_without_an_answer_is_one_error_that_fallbacks_catch(
    sc2: SparkContext, expression: str
) -> None:
    with pytest.raises(NoJavaError, match=WITHOUT_ANSWER[expression]) as caught:
        eval(expression, {"sc": sc2})
    assert isinstance(caught.value, Py4JError)
    assert isinstance(caught.value, AttributeError)
    assert isinstance(caught.value, TypeError)
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_hasattr_tells_what_is_answered(sc2: SparkContext) -> None:
    assert hasattr(sc2._jsc, "hadoopConfiguration")
    assert not hasattr(sc2._jsc, "nothing")
