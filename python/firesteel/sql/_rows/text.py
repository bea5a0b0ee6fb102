"""Values as text, as Spark casts them to strings, and tables of them as `show` prints them.

Invariant: a text depends on the value and its type alone, and is the one that Spark would print.
"""

import datetime
import decimal
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType, DayTimeIntervalType
from firesteel.sql._types.nested import ArrayType, MapType, StructType

SMALLEST_WIDTH = 3
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"}
_ESCAPES = str.maketrans(_ESCAPED)
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e7
MICROS_OF = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000}

Formatter = Callable[[Any], str]


def java_text(value: Any) -> str:
    """Return a value as Java prints it.

    >>> java_text(True), java_text(1e10), java_text(0.5), java_text([1, None])
    ('true', '1.0E10', '0.5', '[1, null]')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, datetime.datetime):
        return timestamp_text(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(java_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{java_text(k)}={java_text(v)}' for k, v in value.items())}}}"
    return str(value)


def double_text(value: float, digits: str | None = None) -> str:
    """Return a number as Java prints it; `digits` is its shortest repr, where that is not Python's.

    >>> double_text(1e7), double_text(1e-4), double_text(123.0)
    ('1.0E7', '1.0E-4', '123.0')
    """
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    number = decimal.Decimal(digits or repr(value))
    if value == 0 or _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        text = format(number.normalize() if value else number, "f")
        return text if "." in text else f"{text}.0"
    sign, figures, exponent = number.normalize().as_tuple()
    fraction = "".join(map(str, figures[1:])) or "0"
    return f"{'-' if sign else ''}{figures[0]}.{fraction}E{int(exponent) + len(figures) - 1}"


def float_text(value: float) -> str:
    """Return a number of 32 bits as Java prints it.

    >>> float_text(0.10000000149011612)
    '0.1'
    """
    for precision in range(1, 10):
        digits = f"{value:.{precision}g}"
        if _is_same_float(float(digits), value):
            return double_text(value, digits)
    return double_text(value)


def _is_same_float(a: float, b: float) -> bool:
    try:
        return struct.pack("f", a) == struct.pack("f", b)
    except OverflowError:
        return False


def timestamp_text(value: datetime.datetime) -> str:
    """Return date and time, with as many digits of a second as it has."""
    return (value.strftime("%Y").zfill(4) + value.strftime("-%m-%d %H:%M:%S")) + _fraction(value.microsecond)


def _time_text(value: datetime.time) -> str:
    return value.strftime("%H:%M:%S") + _fraction(value.microsecond)


def _fraction(microseconds: int) -> str:
    return f".{microseconds:06d}".rstrip("0") if microseconds else ""


def interval_text(value: datetime.timedelta, data_type: DayTimeIntervalType) -> str:
    """Return a duration as a literal of SQL.

    >>> interval_text(datetime.timedelta(1, 3723), DayTimeIntervalType())
    "INTERVAL '1 01:02:03' DAY TO SECOND"
    """
    micros = data_type.toInternal(value) or 0
    sign, rest = ("-" if micros < 0 else ""), abs(micros)
    parts = []
    for number in range(data_type.startField, data_type.endField + 1):
        unit = data_type._fields[number]
        if unit == "second":
            whole, fraction = divmod(rest, 1_000_000)
            parts.append(f"{whole:02d}{_fraction(fraction)}")
        else:
            amount, rest = divmod(rest, MICROS_OF[unit])
            parts.append(str(amount) if unit == "day" else f"{amount:02d}")
    separated = (
        f"{parts[0]} {':'.join(parts[1:])}"
        if data_type.startField == 0 and len(parts) > 1
        else ":".join(parts)
    )
    return f"INTERVAL '{sign}{separated}' {data_type.simpleString().removeprefix('interval ').upper()}"


_SIMPLE: dict[type[DataType], Formatter] = {
    plain.BooleanType: java_text,
    plain.DoubleType: double_text,
    plain.FloatType: float_text,
    plain.TimestampType: timestamp_text,
    plain.TimestampNTZType: timestamp_text,
    plain.TimeType: _time_text,
    plain.DecimalType: lambda value: format(value, "f"),
    plain.BinaryType: lambda value: f"[{' '.join(f'{byte:02X}' for byte in value)}]",
}


def make_formatter(data_type: DataType) -> Formatter:
    """Return what makes the text of values of a type.

    >>> make_formatter(ArrayType(plain.LongType()))([1, None])
    '[1, NULL]'
    """
    formatted = _make(data_type)
    return lambda value: "NULL" if value is None else formatted(value)


def _make(data_type: DataType) -> Formatter:
    if isinstance(data_type, ArrayType):
        element = make_formatter(data_type.elementType)
        return lambda value: f"[{', '.join(map(element, value))}]"
    if isinstance(data_type, MapType):
        key, item = make_formatter(data_type.keyType), make_formatter(data_type.valueType)
        return lambda value: f"{{{', '.join(f'{key(k)} -> {item(v)}' for k, v in value.items())}}}"
    if isinstance(data_type, StructType):
        fields = [make_formatter(field.dataType) for field in data_type.fields]
        return lambda value: f"{{{', '.join(f(v) for f, v in zip(fields, value, strict=False))}}}"
    if isinstance(data_type, DayTimeIntervalType):
        return lambda value: interval_text(value, data_type)
    return _SIMPLE.get(type(data_type), str)


def table(
    schema: StructType, rows: Sequence[Iterable[Any]], has_more: bool, truncate: int, vertical: bool
) -> str:
    """Return rows as `show` prints them."""
    names = [field.name.translate(_ESCAPES) for field in schema.fields]
    formatters = [make_formatter(field.dataType) for field in schema.fields]
    cells = [
        [
            _shortened(f(value).translate(_ESCAPES), truncate)
            for f, value in zip(formatters, row, strict=False)
        ]
        for row in rows
    ]
    lines = _records(names, cells) if vertical else _grid(names, cells, truncate > 0)
    if has_more:
        lines.append(f"only showing top {len(rows)} {'row' if len(rows) == 1 else 'rows'}")
    elif rows or not vertical:
        lines.append("")
    return "\n".join(lines)


def _shortened(text: str, length: int) -> str:
    if length <= 0 or len(text) <= length:
        return text
    # Too short for dots to leave anything.
    return text[:length] if length < 4 else text[: length - 3] + "..."


def _width(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))


def _grid(names: list[str], cells: list[list[str]], to_the_right: bool) -> list[str]:
    columns = list(zip(names, *cells, strict=True))
    widths = [max(SMALLEST_WIDTH, *map(_width, column)) for column in columns]
    rule = f"+{'+'.join('-' * width for width in widths)}+"

    def line(values: Iterable[str]) -> str:
        return f"|{'|'.join(_padded(v, w, to_the_right) for v, w in zip(values, widths, strict=True))}|"

    return [rule, line(names), rule, *map(line, cells), rule]


def _padded(text: str, width: int, to_the_right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if to_the_right else text + blanks


def _records(names: list[str], cells: list[list[str]]) -> list[str]:
    if not cells:
        return ["(0 rows)"]
    name_width = max([SMALLEST_WIDTH, *map(_width, names)])
    value_width = max([SMALLEST_WIDTH, *(_width(value) for row in cells for value in row)])
    lines = []
    for number, row in enumerate(cells):
        lines.append(f"-RECORD {number}".ljust(name_width + value_width + 5, "-"))
        lines += [
            f" {_padded(name, name_width, False)} | {_padded(value, value_width, False)} "
            for name, value in zip(names, row, strict=True)
        ]
    return lines
