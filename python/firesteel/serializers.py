"""Serializers: objects to bytes and back, one by one or as streams of framed batches.

A stream is what PySpark's is: a big-endian length before every batch, -1 for its end. Elements of RDDs travel
in the engine's own frames, unless a program gives its context one of these, or one of its own: then `dumps`
and `loads` of that are called in the workers, batch by batch.
"""

import itertools
import marshal
import pickle
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from firesteel import _pickled_names, _public_names

__all__ = [
    "AutoBatchedSerializer",
    "AutoSerializer",
    "BatchedSerializer",
    "CPickleSerializer",
    "CartesianDeserializer",
    "ChunkedStream",
    "CloudPickleSerializer",
    "CompressedSerializer",
    "FlattenedValuesSerializer",
    "FramedSerializer",
    "MarshalSerializer",
    "NoOpSerializer",
    "PairDeserializer",
    "PickleSerializer",
    "Serializer",
    "SpecialLengths",
    "UTF8Deserializer",
    "pack_long",
    "read_bool",
    "read_int",
    "read_long",
    "write_int",
    "write_long",
    "write_with_length",
]

LARGEST_BATCH_IN_BYTES = 1 << 16
"""The size that `AutoBatchedSerializer` aims at."""
OVERSHOOT = 10
"""How many times that size makes it halve its batches."""


class SpecialLengths:
    """Lengths below zero, which mean something else in a stream."""

    END_OF_DATA_SECTION = -1
    PYTHON_EXCEPTION_THROWN = -2
    TIMING_DATA = -3
    END_OF_STREAM = -4
    NULL = -5
    START_ARROW_STREAM = -6
    START_OF_INIT_MESSAGE = -8


# Numbers in streams, all big-endian.


def read_int(stream: IO[bytes]) -> int:
    r"""Read a 32-bit number; EOFError at the end of the stream.

    >>> import io
    >>> read_int(io.BytesIO(b"\x00\x00\x01\x00"))
    256
    """
    return _unpack("!i", stream)


def read_long(stream: IO[bytes]) -> int:
    """Read a 64-bit number; EOFError at the end of the stream."""
    return _unpack("!q", stream)


def read_bool(stream: IO[bytes]) -> bool:
    """Read a truth value of one byte; EOFError at the end of the stream."""
    return _unpack("!?", stream)


def write_int(value: int, stream: IO[bytes]) -> None:
    """Write a 32-bit number."""
    stream.write(struct.pack("!i", value))


def write_long(value: int, stream: IO[bytes]) -> None:
    """Write a 64-bit number."""
    stream.write(pack_long(value))


def write_with_length(obj: bytes, stream: IO[bytes]) -> None:
    """Write bytes behind their length."""
    write_int(len(obj), stream)
    stream.write(obj)


def pack_long(value: int) -> bytes:
    r"""Return a 64-bit number as bytes.

    >>> pack_long(3)
    b'\x00\x00\x00\x00\x00\x00\x00\x03'
    """
    return struct.pack("!q", value)


def _unpack(kind: str, stream: IO[bytes]) -> Any:
    size = struct.calcsize(kind)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return struct.unpack(kind, data)[0]


def _read_exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


# Base classes.


class Serializer:
    """Writes objects to streams and reads them back. Two of one class with the same settings are equal."""

    def dump_stream(self, iterator: Iterable[Any], stream: IO[bytes]) -> None:
        """Write objects to a stream."""
        raise NotImplementedError

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the objects of a stream."""
        raise NotImplementedError

    def dumps(self, obj: Any) -> bytes:
        """Return an object as bytes."""
        raise NotImplementedError

    def loads(self, obj: Any) -> Any:
        """Return the object that the bytes hold."""
        raise NotImplementedError

    def _load_batches(self, stream: IO[bytes]) -> Iterator[Iterable[Any]]:
        """Go through a stream batch by batch; without batches every object is one."""
        return ([element] for element in self.load_stream(stream))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


class FramedSerializer(Serializer):
    """Objects one by one, each behind its length. A subclass says what one object is."""

    def dump_stream(self, iterator: Iterable[Any], stream: IO[bytes]) -> None:
        """Write each object behind its length."""
        for element in iterator:
            self._write_with_length(element, stream)

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the objects up to the end of the stream or its end mark."""
        while True:
            try:
                length = read_int(stream)
                if length == SpecialLengths.END_OF_DATA_SECTION:
                    return
                yield None if length == SpecialLengths.NULL else self.loads(_read_exactly(stream, length))
            except EOFError:
                return

    def _write_with_length(self, obj: Any, stream: IO[bytes]) -> None:
        data = self.dumps(obj)
        if data is None:
            raise ValueError("serialized value should not be None")
        if len(data) > (1 << 31) - 1:
            raise ValueError("can not serialize object larger than 2G")
        write_with_length(data, stream)


