"""The types of Python values, and what two types have in common.

Invariant: inferring never looks at another value than the one given; whoever has several merges their types.
"""

import array
import datetime
import decimal
from collections.abc import Iterable
from functools import reduce
from typing import Any

from firesteel.errors import PySparkTypeError
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.nested import ArrayType, MapType, StructField, StructType
from firesteel.sql._types.row import Row
from firesteel.sql._types.spatial import Geography, GeographyType, Geometry, GeometryType
from firesteel.sql._types.variant import VariantType, VariantVal

INFERRED_DECIMAL = plain.DecimalType(38, 18)
"""The type of decimal numbers of which nothing else is known."""

TYPE_OF: dict[type, type[Any]] = {
    type(None): plain.NullType,
    Geometry: GeometryType,
    Geography: GeographyType,
    bool: plain.BooleanType,
    int: plain.LongType,
    float: plain.DoubleType,
    str: plain.StringType,
    bytearray: plain.BinaryType,
    decimal.Decimal: plain.DecimalType,
    datetime.date: plain.DateType,
    datetime.datetime: plain.TimestampType,
    datetime.time: plain.TimeType,
    datetime.timedelta: plain.DayTimeIntervalType,
    bytes: plain.BinaryType,
}
"""The type of each Python class without parts."""

_SIGNED = {1: plain.ByteType, 2: plain.ShortType, 4: plain.IntegerType, 8: plain.LongType}
_UNSIGNED = {1: plain.ShortType, 2: plain.IntegerType, 4: plain.LongType}


def infer_type(
    obj: Any,
    infer_dict_as_struct: bool = False,
    infer_array_from_first_element: bool = False,
    infer_map_from_first_pair: bool = False,
    prefer_timestamp_ntz: bool = False,
) -> DataType:
    """Return the type of a value.

    >>> infer_type([1, None]), infer_type({"a": 1.5})
    (ArrayType(LongType(), True), MapType(StringType(), DoubleType(), True))
    """
    flags = (
        infer_dict_as_struct,
        infer_array_from_first_element,
        infer_map_from_first_pair,
        prefer_timestamp_ntz,
    )
    data_type = TYPE_OF.get(type(obj))
    if data_type is plain.DecimalType:
        return INFERRED_DECIMAL
    if data_type is plain.TimestampType and prefer_timestamp_ntz and obj.tzinfo is None:
        return plain.TimestampNTZType()
    if data_type in (GeometryType, GeographyType):
        return data_type(obj.getSrid())
    if data_type is not None:
        return data_type()
    if hasattr(obj, "__UDT__"):
        return obj.__UDT__
    if isinstance(obj, VariantVal):
        return VariantType()
    if isinstance(obj, dict):
        return _infer_dict(obj, infer_dict_as_struct, infer_map_from_first_pair, flags)
    if isinstance(obj, list):
        return _infer_list(obj, infer_array_from_first_element, flags)
    return _infer_other(obj, flags)


def _infer_dict(obj: dict[Any, Any], as_struct: bool, first_only: bool, flags: Any) -> DataType:
    if as_struct:
        return _infer_dict_as_struct(obj, flags)
    pairs = [(key, value) for key, value in obj.items() if key is not None and value is not None]
    if first_only:
        pairs = pairs[:1]
    keys = _merged(infer_type(key, *flags) for key, _ in pairs)
    values = _merged(infer_type(value, *flags) for _, value in pairs)
    return MapType(keys, values, True)


def _infer_dict_as_struct(obj: dict[Any, Any], flags: Any) -> StructType:
    struct = StructType()
    for key, value in obj.items():
        if key is not None:
            struct.add(StructField(key, infer_type(value, *flags), True))
    return struct


def _infer_list(obj: list[Any], first_only: bool, flags: Any) -> ArrayType:
    elements = [element for element in obj if element is not None]
    if first_only:
        elements = elements[:1]
    return ArrayType(_merged(infer_type(element, *flags) for element in elements), True)


def _merged(types: Iterable[DataType]) -> DataType:
    return reduce(merge_type, types, plain.NullType())


def _infer_other(obj: Any, flags: Any) -> DataType:
    if isinstance(obj, array.array):
        return _infer_array(obj)
    try:
        return infer_schema(obj, None, *flags)
    except TypeError:
        parameters = {"data_type": type(obj).__name__}
        raise PySparkTypeError(errorClass="UNSUPPORTED_DATA_TYPE", messageParameters=parameters) from None


