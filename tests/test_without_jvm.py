"""Every name that PySpark has because of its JVM: it works without one, or says what to use instead."""

import inspect
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from firesteel import accumulators, install, util
from firesteel.errors import PySparkException, PySparkNotImplementedError
from firesteel.errors.exceptions import base, captured
from support import catalogue
from support.catalogue import Row
from support.programs import Programs

ROWS = [row for row in catalogue.rows() if row.specific == "jvm-specific"]
HINT = r"\b(use|catch) \w+"
SERVERS = ["AccumulatorTCPServer", "AccumulatorUnixServer", "UpdateRequestHandler"]


def refuses(call: Callable[..., Any], skip: int = 0) -> None:
    parameters = list(inspect.signature(call).parameters.values())[skip:]
    needed = [None for parameter in parameters if parameter.default is parameter.empty]
    with pytest.raises(PySparkNotImplementedError, match=HINT):
        call(*([object()] * skip), *needed)


def check(row: Row) -> str:
    """Check one name; say how it stands."""
    found = catalogue.resolve(row)
    if row.owner in ("SQLQueryContext", "DataFrameQueryContext"):
        refuses(found if row.member else found.__init__, skip=1)
        return "refused"
    if row.owner == "CapturedException" or isinstance(found, type):
        return "works"  # the tests below
    if row.kind == "function":
        refuses(found)
        return "refused"
    assert found is not None
    return "works"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_it_works_or_says_what_to_use(row: Row) -> None:
    assert check(row) in ("works", "refused")


def test_all_are_looked_at() -> None:
    stands = Counter(check(row) for row in ROWS)
    assert len(ROWS) > 60
    assert stands["refused"] > 25


@pytest.mark.parametrize("name", SERVERS)
def test_no_server_takes_updates(name: str) -> None:
    refuses(getattr(accumulators, name))


def test_servers_end_at_once() -> None:
    for cls in (accumulators.AccumulatorTCPServer, accumulators.AccumulatorUnixServer):
        server = cls.__new__(cls)
        server.shutdown()
        assert server.server_shutdown is False
        assert "auth_token" in cls.__annotations__
    accumulators.UpdateRequestHandler.handle(
        accumulators.UpdateRequestHandler.__new__(accumulators.UpdateRequestHandler)
    )


@pytest.mark.parametrize(
    "name", [row.owner for row in ROWS if row.kind == "class" and hasattr(base, row.owner)]
)
def test_an_exception_is_caught_by_the_name_of_its_base(name: str) -> None:
    cls = getattr(captured, name)
    with pytest.raises(getattr(base, name), match="it broke") as caught:
        raise cls("it broke")
    assert isinstance(caught.value, captured.CapturedException)


def test_a_captured_exception_tells_its_message() -> None:
    error = captured.CapturedException("it broke", "the trace")
    assert isinstance(error, PySparkException)
    assert str(error) == "it broke"
    assert (error.getCondition(), error.getErrorClass(), error.getSqlState()) == (None, None, None)
    assert (error.getMessage(), error.getMessageParameters()) == ("it broke", None)
    assert error.getQueryContext() == []


def test_limits_of_java_are_numbers() -> None:
    ranges = [
        (util.JVM_BYTE_MIN, util.JVM_BYTE_MAX),
        (util.JVM_SHORT_MIN, util.JVM_SHORT_MAX),
        (util.JVM_INT_MIN, util.JVM_INT_MAX),
        (util.JVM_LONG_MIN, util.JVM_LONG_MAX),
    ]
    assert ranges == [(-(1 << bits), (1 << bits) - 1) for bits in (7, 15, 31, 63)]


def test_what_pyspark_installs_has_its_constants() -> None:
    assert install.DEFAULT_HADOOP in install.SUPPORTED_HADOOP_VERSIONS
    assert install.DEFAULT_HIVE in install.SUPPORTED_HIVE_VERSIONS
    assert install.UNSUPPORTED_COMBINATIONS == []


def test_to_df_needs_a_session(programs: Programs) -> None:
    found = programs.python(
        """
        from firesteel import SparkContext
        from firesteel.errors import PySparkRuntimeError

        with SparkContext("local[1]") as sc:
            try:
                sc.parallelize([(1, "a")]).toDF()
            except PySparkRuntimeError as error:
                print(error.getCondition(), "RDD.toDF" in str(error))
        """
    )
    assert found.stdout == "CALL_BEFORE_INITIALIZE True\n"