# One object.


class PickleSerializer(FramedSerializer):
    """The standard library's pickle.

    >>> PickleSerializer().loads(PickleSerializer().dumps({1: "one"}))
    {1: 'one'}
    """

    def dumps(self, obj: Any) -> bytes:
        """Return the object pickled."""
        return _pickled_names.as_pyspark(pickle.dumps(obj, pickle.HIGHEST_PROTOCOL))

    def loads(self, obj: bytes, encoding: str = "bytes") -> Any:
        """Return the unpickled object; `encoding` is for strings that Python 2 has pickled."""
        return _pickled_names.loads(obj, encoding)


class CloudPickleSerializer(FramedSerializer):
    """cloudpickle: also functions and classes that only this program defines.

    Parameters
    ----------
    allowed_names : iterable of (str, str), optional
        Modules and names in them: nothing else is unpickled.

    Examples
    --------
    >>> CloudPickleSerializer().loads(CloudPickleSerializer().dumps(lambda x: x + 1))(1)
    2
    """

    allowed_names: set[tuple[str, str]] | None = None

    def __init__(self, allowed_names: Iterable[tuple[str, str]] | None = None) -> None:
        self.allowed_names = None if allowed_names is None else set(allowed_names)

    def dumps(self, obj: Any) -> bytes:
        """Return the object pickled by cloudpickle.

        Raises
        ------
        pickle.PicklingError
            With the reason, whatever it was.
        """
        import cloudpickle

        try:
            return _pickled_names.as_pyspark(cloudpickle.dumps(obj, pickle.HIGHEST_PROTOCOL))
        except pickle.PickleError:
            raise
        except Exception as error:
            # Whatever a __reduce__ or __getstate__ of the user's does.
            reason = f"Could not serialize object: {type(error).__name__}: {error}"
        raise pickle.PicklingError(reason)

    def loads(self, obj: bytes, encoding: str = "bytes") -> Any:
        """Return the unpickled object."""
        if self.allowed_names is None:
            return _pickled_names.loads(obj, encoding)
        import io

        return _Restricted(io.BytesIO(obj), self.allowed_names, encoding).load()


