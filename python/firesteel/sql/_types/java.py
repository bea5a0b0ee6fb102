"""The classes by which PySpark hands values to Java. There is none: they convert nothing."""

from typing import Any

from firesteel.errors import PySparkNotImplementedError


class _Converter:
    def can_convert(self, obj: Any) -> bool:
        """Tell whether a value is one for this converter: never."""
        return False

    def convert(self, obj: Any, gateway_client: Any) -> Any:
        """Refuse: there is no JVM."""
        raise PySparkNotImplementedError(f"{type(self).__name__}.convert needs a JVM, and there is none")


class DateConverter(_Converter):
    """Of days."""


class TimeConverter(_Converter):
    """Of times of day."""


class DatetimeConverter(_Converter):
    """Of points in time."""


class DatetimeNTZConverter(_Converter):
    """Of dates with times."""


class DayTimeIntervalTypeConverter(_Converter):
    """Of durations."""


class NumpyScalarConverter(_Converter):
    """Of numpy's scalars."""


class NumpyArrayConverter(_Converter):
    """Of numpy's arrays."""
