"""Serializers: what one writes, it reads; the bytes are PySpark's."""

import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from firesteel import SparkConf, SparkContext
from firesteel.serializers import (
    AutoBatchedSerializer,
    AutoSerializer,
    BatchedSerializer,
    CartesianDeserializer,
    ChunkedStream,
    CloudPickleSerializer,
    CompressedSerializer,
    CPickleSerializer,
    FlattenedValuesSerializer,
    FramedSerializer,
    MarshalSerializer,
    NoOpSerializer,
    PairDeserializer,
    PickleSerializer,
    Serializer,
    SpecialLengths,
    UTF8Deserializer,
    read_bool,
    read_int,
    read_long,
    write_int,
    write_long,
)


def dumped(serializer: Serializer, elements: Iterable[Any]) -> bytes:
    stream = io.BytesIO()
    serializer.dump_stream(elements, stream)
    return stream.getvalue()


def loaded(serializer: Serializer, data: bytes) -> list[Any]:
    return list(serializer.load_stream(io.BytesIO(data)))


@pytest.mark.parametrize(
    "serializer",
    [
        PickleSerializer(),
        CloudPickleSerializer(),
        MarshalSerializer(),
        AutoSerializer(),
        CompressedSerializer(CPickleSerializer()),
        BatchedSerializer(CPickleSerializer(), 3),
        BatchedSerializer(MarshalSerializer()),
        AutoBatchedSerializer(CPickleSerializer()),
        AutoBatchedSerializer(CompressedSerializer(CPickleSerializer()), 10),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "elements", [[], [1], [("a", None), 2.5, b"x", "é"], list(range(500))], ids=lambda elements: len(elements)
)
def test_what_is_written_is_read(serializer: Serializer, elements: list[Any]) -> None:
    assert loaded(serializer, dumped(serializer, elements)) == elements


@pytest.mark.parametrize("data", [{"a": [1, (2.5, None)]}, "é", b"\x00", 1 << 70], ids=repr)
def test_objects_go_to_bytes_and_back(data: object) -> None:
    for serializer in (CPickleSerializer(), CloudPickleSerializer(), MarshalSerializer(), AutoSerializer()):
        assert serializer.loads(serializer.dumps(data)) == data


# Recorded on PySpark 4.3.0.
RECORDED = [
    (
        CPickleSerializer(),
        [1, "a"],
        b"\0\0\0\5\x80\5K\1.\0\0\0\x10\x80\5\x95\5\0\0\0\0\0\0\0\x8c\1a\x94.",
    ),
    (
        BatchedSerializer(CPickleSerializer(), 2),
        [1, 2, 3],
        b"\0\0\0\x14\x80\5\x95\t\0\0\0\0\0\0\0]\x94(K\1K\2e.\0\0\0\x11\x80\5\x95\6\0\0\0\0\0\0\0]\x94K\3a.",
    ),
    (MarshalSerializer(), [1], b"\0\0\0\5\xe9\1\0\0\0"),
    (NoOpSerializer(), [b"ab"], b"\0\0\0\2ab"),
    (CompressedSerializer(CPickleSerializer()), [1], b"\0\0\0\rx\1k`\xf5f\xd4\3\0\3\xaa\1\0"),
]


@pytest.mark.parametrize(("serializer", "elements", "data"), RECORDED, ids=lambda value: str(value)[:40])
def test_the_bytes_are_those_of_pyspark(serializer: Serializer, elements: list[Any], data: bytes) -> None:
    assert dumped(serializer, elements) == data
    assert loaded(serializer, data) == elements


def test_names_and_equality() -> None:
    pickled = CPickleSerializer()
    names = {
        "BatchedSerializer(CloudPickleSerializer(), 2)": BatchedSerializer(pickled, 2),
        "AutoBatchedSerializer(CloudPickleSerializer())": AutoBatchedSerializer(pickled),
        "CompressedSerializer(CloudPickleSerializer())": CompressedSerializer(pickled),
        "FlattenedValuesSerializer(CloudPickleSerializer(), 10)": FlattenedValuesSerializer(pickled),
        "CartesianDeserializer(CloudPickleSerializer(), PickleSerializer())": CartesianDeserializer(
            pickled, PickleSerializer()
        ),
        "PairDeserializer(CloudPickleSerializer(), PickleSerializer())": PairDeserializer(
            pickled, PickleSerializer()
        ),
        "UTF8Deserializer(False)": UTF8Deserializer(False),
        "MarshalSerializer()": MarshalSerializer(),
    }
    assert {str(serializer) for serializer in names.values()} == set(names)
    assert CPickleSerializer is CloudPickleSerializer
    assert BatchedSerializer(pickled, 2) == BatchedSerializer(CPickleSerializer(), 2)
    assert BatchedSerializer(pickled, 2) != BatchedSerializer(pickled, 3)
    assert len({BatchedSerializer(pickled, 2), BatchedSerializer(pickled, 2)}) == 1


def test_batches_double_and_halve() -> None:
    def batches(best_size: int, elements: list[Any]) -> list[int]:
        data = dumped(AutoBatchedSerializer(CPickleSerializer(), best_size), elements)
        return [len(batch) for batch in loaded(CPickleSerializer(), data)]

    assert batches(1 << 16, list(range(20))) == [1, 2, 4, 8, 5]
    assert batches(1, list(range(3))) == [1, 1, 1]
    # The second batch is too large by far.
    assert batches(30, [1, "x" * 500, "x" * 500, 2, 3]) == [1, 2, 1, 1]


def test_flattened_values_and_two_streams() -> None:
    flattened = FlattenedValuesSerializer(CPickleSerializer(), 3)
    assert loaded(flattened, dumped(flattened, [("k", [1, 2, 3, 4]), ("e", [])])) == [
        ("k", [1, 2, 3]),
        ("k", [4]),
    ]
    batched = BatchedSerializer(CPickleSerializer())
    uneven = dumped(batched, [1, 2]) + dumped(batched, "abc")
    assert len(loaded(CartesianDeserializer(batched, batched), uneven)) == 6
    with pytest.raises(ValueError, match=r"different number of items in batches: \(2, 3\)"):
        loaded(PairDeserializer(batched, batched), uneven)


def test_numbers_and_marks() -> None:
    stream = io.BytesIO()
    write_int(-3, stream)
    write_long(1 << 40, stream)
    stream.write(b"\x01")
    stream.seek(0)
    assert (read_int(stream), read_long(stream), read_bool(stream)) == (-3, 1 << 40, True)
    for read in (read_int, read_long, read_bool):
        with pytest.raises(EOFError):
            read(stream)
    assert (SpecialLengths.END_OF_DATA_SECTION, SpecialLengths.NULL) == (-1, -5)
    assert loaded(CPickleSerializer(), b"\xff\xff\xff\xfb\xff\xff\xff\xff\x00") == [None]
    assert loaded(UTF8Deserializer(False), b"\0\0\0\2hi\xff\xff\xff\xff") == [b"hi"]
    # A stream that is cut ends where it is cut.
    assert loaded(NoOpSerializer(), b"\0\0\0\2hi\0\0\0\5x") == [b"hi"]


def test_only_allowed_names_are_unpickled() -> None:
    careful = CloudPickleSerializer([("builtins", "range")])
    assert careful.loads(pickle.dumps(range(3))) == range(3)
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.slice is not allowed here"):
        careful.loads(pickle.dumps(slice))


def test_what_cannot_be_pickled() -> None:
    with pytest.raises(pickle.PicklingError, match="Could not serialize object: TypeError: cannot pickle"):
        CPickleSerializer().dumps(x for x in ())


def test_base_classes_do_nothing() -> None:
    for call in (
        lambda: Serializer().dump_stream([], io.BytesIO()),
        lambda: Serializer().load_stream(io.BytesIO()),
        lambda: FramedSerializer().dumps(1),
        lambda: FramedSerializer().loads(b""),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_chunks_end_with_a_mark() -> None:
    class Kept(io.BytesIO):
        kept = b""

        def close(self) -> None:
            self.kept = self.getvalue()
            super().close()

    stream = Kept()
    chunked = ChunkedStream(stream, 4)
    chunked.write(b"abcdefgh")
    chunked.write(b"1")
    assert not chunked.closed
    chunked.close()
    assert chunked.closed
    assert stream.kept == b"\0\0\0\4abcd\0\0\0\4efgh\0\0\0\x011\xff\xff\xff\xff"


class Doubling(CloudPickleSerializer):
    """A serializer of a program's own."""

    def loads(self, obj: bytes, encoding: str = "bytes") -> Any:
        loaded = super().loads(obj, encoding)
        return [element * 2 for element in loaded] if isinstance(loaded, list) else loaded


def test_a_context_names_its_serializer(
    start_context: Callable[..., SparkContext],
) -> None:
    start_context().stop()
    conf = SparkConf().setMaster("local[2]").setAppName("serializers")
    with SparkContext(conf=conf) as sc:
        assert str(sc.serializer) == "AutoBatchedSerializer(CloudPickleSerializer())"
    with SparkContext(conf=conf, serializer=MarshalSerializer(), batchSize=2) as sc:
        assert str(sc.serializer) == "BatchedSerializer(MarshalSerializer(), 2)"
        assert sc.parallelize([{1}, 2], 1).map(lambda x: x).collect() == [{1}, 2]
        with pytest.raises(ValueError, match="unmarshallable object"):
            sc.parallelize([object])
    with SparkContext(conf=conf, serializer=Doubling()) as sc:
        assert sc.parallelize([1, 2]).collect() == [2, 4]


def test_a_chunked_stream_fills_its_buffer() -> None:
    stream = ChunkedStream(io.BytesIO(), 4)
    stream.write(b"abcdef")
    assert (stream.buffer_size, stream.current_pos, bytes(stream.buffer[:2])) == (4, 2, b"ef")
    assert stream.wrapped.tell() == 8
