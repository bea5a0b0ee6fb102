"""Spark's binary format for values of any shape: read and written.

A value is a header byte, two bits of which say whether it is a primitive, a short text, an object or an
array, followed by its contents; the names of fields are numbers into the metadata, a list of texts. All
numbers are little-endian. Invariant: the fields of an object are listed by name, and offsets are as narrow as
they can be.
"""

import base64
import datetime
import decimal
import itertools
import json
import struct
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from firesteel import _public_names
from firesteel.errors import PySparkValueError

__all__ = ["FieldEntry", "VariantBuilder", "VariantUtils"]

_LARGEST_COUNT_OF_ONE_BYTE = 255
_EXACT = decimal.Context(prec=100)


class VariantUtils:
    """The numbers of the format, and what reads it."""

    BASIC_TYPE_BITS = 2
    BASIC_TYPE_MASK = 0x3
    TYPE_INFO_MASK = 0x3F
    MAX_SHORT_STR_SIZE = 0x3F
    PRIMITIVE, SHORT_STR, OBJECT, ARRAY = range(4)
    NULL, TRUE, FALSE, INT1, INT2, INT4, INT8, DOUBLE = range(8)
    DECIMAL4, DECIMAL8, DECIMAL16, DATE, TIMESTAMP, TIMESTAMP_NTZ, FLOAT, BINARY, LONG_STR = range(8, 17)
    VERSION = 1
    VERSION_MASK = 0x0F
    U8_MAX, U16_MAX, U24_MAX = 0xFF, 0xFFFF, 0xFFFFFF
    U24_SIZE = 3
    U32_SIZE = 4
    I8_MAX, I8_MIN = 0x7F, -0x80
    I16_MAX, I16_MIN = 0x7FFF, -0x8000
    I32_MAX, I32_MIN = 0x7FFFFFFF, -0x80000000
    I64_MAX, I64_MIN = 0x7FFFFFFFFFFFFFFF, -0x8000000000000000
    EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    EPOCH_NTZ = datetime.datetime(1970, 1, 1)
    MAX_DECIMAL4_PRECISION = 9
    MAX_DECIMAL4_VALUE = 10**9
    MAX_DECIMAL8_PRECISION = 18
    MAX_DECIMAL8_VALUE = 10**18
    MAX_DECIMAL16_PRECISION = 38
    MAX_DECIMAL16_VALUE = 10**38

    @classmethod
    def to_json(cls, value: bytes, metadata: bytes, zone_id: str = "UTC") -> str:
        """Return a value as JSON, with times in a zone."""
        return _as_json(cls.to_python(value, metadata), zone_id)

    @classmethod
    def to_python(cls, value: bytes, metadata: bytes) -> Any:
        """Return a value as Python's own objects."""
        try:
            return _Reader(bytes(value), bytes(metadata)).value(0)
        except (IndexError, struct.error, UnicodeDecodeError, KeyError) as error:
            raise PySparkValueError("[MALFORMED_VARIANT] Variant binary is malformed.") from error

    @classmethod
    def parse_json(cls, json_str: str) -> tuple[bytes, bytes]:
        """Return value and metadata of a JSON text."""
        return VariantBuilder().build(json_str)

    @classmethod
    def to_variant(cls, obj: Any) -> tuple[bytes, bytes]:
        """Return value and metadata of a Python value."""
        return VariantBuilder()._build(obj)


class FieldEntry(NamedTuple):
    """A field of an object that is being written."""

    key: str
    id: int
    offset: int


