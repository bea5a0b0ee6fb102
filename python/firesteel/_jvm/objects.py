"""What all answers share: Java's questions to every object, and errors as a JVM would raise them.

Invariant: a missing method is an error which the fallbacks of programs catch, whether they expect Python's
AttributeError, the TypeError of calling a JavaPackage, or py4j's Py4JError.
"""

import sys
from typing import Any

from firesteel._py4j import is_of_py4j
from firesteel._py4j.protocol import Py4JError
from firesteel.errors.exceptions.base import PySparkNotImplementedError
from firesteel.errors.job import FiresteelError, JavaClass, JavaException

__all__ = ["JavaError", "JavaObject", "NoJavaError", "java_name", "java_string"]


PACKAGE = "java.lang"
NO_METHOD = "is not answered: the object lives in Python, and Firesteel has no such method for it"


class NoJavaError(PySparkNotImplementedError, Py4JError, AttributeError, TypeError):
    """A Java name was used that nothing answers; the reason says what is missing."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.cause = None
        self._parts = name, reason

    def __reduce__(self) -> tuple[Any, ...]:
        return NoJavaError, self._parts


class JavaError(FiresteelError):
    """What a method raises in Java, with `java_exception` to ask."""

    def __init__(self, java_class: str, message: str) -> None:
        super().__init__(message)
        self.java_exception = JavaException(java_class, message)

    def __str__(self) -> str:
        return self.java_exception.toString()

    def __reduce__(self) -> tuple[Any, ...]:
        return JavaError, (self.java_exception.getClass().getName(), self._message)


class Answering(type):
    """The class of answers: a static member that is missing is a real JVM's, or a NoJavaError."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        from firesteel._jvm import member_of

        return member_of(java_name(cls), name)

    def __instancecheck__(cls, instance: object) -> bool:
        """Take what a real JVM has returned for a JavaObject, as the program does that asks."""
        return super().__instancecheck__(instance) or (
            cls.__name__ == "JavaObject" and is_of_py4j(instance, "JavaObject")
        )


class JavaObject(metaclass=Answering):
    """An object that a program takes for one of the JVM's."""

    def getClass(self) -> JavaClass:
        """Return the class, which knows its name."""
        return JavaClass(java_name(type(self)))

    def toString(self) -> str:
        """Return what Java prints."""
        return f"{java_name(type(self))}@{hash(self) & 0xFFFFFFFF:x}"

    def equals(self, other: object) -> bool:
        """Return whether another object is equal."""
        return self == other

    def hashCode(self) -> int:
        """Return the hash, as a signed number of 32 bits."""
        return ((hash(self) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)

    def __str__(self) -> str:
        return self.toString()

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NoJavaError(f"{java_name(type(self))}.{name}", NO_METHOD)


def java_name(answer: type) -> str:
    """Return the name that a class has in Java."""
    return f"{sys.modules[answer.__module__].PACKAGE}.{answer.__name__}"


def java_string(value: object) -> str:
    """Return a Python value as Java writes it in a text.

    >>> java_string(True), java_string(None), java_string(4)
    ('true', 'null', '4')
    """
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
