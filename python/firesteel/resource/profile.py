"""ResourceProfile: what a stage asks for, as a whole."""

import itertools
from typing import Any

from firesteel import _public_names
from firesteel.resource.requests import (
    ExecutorResourceRequest,
    ExecutorResourceRequests,
    TaskResourceRequest,
    TaskResourceRequests,
)

__all__ = ["ResourceProfile", "ResourceProfileBuilder"]

# 0 is Spark's default profile, which nobody builds.
_ids = itertools.count(1)


class ResourceProfile:
    """Requests for executors and for tasks. `ResourceProfileBuilder` makes one.

    Examples
    --------
    >>> from firesteel.resource import ResourceProfileBuilder, TaskResourceRequests
    >>> profile = ResourceProfileBuilder().require(TaskResourceRequests().cpus(2)).build
    >>> profile.taskResources["cpus"].amount
    2.0
    """

    def __init__(
        self,
        _java_resource_profile: Any = None,
        _exec_req: dict[str, ExecutorResourceRequest] | None = None,
        _task_req: dict[str, TaskResourceRequest] | None = None,
    ) -> None:
        self._executor_requests = dict(_exec_req or {})
        self._task_requests = dict(_task_req or {})
        self._id = next(_ids)

    @property
    def id(self) -> int:
        """A number that no other profile of this process has."""
        return self._id

    @property
    def taskResources(self) -> dict[str, TaskResourceRequest]:
        """What each task asks for."""
        return self._task_requests

    @property
    def executorResources(self) -> dict[str, ExecutorResourceRequest]:
        """What each executor asks for."""
        return self._executor_requests


class ResourceProfileBuilder:
    """Collects requests. `require` returns the builder itself, so that calls can be chained.

    >>> builder = ResourceProfileBuilder().require(ExecutorResourceRequests().cores(2))
    >>> builder.executorResources["cores"].amount
    2
    """

    def __init__(self) -> None:
        self._executor_requests: dict[str, ExecutorResourceRequest] = {}
        self._task_requests: dict[str, TaskResourceRequest] = {}

    def require(
        self, resourceRequest: ExecutorResourceRequests | TaskResourceRequests
    ) -> "ResourceProfileBuilder":
        """Add requests."""
        if isinstance(resourceRequest, TaskResourceRequests):
            self._task_requests.update(resourceRequest.requests)
        else:
            self._executor_requests.update(resourceRequest.requests)
        return self

    def clearExecutorResourceRequests(self) -> None:
        """Forget the requests for executors."""
        self._executor_requests = {}

    def clearTaskResourceRequests(self) -> None:
        """Forget the requests for tasks."""
        self._task_requests = {}

    @property
    def taskResources(self) -> dict[str, TaskResourceRequest]:
        """The requests for tasks so far."""
        return self._task_requests

    @property
    def executorResources(self) -> dict[str, ExecutorResourceRequest]:
        """The requests for executors so far."""
        return self._executor_requests

    @property
    def build(self) -> ResourceProfile:
        """A profile of the requests so far."""
        return ResourceProfile(_exec_req=self._executor_requests, _task_req=self._task_requests)


_public_names.publish(__name__)