class VariantBuilder:
    """Writes values.

    >>> value, metadata = VariantBuilder().build('[1, "x"]')
    >>> VariantUtils.to_python(value, metadata)
    [1, 'x']
    """

    DEFAULT_SIZE_LIMIT: ClassVar[int] = VariantUtils.U24_MAX + 1

    def __init__(self, size_limit: int = DEFAULT_SIZE_LIMIT) -> None:
        self.size_limit = size_limit
        self._ids: dict[str, int] = {}

    def build(self, json_str: str) -> tuple[bytes, bytes]:
        """Return value and metadata of a JSON text."""
        return self._build(json.loads(json_str, parse_float=_number))

    def _build(self, obj: Any) -> tuple[bytes, bytes]:
        value = self._value(obj)
        metadata = self._metadata()
        if max(len(value), len(metadata)) > self.size_limit:
            raise PySparkValueError("[VARIANT_SIZE_LIMIT_EXCEEDED] The variant is too large.")
        return value, metadata

    def _metadata(self) -> bytes:
        names = [name.encode() for name in self._ids]
        size = _width(max(sum(map(len, names)), len(names)))
        header = VariantUtils.VERSION | ((size - 1) << 6)
        offsets = _offsets(names, size)
        return bytes([header]) + len(names).to_bytes(size, "little") + offsets + b"".join(names)

    def _value(self, obj: Any) -> bytes:
        if isinstance(obj, dict):
            return self._object(obj)
        if isinstance(obj, (list, tuple)):
            return self._array(obj)
        for kind, write in _WRITERS:
            if isinstance(obj, kind):
                return write(obj)
        raise PySparkValueError(f"{type(obj).__name__} cannot be written as a variant")

    def _object(self, obj: dict[Any, Any]) -> bytes:
        fields, contents = [], b""
        for key, value in obj.items():
            number = self._ids.setdefault(str(key), len(self._ids))
            fields.append(FieldEntry(str(key), number, len(contents)))
            contents += self._value(value)
        fields.sort()
        is_large = len(fields) > _LARGEST_COUNT_OF_ONE_BYTE
        ids_size = _width(max((field.id for field in fields), default=0))
        size = _width(len(contents))
        info = (is_large << 4) | ((ids_size - 1) << 2) | (size - 1)
        ids = b"".join(field.id.to_bytes(ids_size, "little") for field in fields)
        places = [*(field.offset for field in fields), len(contents)]
        offsets = b"".join(place.to_bytes(size, "little") for place in places)
        return _header(VariantUtils.OBJECT, info) + _count(fields, is_large) + ids + offsets + contents

    def _array(self, obj: Iterable[Any]) -> bytes:
        values = [self._value(element) for element in obj]
        is_large = len(values) > _LARGEST_COUNT_OF_ONE_BYTE
        size = _width(sum(map(len, values)))
        header = _header(VariantUtils.ARRAY, (is_large << 2) | (size - 1))
        return header + _count(values, is_large) + _parts(values, size)


def _number(text: str) -> Any:
    """Return a number with a fraction: a decimal where all its digits are written out and kept."""
    number = decimal.Decimal(text)
    _, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    if "e" in text.lower() or max(len(digits), scale) > VariantUtils.MAX_DECIMAL16_PRECISION:
        return float(text)
    return number


def _width(largest: int) -> int:
    return max(1, (largest.bit_length() + 7) // 8)


def _header(basic: int, info: int) -> bytes:
    return bytes([basic | (info << VariantUtils.BASIC_TYPE_BITS)])


def _count(parts: list[Any], is_large: bool) -> bytes:
    return len(parts).to_bytes(VariantUtils.U32_SIZE if is_large else 1, "little")


def _offsets(parts: list[bytes], size: int) -> bytes:
    position, offsets = 0, [0]
    for part in parts:
        position += len(part)
        offsets.append(position)
    return b"".join(offset.to_bytes(size, "little") for offset in offsets)


def _parts(values: list[bytes], size: int) -> bytes:
    return _offsets(values, size) + b"".join(values)


def _primitive(kind: int, contents: bytes = b"") -> bytes:
    return _header(VariantUtils.PRIMITIVE, kind) + contents


def _write_whole(value: int) -> bytes:
    kinds = {VariantUtils.INT1: 1, VariantUtils.INT2: 2, VariantUtils.INT4: 4, VariantUtils.INT8: 8}
    for kind, size in kinds.items():
        if -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1):
            return _primitive(kind, value.to_bytes(size, "little", signed=True))
    if abs(value) < VariantUtils.MAX_DECIMAL16_VALUE:
        return _write_decimal(decimal.Decimal(value))
    return _write_double(float(value))


def _write_double(value: float) -> bytes:
    return _primitive(VariantUtils.DOUBLE, struct.pack("<d", value))


