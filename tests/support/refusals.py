"""What the names say that refuse: the words of the exception that using them raises."""

import functools
import inspect
from typing import Any

from firesteel.errors import PySparkNotImplementedError
from support import catalogue
from support.catalogue import Row

SERVERS = ("AccumulatorTCPServer", "AccumulatorUnixServer", "UpdateRequestHandler")
WORKER_SIDE = ("setup_broadcasts", "send_accumulator_updates", "get_sock_file_to_executor")
QUERY_CONTEXTS = ("SQLQueryContext", "DataFrameQueryContext")


@functools.cache
def refusal(row: Row) -> str | None:
    """Return what using a name raises, where PySpark has it because of its JVM and it is of no use here."""
    if row.owner in SERVERS + QUERY_CONTEXTS:
        return words(catalogue.resolve(Row(row.module, row.owner, "", "class", "")))
    is_of_jvm = row.specific == "jvm-specific" or row.module == "pyspark.install"
    if row.member in WORKER_SIDE or (is_of_jvm and row.kind == "function"):
        return words(catalogue.resolve(row))
    return None


def words(call: Any) -> str:
    """Return what a call with nothing in particular raises."""
    parameters = inspect.signature(call).parameters.values()
    try:
        call(*[None for parameter in parameters if parameter.default is parameter.empty])
    except PySparkNotImplementedError as error:
        return str(error)
    raise AssertionError(f"{call} does not refuse")
