"""What a DataFrame gives back of the values that it was made of: Spark's own view of Python values.

One function is built per type, and called per value: decimals get the scale of their column, floats of 32
bits lose digits, dates lose their time, dicts become Rows, and what is of another type becomes None.
Invariant: a value that has gone through comes out of a second time unchanged.
"""

import array
import datetime
import decimal
import struct
from collections.abc import Callable
from typing import Any

from firesteel.errors.exceptions.captured import ArithmeticException
from firesteel.sql._errors import engine_error
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import LIMITS, DataType
from firesteel.sql._types.nested import ArrayType, MapType, StructType
from firesteel.sql._types.row import _create_row
from firesteel.sql._types.user_defined import UserDefinedType
from firesteel.sql._types.variant import VariantType, VariantVal

Converter = Callable[[Any], Any]

_LOWEST, _HIGHEST = LIMITS[plain.LongType]
_DECIMALS = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_UP)


def make_stored(data_type: DataType) -> Converter:
    """Return what makes the stored value of a value.

    >>> from decimal import Decimal
    >>> make_stored(plain.DecimalType(5, 2))(Decimal("2.345"))
    Decimal('2.35')
    """
    convert = _make(data_type)
    return lambda value: None if value is None else convert(value)


def make_stored_tuple(schema: StructType) -> Converter:
    """Return what makes the tuple of stored values of a row, whatever kind of row that is."""
    converters = [make_stored(field.dataType) for field in schema.fields]

    def convert(row: Any) -> tuple[Any, ...]:
        values = schema._values(row)
        if len(values) < len(converters):
            values = [*values, *[None] * (len(converters) - len(values))]
        return tuple([convert(value) for convert, value in zip(converters, values, strict=False)])

    return convert


def _make(data_type: DataType) -> Converter:
    if isinstance(data_type, UserDefinedType):
        kept = make_stored(data_type.sqlType())
        return lambda obj: data_type.deserialize(kept(data_type.serialize(obj)))
    if isinstance(data_type, ArrayType):
        return _make_list(data_type)
    if isinstance(data_type, MapType):
        return _make_dict(data_type)
    if isinstance(data_type, StructType):
        return _make_row(data_type)
    if isinstance(data_type, plain.DecimalType):
        return _make_decimal(data_type)
    if type(data_type) in LIMITS:
        return _make_whole(data_type)
    return _SIMPLE.get(type(data_type), lambda value: value)


def _make_list(data_type: ArrayType) -> Converter:
    convert = make_stored(data_type.elementType)

    def of_elements(value: Any) -> Any:
        return [convert(x) for x in value] if isinstance(value, (list, tuple, array.array)) else None

    return of_elements


def _make_dict(data_type: MapType) -> Converter:
    key, value = make_stored(data_type.keyType), make_stored(data_type.valueType)

    def of_items(found: Any) -> Any:
        return {key(k): value(v) for k, v in found.items()} if isinstance(found, dict) else None

    return of_items


def _make_row(data_type: StructType) -> Converter:
    convert = make_stored_tuple(data_type)
    return lambda value: _create_row(data_type.names, convert(value))


def _make_decimal(data_type: plain.DecimalType) -> Converter:
    step = decimal.Decimal(1).scaleb(-data_type.scale)
    limit = decimal.Decimal(10) ** (data_type.precision - data_type.scale)

    def scaled(value: Any) -> Any:
        if not isinstance(value, decimal.Decimal) or not value.is_finite():
            return None
        rounded = value.quantize(step, context=_DECIMALS)
        if abs(rounded) >= limit:
            raise _out_of_range(value, rounded, data_type)
        return rounded

    return scaled


def _out_of_range(value: Any, rounded: Any, data_type: plain.DecimalType) -> ArithmeticException:
    return engine_error(
        ArithmeticException,
        f"[NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION]  The {value} rounded half up from {rounded} "
        f"cannot be represented as Decimal({data_type.precision}, {data_type.scale}). SQLSTATE: 22003",
        "NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION",
    )


def _make_whole(data_type: DataType) -> Converter:
    lowest, highest = LIMITS[type(data_type)]
    size = highest - lowest + 1

    def whole(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or not _LOWEST <= value <= _HIGHEST:
            return None
        return value if lowest <= value <= highest else (value - lowest) % size + lowest

    return whole


def _float(value: Any) -> Any:
    if not isinstance(value, float):
        return None
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    from firesteel.sql._rows.text import java_text

    return java_text(value)


def _date(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else None


def _local_time(value: Any) -> Any:
    if not isinstance(value, datetime.datetime):
        return None
    return value if value.tzinfo is None else value.astimezone().replace(tzinfo=None)


def _plain_time(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else None


def _variant(value: Any) -> VariantVal:
    parts = value if isinstance(value, VariantVal) else None
    if parts is None:
        kept = VariantType().toInternal(value)
        parts = VariantVal(kept["value"], kept["metadata"])
    return parts


def _instance_of(*classes: type) -> Converter:
    return lambda value: value if isinstance(value, classes) else None


_SIMPLE: dict[type[DataType], Converter] = {
    plain.NullType: lambda value: None,
    plain.BooleanType: _instance_of(bool),
    plain.DoubleType: _instance_of(float),
    plain.FloatType: _float,
    plain.StringType: _text,
    plain.CharType: _text,
    plain.VarcharType: _text,
    plain.BinaryType: lambda value: bytes(value) if isinstance(value, (bytes, bytearray)) else None,
    plain.DateType: _date,
    plain.TimestampType: _local_time,
    plain.TimestampNTZType: _plain_time,
    plain.TimeType: _instance_of(datetime.time),
    plain.DayTimeIntervalType: _instance_of(datetime.timedelta),
    VariantType: _variant,
}
