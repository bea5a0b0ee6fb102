"""The decorators for functions on batches of pandas and Arrow. They need neither to be installed."""

import typing
from collections.abc import Callable
from typing import Any

from firesteel import _public_names
from firesteel.errors import PySparkTypeError
from firesteel.sql.udf import decorated

__all__ = ["ArrowUDFType", "PandasUDFType", "arrow_udf", "pandas_udf", "vectorized_udf"]


class PandasUDFType:
    """PySpark's numbers for the kinds of functions on pandas' batches."""

    SCALAR = 200
    GROUPED_MAP = 201
    GROUPED_AGG = 202
    SCALAR_ITER = 204
    GROUPED_AGG_ITER = 216


class ArrowUDFType:
    """PySpark's numbers for the kinds of functions on Arrow's batches."""

    SCALAR = 250
    SCALAR_ITER = 251
    GROUPED_AGG = 252
    GROUPED_AGG_ITER = 254


def pandas_udf(f: Any = None, returnType: Any = None, functionType: int | None = None) -> Any:
    """Make a function on pandas' batches one on columns; also as a decorator.

    >>> @pandas_udf("long")
    ... def plus_one(batch):
    ...     return batch + 1
    >>> plus_one("a"), plus_one.evalType == PandasUDFType.SCALAR
    (Column<'plus_one(a)'>, True)
    """
    return _made(f, returnType, functionType, PandasUDFType)


def arrow_udf(f: Any = None, returnType: Any = None, functionType: int | None = None) -> Any:
    """Make a function on Arrow's batches one on columns; also as a decorator."""
    return _made(f, returnType, functionType, ArrowUDFType)


def vectorized_udf(
    f: Any = None, returnType: Any = None, functionType: int | None = None, kind: str = "pandas"
) -> Any:
    """Make a function on batches of a kind one on columns; also as a decorator."""
    return _made(f, returnType, functionType, PandasUDFType if kind == "pandas" else ArrowUDFType)


def _made(f: Any, return_type: Any, function_type: int | None, kinds: Any) -> Any:
    if callable(f):
        wanted, function = return_type, f
    else:
        wanted, function = (f, None) if f is not None else (return_type, None)
        if f is not None and return_type is not None:
            function_type = return_type  # as in @pandas_udf("int", PandasUDFType.SCALAR)
    if wanted is None:
        raise PySparkTypeError(
            errorClass="ARGUMENT_REQUIRED",
            messageParameters={"arg_name": "returnType", "condition": "calling pandas_udf or arrow_udf"},
        )

    def make(given: Callable[..., Any]) -> Any:
        return decorated(given, wanted, function_type or _inferred(given, kinds))

    return make if function is None else make(function)


def _inferred(function: Callable[..., Any], kinds: Any) -> int:
    """Return the kind that the annotations of a function say; without any it maps batches."""
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        hints = getattr(function, "__annotations__", {})
    result = _name(hints.get("return"))
    takes_iterator = any(_name(hint) == "Iterator" for name, hint in hints.items() if name != "return")
    if result == "Iterator":
        return kinds.SCALAR_ITER
    gives_batch = result in ("", "Series", "DataFrame", "Array", "ChunkedArray", "StructArray")
    if takes_iterator:
        return kinds.GROUPED_AGG_ITER
    return kinds.SCALAR if gives_batch else kinds.GROUPED_AGG


def _name(hint: Any) -> str:
    if hint is None:
        return ""
    if isinstance(hint, str):
        return hint.split("[")[0].rpartition(".")[2]
    return getattr(typing.get_origin(hint) or hint, "__name__", "")


_public_names.publish(__name__)
