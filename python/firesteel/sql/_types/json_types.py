"""Types from JSON, as schemas are written in files."""

import json
import re
from collections.abc import Callable
from typing import Any

from firesteel.errors import PySparkTypeError, PySparkValueError
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType, DayTimeIntervalType, YearMonthIntervalType
from firesteel.sql._types.nested import ArrayType, MapType, StructType
from firesteel.sql._types.spatial import GeographyType, GeometryType
from firesteel.sql._types.user_defined import UserDefinedType
from firesteel.sql._types.variant import VariantType

ATOMIC: tuple[type[DataType], ...] = (
    plain.BinaryType,
    plain.BooleanType,
    plain.FloatType,
    plain.DoubleType,
    plain.ByteType,
    plain.ShortType,
    plain.IntegerType,
    plain.LongType,
    plain.DateType,
    plain.TimestampType,
    plain.TimestampNTZType,
    plain.NullType,
    VariantType,
    plain.CalendarIntervalType,
)
"""The types without parameters, but strings."""

_BY_NAME: dict[str, type[DataType]] = {
    **{data_type.typeName(): data_type for data_type in ATOMIC},
    "null": plain.NullType,
    "timestamp_ltz": plain.TimestampType,
}


def _interval(kind: type[Any], start: str, end: str | None) -> DataType:
    numbers = {name: number for number, name in kind._fields.items()}
    return kind(numbers[start], numbers[end or start])


_PATTERNS: tuple[tuple[str, Callable[..., DataType]], ...] = (
    (r"decimal", plain.DecimalType),
    (r"decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)", lambda p, s: plain.DecimalType(int(p), int(s))),
    (r"char\(\s*(\d+)\s*\)", lambda n: plain.CharType(int(n))),
    (r"varchar\(\s*(\d+)\s*\)", lambda n: plain.VarcharType(int(n))),
    (r"time\(\s*(\d+)\s*\)", lambda n: plain.TimeType(int(n))),
    (r"string collate (\w+)", plain.StringType),
    (
        r"interval (day|hour|minute|second)(?: to (hour|minute|second))?",
        lambda start, end: _interval(DayTimeIntervalType, start, end),
    ),
    (
        r"interval (year|month)(?: to (month))?",
        lambda start, end: _interval(YearMonthIntervalType, start, end),
    ),
    (r"geometry", lambda: GeometryType(GeometryType.DEFAULT_SRID)),
    (r"geometry\(\s*([\w]+:-?[\w]+)\s*\)", GeometryType._from_crs),
    (r"geography", lambda: GeographyType(GeographyType.DEFAULT_SRID)),
    (r"geography\(\s*([\w]+:-?[\w]+)\s*\)", GeographyType._from_crs),
    (r"geography\(\s*([\w]+:-?[\w]+)\s*,\s*(\w+)\s*\)", GeographyType._from_crs_and_algorithm),
)


def parse_json_string(text: str) -> DataType:
    """Return the type of a JSON text.

    >>> parse_json_string('{"type": "array", "elementType": "integer", "containsNull": false}')
    ArrayType(IntegerType(), False)
    """
    return parse_json_value(json.loads(text))


def parse_json_value(value: Any, path: str = "", collations: dict[str, str] | None = None) -> DataType:
    """Return the type of a value from JSON; `collations` has those of strings by their paths."""
    if isinstance(value, dict):
        return _parse_nested(value, path, collations)
    if not isinstance(value, str):
        raise _cannot_parse(str(value))
    if value == "string":
        return plain.StringType(collations[path]) if collations and path in collations else plain.StringType()
    if value in _BY_NAME:
        return _BY_NAME[value]()
    for pattern, make in _PATTERNS:
        match = re.fullmatch(pattern, value)
        if match:
            return make(*match.groups())
    raise _cannot_parse(value)


def _parse_nested(value: dict[str, Any], path: str, collations: dict[str, str] | None) -> DataType:
    kind = value.get("type")
    if path and collations and path in collations:
        parameters = {"jsonType": str(kind)}
        raise PySparkTypeError(
            errorClass="INVALID_JSON_DATA_TYPE_FOR_COLLATIONS", messageParameters=parameters
        )
    if kind == "array":
        return ArrayType.fromJson(value, path, collations)
    if kind == "map":
        return MapType.fromJson(value, path, collations)
    if kind == "struct":
        return StructType.fromJson(value)
    if kind == "udt":
        return UserDefinedType.fromJson(value)
    raise PySparkValueError(errorClass="UNSUPPORTED_DATA_TYPE", messageParameters={"data_type": str(kind)})


def _cannot_parse(text: str) -> PySparkValueError:
    return PySparkValueError(errorClass="CANNOT_PARSE_DATATYPE", messageParameters={"msg": text})
