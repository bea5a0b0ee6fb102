"""Helpers for tests: test cases with a context, and waiting. What compares DataFrames says there are none."""

import functools
import sys
import time
import unittest
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, NoReturn, TypeVar

from firesteel import _public_names
from firesteel.conf import SparkConf
from firesteel.core.context import SparkContext
from firesteel.errors import PySparkNotImplementedError

__all__ = [
    "PySparkTestCase",
    "QuietTest",
    "ReusedPySparkTestCase",
    "assertDataFrameEqual",
    "assertSchemaEqual",
    "eventually",
]

_F = TypeVar("_F", bound=Callable[..., Any])

MASTER = "local[4]"


def assertDataFrameEqual(actual: Any, expected: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise: there are no DataFrames yet."""
    raise _no_data_frames("assertDataFrameEqual")


def assertSchemaEqual(actual: Any, expected: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise: there are no DataFrames yet."""
    raise _no_data_frames("assertSchemaEqual")


def _no_data_frames(name: str) -> PySparkNotImplementedError:
    return PySparkNotImplementedError(
        f"{name} is not part of Firesteel yet: RDDs work today (assert rdd.collect() == [...]), "
        "DataFrames come later"
    )


class PySparkTestCase(unittest.TestCase):
    """A test case that starts a context for each test: `self.sc`."""

    def setUp(self) -> None:
        """Start a context."""
        self._old_sys_path = list(sys.path)
        self.sc = SparkContext(MASTER, type(self).__name__)

    def tearDown(self) -> None:
        """Stop it."""
        self.sc.stop()
        sys.path = self._old_sys_path


class ReusedPySparkTestCase(unittest.TestCase):
    """A test case that starts one context for all its tests: `self.sc`."""

    sc: ClassVar[SparkContext]

    @classmethod
    def conf(cls) -> SparkConf:
        """Return the settings of the context. Override this."""
        return SparkConf()

    @classmethod
    def master(cls) -> str:
        """Return the master of the context. Override this."""
        return MASTER

    @classmethod
    def setUpClass(cls) -> None:
        """Start the context."""
        cls.sc = SparkContext(cls.master(), cls.__name__, conf=cls.conf())

    @classmethod
    def tearDownClass(cls) -> None:
        """Stop it."""
        cls.sc.stop()


class QuietTest:
    """Keeps a JVM from logging for a while: nothing to do."""

    def __init__(self, sc: SparkContext) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def eventually(
    timeout: float = 30.0,
    catch_assertions: bool = False,
    catch_timeout: bool = False,
    quiet: bool = True,
    interval: float = 0.1,
    expected_exceptions: tuple[type[BaseException], ...] = (),
) -> Callable[[_F], _F]:
    """Repeat a test until it returns True or None.

    Parameters
    ----------
    timeout : float
        Seconds for all attempts together.
    catch_assertions : bool
        An AssertionError, too, means another attempt.
    catch_timeout : bool
        Not used: an attempt is not interrupted.
    quiet : bool
        Not used: nothing is printed.
    interval : float
        Seconds between two attempts.
    expected_exceptions : tuple of exception classes
        What means another attempt as well.

    Raises
    ------
    AssertionError
        The last one, or one that says what the last attempt returned.
    """
    repeated = (*expected_exceptions, *((AssertionError,) if catch_assertions else ()))

    def decorate(condition: _F) -> _F:
        @functools.wraps(condition)
        def wrapper(*args: Any, **kwargs: Any) -> None:
            deadline = time.monotonic() + timeout
            while True:
                try:
                    value = condition(*args, **kwargs)
                    if value in (True, None):
                        return
                    message = f"after {timeout} s still not true, the last attempt returned {value!r}"
                    failure: BaseException = AssertionError(message)
                except repeated as error:
                    failure = error
                if time.monotonic() > deadline:
                    raise failure
                time.sleep(interval)

        return wrapper  # type: ignore[return-value]  # the same signature

    return decorate


_public_names.publish(__name__)
