"""How what lives in Python goes to the JVM as an argument, where py4j does not know.

A JavaArray that was made before there was a JVM becomes a real array; a URI, a path or a UUID of
`firesteel._jvm` the real object of the same text. The JVM gets a copy: what it changes there stays there.
"""

from typing import Any

from firesteel._jvm.objects import JavaObject, NoJavaError, java_name
from firesteel._py4j.java_collections import JavaArray

__all__ = ["of"]

MADE_FROM_TEXT = {
    "java.net.URI": "create",
    "java.util.UUID": "fromString",
    "org.apache.hadoop.fs.Path": None,
}
"""Classes whose objects are no more than a text, with the method that reads it; None: a constructor."""


class ArrayConverter:
    """Makes real arrays."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def can_convert(self, object: Any) -> bool:
        """Tell whether it is an array that knows its class."""
        return issubclass(type(object), JavaArray) and object._fqn != ""

    def convert(self, object: JavaArray, gateway_client: Any) -> Any:
        """Return a real array with the same elements."""
        array = self._gateway.new_array(object, len(object))
        for position, element in enumerate(object):
            array[position] = element
        return array


class AnswerConverter:
    """Makes real objects of those that answer in Python."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def can_convert(self, object: Any) -> bool:
        """Tell whether it is one of them."""
        return issubclass(type(object), JavaObject)

    def convert(self, object: JavaObject, gateway_client: Any) -> Any:
        """Return a real object of the same text; refuse what is more than a text."""
        name = java_name(type(object))
        if name not in MADE_FROM_TEXT:
            raise NoJavaError(name, "lives in Python, where Firesteel answers for it: no JVM can take it")
        real = self._gateway.jvm
        for part in name.split("."):
            real = getattr(real, part)
        read = MADE_FROM_TEXT[name]
        return (getattr(real, read) if read else real)(object.toString())


def of(gateway: Any) -> list[Any]:
    """Return the converters of a gateway, to be asked before py4j's own."""
    return [ArrayConverter(gateway), AnswerConverter(gateway)]
