"""Serializers that a program may name: `SparkContext(serializer=MarshalSerializer())`.

Elements travel in the engine's own frames, which carry whatever these serializers carry; so naming one of
them is accepted and changes no result. They work on their own as well.
"""

import marshal
import pickle
from typing import Any

__all__ = [
    "CPickleSerializer",
    "CloudPickleSerializer",
    "MarshalSerializer",
    "PickleSerializer",
    "Serializer",
]


class Serializer:
    """Turns one object into bytes and back."""

    def dumps(self, obj: Any) -> bytes:
        """Return the object as bytes."""
        raise NotImplementedError

    def loads(self, obj: bytes) -> Any:
        """Return the object that the bytes hold."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


class PickleSerializer(Serializer):
    """The standard library's pickle.

    >>> CPickleSerializer().loads(CPickleSerializer().dumps({1: "one"}))
    {1: 'one'}
    """

    def dumps(self, obj: Any) -> bytes:
        """Return the object pickled."""
        return pickle.dumps(obj, pickle.HIGHEST_PROTOCOL)

    def loads(self, obj: bytes) -> Any:
        """Return the unpickled object."""
        return pickle.loads(obj)


CPickleSerializer = PickleSerializer


class CloudPickleSerializer(PickleSerializer):
    """cloudpickle: also functions and classes that only this program defines.

    >>> CloudPickleSerializer().loads(CloudPickleSerializer().dumps(lambda x: x + 1))(1)
    2
    """

    def dumps(self, obj: Any) -> bytes:
        """Return the object pickled by cloudpickle."""
        import cloudpickle

        return cloudpickle.dumps(obj, pickle.HIGHEST_PROTOCOL)


class MarshalSerializer(Serializer):
    """The standard library's marshal: a few builtin types only.

    >>> MarshalSerializer().loads(MarshalSerializer().dumps([1, 2]))
    [1, 2]
    """

    def dumps(self, obj: Any) -> bytes:
        """Return the object marshalled."""
        return marshal.dumps(obj)

    def loads(self, obj: bytes) -> Any:
        """Return the object that was marshalled."""
        return marshal.loads(obj)
