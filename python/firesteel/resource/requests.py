"""What a stage asks for: for each executor, and for each task."""

import re
from typing import Any

from firesteel import _public_names

__all__ = [
    "ExecutorResourceRequest",
    "ExecutorResourceRequests",
    "TaskResourceRequest",
    "TaskResourceRequests",
]

_MIB_OF_UNIT = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024}


class ExecutorResourceRequest:
    """An amount of one resource for each executor, and how executors find it.

    >>> ExecutorResourceRequest("gpu", 2, discoveryScript="find-gpus").amount
    2
    """

    def __init__(self, resourceName: str, amount: int, discoveryScript: str = "", vendor: str = "") -> None:
        self._name = resourceName
        self._amount = amount
        self._discovery_script = discoveryScript
        self._vendor = vendor

    @property
    def resourceName(self) -> str:
        """What is asked for."""
        return self._name

    @property
    def amount(self) -> int:
        """How much of it; memory in MiB."""
        return self._amount

    @property
    def discoveryScript(self) -> str:
        """The program that finds it."""
        return self._discovery_script

    @property
    def vendor(self) -> str:
        """Who makes it."""
        return self._vendor


class ExecutorResourceRequests:
    """Requests for each executor. Every method returns the object itself, so that calls can be chained.

    >>> requests = ExecutorResourceRequests().cores(4).memory("6g").resource("gpu", 2)
    >>> {name: request.amount for name, request in requests.requests.items()}
    {'cores': 4, 'memory': 6144, 'gpu': 2}
    """

    def __init__(self, _jvm: Any = None, _requests: dict[str, ExecutorResourceRequest] | None = None) -> None:
        self._java_executor_resource_requests = None  # as in PySpark's pickles
        self._executor_resources = dict(_requests or {})

    def memory(self, amount: str) -> "ExecutorResourceRequests":
        """Ask for memory, such as `6g`."""
        return self._ask_memory("memory", amount)

    def memoryOverhead(self, amount: str) -> "ExecutorResourceRequests":
        """Ask for memory beside the heap."""
        return self._ask_memory("memoryOverhead", amount)

    def offheapMemory(self, amount: str) -> "ExecutorResourceRequests":
        """Ask for memory outside of the heap."""
        return self._ask_memory("offHeap", amount)

    def pysparkMemory(self, amount: str) -> "ExecutorResourceRequests":
        """Ask for memory of the Python workers."""
        return self._ask_memory("pyspark.memory", amount)

    def cores(self, amount: int) -> "ExecutorResourceRequests":
        """Ask for cores."""
        return self.resource("cores", amount)

    def resource(
        self, resourceName: str, amount: int, discoveryScript: str = "", vendor: str = ""
    ) -> "ExecutorResourceRequests":
        """Ask for any resource."""
        request = ExecutorResourceRequest(resourceName, amount, discoveryScript, vendor)
        self._executor_resources[resourceName] = request
        return self

    @property
    def requests(self) -> dict[str, ExecutorResourceRequest]:
        """What is asked for, by name."""
        return self._executor_resources

    def _ask_memory(self, name: str, amount: str) -> "ExecutorResourceRequests":
        return self.resource(name, _mebibytes(amount))


class TaskResourceRequest:
    """An amount of one resource for each task; below 1 means that several tasks share it.

    >>> TaskResourceRequest("gpu", 0.5).amount
    0.5
    """

    def __init__(self, resourceName: str, amount: float) -> None:
        self._name = resourceName
        self._amount = float(amount)

    @property
    def resourceName(self) -> str:
        """What is asked for."""
        return self._name

    @property
    def amount(self) -> float:
        """How much of it."""
        return self._amount


class TaskResourceRequests:
    """Requests for each task. Every method returns the object itself, so that calls can be chained.

    >>> requests = TaskResourceRequests().cpus(2).resource("gpu", 0.5)
    >>> {name: request.amount for name, request in requests.requests.items()}
    {'cpus': 2.0, 'gpu': 0.5}
    """

    def __init__(self, _jvm: Any = None, _requests: dict[str, TaskResourceRequest] | None = None) -> None:
        self._java_task_resource_requests = None  # as in PySpark's pickles
        self._task_resources = dict(_requests or {})

    def cpus(self, amount: float) -> "TaskResourceRequests":
        """Ask for processors."""
        return self.resource("cpus", amount)

    def resource(self, resourceName: str, amount: float) -> "TaskResourceRequests":
        """Ask for any resource."""
        self._task_resources[resourceName] = TaskResourceRequest(resourceName, amount)
        return self

    @property
    def requests(self) -> dict[str, TaskResourceRequest]:
        """What is asked for, by name."""
        return self._task_resources


def _mebibytes(text: str) -> int:
    """Return a size such as `512m` or `1.5g` in MiB, rounded down."""
    match = re.fullmatch(r"([0-9.]+)([kmgt])", text.strip().lower())
    if match is None:
        raise ValueError(f"invalid format: {text}")
    return int(float(match[1]) * _MIB_OF_UNIT[match[2]])


_public_names.publish(__name__)
