"""Which functions of the user's are plainly an operation that workers run without calling Python.

Invariant: a function that is named here does exactly what the operation does, whatever its arguments are; for
two of type int, float or str it can be replaced without anybody noticing.
"""

import builtins
import dis
import functools
import inspect
import operator
import sys
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

__all__ = ["is_sum", "needle_of", "operation_of"]

_FUNCTIONS: dict[Callable[..., Any], str] = {operator.add: "add", max: "max", min: "min"}

# Whatever the interpreter compiles these to, it compiles a function of the user's to that means the same.
_PATTERNS: tuple[tuple[FunctionType, str], ...] = (
    (lambda left, right: left + right, "add"),
    (lambda left, right: max(left, right), "max"),
    (lambda left, right: min(left, right), "min"),
)


def operation_of(function: Any) -> str | None:
    """Return "add", "max" or "min" for a function that is plainly this, else None.

    >>> operation_of(max), operation_of(lambda a, b: a + b), operation_of(lambda a, b: a - b)
    ('max', 'add', None)
    """
    if _is_watched():
        return None
    if type(function) is FunctionType:
        return next((name for pattern, name in _PATTERNS if _is_alike(function, pattern)), None)
    return next((name for known, name in _FUNCTIONS.items() if function is known), None)


def is_sum(function: Any) -> bool:
    """Tell whether a function is the builtin `sum`, called without a start.

    >>> is_sum(sum), is_sum(lambda numbers: sum(numbers))
    (True, False)
    """
    return function is sum and not _is_watched()


def needle_of(function: Any) -> tuple[str, bool, CellType | dict[str, Any] | None, str] | None:
    """Return the str that a function plainly looks for in its argument, and whether it wants to find it.

    None for any other function. What the name of a variable stands for is looked up now. Code that runs later
    may change it: so with it comes what holds it, a cell or variables or None for a constant, and its name.

    >>> needle_of(lambda line: "error" in line), needle_of(lambda line: "debug" not in line)
    (('error', True, None, ''), ('debug', False, None, ''))
    >>> needle_of(lambda line: __name__ in line)[2:] == (globals(), "__name__")
    True
    >>> needle_of(lambda line: line in "error") is None
    True
    """
    if type(function) is not FunctionType or _is_watched() or not _takes_one(function.__code__):
        return None
    if len(function.__code__.co_code) > _longest_search():
        return None
    steps, operands = _steps(function.__code__)
    wanted = _searches().get(steps)
    if wanted is None:
        return None
    holder, name = _holder(function, operands[0])
    needle = operands[0].argval if holder is None else _held(function, holder, name)
    return (needle, wanted, holder, name) if type(needle) is str else None


@functools.cache
def _searches() -> dict[tuple[object, ...], bool]:
    """Return the steps of all functions that plainly look for something, with what they want."""
    return {_steps(pattern.__code__)[0]: wanted for pattern, wanted in _search_patterns()}


@functools.cache
def _longest_search() -> int:
    """Return how long the code of such a function is at most: to take a longer one apart is in vain."""
    return max(len(pattern.__code__.co_code) for pattern, _ in _search_patterns())


def _search_patterns() -> list[tuple[FunctionType, bool]]:
    def closures(it: str) -> list[tuple[FunctionType, bool]]:
        return [
            (lambda line: it in line, True),
            (lambda line: it not in line, False),
            (lambda line: line.__contains__(it), True),
        ]

    patterns: list[tuple[FunctionType, bool]] = [
        (lambda line: "it" in line, True),
        (lambda line: "it" not in line, False),
        (lambda line: line.__contains__("it"), True),
        (lambda line: __name__ in line, True),
        (lambda line: __name__ not in line, False),
        (lambda line: line.__contains__(__name__), True),
    ]
    return patterns + closures("it")


def _takes_one(code: CodeType) -> bool:
    """Whether this is a function of one argument, without other variables of its own, and no generator."""
    unusual = (
        inspect.CO_VARARGS
        | inspect.CO_VARKEYWORDS
        | inspect.CO_GENERATOR
        | inspect.CO_COROUTINE
        | inspect.CO_ASYNC_GENERATOR
    )
    plain = code.co_argcount == 1 and len(code.co_varnames) == 1 and not code.co_cellvars
    return plain and not code.co_flags & unusual and not code.co_exceptiontable


def _steps(code: CodeType) -> tuple[tuple[object, ...], list[dis.Instruction]]:
    """Return the instructions without what they load from outside, and those that do that."""
    steps, operands = [], []
    for instruction in dis.get_instructions(code):
        if instruction.opcode in _OUTSIDE:
            operands.append(instruction)
            steps.append((instruction.opname, None))
        else:
            is_name = instruction.opcode in dis.hasname
            steps.append((instruction.opname, instruction.argval if is_name else instruction.arg))
    return tuple(steps), operands


_OUTSIDE = {*dis.hasconst, *dis.hasfree, dis.opmap["LOAD_GLOBAL"]}


def _holder(
    function: FunctionType, instruction: dis.Instruction
) -> tuple[CellType | dict[str, Any] | None, str]:
    """Return from where an instruction loads what it loads: a cell or variables, or None for a constant."""
    if instruction.opcode in dis.hasconst:
        return None, ""
    name = instruction.argval
    if instruction.opcode in dis.hasfree:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        return cells[name], name
    return function.__globals__, name


def _held(function: FunctionType, holder: CellType | dict[str, Any], name: str) -> object:
    """Return what a function finds there; None where it would fail."""
    if isinstance(holder, CellType):
        try:
            return holder.cell_contents
        except ValueError:
            return None
    return holder.get(name, function.__builtins__.get(name)) if type(holder) is dict else None


def _is_watched() -> bool:
    """Whether somebody counts calls: a profiler, a debugger, a measurement of coverage."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(monitoring.get_tool(tool) for tool in range(6))


def _is_alike(function: FunctionType, pattern: FunctionType) -> bool:
    return _shape(function.__code__) == _shape(pattern.__code__) and all(
        _is_builtin(name, function) for name in function.__code__.co_names
    )


def _shape(code: CodeType) -> tuple[object, ...]:
    """Everything that decides what code does, for code without constants: names of variables do not."""
    return (
        code.co_code,
        code.co_names,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_flags & ~_NESTED,
        len(code.co_varnames),
        code.co_cellvars,
        code.co_freevars,
    )


# Set for a function inside a function, and without effect.
_NESTED = 0x10


def _is_builtin(name: str, function: FunctionType) -> bool:
    """Whether a function finds the builtin of this name, and nobody has replaced that."""
    found = function.__globals__.get(name, function.__builtins__.get(name))
    return found is getattr(builtins, name) and any(found is known for known in _FUNCTIONS)
