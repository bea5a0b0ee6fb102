"""Rows as lines of JSON, without the fields that are null.

Invariant: numbers keep the digits that they have, so decimals are written by their own text.
"""

import base64
import datetime
import decimal
import json
from collections.abc import Callable
from typing import Any

from firesteel.sql._rows.text import double_text
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.nested import ArrayType, MapType, StructType

Writer = Callable[[Any], str]


def make_json(schema: StructType) -> Writer:
    """Return what makes the line of a row.

    >>> from firesteel.sql.types import LongType, StringType
    >>> make_json(StructType().add("a", LongType()).add("b", StringType()))((1, None))
    '{"a":1}'
    """
    return _make_object(schema)


def _make(data_type: DataType) -> Writer:
    if isinstance(data_type, StructType):
        return _make_object(data_type)
    if isinstance(data_type, ArrayType):
        element = _nullable(_make(data_type.elementType))
        return lambda value: f"[{','.join(map(element, value))}]"
    if isinstance(data_type, MapType):
        item = _nullable(_make(data_type.valueType))
        return lambda value: f"{{{','.join(f'{_quoted(str(k))}:{item(v)}' for k, v in value.items())}}}"
    return _plain


def _make_object(data_type: StructType) -> Writer:
    fields = [(_quoted(field.name), _make(field.dataType)) for field in data_type.fields]

    def write(row: Any) -> str:
        pairs = zip(fields, row, strict=True)
        return (
            f"{{{','.join(f'{name}:{make(value)}' for (name, make), value in pairs if value is not None)}}}"
        )

    return write


def _nullable(write: Writer) -> Writer:
    return lambda value: "null" if value is None else write(value)


def _plain(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return _quoted(base64.b64encode(value).decode("ascii"))
    if isinstance(value, datetime.datetime):
        zone = value.astimezone().strftime("%z")
        return _quoted(f"{value.isoformat(timespec='milliseconds')}{zone[:3]}:{zone[3:]}")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):
        text = double_text(value)
        return _quoted(text) if text[-1] in "Ny" else text
    return _quoted(value if isinstance(value, (bool, int)) else str(value))


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
