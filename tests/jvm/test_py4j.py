"""py4j's modules under the alias, and the idioms of libraries with them."""

import pytest

from firesteel import SparkContext
from firesteel._py4j.clientserver import ClientServer
from firesteel._py4j.java_collections import ListConverter, MapConverter, SetConverter
from firesteel._py4j.java_gateway import (
    JavaGateway,
    JavaObject,
    JavaPackage,
    get_field,
    is_instance_of,
    java_import,
    set_field,
)
from support.programs import Programs

MODULES = ("py4j.protocol", "py4j.java_gateway", "py4j.clientserver", "py4j.java_collections")


@pytest.mark.parametrize("is_installed", [True, False])
def test_py4j_imports_whether_or_not_it_is_installed(programs: Programs, is_installed: bool) -> None:
    folder = programs.folder / "beside"
    if is_installed:
        for module in ("py4j.__init__", *MODULES):
            programs.write("REAL = True\n", f"beside/{module.replace('.', '/')}.py")
    done = programs.firesteel(
        f"""
        import importlib
        for name in {MODULES!r}:
            print(hasattr(importlib.import_module(name), "REAL"))
        """,
        env=programs.environment(PYTHONPATH=str(folder)),
    )
    assert (done.stdout, done.stderr) == ("False\n" * len(MODULES), "")


def test_the_gateway_says_that_threads_belong_together(sc2: SparkContext) -> None:
    """As libraries ask before they run jobs of several threads."""
    assert isinstance(sc2._gateway, ClientServer)
    assert isinstance(sc2._gateway, JavaGateway)


@pytest.mark.usefixtures("no_java")
def test_names_can_be_imported_into_a_view() -> None:
    view = JavaGateway().new_jvm_view()
    assert isinstance(view.FileSystem, JavaPackage)
    java_import(view, "org.apache.hadoop.fs.FileSystem")
    java_import(view, "org.apache.hadoop.conf.*")
    assert view.FileSystem.getLocal(view.Configuration()).getScheme() == "file"
    java_import(view, "com.example.Hello")
    assert repr(view.Hello) == "<JavaPackage com.example.Hello>"


def test_objects_know_their_class(sc2: SparkContext) -> None:
    gateway = sc2._gateway
    path = gateway.jvm.org.apache.hadoop.fs.Path("/a")
    assert isinstance(path, JavaObject)
    assert is_instance_of(gateway, path, "org.apache.hadoop.fs.Path")
    assert is_instance_of(gateway, path, gateway.jvm.org.apache.hadoop.fs.Path)
    assert not is_instance_of(gateway, path, "java.util.List")


def test_fields_are_attributes() -> None:
    converted = MapConverter().convert({"iron": 26}, None)
    set_field(converted, "unit", "u")
    assert get_field(converted, "unit") == "u"


def test_collections_convert() -> None:
    assert ListConverter().can_convert([1])
    assert not ListConverter().can_convert({1})
    assert ListConverter().convert((1, 2), None).size() == 2
    assert SetConverter().convert({1}, None).contains(1)
    assert MapConverter().convert({"iron": 26}, None).containsKey("iron")


def test_after_stop_the_context_has_no_java_context(start_context: object) -> None:
    sc = start_context("local[1]")  # type: ignore[operator]
    assert sc._jsc is not None
    sc.stop()
    assert sc._jsc is None
    assert sc._jvm is not None
    assert SparkContext._active_spark_context is None


def test_a_failed_job_answers_as_a_java_exception(sc2: SparkContext) -> None:
    from firesteel._py4j.protocol import Py4JJavaError

    with pytest.raises(Py4JJavaError) as caught:
        sc2.textFile("/no/such/file").collect()
    exception = caught.value.java_exception
    assert exception.getClass().getName() == "org.apache.hadoop.mapred.InvalidInputException"
    assert exception.getClass().getSimpleName() == "InvalidInputException"
    assert exception.getMessage() == "Input path does not exist: file:/no/such/file"
    assert exception.getLocalizedMessage() == exception.getMessage()
    assert exception.toString() == f"{exception.getClass().getName()}: {exception.getMessage()}"
    assert exception.getCause() is None
    assert list(exception.getStackTrace()) == []
    assert exception.printStackTrace() is None
