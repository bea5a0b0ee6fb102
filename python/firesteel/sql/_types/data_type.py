"""DataType and the types without parts: what a column may hold.

Invariant: two types are equal when their classes and attributes are, and a type converts a Python value to
what Spark keeps (`toInternal`) and back (`fromInternal`), or says that it needs no conversion.
"""

# The parameters of overridden methods have PySpark's names.
# pyright: reportIncompatibleMethodOverride=false

import calendar
import datetime
import json
import time
from typing import Any, ClassVar

from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError

MICROS = 1_000_000
NANOS_PER_MICRO = 1000
SECONDS_PER_DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1)


class DataType:
    """The base of all types."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    def __ne__(self, other: object) -> bool:
        return not self == other

    @classmethod
    def typeName(cls) -> str:
        """Return the name of the type, without its parameters."""
        return cls.__name__.removesuffix("Type").lower()

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return self.typeName()

    def jsonValue(self) -> str | dict[str, Any]:
        """Return the type as a value for JSON."""
        return self.typeName()

    def json(self) -> str:
        """Return the type as JSON."""
        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    def needConversion(self) -> bool:
        """Tell whether values of this type are kept as something else."""
        return False

    def toInternal(self, obj: Any) -> Any:
        """Return what Spark keeps of a Python value."""
        return obj

    def fromInternal(self, obj: Any) -> Any:
        """Return the Python value of what Spark keeps."""
        return obj

    @classmethod
    def fromDDL(cls, ddl: str) -> "DataType":
        """Return the type that a text describes: one type, or the columns of a struct.

        >>> from firesteel.sql.types import DataType
        >>> DataType.fromDDL("a int, b array<string>").simpleString()
        'struct<a:int,b:array<string>>'
        """
        from firesteel.sql._types.ddl import parse_type_or_columns

        return parse_type_or_columns(ddl)


class DataTypeSingleton(type):
    """Makes a class of types that has one instance."""

    _instances: ClassVar[dict[type, Any]] = {}

    def __call__(cls) -> Any:  # type: ignore[override]  # no arguments
        """Return the one instance."""
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__()
        return cls._instances[cls]


class NullType(DataType, metaclass=DataTypeSingleton):
    """Only null."""

    @classmethod
    def typeName(cls) -> str:
        """Return `void`."""
        return "void"


class AtomicType(DataType):
    """The base of the types that are not made of others."""


class NumericType(AtomicType):
    """The base of numbers."""


class IntegralType(NumericType, metaclass=DataTypeSingleton):
    """The base of whole numbers."""


class FractionalType(NumericType):
    """The base of numbers with a fraction."""


class StringType(AtomicType):
    """Text, compared and sorted by a collation."""

    providerSpark = "spark"
    providerICU = "icu"
    providers: ClassVar[list[str]] = [providerSpark, providerICU]

    def __init__(self, collation: str = "UTF8_BINARY") -> None:
        self.collation = collation

    @classmethod
    def collationProvider(cls, collationName: str) -> str:
        """Return whose a collation is."""
        return cls.providerSpark if collationName.startswith("UTF8") else cls.providerICU

    def isUTF8BinaryCollation(self) -> bool:
        """Tell whether text is compared by its bytes."""
        return self.collation == "UTF8_BINARY"

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return "string" if self.isUTF8BinaryCollation() else f"string collate {self.collation}"

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return self.simpleString()

    def __repr__(self) -> str:
        return "StringType()" if self.isUTF8BinaryCollation() else f"StringType('{self.collation}')"


class _TextOfLength(AtomicType):
    def __init__(self, length: int) -> None:
        self.length = length

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"{self.typeName()}({self.length})"

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.length})"


class CharType(_TextOfLength):
    """Text of a fixed length."""


class VarcharType(_TextOfLength):
    """Text of at most a length."""


class BinaryType(AtomicType, metaclass=DataTypeSingleton):
    """Bytes."""


class BooleanType(AtomicType, metaclass=DataTypeSingleton):
    """True and false."""


class DatetimeType(AtomicType):
    """The base of dates and times."""


class DateType(DatetimeType, metaclass=DataTypeSingleton):
    """Days, kept as their number since 1970."""

    EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, d: datetime.date | None) -> int | None:
        """Return the number of a day."""
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def fromInternal(self, v: int | None) -> datetime.date | None:
        """Return the day of a number."""
        return None if v is None else datetime.date.fromordinal(v + self.EPOCH_ORDINAL)


class AnyTimeType(DatetimeType):
    """The base of times of day."""


class TimeType(AnyTimeType):
    """Times of day, kept in nanoseconds."""

    def __init__(self, precision: int = 6) -> None:
        self.precision = precision

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"time({self.precision})"

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"TimeType({self.precision})"

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, t: datetime.time | None) -> int | None:
        """Return a time's nanoseconds since midnight."""
        if t is None:
            return None
        seconds = (t.hour * 60 + t.minute) * 60 + t.second
        return (seconds * MICROS + t.microsecond) * NANOS_PER_MICRO

    def fromInternal(self, nano: int | None) -> datetime.time | None:
        """Return the time so many nanoseconds after midnight."""
        if nano is None:
            return None
        return (_EPOCH + datetime.timedelta(microseconds=nano // NANOS_PER_MICRO)).time()


class TimestampType(DatetimeType, metaclass=DataTypeSingleton):
    """Points in time, kept in microseconds since 1970, shown in the local time zone."""

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, dt: datetime.datetime | None) -> int | None:
        """Return the microseconds of a point in time; without a zone it is local."""
        if dt is None:
            return None
        seconds = calendar.timegm(dt.utctimetuple()) if dt.tzinfo else time.mktime(dt.timetuple())
        return int(seconds) * MICROS + dt.microsecond

    def fromInternal(self, ts: int | None) -> datetime.datetime | None:
        """Return the local time of microseconds."""
        if ts is None:
            return None
        return datetime.datetime.fromtimestamp(ts // MICROS).replace(microsecond=ts % MICROS)


class TimestampNTZType(DatetimeType, metaclass=DataTypeSingleton):
    """Dates with times, without a zone."""

    @classmethod
    def typeName(cls) -> str:
        """Return `timestamp_ntz`."""
        return "timestamp_ntz"

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, dt: datetime.datetime | None) -> int | None:
        """Return the microseconds since 1970, as if in UTC."""
        return None if dt is None else calendar.timegm(dt.timetuple()) * MICROS + dt.microsecond

    def fromInternal(self, ts: int | None) -> datetime.datetime | None:
        """Return the date and time of microseconds since 1970."""
        return None if ts is None else _EPOCH + datetime.timedelta(microseconds=ts)


class DecimalType(FractionalType):
    """Decimal numbers of a precision, with a scale of digits after the point."""

    def __init__(self, precision: int = 10, scale: int = 0) -> None:
        self.precision = precision
        self.scale = scale
        self.hasPrecisionInfo = True

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"decimal({self.precision},{self.scale})"

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"DecimalType({self.precision},{self.scale})"


class DoubleType(FractionalType, metaclass=DataTypeSingleton):
    """Floating-point numbers of 64 bits."""


class FloatType(FractionalType, metaclass=DataTypeSingleton):
    """Floating-point numbers of 32 bits."""


class ByteType(IntegralType):
    """Whole numbers of 8 bits."""

    def simpleString(self) -> str:
        """Return `tinyint`."""
        return "tinyint"


class ShortType(IntegralType):
    """Whole numbers of 16 bits."""

    def simpleString(self) -> str:
        """Return `smallint`."""
        return "smallint"


class IntegerType(IntegralType):
    """Whole numbers of 32 bits."""

    def simpleString(self) -> str:
        """Return `int`."""
        return "int"


class LongType(IntegralType):
    """Whole numbers of 64 bits."""

    def simpleString(self) -> str:
        """Return `bigint`."""
        return "bigint"


class AnsiIntervalType(AtomicType):
    """The base of the intervals of standard SQL: from one field to another."""

    _fields: ClassVar[dict[int, str]]
    startField: int
    endField: int

    def _set_fields(self, start: int | None, end: int | None) -> None:
        if start is None and end is None:
            start, end = min(self._fields), max(self._fields)
        elif end is None:
            end = start
        if start not in self._fields or end not in self._fields:
            parameters = {"start_field": str(start), "end_field": str(end)}
            raise PySparkRuntimeError(errorClass="INVALID_INTERVAL_CASTING", messageParameters=parameters)
        self.startField, self.endField = start, end

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        start, end = self._fields[self.startField], self._fields[self.endField]
        return f"interval {start}" if start == end else f"interval {start} to {end}"

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.startField}, {self.endField})"