def _infer_array(obj: Any) -> ArrayType:
    code, size = obj.typecode, obj.itemsize
    if code in "fd":
        return ArrayType(plain.FloatType() if code == "f" else plain.DoubleType(), False)
    if code == "u":
        return ArrayType(plain.StringType(), False)
    found = (_SIGNED if code.islower() else _UNSIGNED).get(size)
    if found is None:
        parameters = {"data_type": f"array({code})"}
        raise PySparkTypeError(errorClass="UNSUPPORTED_DATA_TYPE", messageParameters=parameters)
    return ArrayType(found(), False)


def infer_schema(
    row: Any,
    names: list[str] | None = None,
    infer_dict_as_struct: bool = False,
    infer_array_from_first_element: bool = False,
    infer_map_from_first_pair: bool = False,
    prefer_timestamp_ntz: bool = False,
) -> StructType:
    """Return the struct of a row: a dict, Row, tuple, list or object with attributes.

    >>> infer_schema((1, "a"), ["n"]).simpleString()
    'struct<n:bigint,_2:string>'
    """
    flags = (
        infer_dict_as_struct,
        infer_array_from_first_element,
        infer_map_from_first_pair,
        prefer_timestamp_ntz,
    )
    return StructType([_infer_field(name, value, flags) for name, value in _items(row, names)])


def _infer_field(name: str, value: Any, flags: Any) -> StructField:
    try:
        return StructField(name, infer_type(value, *flags), True)
    except TypeError as error:
        parameters = {"field_name": name}
        raise PySparkTypeError(
            errorClass="CANNOT_INFER_TYPE_FOR_FIELD", messageParameters=parameters
        ) from error


def _items(row: Any, names: list[str] | None) -> list[tuple[str, Any]]:
    if isinstance(row, dict):
        return sorted(row.items())
    if isinstance(row, (tuple, list)):
        if isinstance(row, Row) and hasattr(row, "__fields__"):
            return list(zip(row.__fields__, tuple(row), strict=False))
        if hasattr(row, "_fields"):
            return list(zip(row._fields, tuple(row), strict=False))  # type: ignore[union-attr]
        known = list(names or [])
        known += [f"_{number}" for number in range(len(known) + 1, len(row) + 1)]
        return list(zip(known, row, strict=False))
    if hasattr(row, "__dict__"):
        return sorted(vars(row).items())
    parameters = {"data_type": type(row).__name__}
    raise PySparkTypeError(errorClass="CANNOT_INFER_SCHEMA_FOR_TYPE", messageParameters=parameters)


def merge_type(a: DataType, b: DataType, name: str | None = None) -> DataType:
    """Return the type that holds the values of both.

    >>> merge_type(plain.NullType(), plain.LongType()), merge_type(plain.StringType(), plain.LongType())
    (LongType(), StringType())
    """
    if isinstance(a, plain.NullType):
        return b
    if isinstance(b, plain.NullType):
        return a
    if isinstance(a, plain.TimestampType) and isinstance(b, plain.TimestampNTZType):
        return a
    if isinstance(a, plain.TimestampNTZType) and isinstance(b, plain.TimestampType):
        return b
    if isinstance(a, plain.AtomicType) and isinstance(b, plain.StringType):
        return b
    if isinstance(a, plain.StringType) and isinstance(b, plain.AtomicType):
        return a
    if type(a) is not type(b):
        parameters = {"data_type1": type(a).__name__, "data_type2": type(b).__name__}
        raise PySparkTypeError(errorClass="CANNOT_MERGE_TYPE", messageParameters=parameters)
    return _merge_parts(a, b)


def _merge_parts(a: Any, b: Any) -> DataType:
    if isinstance(a, StructType):
        return _merge_structs(a, b)
    if isinstance(a, ArrayType):
        return ArrayType(merge_type(a.elementType, b.elementType), True)
    if isinstance(a, MapType):
        return MapType(merge_type(a.keyType, b.keyType), merge_type(a.valueType, b.valueType), True)
    return a


def _merge_structs(a: StructType, b: StructType) -> StructType:
    others = {field.name: field.dataType for field in b.fields}
    fields = [
        StructField(field.name, merge_type(field.dataType, others.pop(field.name, plain.NullType())))
        for field in a.fields
    ]
    return StructType(fields + [StructField(name, data_type) for name, data_type in others.items()])


def has_null_type(data_type: DataType) -> bool:
    """Tell whether a type or a part of it is not known."""
    if isinstance(data_type, StructType):
        return any(has_null_type(field.dataType) for field in data_type.fields)
    if isinstance(data_type, ArrayType):
        return has_null_type(data_type.elementType)
    if isinstance(data_type, MapType):
        return has_null_type(data_type.keyType) or has_null_type(data_type.valueType)
    return isinstance(data_type, plain.NullType)
