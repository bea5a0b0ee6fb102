"""Resource profiles: descriptions of what stages ask for. On one machine they are kept and change nothing."""

from firesteel.resource.information import ResourceInformation
from firesteel.resource.profile import ResourceProfile, ResourceProfileBuilder
from firesteel.resource.requests import (
    ExecutorResourceRequest,
    ExecutorResourceRequests,
    TaskResourceRequest,
    TaskResourceRequests,
)

__all__ = [
    "ExecutorResourceRequest",
    "ExecutorResourceRequests",
    "ResourceInformation",
    "ResourceProfile",
    "ResourceProfileBuilder",
    "TaskResourceRequest",
    "TaskResourceRequests",
]