class _Restricted(_pickled_names.Unpickler):
    """Unpickles only what is named."""

    def __init__(self, file: IO[bytes], allowed: set[tuple[str, str]], encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self._allowed = allowed

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in self._allowed:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not allowed here")
        return super().find_class(module_name, global_name)


CPickleSerializer = CloudPickleSerializer


class MarshalSerializer(FramedSerializer):
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


class NoOpSerializer(FramedSerializer):
    """Bytes as they are.

    >>> NoOpSerializer().loads(b"steel")
    b'steel'
    """

    def dumps(self, obj: bytes) -> bytes:
        """Return the bytes."""
        return obj

    def loads(self, obj: bytes) -> bytes:
        """Return the bytes."""
        return obj


class AutoSerializer(FramedSerializer):
    """marshal as long as that works, then pickle; one byte in front tells which.

    >>> serializer = AutoSerializer()
    >>> serializer.dumps({1})[:1], serializer.loads(serializer.dumps({1}))
    (b'M', {1})
    >>> serializer.dumps(serializer)[:1]
    b'P'
    """

    def __init__(self) -> None:
        self._type: bytes | None = None

    def dumps(self, obj: Any) -> bytes:
        """Return the object as bytes."""
        if self._type is None:
            try:
                return b"M" + marshal.dumps(obj)
            except ValueError:
                # From now on, as in PySpark: what came once comes again.
                self._type = b"P"
        return b"P" + _pickled_names.as_pyspark(pickle.dumps(obj, -1))

    def loads(self, obj: bytes) -> Any:
        """Return the object that the bytes hold."""
        kind, data = obj[:1], obj[1:]
        if kind == b"M":
            return marshal.loads(data)
        if kind == b"P":
            return _pickled_names.loads(data)
        raise ValueError(f"invalid serialization type: {kind!r}")


class CompressedSerializer(FramedSerializer):
    """Compresses by zlib what another serializer makes.

    >>> compressed = CompressedSerializer(CPickleSerializer())
    >>> compressed.loads(compressed.dumps("steel" * 100)) == "steel" * 100
    True
    """

    def __init__(self, serializer: Serializer) -> None:
        self.serializer = serializer

    def dumps(self, obj: Any) -> bytes:
        """Return the object as compressed bytes."""
        return zlib.compress(self.serializer.dumps(obj), 1)

    def loads(self, obj: bytes) -> Any:
        """Return the object that the bytes hold."""
        return self.serializer.loads(zlib.decompress(obj))

    def __repr__(self) -> str:
        return f"CompressedSerializer({self.serializer})"


# Batches.


class BatchedSerializer(Serializer):
    """Lists of objects, each written by another serializer as one.

    Parameters
    ----------
    serializer : Serializer
        Writes a list.
    batchSize : int
        Objects in a list; -1 for all in one, 0 when it is not known.

    Examples
    --------
    >>> import io
    >>> stream = io.BytesIO()
    >>> batched = BatchedSerializer(CPickleSerializer(), 2)
    >>> batched.dump_stream([1, 2, 3], stream)
    >>> _ = stream.seek(0)
    >>> list(CPickleSerializer().load_stream(stream))
    [[1, 2], [3]]
    """

    UNLIMITED_BATCH_SIZE = -1
    UNKNOWN_BATCH_SIZE = 0

    def __init__(self, serializer: Serializer, batchSize: int = UNLIMITED_BATCH_SIZE) -> None:
        self.serializer = serializer
        self.batchSize = batchSize

    def dump_stream(self, iterator: Iterable[Any], stream: IO[bytes]) -> None:
        """Write objects in batches."""
        self.serializer.dump_stream(self._batched(iterator), stream)

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the objects of all batches."""
        return itertools.chain.from_iterable(self._load_batches(stream))

    def _batched(self, iterator: Iterable[Any]) -> Iterator[list[Any]]:
        if self.batchSize == self.UNLIMITED_BATCH_SIZE:
            yield list(iterator)
            return
        remaining = iter(iterator)
        while batch := list(itertools.islice(remaining, self.batchSize)):
            yield batch

    def _load_batches(self, stream: IO[bytes]) -> Iterator[Iterable[Any]]:
        return self.serializer.load_stream(stream)

    def __repr__(self) -> str:
        return f"BatchedSerializer({self.serializer}, {self.batchSize})"


class AutoBatchedSerializer(BatchedSerializer):
    """Batches that double until one of them reaches a size in bytes.

    >>> import io
    >>> stream = io.BytesIO()
    >>> AutoBatchedSerializer(CPickleSerializer()).dump_stream(range(6), stream)
    >>> _ = stream.seek(0)
    >>> list(CPickleSerializer().load_stream(stream))
    [[0], [1, 2], [3, 4, 5]]
    """

    def __init__(self, serializer: Serializer, bestSize: int = LARGEST_BATCH_IN_BYTES) -> None:
        super().__init__(serializer, self.UNKNOWN_BATCH_SIZE)
        self.bestSize = bestSize

    def dump_stream(self, iterator: Iterable[Any], stream: IO[bytes]) -> None:
        """Write objects in batches of fitting size."""
        batch_size, remaining = 1, iter(iterator)
        while batch := list(itertools.islice(remaining, batch_size)):
            data = self.serializer.dumps(batch)
            write_with_length(data, stream)
            if len(data) < self.bestSize:
                batch_size *= 2
            elif len(data) > self.bestSize * OVERSHOOT and batch_size > 1:
                batch_size //= 2

    def __repr__(self) -> str:
        return f"AutoBatchedSerializer({self.serializer})"


class FlattenedValuesSerializer(BatchedSerializer):
    """Pairs of a key and a list, long lists cut into several pairs of the same key.

    >>> import io
    >>> stream = io.BytesIO()
    >>> flattened = FlattenedValuesSerializer(CPickleSerializer(), 2)
    >>> flattened.dump_stream([("a", [1, 2, 3])], stream)
    >>> _ = stream.seek(0)
    >>> list(flattened.load_stream(stream))
    [('a', [1, 2]), ('a', [3])]
    """

    def __init__(self, serializer: Serializer, batchSize: int = 10) -> None:
        super().__init__(serializer, batchSize)

    def _batched(self, iterator: Iterable[Any]) -> Iterator[Any]:
        for key, values in iterator:
            for start in range(0, len(values), self.batchSize):
                yield key, values[start : start + self.batchSize]

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the pairs as they were written."""
        return self.serializer.load_stream(stream)

    def __repr__(self) -> str:
        return f"FlattenedValuesSerializer({self.serializer}, {self.batchSize})"


# Two streams that are read as one.


class CartesianDeserializer(Serializer):
    """Reads batches of two serializers in turn: every pair of a left and a right object of the same turn.

    >>> import io
    >>> stream = io.BytesIO()
    >>> batched = BatchedSerializer(CPickleSerializer())
    >>> batched.dump_stream([1, 2], stream)
    >>> batched.dump_stream("ab", stream)
    >>> _ = stream.seek(0)
    >>> list(CartesianDeserializer(batched, batched).load_stream(stream))
    [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]
    """

    def __init__(self, key_ser: Serializer, val_ser: Serializer) -> None:
        self.key_ser = key_ser
        self.val_ser = val_ser

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the pairs."""
        return itertools.chain.from_iterable(self._load_batches(stream))

    def _load_batches(self, stream: IO[bytes]) -> Iterator[Iterable[Any]]:
        for keys, values in self._batches_of_both(stream):
            yield itertools.product(keys, values)

    def _batches_of_both(self, stream: IO[bytes]) -> Iterator[tuple[Iterable[Any], Iterable[Any]]]:
        return zip(self.key_ser._load_batches(stream), self.val_ser._load_batches(stream), strict=False)

    def __repr__(self) -> str:
        return f"CartesianDeserializer({self.key_ser}, {self.val_ser})"


class PairDeserializer(CartesianDeserializer):
    """Reads batches of two serializers in turn: the first with the first, the second with the second.

    >>> import io
    >>> stream = io.BytesIO()
    >>> batched = BatchedSerializer(CPickleSerializer())
    >>> batched.dump_stream([1, 2], stream)
    >>> batched.dump_stream("ab", stream)
    >>> _ = stream.seek(0)
    >>> list(PairDeserializer(batched, batched).load_stream(stream))
    [(1, 'a'), (2, 'b')]
    """

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the pairs."""
        return itertools.chain.from_iterable(self._load_batches(stream))

    def _load_batches(self, stream: IO[bytes]) -> Iterator[Iterable[Any]]:
        for keys, values in self._batches_of_both(stream):
            left, right = list(keys), list(values)
            if len(left) != len(right):
                raise ValueError(
                    "Can not deserialize PairRDD with different number of items in batches: "
                    f"({len(left)}, {len(right)})"
                )
            yield zip(left, right, strict=True)

    def __repr__(self) -> str:
        return f"PairDeserializer({self.key_ser}, {self.val_ser})"


class UTF8Deserializer(Serializer):
    r"""Reads strings behind their lengths: as str, or as bytes.

    >>> import io
    >>> list(UTF8Deserializer().load_stream(io.BytesIO(b"\x00\x00\x00\x02hi")))
    ['hi']
    """

    def __init__(self, use_unicode: bool = True) -> None:
        self.use_unicode = use_unicode

    def loads(  # type: ignore[override]  # PySpark's name
        self, stream: IO[bytes]
    ) -> str | bytes | None:
        """Read one string; EOFError at the end."""
        length = read_int(stream)
        if length == SpecialLengths.END_OF_DATA_SECTION:
            raise EOFError
        if length == SpecialLengths.NULL:
            return None
        data = _read_exactly(stream, length)
        return data.decode("utf-8") if self.use_unicode else data

    def load_stream(self, stream: IO[bytes]) -> Iterator[Any]:
        """Go through the strings."""
        while True:
            try:
                yield self.loads(stream)
            except EOFError:
                return

    def __repr__(self) -> str:
        return f"UTF8Deserializer({self.use_unicode})"


class ChunkedStream:
    r"""Cuts what is written into chunks of one size, each behind its length; -1 ends them.

    >>> import io
    >>> class Kept(io.BytesIO):
    ...     def close(self):
    ...         print(self.getvalue())
    >>> chunked = ChunkedStream(Kept(), 4)
    >>> chunked.write(b"steel")
    >>> chunked.close()
    b'\x00\x00\x00\x04stee\x00\x00\x00\x01l\xff\xff\xff\xff'
    """

    def __init__(self, wrapped: IO[bytes], buffer_size: int) -> None:
        self.buffer_size = buffer_size
        self.buffer = bytearray(buffer_size)
        self.current_pos = 0
        self.wrapped = wrapped

    def write(self, bytes: bytes) -> None:
        """Write bytes; full chunks go on."""
        rest = memoryview(bytes)
        while rest:
            space = self.buffer_size - self.current_pos
            part, rest = rest[:space], rest[space:]
            self.buffer[self.current_pos : self.current_pos + len(part)] = part
            self.current_pos += len(part)
            if self.current_pos == self.buffer_size:
                self._write_chunk()

    def _write_chunk(self) -> None:
        write_int(self.current_pos, self.wrapped)
        self.wrapped.write(self.buffer[: self.current_pos])
        self.current_pos = 0

    def close(self) -> None:
        """Write the last chunk and the end, and close the wrapped stream."""
        if self.current_pos > 0:
            self._write_chunk()
        write_int(-1, self.wrapped)
        self.wrapped.close()

    @property
    def closed(self) -> bool:
        """Whether the wrapped stream is closed."""
        return self.wrapped.closed


_public_names.publish(__name__)