def _write_decimal(value: decimal.Decimal) -> bytes:
    scale = max(0, -int(value.as_tuple().exponent))
    unscaled = int(value.scaleb(scale, context=_EXACT))
    for kind, size, limit, digits in (
        (VariantUtils.DECIMAL4, 4, VariantUtils.MAX_DECIMAL4_VALUE, VariantUtils.MAX_DECIMAL4_PRECISION),
        (VariantUtils.DECIMAL8, 8, VariantUtils.MAX_DECIMAL8_VALUE, VariantUtils.MAX_DECIMAL8_PRECISION),
        (VariantUtils.DECIMAL16, 16, VariantUtils.MAX_DECIMAL16_VALUE, VariantUtils.MAX_DECIMAL16_PRECISION),
    ):
        if abs(unscaled) < limit and scale <= digits:
            return _primitive(kind, bytes([scale]) + unscaled.to_bytes(size, "little", signed=True))
    return _write_double(float(value))


def _write_text(value: str) -> bytes:
    contents = value.encode()
    if len(contents) <= VariantUtils.MAX_SHORT_STR_SIZE:
        return _header(VariantUtils.SHORT_STR, len(contents)) + contents
    return _primitive(VariantUtils.LONG_STR, len(contents).to_bytes(4, "little") + contents)


def _write_binary(value: bytes | bytearray) -> bytes:
    return _primitive(VariantUtils.BINARY, len(value).to_bytes(4, "little") + bytes(value))


def _write_date(value: datetime.date) -> bytes:
    days = value.toordinal() - VariantUtils.EPOCH_NTZ.toordinal()
    return _primitive(VariantUtils.DATE, days.to_bytes(4, "little", signed=True))


def _write_timestamp(value: datetime.datetime) -> bytes:
    epoch = VariantUtils.EPOCH if value.tzinfo else VariantUtils.EPOCH_NTZ
    kind = VariantUtils.TIMESTAMP if value.tzinfo else VariantUtils.TIMESTAMP_NTZ
    micros = (value - epoch) // datetime.timedelta(microseconds=1)
    return _primitive(kind, micros.to_bytes(8, "little", signed=True))


# The first class that a value is an instance of: bool is an int, and datetime is a date.
_WRITERS: tuple[tuple[Any, Callable[[Any], bytes]], ...] = (
    (type(None), lambda value: _primitive(VariantUtils.NULL)),
    (bool, lambda value: _primitive(VariantUtils.TRUE if value else VariantUtils.FALSE)),
    (int, _write_whole),
    (float, _write_double),
    (decimal.Decimal, _write_decimal),
    (str, _write_text),
    ((bytes, bytearray), _write_binary),
    (datetime.datetime, _write_timestamp),
    (datetime.date, _write_date),
)


class _Reader:
    """Reads one value; whatever is cut off is an error and never a shorter value."""

    def __init__(self, data: bytes, metadata: bytes) -> None:
        self._data = data
        if not metadata or metadata[0] & VariantUtils.VERSION_MASK != VariantUtils.VERSION:
            raise IndexError("no metadata of this version")
        self._names = _names(metadata)

    def value(self, position: int) -> Any:
        """Return the value that begins at a position."""
        header = self._data[position]
        basic, info = header & VariantUtils.BASIC_TYPE_MASK, header >> VariantUtils.BASIC_TYPE_BITS
        if basic == VariantUtils.SHORT_STR:
            return self._bytes(position + 1, info).decode()
        if basic == VariantUtils.OBJECT:
            return self._object(position + 1, info)
        if basic == VariantUtils.ARRAY:
            return self._array(position + 1, info)
        return _READERS[info](self, position + 1)

    def _bytes(self, position: int, size: int) -> bytes:
        if position + size > len(self._data):
            raise IndexError("cut off")
        return self._data[position : position + size]

    def number(self, position: int, size: int, signed: bool = False) -> int:
        """Return a whole number of some bytes."""
        return int.from_bytes(self._bytes(position, size), "little", signed=signed)

    def _object(self, position: int, info: int) -> dict[str, Any]:
        count_size = VariantUtils.U32_SIZE if info >> 4 & 1 else 1
        ids_size, size = (info >> 2 & 3) + 1, (info & 3) + 1
        count = self.number(position, count_size)
        ids = position + count_size
        offsets = ids + count * ids_size
        values = offsets + (count + 1) * size
        return {
            self._names[self.number(ids + i * ids_size, ids_size)]: self.value(
                values + self.number(offsets + i * size, size)
            )
            for i in range(count)
        }

    def _array(self, position: int, info: int) -> list[Any]:
        count_size = VariantUtils.U32_SIZE if info >> 2 & 1 else 1
        size = (info & 3) + 1
        count = self.number(position, count_size)
        offsets = position + count_size
        values = offsets + (count + 1) * size
        return [self.value(values + self.number(offsets + i * size, size)) for i in range(count)]

    def sized(self, position: int) -> bytes:
        """Return bytes behind their length."""
        return self._bytes(position + 4, self.number(position, 4))

    def decimal(self, position: int, size: int) -> decimal.Decimal:
        """Return a number behind its scale."""
        unscaled = self.number(position + 1, size, signed=True)
        return decimal.Decimal(unscaled).scaleb(-self._data[position], context=_EXACT)

    def floating(self, position: int, form: str) -> float:
        """Return a floating-point number."""
        return struct.unpack(form, self._bytes(position, struct.calcsize(form)))[0]

    def time(self, position: int, epoch: datetime.datetime) -> datetime.datetime:
        """Return the time so many microseconds after another."""
        return epoch + datetime.timedelta(microseconds=self.number(position, 8, signed=True))


