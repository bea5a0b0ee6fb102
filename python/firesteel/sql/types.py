"""The types of columns, rows and values, under the names that PySpark gives them.

What is here is defined in `_types`, a file for each kind. Invariant: every public class says that it is from
this module, so that pickles and texts name it as PySpark's do.
"""

from firesteel import _public_names
from firesteel.sql._types.data_type import (
    AnsiIntervalType,
    AnyTimeType,
    AtomicType,
    BinaryType,
    BooleanType,
    ByteType,
    CalendarIntervalType,
    CharType,
    DataType,
    DataTypeSingleton,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    FractionalType,
    IntegerType,
    IntegralType,
    LongType,
    NullType,
    NumericType,
    ShortType,
    StringType,
    TimestampNTZType,
    TimestampType,
    TimeType,
    VarcharType,
    YearMonthIntervalType,
)
from firesteel.sql._types.ddl import parse_type_or_columns
from firesteel.sql._types.inference import TYPE_OF as _type_mappings  # noqa: F401  libraries use these
from firesteel.sql._types.inference import has_null_type as _has_nulltype  # noqa: F401
from firesteel.sql._types.inference import infer_schema as _infer_schema  # noqa: F401
from firesteel.sql._types.inference import infer_type as _infer_type  # noqa: F401
from firesteel.sql._types.inference import merge_type as _merge_type  # noqa: F401
from firesteel.sql._types.java import (
    DateConverter,
    DatetimeConverter,
    DatetimeNTZConverter,
    DayTimeIntervalTypeConverter,
    NumpyArrayConverter,
    NumpyScalarConverter,
    TimeConverter,
)
from firesteel.sql._types.json_types import ATOMIC as _atomic_types
from firesteel.sql._types.json_types import parse_json_string as _parse_datatype_json_string  # noqa: F401
from firesteel.sql._types.json_types import parse_json_value as _parse_datatype_json_value  # noqa: F401
from firesteel.sql._types.nested import ArrayType, MapType, StructField, StructType
from firesteel.sql._types.row import Row, _create_row
from firesteel.sql._types.spatial import Geography, GeographyType, Geometry, GeometryType, SpatialType
from firesteel.sql._types.user_defined import UserDefinedType
from firesteel.sql._types.variant import VariantType, VariantVal
from firesteel.sql._types.verification import ACCEPTED as _acceptable_types  # noqa: F401
from firesteel.sql._types.verification import make_verifier as _make_type_verifier  # noqa: F401

__all__ = [
    "ArrayType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "CalendarIntervalType",
    "CharType",
    "DataType",
    "DateType",
    "DayTimeIntervalType",
    "DecimalType",
    "DoubleType",
    "FloatType",
    "Geography",
    "GeographyType",
    "Geometry",
    "GeometryType",
    "IntegerType",
    "LongType",
    "MapType",
    "NullType",
    "Row",
    "ShortType",
    "StringType",
    "StructField",
    "StructType",
    "TimeType",
    "TimestampNTZType",
    "TimestampType",
    "VarcharType",
    "VariantType",
    "VariantVal",
    "YearMonthIntervalType",
]

_OTHERS = (
    AnsiIntervalType,
    AnyTimeType,
    AtomicType,
    DataTypeSingleton,
    DateConverter,
    DatetimeConverter,
    DatetimeNTZConverter,
    DatetimeType,
    DayTimeIntervalTypeConverter,
    FractionalType,
    IntegralType,
    NumericType,
    NumpyArrayConverter,
    NumpyScalarConverter,
    SpatialType,
    TimeConverter,
    UserDefinedType,
    _create_row,
)
"""Public in PySpark without being in its `__all__`, but for the function that pickles of rows name."""

for _named in (*(globals()[name] for name in __all__), *_OTHERS):
    _named.__module__ = __name__

_complex_types = (ArrayType, MapType, StructType)
_all_complex_types = {data_type.typeName(): data_type for data_type in _complex_types}
_all_mappable_types = {data_type.typeName(): data_type for data_type in (StringType, *_atomic_types)}


def _parse_datatype_string(s: str) -> DataType:
    """Return the type that a text describes: one type, or the columns of a struct.

    >>> _parse_datatype_string("a INT, b STRING").simpleString()
    'struct<a:int,b:string>'
    """
    return parse_type_or_columns(s)


_public_names.publish(__name__)
