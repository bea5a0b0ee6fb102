"""Java's collections as py4j shows them: Python's own, with Java's methods beside them."""

from typing import Any

from firesteel._py4j import Namesake

__all__ = [
    "JavaArray",
    "JavaIterator",
    "JavaList",
    "JavaMap",
    "JavaSet",
    "ListConverter",
    "MapConverter",
    "SetConverter",
]


class JavaIterator(metaclass=Namesake):
    """Goes through a collection, for Python and for Java's `hasNext` and `next`.

    >>> iterator = JavaIterator([1])
    >>> iterator.hasNext(), iterator.next(), iterator.hasNext()
    (True, 1, False)
    """

    def __init__(self, elements: Any) -> None:
        self._elements = list(elements)
        self._position = 0

    def hasNext(self) -> bool:
        """Return whether there is one more element."""
        return self._position < len(self._elements)

    def __next__(self) -> Any:
        if not self.hasNext():
            raise StopIteration
        self._position += 1
        return self._elements[self._position - 1]

    next = __next__

    def __iter__(self) -> "JavaIterator":
        return self


class _Collection:
    """What lists, sets and the keys of maps answer alike."""

    def size(self) -> int:
        """Return the number of elements."""
        return len(self)  # type: ignore[arg-type]

    def isEmpty(self) -> bool:
        """Return whether there are none."""
        return not self

    def contains(self, element: Any) -> bool:
        """Return whether an element is there."""
        return element in self  # type: ignore[operator]

    def iterator(self) -> JavaIterator:
        """Return an iterator."""
        return JavaIterator(self)

    def toArray(self) -> "JavaArray":
        """Return the elements as an array."""
        return JavaArray(self)  # type: ignore[call-overload]

    def toString(self) -> str:
        """Return the elements in brackets."""
        return f"[{', '.join(map(str, self))}]"  # type: ignore[call-overload]


class JavaArray(list[Any], metaclass=Namesake):
    """An array: a list which Java's code does not ask for its length in any other way than Python's."""

    _fqn = ""
    """The class of its elements, where it is known: then a JVM takes it as a real array."""

    @property
    def length(self) -> int:
        """The number of elements."""
        return len(self)


class JavaList(_Collection, list[Any], metaclass=Namesake):
    """A list.

    >>> numbers = JavaList()
    >>> numbers.add(1), numbers.size(), numbers.get(0), numbers
    (True, 1, 1, [1])
    """

    def add(self, *position_and_element: Any) -> bool | None:
        """Add an element at the end, or at a position."""
        *position, element = position_and_element
        self.insert(position[0] if position else len(self), element)
        return None if position else True

    def addAll(self, elements: Any) -> bool:
        """Add elements at the end."""
        self.extend(elements)
        return True

    def get(self, index: int) -> Any:
        """Return the element at an index."""
        return self[index]

    def set(self, index: int, element: Any) -> Any:
        """Replace the element at an index; return the one before."""
        before, self[index] = self[index], element
        return before


class JavaSet(_Collection, set[Any], metaclass=Namesake):
    """A set."""


class JavaMap(dict[Any, Any], metaclass=Namesake):
    """A dict.

    >>> ages = JavaMap()
    >>> ages.put("iron", 26), ages.get("iron"), ages.size(), list(ages.keySet()), ages
    (None, 26, 1, ['iron'], {'iron': 26})
    """

    def put(self, key: Any, value: Any) -> Any:
        """Set a key; return the value before."""
        before, self[key] = self.get(key), value
        return before

    def putAll(self, other: Any) -> None:
        """Set the keys of another map."""
        self.update(other)

    def size(self) -> int:
        """Return the number of keys."""
        return len(self)

    def isEmpty(self) -> bool:
        """Return whether there are none."""
        return not self

    def containsKey(self, key: Any) -> bool:
        """Return whether a key is there."""
        return key in self

    def getOrDefault(self, key: Any, default: Any) -> Any:
        """Return the value of a key, or the default."""
        return self.get(key, default)

    def remove(self, key: Any) -> Any:
        """Forget a key; return its value."""
        return self.pop(key, None)

    def keySet(self) -> JavaList:
        """Return the keys, in the order of the map."""
        return JavaList(self)

    def toString(self) -> str:
        """Return the pairs in braces."""
        return "{" + ", ".join(f"{key}={value}" for key, value in self.items()) + "}"


class _Converter:
    """Makes of a Python collection what a method of Java's would take."""

    python: Any
    java: Any

    def can_convert(self, object: Any) -> bool:
        """Return whether it is of the right type."""
        return isinstance(object, self.python)

    def convert(self, object: Any, gateway_client: Any) -> Any:
        """Return a copy with Java's methods, in the JVM if it is for one."""
        if gateway_client is None:
            return self.java(object)
        from firesteel._java import library

        real = getattr(library.load().java_collections, type(self).__name__)
        return real().convert(object, gateway_client)


class ListConverter(_Converter):
    """Converts lists and tuples."""

    python, java = (list, tuple), JavaList


class SetConverter(_Converter):
    """Converts sets."""

    python, java = (set, frozenset), JavaSet


class MapConverter(_Converter):
    """Converts dicts."""

    python, java = dict, JavaMap
