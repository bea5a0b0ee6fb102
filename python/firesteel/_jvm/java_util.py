"""java.util: collections, which py4j shows as Python's with Java's methods, and UUIDs."""

import uuid
from typing import Any

from firesteel._jvm.objects import JavaObject
from firesteel._py4j.java_collections import JavaList, JavaMap, JavaSet

__all__ = ["UUID", "ArrayList", "HashMap", "HashSet", "LinkedHashMap"]

PACKAGE = "java.util"


class ArrayList(JavaList):
    """A list."""


class HashMap(JavaMap):
    """A dict."""


class LinkedHashMap(JavaMap):
    """A dict in order of insertion, as all are in Python."""


class HashSet(JavaSet):
    """A set."""


class UUID(JavaObject):
    """A universally unique id."""

    def __init__(self, value: uuid.UUID) -> None:
        self._value = value

    @staticmethod
    def randomUUID() -> "UUID":
        """Return a new id."""
        return UUID(uuid.uuid4())

    @staticmethod
    def fromString(text: str) -> "UUID":
        """Read an id."""
        return UUID(uuid.UUID(text))

    def toString(self) -> str:
        """Return the id in hexadecimal digits."""
        return str(self._value)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, UUID) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)
