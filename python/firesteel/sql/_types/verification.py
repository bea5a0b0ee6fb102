"""Whether Python values are of a type: one function is built per type, and called per value.

Invariant: a verifier returns nothing, or raises with the place of the value that does not fit.
"""

import array
import datetime
import decimal
from collections.abc import Callable
from typing import Any, NoReturn

from firesteel.errors import PySparkException, PySparkTypeError, PySparkValueError
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import LIMITS, DataType
from firesteel.sql._types.nested import ArrayType, MapType, StructType
from firesteel.sql._types.row import Row
from firesteel.sql._types.spatial import Geography, GeographyType, Geometry, GeometryType
from firesteel.sql._types.user_defined import UserDefinedType
from firesteel.sql._types.variant import VariantType, VariantVal

Verifier = Callable[[Any], None]

ACCEPTED: dict[type[DataType], tuple[type, ...]] = {
    plain.BooleanType: (bool,),
    plain.ByteType: (int,),
    plain.ShortType: (int,),
    plain.IntegerType: (int,),
    plain.LongType: (int,),
    plain.FloatType: (float,),
    plain.DoubleType: (float,),
    plain.DecimalType: (decimal.Decimal,),
    plain.StringType: (str,),
    plain.CharType: (str,),
    plain.VarcharType: (str,),
    plain.BinaryType: (bytearray, bytes),
    plain.DateType: (datetime.date, datetime.datetime),
    plain.TimeType: (datetime.time,),
    plain.TimestampType: (datetime.datetime,),
    plain.TimestampNTZType: (datetime.datetime,),
    plain.DayTimeIntervalType: (datetime.timedelta,),
    ArrayType: (list, tuple, array.array),
    MapType: (dict,),
    StructType: (tuple, list, dict),
    GeometryType: (Geometry,),
    GeographyType: (Geography,),
    VariantType: (
        bool, int, float, decimal.Decimal, str, bytearray, bytes, datetime.date, datetime.datetime,
        datetime.timedelta, tuple, list, dict, array.array,
    ),
}  # fmt: skip
"""The exact Python classes whose instances each type takes."""


def make_verifier(data_type: DataType, nullable: bool = True, name: str | None = None) -> Verifier:
    """Return what checks values of a type; `name` is what errors call them.

    >>> make_verifier(plain.ByteType())(1)
    """
    verify_value = _make_value_verifier(data_type, name)

    def verify(obj: Any) -> None:
        if obj is not None:
            verify_value(obj)
        elif not nullable:
            _refuse(PySparkValueError, "FIELD_NOT_NULLABLE", name)

    return verify


def _make_value_verifier(data_type: DataType, name: str | None) -> Verifier:
    if type(data_type) in (plain.StringType, plain.CharType, plain.VarcharType):
        return lambda obj: None  # whatever it is has a text
    if isinstance(data_type, UserDefinedType):
        return _user_defined(data_type, name)
    if type(data_type) in LIMITS:
        return _integral(data_type, name)
    if isinstance(data_type, ArrayType):
        return _array(data_type, name)
    if isinstance(data_type, MapType):
        return _map(data_type, name)
    if isinstance(data_type, StructType):
        return _struct(data_type, name)
    if isinstance(data_type, VariantType):
        return _variant(data_type, name)
    if type(data_type) not in ACCEPTED:
        return lambda obj: None
    return _instances(data_type, name)


def _instances(data_type: DataType, name: str | None) -> Verifier:
    accepted = ACCEPTED[type(data_type)]

    def verify(obj: Any) -> None:
        if type(obj) not in accepted:
            _refuse_instance(data_type, obj, name)

    return verify


def _refuse_instance(data_type: DataType, obj: Any, name: str | None) -> NoReturn:
    _refuse(
        PySparkTypeError,
        "FIELD_DATA_TYPE_UNACCEPTABLE",
        name,
        data_type=str(data_type),
        obj=repr(obj),
        obj_type=str(type(obj)),
    )


def _refuse(kind: type[PySparkException], error_class: str, name: str | None, **parameters: str) -> NoReturn:
    if name is not None:
        error_class, parameters["field_name"] = f"{error_class}_WITH_NAME", name
    raise kind(errorClass=error_class, messageParameters=parameters)


def _variant(data_type: DataType, name: str | None) -> Verifier:
    verify_instance = _instances(data_type, name)

    def verify(obj: Any) -> None:
        if not isinstance(obj, VariantVal):
            verify_instance(obj)

    return verify


def _user_defined(data_type: UserDefinedType, name: str | None) -> Verifier:
    verify_kept = make_verifier(data_type.sqlType(), name=name)

    def verify(obj: Any) -> None:
        if getattr(obj, "__UDT__", None) != data_type:
            parameters = {"obj": repr(obj), "data_type": str(data_type)}
            _refuse(PySparkValueError, "FIELD_TYPE_MISMATCH", name, **parameters)
        verify_kept(data_type.toInternal(obj))

    return verify


def _integral(data_type: DataType, name: str | None) -> Verifier:
    verify_instance = _instances(data_type, name)
    lowest, highest = LIMITS[type(data_type)]

    def verify(obj: Any) -> None:
        verify_instance(obj)
        if not lowest <= obj <= highest:
            parameters = {
                "arg_name": "obj",
                "lower_bound": str(lowest),
                "upper_bound": str(highest),
                "actual": str(obj),
            }
            raise PySparkValueError(errorClass="VALUE_OUT_OF_BOUNDS", messageParameters=parameters)

    return verify


def _array(data_type: ArrayType, name: str | None) -> Verifier:
    verify_instance = _instances(data_type, name)
    place = f"element in array {name}"
    verify_element = make_verifier(data_type.elementType, data_type.containsNull, place)

    def verify(obj: Any) -> None:
        verify_instance(obj)
        for element in obj:
            verify_element(element)

    return verify


def _map(data_type: MapType, name: str | None) -> Verifier:
    verify_instance = _instances(data_type, name)
    verify_key = make_verifier(data_type.keyType, False, f"key of map {name}")
    verify_value = make_verifier(data_type.valueType, data_type.valueContainsNull, f"value of map {name}")

    def verify(obj: Any) -> None:
        verify_instance(obj)
        for key, value in obj.items():
            verify_key(key)
            verify_value(value)

    return verify


def _struct(data_type: StructType, name: str | None) -> Verifier:
    place = "" if name is None else f" in {name}"
    verifiers = [
        (field.name, make_verifier(field.dataType, field.nullable, f"field {field.name}{place}"))
        for field in data_type.fields
    ]

    def verify(obj: Any) -> None:
        if isinstance(obj, (tuple, list)) and not getattr(obj, "__from_dict__", False):
            if len(obj) != len(verifiers):
                lengths = {"object_length": str(len(obj)), "field_length": str(len(verifiers))}
                _refuse(PySparkValueError, "FIELD_STRUCT_LENGTH_MISMATCH", name, **lengths)
            for value, (_, verify_field) in zip(obj, verifiers, strict=True):
                verify_field(value)
            return
        get = _getter(obj, data_type, name)
        for field, verify_field in verifiers:
            verify_field(get(field))

    return verify


def _getter(obj: Any, data_type: DataType, name: str | None) -> Callable[[str], Any]:
    if isinstance(obj, dict):
        return obj.get
    if isinstance(obj, Row):
        return obj.__getitem__
    if hasattr(obj, "__dict__"):
        return vars(obj).get
    _refuse_instance(data_type, obj, name)
