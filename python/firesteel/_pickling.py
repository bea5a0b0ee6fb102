"""Pickling of the user's functions, and the story of why one cannot be pickled.

cloudpickle does the work. What is ours is the error: it names the way from the function to the culprit,
`f -> closure 'self' -> .lock`, since the exception that pickle raises names only the culprit's type.
"""

import functools
import pickle
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from firesteel._public_names import is_public
from firesteel.errors import FiresteelError

LARGE_CAPTURE = 1 << 20
"""Bytes from which a captured value is named in the error, with the hint to broadcast it."""
DEEPEST_PATH = 12
"""Steps that the search for the culprit takes, at most."""

Part = tuple[str, Any]


def dumps(value: Any) -> bytes:
    """Return a value pickled by cloudpickle, functions and classes of the main program by value."""
    import cloudpickle

    return cloudpickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def dumps_code(code: Any, operation: str, place: str) -> bytes:
    """Return an operation's functions pickled.

    Raises
    ------
    pickle.PicklingError
        With the way to what cannot be pickled, its type, and the place of the operation.
    """
    try:
        return dumps(code)
    except FiresteelError:
        raise  # a destroyed broadcast, which says so itself
    except Exception as error:
        # Anything may come out of a user's __reduce__ or __getstate__.
        message = explain(code, error, f"{operation} at {place}")
    raise pickle.PicklingError(message) from None


def explain(code: Any, error: Exception, place: str) -> str:
    """Return the text for a value that cannot be pickled."""
    root, value = _root(code)
    path, culprit = find_culprit(root, value)
    reason = _failure(culprit) or error
    lines = [
        f"Could not serialize object: {type(reason).__name__}: {_first_line(reason)}",
        f"  {path}  (a {_type_name(culprit)})",
        f"  in {place}",
    ]
    lines += [f"  {hint}" for hint in large_captures(value)]
    return "\n".join(lines)


def find_culprit(name: str, value: Any) -> tuple[str, Any]:
    """Return the way to the innermost part that cannot be pickled, and that part."""
    path, seen = [name], {id(value)}
    while len(path) <= DEEPEST_PATH:
        new_parts = (part for part in _parts(value) if id(part[1]) not in seen)
        step = next((part for part in new_parts if not _can_pickle(part[1])), None)
        if step is None:
            break
        label, value = step
        seen.add(id(value))
        path.append(label)
    return " -> ".join(path), value


def large_captures(value: Any) -> list[str]:
    """Return a hint for each part of a function that takes more than a megabyte."""
    sizes = [(label, _size(part)) for label, part in _parts(value)]
    return [
        f"{label} takes {size / LARGE_CAPTURE:.1f} MB: sc.broadcast() would send it once"
        for label, size in sizes
        if size > LARGE_CAPTURE
    ]


def _root(code: Any) -> Part:
    """Name what the user passed: of an operation with several functions, the first that fails."""
    parts = code if isinstance(code, tuple) else (code,)
    failing = next((part for part in parts if not _can_pickle(part)), code)
    return getattr(failing, "__name__", type(failing).__name__), failing


def _parts(value: Any) -> Iterator[Part]:
    """Go through what pickling a value pickles with it, each part with the step that leads there."""
    if isinstance(value, FunctionType):
        yield from _parts_of_function(value)
    elif isinstance(value, MethodType):
        yield "self", value.__self__
    elif isinstance(value, functools.partial):
        yield "partial function", value.func
        yield from ((f"argument {index}", item) for index, item in enumerate(value.args))
        yield from ((f"argument {key!r}", item) for key, item in value.keywords.items())
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif not isinstance(value, type) and not is_public(type(value).__module__):
        yield from ((f".{key}", item) for key, item in _attributes(value))


def _parts_of_function(function: FunctionType) -> Iterator[Part]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f"closure {name!r}", cell.cell_contents
        except ValueError:
            continue  # a variable that has no value yet
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield f"global {name!r}", function.__globals__[name]
    for value in function.__defaults__ or ():
        yield "default value", value
    for name, value in (function.__kwdefaults__ or {}).items():
        yield f"default {name!r}", value


def _global_names(code: CodeType) -> Iterator[str]:
    """Go through the global names that a function and the functions inside it may use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _attributes(value: Any) -> Iterator[Part]:
    yield from getattr(value, "__dict__", {}).items()
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield name, getattr(value, name)


def _can_pickle(value: Any) -> bool:
    return _size(value) >= 0


def _size(value: Any) -> int:
    """Return how many bytes a value takes pickled, or -1."""
    try:
        return len(dumps(value))
    except Exception:
        return -1


def _failure(value: Any) -> Exception | None:
    """Return what pickling a value raises."""
    try:
        dumps(value)
    except Exception as error:
        return error
    return None


def _type_name(value: Any) -> str:
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
