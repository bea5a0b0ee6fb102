"""What goes to a real JVM and comes back: numbers, text, bytes, collections, and what lives in Python."""

from typing import Any

import pytest

from firesteel import SparkContext
from firesteel._jvm import NoJavaError
from firesteel._py4j.java_collections import ListConverter, MapConverter, SetConverter
from support.java import PATIENCE

pytestmark = pytest.mark.timeout(PATIENCE)

DESCRIBED = {
    None: "null",
    True: "java.lang.Boolean true",
    7: "java.lang.Integer 7",
    1 << 40: "java.lang.Long 1099511627776",
    1.5: "java.lang.Double 1.5",
    "grey": "java.lang.String grey",
    "two\nlines, \\ and ü €": "java.lang.String two\nlines, \\ and ü €",
}


@pytest.mark.parametrize("value", DESCRIBED, ids=repr)
def test_simple_values(java: SparkContext, value: Any) -> None:
    hello = java._jvm.com.example.Hello
    assert hello.describe(value) == DESCRIBED[value]
    [back] = hello.reversed([value])
    assert (back, type(back)) == (value, type(value))


def test_collections(java: SparkContext) -> None:
    hello = java._jvm.com.example.Hello
    reversed_ = hello.reversed([1, "two", 3.0])
    assert list(reversed_) == [3.0, "two", 1]
    assert list(hello.reversed((1, 2))) == [2, 1]
    reversed_.append(4)
    assert reversed_[-1] == 4
    assert dict(hello.swapped({"a": 1, "b": 2})) == {1: "a", 2: "b"}
    assert set(hello.__getattr__("with")({1, 2}, 3)) == {1, 2, 3}
    nested = hello.reversed([[1, 2], {"a": [3]}, {4}])
    assert [set(nested[0]), list(nested[1]["a"]), list(nested[2])] == [{4}, [3], [1, 2]]


def test_bytes(java: SparkContext) -> None:
    hello = java._jvm.com.example.Hello
    for given in (b"HAL", bytearray(b"HAL")):
        assert hello.incremented(given) == b"IBM"
    assert type(hello.incremented(b"HAL")) is bytes
    every = bytes(range(255))
    assert hello.incremented(every) == bytes(range(1, 256))


def test_what_is_answered_in_python_goes_as_what_it_stands_for(java: SparkContext) -> None:
    jvm, hello = java._jvm, java._jvm.com.example.Hello
    assert hello.scheme(jvm.java.net.URI("s3a://b/k")) == "s3a"
    made = jvm.java.util.ArrayList()
    made.add(1)
    assert list(hello.reversed(made)) == [1]
    uuid = jvm.java.util.UUID.randomUUID()
    assert hello.describe(uuid) == f"java.util.UUID {uuid.toString()}"
    with pytest.raises(NoJavaError, match="JavaSparkContext lives in Python"):
        hello.describe(java._jsc)


def test_py4js_converters_make_javas_collections(java: SparkContext) -> None:
    client = java._gateway._gateway_client
    converted = ListConverter().convert([1, 2], client)
    assert converted.getClass().getName() == "java.util.ArrayList"
    assert MapConverter().convert({"a": 1}, client).getClass().getName() == "java.util.HashMap"
    assert SetConverter().convert({1}, client).getClass().getName() == "java.util.HashSet"


def test_a_java_object_is_not_for_workers(java: SparkContext) -> None:
    made = java._jvm.com.example.Hello("x")
    with pytest.raises(Exception, match="pickle"):
        java.parallelize([1]).map(lambda _: made.name()).collect()
    assert java.parallelize([1]).count() == 1
