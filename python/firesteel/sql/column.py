"""Column: an expression that programs build with operators, methods and functions.

Invariant: building never looks at data, so it works without a session; only a DataFrame resolves names.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from firesteel.errors import PySparkAttributeError, PySparkTypeError, PySparkValueError
from firesteel.sql._absent import complete
from firesteel.sql._expressions import (
    Alias,
    Attribute,
    Call,
    CaseWhen,
    Cast,
    Expression,
    Extract,
    Literal,
    Over,
    SortOrder,
)
from firesteel.sql._types.data_type import DataType

if TYPE_CHECKING:
    from firesteel.sql.window import WindowSpec

__all__ = ["Column"]


def expression_of(value: Any) -> Expression:
    """Return the expression of a column, or of any other value as a literal."""
    return value._expression if isinstance(value, Column) else Literal(value)


def named(value: Any) -> Expression:
    """Return the expression of a column or of its name."""
    return Attribute(value) if isinstance(value, str) else expression_of(value)


def wrong_type(name: str, expected: str, value: Any) -> PySparkTypeError:
    """Return the error for an argument of another type than it should be."""
    parameters = {"arg_name": name, "expected_type": expected, "arg_type": type(value).__name__}
    return PySparkTypeError(errorClass="NOT_EXPECTED_TYPE", messageParameters=parameters)


def _binary(operator: str) -> Callable[["Column", Any], "Column"]:
    def method(self: "Column", other: Any) -> "Column":
        return Column(Call(operator, (self._expression, expression_of(other))))

    return method


def _reverse(operator: str) -> Callable[["Column", Any], "Column"]:
    def method(self: "Column", other: Any) -> "Column":
        return Column(Call(operator, (expression_of(other), self._expression)))

    return method


def _unary(operator: str) -> Callable[["Column"], "Column"]:
    def method(self: "Column") -> "Column":
        return Column(Call(operator, (self._expression,)))

    return method


def _order(ascending: bool, nulls_first: bool) -> Callable[["Column"], "Column"]:
    def method(self: "Column") -> "Column":
        return Column(SortOrder(self._expression, ascending, nulls_first))

    return method


@complete
class Column:
    """A column of a DataFrame, or an expression on columns.

    >>> from firesteel.sql import functions as F
    >>> (F.col("a") + 1).alias("b")
    Column<'+(a, 1) AS b'>
    """

    def __init__(self, expression: Expression) -> None:
        self._expression = expression

    __add__ = _binary("+")
    __sub__ = _binary("-")
    __mul__ = _binary("*")
    __truediv__ = __div__ = _binary("/")
    __mod__ = _binary("%")
    __pow__ = _binary("power")
    __radd__ = _reverse("+")
    __rsub__ = _reverse("-")
    __rmul__ = _reverse("*")
    __rtruediv__ = __rdiv__ = _reverse("/")
    __rmod__ = _reverse("%")
    __rpow__ = _reverse("power")
    __lt__ = _binary("<")
    __le__ = _binary("<=")
    __gt__ = _binary(">")
    __ge__ = _binary(">=")
    __and__ = _binary("and")
    __or__ = _binary("or")
    __rand__ = _reverse("and")
    __ror__ = _reverse("or")
    __neg__ = _unary("negative")
    __invert__ = _unary("!")
    __hash__ = None  # type: ignore[assignment]  # columns that are equal are a column

    eqNullSafe = _binary("<=>")
    bitwiseOR = _binary("|")
    bitwiseAND = _binary("&")
    bitwiseXOR = _binary("^")
    contains = _binary("contains")
    startswith = _binary("startswith")
    endswith = _binary("endswith")
    like = _binary("like")
    rlike = _binary("rlike")
    ilike = _binary("ilike")
    isNull = _unary("isNull")
    isNotNull = _unary("isNotNull")
    isNaN = _unary("isNaN")
    outer = _unary("outer")
    asc = asc_nulls_first = _order(ascending=True, nulls_first=True)
    asc_nulls_last = _order(ascending=True, nulls_first=False)
    desc = desc_nulls_last = _order(ascending=False, nulls_first=False)
    desc_nulls_first = _order(ascending=False, nulls_first=True)

    def __eq__(self, other: object) -> "Column":  # type: ignore[override]  # an expression
        return Column(Call("=", (self._expression, expression_of(other))))

    def __ne__(self, other: object) -> "Column":  # type: ignore[override]  # an expression
        return Column(Call("!", ((self == other)._expression,)))

    def __contains__(self, item: object) -> NoReturn:
        raise PySparkValueError(errorClass="CANNOT_APPLY_IN_FOR_COLUMN", messageParameters={})

    def __bool__(self) -> NoReturn:
        parameters = {"column": str(self._expression)}
        raise PySparkValueError(errorClass="CANNOT_CONVERT_COLUMN_INTO_BOOL", messageParameters=parameters)

    __nonzero__ = __bool__

    def __iter__(self) -> NoReturn:
        raise PySparkTypeError(errorClass="NOT_ITERABLE", messageParameters={"objectName": "Column"})

    def __getitem__(self, k: Any) -> "Column":
        if not isinstance(k, slice):
            return self._extract(k)
        if k.step is not None:
            raise PySparkValueError(errorClass="SLICE_WITH_STEP", messageParameters={})
        return self.substr(k.start, k.stop)

    def __getattr__(self, item: str) -> "Column":
        if item.startswith("__"):
            raise PySparkAttributeError(errorClass="CANNOT_ACCESS_TO_DUNDER", messageParameters={})
        return self._extract(item)

    def _extract(self, key: Any) -> "Column":
        return Column(Extract(self._expression, expression_of(key)))

    def getItem(self, key: Any) -> "Column":
        """Return an element, by its position or key."""
        return self._extract(key)

    def getField(self, name: Any) -> "Column":
        """Return a field of a struct."""
        return self._extract(name)

    def withField(self, fieldName: str, col: "Column") -> "Column":
        """Return the struct with a field added or replaced."""
        if not isinstance(fieldName, str):
            raise wrong_type("fieldName", "str", fieldName)
        if not isinstance(col, Column):
            raise wrong_type("col", "Column", col)
        return Column(Call("update_fields", (self._expression, Literal(fieldName), col._expression)))

    def dropFields(self, *fieldNames: str) -> "Column":
        """Return the struct without some fields."""
        return Column(Call("drop_fields", (self._expression, *map(Literal, fieldNames))))

    def substr(self, startPos: "int | Column", length: "int | Column") -> "Column":
        """Return a part of a text, from a position that counts from 1."""
        if type(startPos) is not type(length):
            parameters = {
                "arg_name1": "startPos",
                "arg_name2": "length",
                "arg_type1": type(startPos).__name__,
                "arg_type2": type(length).__name__,
            }
            raise PySparkTypeError(errorClass="NOT_SAME_TYPE", messageParameters=parameters)
        if not isinstance(startPos, (int, Column)):
            raise wrong_type("startPos", "Column or int", startPos)
        arguments = (self._expression, expression_of(startPos), expression_of(length))
        return Column(Call("substr", arguments))

    def isin(self, *cols: Any) -> "Column":
        """Tell whether a value is one of some, given one by one or in one list."""
        values = cols[0] if len(cols) == 1 and isinstance(cols[0], (list, set)) else cols
        return Column(Call("in", (self._expression, *map(expression_of, values))))

    def between(self, lowerBound: Any, upperBound: Any) -> "Column":
        """Tell whether a value is within two bounds."""
        return (self >= lowerBound) & (self <= upperBound)

    def alias(self, *alias: str, **kwargs: Any) -> "Column":
        """Return the column under another name."""
        metadata = kwargs.pop("metadata", None)
        assert not kwargs, f"Unexpected kwargs where passed: {kwargs}"
        if metadata is not None and len(alias) > 1:
            parameters = {"arg_name": "metadata"}
            raise PySparkValueError(errorClass="ONLY_ALLOWED_FOR_SINGLE_COLUMN", messageParameters=parameters)
        return Column(Alias(self._expression, alias, metadata))

    def name(self, *alias: str, **kwargs: Any) -> "Column":
        """Return the column under another name."""
        return self.alias(*alias, **kwargs)

    def cast(self, dataType: DataType | str) -> "Column":
        """Return the column as another type."""
        return self._cast(dataType, is_try=False)

    def try_cast(self, dataType: DataType | str) -> "Column":
        """Return the column as another type, null where a value is none of it."""
        return self._cast(dataType, is_try=True)

    def _cast(self, data_type: DataType | str, is_try: bool) -> "Column":
        if not isinstance(data_type, (DataType, str)):
            raise wrong_type("dataType", "DataType or str", data_type)
        return Column(Cast(self._expression, data_type, is_try))

    def astype(self, dataType: DataType | str) -> "Column":
        """Return the column as another type."""
        return self.cast(dataType)

    def when(self, condition: "Column", value: Any) -> "Column":
        """Add a case to `functions.when`."""
        if not isinstance(condition, Column):
            raise wrong_type("condition", "Column", condition)
        case = self._expression
        if not isinstance(case, CaseWhen) or case.otherwise is not None:
            raise PySparkValueError("when() can only be applied on a Column previously generated by when()")
        return Column(CaseWhen((*case.branches, (condition._expression, expression_of(value)))))

    def otherwise(self, value: Any) -> "Column":
        """Say what `functions.when` gives where no condition holds."""
        case = self._expression
        if not isinstance(case, CaseWhen) or case.otherwise is not None:
            raise PySparkValueError("otherwise() can only be applied on a Column generated by when()")
        return Column(CaseWhen(case.branches, expression_of(value)))

    def over(self, window: "WindowSpec") -> "Column":
        """Return the function over a window."""
        from firesteel.sql.window import WindowSpec

        if not isinstance(window, WindowSpec):
            raise wrong_type("window", "WindowSpec", window)
        return Column(Over(self._expression, window))

    def transform(self, f: Callable[["Column"], "Column"]) -> "Column":
        """Return what a function makes of the column."""
        return f(self)

    def __repr__(self) -> str:
        return f"Column<'{self._expression}'>"