class DayTimeIntervalType(AnsiIntervalType):
    """Durations, kept in microseconds."""

    DAY = 0
    HOUR = 1
    MINUTE = 2
    SECOND = 3
    _fields: ClassVar = {DAY: "day", HOUR: "hour", MINUTE: "minute", SECOND: "second"}

    def __init__(self, startField: int | None = None, endField: int | None = None) -> None:
        self._set_fields(startField, endField)

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, dt: datetime.timedelta | None) -> int | None:
        """Return the microseconds of a duration."""
        return None if dt is None else (dt.days * SECONDS_PER_DAY + dt.seconds) * MICROS + dt.microseconds

    def fromInternal(self, micros: int | None) -> datetime.timedelta | None:
        """Return the duration of microseconds."""
        return None if micros is None else datetime.timedelta(microseconds=micros)


def _not_implemented(what: str) -> PySparkNotImplementedError:
    return PySparkNotImplementedError(errorClass="NOT_IMPLEMENTED", messageParameters={"feature": what})


class YearMonthIntervalType(AnsiIntervalType):
    """Numbers of years and months, which have no Python class."""

    YEAR = 0
    MONTH = 1
    _fields: ClassVar = {YEAR: "year", MONTH: "month"}

    def __init__(self, startField: int | None = None, endField: int | None = None) -> None:
        self._set_fields(startField, endField)

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, obj: Any) -> Any:
        """Refuse, as PySpark does."""
        raise _not_implemented("YearMonthIntervalType.toInternal")

    def fromInternal(self, obj: Any) -> Any:
        """Refuse, as PySpark does."""
        raise _not_implemented("YearMonthIntervalType.fromInternal")


class CalendarIntervalType(DataType, metaclass=DataTypeSingleton):
    """Months, days and microseconds, which have no Python class."""

    @classmethod
    def typeName(cls) -> str:
        """Return `interval`."""
        return "interval"

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, obj: Any) -> Any:
        """Refuse, as PySpark does."""
        raise _not_implemented("CalendarIntervalType.toInternal")

    def fromInternal(self, obj: Any) -> Any:
        """Refuse, as PySpark does."""
        raise _not_implemented("CalendarIntervalType.fromInternal")


LIMITS: dict[type[DataType], tuple[int, int]] = {
    ByteType: (-(1 << 7), (1 << 7) - 1),
    ShortType: (-(1 << 15), (1 << 15) - 1),
    IntegerType: (-(1 << 31), (1 << 31) - 1),
    LongType: (-(1 << 63), (1 << 63) - 1),
}
"""The smallest and largest whole number of each type."""
