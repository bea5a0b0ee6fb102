"""Serializers that a program may name."""

import pytest

from firesteel.serializers import (
    CloudPickleSerializer,
    CPickleSerializer,
    MarshalSerializer,
    PickleSerializer,
    Serializer,
)


@pytest.mark.parametrize("serializer", [CPickleSerializer(), CloudPickleSerializer(), MarshalSerializer()])
def test_there_and_back(serializer: Serializer) -> None:
    value = [1, "two", {"three": (4.0, None)}]
    assert serializer.loads(serializer.dumps(value)) == value


def test_names_and_equality() -> None:
    assert CPickleSerializer is PickleSerializer
    assert MarshalSerializer() == MarshalSerializer()
    assert MarshalSerializer() != PickleSerializer()
    assert repr(CloudPickleSerializer()) == "CloudPickleSerializer()"
