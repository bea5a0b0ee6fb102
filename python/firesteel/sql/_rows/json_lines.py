"""Rows as lines of JSON, without the fields that are null."""

import base64
import datetime
import decimal
import json
from collections.abc import Callable
from typing import Any

from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.nested import ArrayType, MapType, StructType


def make_json(schema: StructType) -> Callable[[Any], str]:
    """Return what makes the line of a row.

    >>> make_json(StructType().add("a", plain.LongType()).add("b", plain.StringType()))((1, None))
    '{"a":1}'
    """
    convert = _make(schema)
    return lambda row: json.dumps(convert(row), separators=(",", ":"), ensure_ascii=False)


def _make(data_type: DataType) -> Callable[[Any], Any]:
    if isinstance(data_type, StructType):
        return _make_object(data_type)
    if isinstance(data_type, ArrayType):
        element = _nullable(_make(data_type.elementType))
        return lambda value: [element(x) for x in value]
    if isinstance(data_type, MapType):
        item = _nullable(_make(data_type.valueType))
        return lambda value: {str(k): item(v) for k, v in value.items()}
    return _plain


def _make_object(data_type: StructType) -> Callable[[Any], Any]:
    fields = [(field.name, _make(field.dataType)) for field in data_type.fields]

    def convert(row: Any) -> dict[str, Any]:
        pairs = zip(fields, row, strict=True)
        return {name: make(value) for (name, make), value in pairs if value is not None}

    return convert


def _nullable(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        zone = value.astimezone().strftime("%z")
        return f"{value.isoformat(timespec='milliseconds')}{zone[:3]}:{zone[3:]}"
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value if isinstance(value, (bool, int, float, str)) else str(value)
