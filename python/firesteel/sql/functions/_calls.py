"""How a call of a function of SQL becomes an expression.

Invariant: all functions follow one rule, and whatever needs another is written out in `builtin`.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firesteel.errors import PySparkValueError
from firesteel.sql._expressions import Call, Expression, Lambda, fresh_variable
from firesteel.sql._surface import Member, define
from firesteel.sql.column import Column, expression_of, named

RENAMED = {
    "count_distinct": "count",
    "countDistinct": "count",
    "create_map": "map",
    "isnan": "isNaN",
    "isnull": "isNull",
    "log": "ln",
    "mean": "avg",
    "pow": "power",
    "sum_distinct": "sum",
    "sumDistinct": "sum",
}
"""What SQL calls functions that have another name in Python."""

_PREFIXES = ("x", "y", "z")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass
class Rule:
    """What becomes of each argument: its name, whether it is one of many, and whether a text is a column."""

    name: str
    parameters: list[tuple[str, bool, bool]]

    def call(self, arguments: dict[str, Any]) -> Column:
        """Return the column of a call, given the arguments by their names."""
        expressions: list[Expression] = []
        for parameter, is_many, takes_columns in self.parameters:
            convert = named if takes_columns else _argument
            value = arguments[parameter]
            if is_many:
                expressions += [convert(element) for element in _flat(value)]
            elif value is not None:
                expressions.append(convert(value))
        return Column(Call(self.name, tuple(expressions)))


def make(member: Member, module: str) -> Any:
    """Return the function of a name of the table."""
    rule = Rule(RENAMED.get(member.name, member.name), [])
    function = define(member, "return _call(locals())", {"_call": rule.call}, module, member.name)
    rule.parameters = [
        (name, parameter.kind is inspect.Parameter.VAR_POSITIONAL, name in function.__annotations__)
        for name, parameter in inspect.signature(function).parameters.items()
    ]
    return function


def _flat(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 and isinstance(values[0], (list, set, tuple)) else values


def _argument(value: Any) -> Expression:
    if callable(value) and not isinstance(value, Column):
        return make_lambda(value)
    return expression_of(value)


def make_lambda(function: Callable[..., Any]) -> Lambda:
    """Return the expression of a Python function on columns."""
    parameters = inspect.signature(function).parameters.values()
    name = getattr(function, "__name__", type(function).__name__)
    if any(parameter.kind not in _POSITIONAL for parameter in parameters):
        raise _error("UNSUPPORTED_PARAM_TYPE_FOR_HIGHER_ORDER_FUNCTION", func_name=name)
    if not 1 <= len(parameters) <= len(_PREFIXES):
        count = str(len(parameters))
        raise _error("WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION", func_name=name, num_args=count)
    variables = tuple(fresh_variable(prefix) for prefix in _PREFIXES[: len(parameters)])
    result = function(*map(Column, variables))
    if not isinstance(result, Column):
        kind = type(result).__name__
        raise _error("HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN", func_name=name, return_type=kind)
    return Lambda(variables, result._expression)


def _error(error_class: str, **parameters: str) -> PySparkValueError:
    return PySparkValueError(errorClass=error_class, messageParameters=parameters)
