"""The local properties of threads: what `setLocalProperty`, `setJobGroup` and `addJobTag` have set.

They go with the jobs that the thread starts. Invariant: every thread has its own, and a new thread has none,
unless `InheritableThread` gives it a copy.
"""

import threading

from firesteel.errors import PySparkTypeError
from firesteel.errors.job import ArgumentError

GROUP = "spark.jobGroup.id"
DESCRIPTION = "spark.job.description"
INTERRUPT = "spark.job.interruptOnCancel"
TAGS = "spark.job.tags"


class LocalProperties(threading.local):
    """The properties of the calling thread."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return a property, or None."""
        return self._values.get(key)

    def put(self, key: str, value: str | None) -> None:
        """Set a property; None removes it."""
        if value is None:
            self._values.pop(key, None)
        elif isinstance(value, str):
            self._values[key] = value
        else:
            raise PySparkTypeError(f"the local property {key} must be a str, not {type(value).__name__}")

    def copy(self) -> dict[str, str]:
        """Return all properties."""
        return dict(self._values)

    def replace(self, values: dict[str, str]) -> None:
        """Set these properties and no others."""
        self._values = dict(values)

    @property
    def tags(self) -> set[str]:
        """The tags of the thread's jobs."""
        return {tag for tag in (self.get(TAGS) or "").split(",") if tag}

    @tags.setter
    def tags(self, tags: set[str]) -> None:
        self.put(TAGS, ",".join(sorted(tags)) or None)


def check_tag(tag: str) -> str:
    """Return a tag, if it can be one."""
    if tag is None:
        raise ArgumentError("Spark job tag cannot be null.")
    if not tag:
        raise ArgumentError("Spark job tag cannot be an empty string.")
    if "," in tag:
        raise ArgumentError("Spark job tag cannot contain ','.")
    return tag