def _names(metadata: bytes) -> list[str]:
    size = (metadata[0] >> 6) + 1

    def number(position: int) -> int:
        return int.from_bytes(metadata[position : position + size], "little")

    count = number(1)
    start = 1 + (count + 2) * size
    offsets = [number(1 + (i + 1) * size) for i in range(count + 1)]
    return [metadata[start + a : start + b].decode() for a, b in itertools.pairwise(offsets)]


def _read_date(reader: _Reader, position: int) -> datetime.date:
    days = reader.number(position, 4, signed=True)
    return VariantUtils.EPOCH_NTZ.date() + datetime.timedelta(days=days)


_READERS: dict[int, Callable[[_Reader, int], Any]] = {
    VariantUtils.NULL: lambda reader, at: None,
    VariantUtils.TRUE: lambda reader, at: True,
    VariantUtils.FALSE: lambda reader, at: False,
    VariantUtils.INT1: lambda reader, at: reader.number(at, 1, signed=True),
    VariantUtils.INT2: lambda reader, at: reader.number(at, 2, signed=True),
    VariantUtils.INT4: lambda reader, at: reader.number(at, 4, signed=True),
    VariantUtils.INT8: lambda reader, at: reader.number(at, 8, signed=True),
    VariantUtils.DOUBLE: lambda reader, at: reader.floating(at, "<d"),
    VariantUtils.FLOAT: lambda reader, at: reader.floating(at, "<f"),
    VariantUtils.DECIMAL4: lambda reader, at: reader.decimal(at, 4),
    VariantUtils.DECIMAL8: lambda reader, at: reader.decimal(at, 8),
    VariantUtils.DECIMAL16: lambda reader, at: reader.decimal(at, 16),
    VariantUtils.DATE: _read_date,
    VariantUtils.TIMESTAMP: lambda reader, at: reader.time(at, VariantUtils.EPOCH),
    VariantUtils.TIMESTAMP_NTZ: lambda reader, at: reader.time(at, VariantUtils.EPOCH_NTZ),
    VariantUtils.BINARY: lambda reader, at: reader.sized(at),
    VariantUtils.LONG_STR: lambda reader, at: reader.sized(at).decode(),
}


def _as_json(value: Any, zone_id: str) -> str:
    """Return JSON, in which decimals keep the digits that they have."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{_quoted(k)}:{_as_json(v, zone_id)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(_as_json(element, zone_id) for element in value)}]"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        # That zone is there where no list of zones is installed.
        zone = datetime.UTC if zone_id == "UTC" else ZoneInfo(zone_id)
        shown = value.astimezone(zone) if value.tzinfo else value
        return _quoted(shown.isoformat(sep=" "))
    if isinstance(value, bytes):
        return _quoted(base64.b64encode(value).decode("ascii"))
    return _quoted(value) if isinstance(value, (bool, int, float, str, type(None))) else _quoted(str(value))


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_public_names.publish(__name__)
