"""Row: a tuple whose elements may have names."""

from typing import Any

from firesteel.errors import (
    PySparkAttributeError,
    PySparkKeyError,
    PySparkRuntimeError,
    PySparkTypeError,
    PySparkValueError,
)


class Row(tuple):
    """A row of a DataFrame, or with names alone a class of rows.

    >>> from firesteel.sql import Row
    >>> row = Row(name="Alice", age=11)
    >>> row, row.name, row["age"], "age" in row
    (Row(name='Alice', age=11), 'Alice', 11, True)
    >>> Person = Row("name", "age")
    >>> Person("Bob", 12).asDict()
    {'name': 'Bob', 'age': 12}
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> "Row":
        """Make a row of named values, or of values or names alone."""
        if args and kwargs:
            parameters = {"arg_list": "args and kwargs"}
            raise PySparkValueError(errorClass="CANNOT_SET_TOGETHER", messageParameters=parameters)
        if not kwargs:
            return tuple.__new__(cls, args)
        row = tuple.__new__(cls, list(kwargs.values()))
        row.__fields__ = list(kwargs)
        return row

    def asDict(self, recursive: bool = False) -> dict[str, Any]:
        """Return names and values; with `recursive` rows inside lists and dicts, too."""
        if not hasattr(self, "__fields__"):
            parameters = {"from_type": "Row", "to_type": "dict"}
            raise PySparkTypeError(errorClass="CANNOT_CONVERT_TYPE", messageParameters=parameters)
        values = map(_as_dict, self) if recursive else self
        return dict(zip(self.__fields__, values, strict=False))

    def __contains__(self, item: object) -> bool:
        return item in (self.__fields__ if hasattr(self, "__fields__") else tuple(self))

    def __call__(self, *args: Any) -> "Row":
        """Make a row whose names are the elements of this one."""
        if len(args) > len(self):
            parameters = {"expected": str(len(self)), "item": "fields", "actual": str(len(args))}
            raise PySparkValueError(errorClass="TOO_MANY_VALUES", messageParameters=parameters)
        return _create_row(self, args)

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, (int, slice)):
            return super().__getitem__(item)
        try:
            return super().__getitem__(self.__fields__.index(item))
        except IndexError:
            raise _key_error(item) from None
        except ValueError:
            raise PySparkValueError(item) from None

    def __getattr__(self, item: str) -> Any:
        if item.startswith("__"):
            raise _attribute_error(item)
        try:
            return super().__getitem__(self.__fields__.index(item))
        except (IndexError, ValueError):
            raise _attribute_error(item) from None

    def __setattr__(self, key: str, value: Any) -> None:
        if key not in ("__fields__", "__from_dict__"):
            raise PySparkRuntimeError(errorClass="READ_ONLY", messageParameters={"object": "Row"})
        self.__dict__[key] = value

    def __reduce__(self) -> str | tuple[Any, ...]:
        if hasattr(self, "__fields__"):
            return _create_row, (self.__fields__, tuple(self))
        return super().__reduce__()

    def __repr__(self) -> str:
        if hasattr(self, "__fields__"):
            pairs = zip(self.__fields__, tuple(self), strict=False)
            return f"Row({', '.join(f'{name}={value!r}' for name, value in pairs)})"
        return f"<Row({', '.join(map(repr, self))})>"


def _create_row(fields: Any, values: Any) -> Row:
    """Make a row of names and values: what pickles name."""
    row = tuple.__new__(Row, values)
    row.__dict__["__fields__"] = fields
    return row


def _as_dict(value: Any) -> Any:
    if isinstance(value, Row):
        return value.asDict(True)
    if isinstance(value, list):
        return [_as_dict(element) for element in value]
    if isinstance(value, dict):
        return {key: _as_dict(element) for key, element in value.items()}
    return value


def _attribute_error(name: str) -> PySparkAttributeError:
    return PySparkAttributeError(errorClass="ATTRIBUTE_NOT_SUPPORTED", messageParameters={"attr_name": name})


def _key_error(item: Any) -> Exception:
    return PySparkKeyError(errorClass="KEY_NOT_EXISTS", messageParameters={"key": str(item)})
