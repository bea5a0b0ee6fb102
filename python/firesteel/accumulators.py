"""Accumulators: variables that tasks add to and only the driver reads.

An accumulator travels inside a function as its id and a zero. The copies that a task makes are collected at
its end (`worker.end_task`), and the driver adds them to the original once per task of an action.
"""

import pickle
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, Generic, NoReturn, TypeVar
from weakref import WeakValueDictionary

from firesteel import _public_names
from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError

__all__ = ["Accumulator", "AccumulatorParam"]

T = TypeVar("T")

# On the driver: the originals, as long as the program keeps them.
_accumulatorRegistry: MutableMapping[int, "Accumulator[Any]"] = WeakValueDictionary()
# In a worker: the copies of the running task.
_copies: dict[int, "Accumulator[Any]"] = {}
_merging = threading.Lock()


class AccumulatorParam(Generic[T]):
    """How values of a type are added. Derive from it for types of your own.

    Examples
    --------
    >>> from firesteel.accumulators import AccumulatorParam
    >>> class Union(AccumulatorParam):
    ...     def zero(self, value):
    ...         return set()
    ...     def addInPlace(self, value1, value2):
    ...         return value1 | value2
    >>> letters = sc.accumulator(set(), Union())
    >>> sc.parallelize(["fire", "ice"]).foreach(lambda word: letters.add(set(word)))
    >>> sorted(letters.value)
    ['c', 'e', 'f', 'i', 'r']
    """

    def zero(self, value: T) -> T:
        """Return what every task starts with; `value` is the accumulator's first value."""
        raise NotImplementedError

    def addInPlace(self, value1: T, value2: T) -> T:
        """Return the sum. It may change and return the first value."""
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam[Any]):
    """Adds with `+`, from a fixed zero."""

    def __init__(self, zero_value: Any) -> None:
        self.zero_value = zero_value

    def zero(self, value: Any) -> Any:
        """Return the fixed zero."""
        return self.zero_value

    def addInPlace(self, value1: Any, value2: Any) -> Any:
        """Return the sum."""
        value1 += value2
        return value1


INTEGER_ACCUMULATOR_PARAM = AddingAccumulatorParam(0)
FLOAT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0)
COMPLEX_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0j)
INT_ACCUMULATOR_PARAM = INTEGER_ACCUMULATOR_PARAM


class SpecialAccumulatorIds:
    """PySpark's ids for the profiles of functions of DataFrames; no accumulator of a program has them."""

    SQL_UDF_PROFIER = -1
    SQL_UDF_PROFIER_V2 = -2


class Accumulator(Generic[T]):
    """A variable made by `SparkContext.accumulator`. Tasks add to it, the driver reads `value`.

    Examples
    --------
    >>> seen = sc.accumulator(0)
    >>> sc.parallelize([1, 2, 3]).foreach(lambda x: seen.add(x))
    >>> seen.value
    6
    >>> seen += 4
    >>> seen
    Accumulator<id=..., value=10>
    """

    def __init__(self, aid: int, value: T, accum_param: AccumulatorParam[T]) -> None:
        self.aid = aid
        self.accum_param = accum_param
        self._value = value
        self._deserialized = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _deserialize_accumulator, (self.aid, self.accum_param.zero(self._value), self.accum_param)

    @property
    def accum_param(self) -> AccumulatorParam[T]:
        """How values are added."""
        return self._param

    @accum_param.setter
    def accum_param(self, param: AccumulatorParam[T]) -> None:
        self._param = param
        # Whether terms are added by what numbers do by default; a class derived from that may do anything.
        # Each term asks: the interpreter is quick about what an instance has and its class has not.
        self._adds = param.__class__ is AddingAccumulatorParam

    @property
    def value(self) -> T:
        """The sum so far. Only the driver may read or set it.

        Raises
        ------
        PySparkRuntimeError
            Inside a task.
        """
        self._assert_on_driver()
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self._assert_on_driver()
        self._value = value

    def add(self, term: T) -> None:
        """Add to the variable, in a task or on the driver."""
        if self._adds:
            self._value += term  # type: ignore[operator]  # a number
        else:
            self._value = self.accum_param.addInPlace(self._value, term)

    def __iadd__(self, term: T) -> "Accumulator[T]":
        self.add(term)
        return self

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"Accumulator<id={self.aid}, value={self._value}>"

    def _assert_on_driver(self) -> None:
        if self._deserialized:
            raise PySparkRuntimeError(
                errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "Accumulator.value"}
            )


def default_param(value: Any) -> AccumulatorParam[Any]:
    """Return how to add values of a number's type.

    Raises
    ------
    TypeError
        For what is no number.
    """
    if isinstance(value, int):
        return INTEGER_ACCUMULATOR_PARAM
    if isinstance(value, float):
        return FLOAT_ACCUMULATOR_PARAM
    if isinstance(value, complex):
        return COMPLEX_ACCUMULATOR_PARAM
    raise TypeError(f"No default accumulator param for type {type(value)}")


def register(accumulator: Accumulator[Any]) -> None:
    """Make an accumulator known to the driver, so that the updates of tasks find it."""
    _accumulatorRegistry[accumulator.aid] = accumulator


def merge_updates(pickled: bytes) -> None:
    """Add what a task collected to the driver's accumulators. Forgotten ones are skipped."""
    updates: Iterable[tuple[int, Any]] = pickle.loads(pickled)
    with _merging:
        for aid, value in updates:
            accumulator = _accumulatorRegistry.get(aid)
            if accumulator is not None:
                accumulator += value


def forget_copies() -> None:
    """Begin a task: the copies of the task before are not its own."""
    _copies.clear()


def collected_updates() -> Iterator[tuple[int, Any]]:
    """Go through what the running task added."""
    return ((aid, accumulator._value) for aid, accumulator in _copies.items())


def _deserialize_accumulator(aid: int, zero: Any, accum_param: AccumulatorParam[Any]) -> Accumulator[Any]:
    """Unpickle: the original where it is known, else the task's one copy."""
    known = _accumulatorRegistry.get(aid) or _copies.get(aid)
    if known is not None:
        return known
    accumulator = Accumulator(aid, zero, accum_param)
    accumulator._deserialized = True
    _copies[aid] = accumulator
    return accumulator


class _NoServer:
    """PySpark's JVM sends updates to a server; here they come with the reports of tasks."""

    server_shutdown = False

    def shutdown(self) -> None:
        """Do nothing: there is nothing to end."""


def _no_server(name: str) -> NoReturn:
    raise PySparkNotImplementedError(
        f"there is no {name}: updates come with the reports of tasks; use SparkContext.accumulator"
    )


class AccumulatorTCPServer(_NoServer):
    """The server of PySpark's driver. Raises: no port is open here."""

    auth_token: str

    def __init__(self, server_address: tuple[str, int], RequestHandlerClass: type, auth_token: str) -> None:
        _no_server("AccumulatorTCPServer")


class AccumulatorUnixServer(_NoServer):
    """The server of PySpark's driver. Raises: there is no such socket here."""

    auth_token: str

    def __init__(self, socket_path: str, RequestHandlerClass: type) -> None:
        _no_server("AccumulatorUnixServer")


class UpdateRequestHandler:
    """What PySpark's server does with a connection. Raises: there is none."""

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        _no_server("UpdateRequestHandler")

    def handle(self) -> None:
        """Do nothing: nobody is connected."""


_public_names.publish(__name__)
