"""Names that a real JVM answers: classes, their members, packages, imports; and those that stay ours."""

from types import ModuleType

import pytest

from firesteel import SparkContext, _java
from firesteel._jvm import NoJavaError, java_lang
from firesteel._jvm.objects import JavaObject
from firesteel._py4j import java_gateway as ours
from firesteel._py4j.java_collections import JavaArray, JavaList
from support.java import PATIENCE

pytestmark = pytest.mark.timeout(PATIENCE)


@pytest.fixture
def theirs(java: SparkContext) -> ModuleType:
    """py4j.java_gateway, which a test process that has no JVM does not load."""
    import py4j.java_gateway

    return py4j.java_gateway


def test_static_methods_and_constants(java: SparkContext) -> None:
    hello = java._jvm.com.example.Hello
    assert hello.hello("x") == "hello x"
    assert hello.GREETING == "hello"
    assert hello.Inner.twice(21) == 42


def test_objects_and_their_fields(java: SparkContext) -> None:
    made = java._jvm.com.example.Hello("steel")
    assert made.name() == "steel"
    assert made.getClass().getName() == "com.example.Hello"
    assert made.equals(made)
    ours.set_field(made, "count", 7)
    assert ours.get_field(made, "count") == 7


def test_a_package_is_named_for_nothing_and_called_is_an_error(java: SparkContext) -> None:
    package = java._jvm.com.example
    assert repr(package) == "<JavaPackage com.example>"
    for name in ("Helo", "helo"):
        missing = getattr(package, name)
        assert isinstance(missing, ours.JavaPackage)
        with pytest.raises(NoJavaError, match=rf"com\.example\.{name}\.hello is not in the JVM: .*jar"):
            missing.hello("x")


@pytest.mark.parametrize("what", ["com.example.Hello", "com.example.*"])
def test_names_are_imported(java: SparkContext, theirs: ModuleType, what: str) -> None:
    for module in (ours, theirs):
        view = java._gateway.new_jvm_view()
        assert isinstance(view.Hello, ours.JavaPackage)
        module.java_import(view, what)
        assert view.Hello.hello("x") == "hello x"
    with pytest.raises(NoJavaError, match="Hello is not in the JVM"):
        java._gateway.new_jvm_view().Hello()


def test_what_is_answered_stays_ours(java: SparkContext) -> None:
    assert java._jvm.java.lang.System is java_lang.System
    assert java._jvm.System is java_lang.System
    assert isinstance(java._jvm.java.util.ArrayList(), list)
    assert java._jsc.sc().master() == "local[1]"


def test_what_such_a_class_does_not_have_the_jvm_does(java: SparkContext) -> None:
    assert java._jvm.java.lang.Math.max(1, 2) == 2
    assert java._jvm.java.lang.Math.sqrt(4.0) == 2.0
    assert list(java._jvm.java.util.Collections.emptyList()) == []
    assert not hasattr(java._jvm.java.lang.Math, "nothing")
    with pytest.raises(NoJavaError, match=r"SparkContext\.nothing is not in the JVM"):
        java._jvm.org.apache.spark.SparkContext.nothing()
    with pytest.raises(NoJavaError, match="the object lives in Python"):
        java._jsc.nothing()


def test_system_properties_are_the_same_on_both_sides(java: SparkContext) -> None:
    system, hello = java._jvm.System, java._jvm.com.example.Hello
    assert system.getProperty("java.version") == hello.property("java.version")
    assert system.setProperty("firesteel.metal", "steel") is None
    assert hello.property("firesteel.metal") == "steel"
    assert system.clearProperty("firesteel.metal") == "steel"
    assert hello.property("firesteel.metal") is None
    SparkContext.setSystemProperty("firesteel.metal", "iron")
    assert hello.property("firesteel.metal") == "iron"
    system.clearProperty("firesteel.metal")


def test_the_gateway_is_a_real_one(java: SparkContext, theirs: ModuleType) -> None:
    gateway = java._gateway
    assert isinstance(gateway, ours.JavaGateway)
    assert isinstance(gateway, theirs.JavaGateway)
    assert gateway.gateway_parameters.port == gateway.java_parameters.port > 0
    assert len(gateway.gateway_parameters.auth_token) == 64
    assert gateway.python_parameters.auth_token == gateway.gateway_parameters.auth_token
    assert gateway.jvm is java._jvm
    assert "hello" in gateway.help(java._jvm.com.example.Hello, display=False)


def test_kinds_are_told_by_both_names_of_the_classes(java: SparkContext, theirs: ModuleType) -> None:
    gateway, hello = java._gateway, java._jvm.com.example.Hello
    made, made_list = hello("x"), hello.reversed([1])
    for module in (ours, theirs):
        assert isinstance(made, module.JavaObject)
        assert isinstance(hello, module.JavaClass)
        assert not isinstance(made, module.JavaClass)
        assert module.is_instance_of(gateway, made, "com.example.Hello")
        assert module.is_instance_of(gateway, made, hello)
        assert not module.is_instance_of(gateway, made, "java.util.List")
    assert isinstance(java_lang.System, ours.JavaClass)
    assert isinstance(made_list, JavaList)
    assert not isinstance(made, JavaList)
    assert not isinstance("text", JavaObject)


def test_arrays(java: SparkContext) -> None:
    gateway, hello = java._gateway, java._jvm.com.example.Hello
    words = gateway.new_array(java._jvm.java.lang.String, 2)
    assert isinstance(words, JavaArray)
    words[0], words[1] = "iron", "steel"
    assert hello.joined(words) == "iron,steel"
    numbers = gateway.new_array(java._jvm.int, 2, 3)
    assert (len(numbers), list(numbers[0])) == (2, [0, 0, 0])


def test_an_array_from_before_there_was_a_jvm_is_one_to_it(java: SparkContext) -> None:
    words = ours._array("java.lang.String", 2)
    words[:] = ["iron", "steel"]
    assert type(words) is JavaArray
    assert java._jvm.com.example.Hello.joined(words) == "iron,steel"


def test_objects_that_python_drops_are_dropped_by_the_jvm(java: SparkContext) -> None:
    bindings = _java.running().gateway.java_gateway_server.getGateway().getBindings()  # type: ignore[union-attr]
    hello = java._jvm.com.example.Hello
    kept = [hello(str(number)) for number in range(50)]
    before = bindings.size()
    del kept
    hello.hello("x")
    assert bindings.size() <= before - 50
