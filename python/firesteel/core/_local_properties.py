"""The local properties of threads: what `setLocalProperty`, `setJobGroup` and `addJobTag` have set.

They go with the jobs that the thread starts. Invariant: every thread has its own, and a new thread has none,
unless `InheritableThread` gives it a copy.
"""

import threading
from collections.abc import Iterable

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
        check_str(key, "the name of a local property")
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = check_str(value, f"the local property {key}")

    def set_group(self, group: str | None, description: str | None, interrupt: bool) -> None:
        """Set the three properties of a job group, or none of them."""
        for value, what in ((group, "the id of a job group"), (description, "its description")):
            if value is not None:
                check_str(value, what)
        self.interrupts = interrupt
        self.put(GROUP, group)
        self.put(DESCRIPTION, description)

    @property
    def interrupts(self) -> bool:
        """Whether a cancelled job is to interrupt its tasks."""
        return self.get(INTERRUPT) == "true"

    @interrupts.setter
    def interrupts(self, interrupt: bool) -> None:
        if not isinstance(interrupt, bool):
            raise PySparkTypeError(f"interruptOnCancel must be a bool, not {type(interrupt).__name__}")
        self.put(INTERRUPT, str(interrupt).lower())

    def copy(self) -> dict[str, str]:
        """Return all properties."""
        return dict(self._values)

    def replace(self, values: dict[str, str]) -> None:
        """Set these properties and no others."""
        self._values = dict(values)

    @property
    def tags(self) -> list[str]:
        """The tags of the thread's jobs, in the order in which they were added."""
        return [tag for tag in (self.get(TAGS) or "").split(",") if tag]

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self.put(TAGS, ",".join(dict.fromkeys(tags)) or None)


def check_str(value: object, what: str) -> str:
    """Return a str."""
    if not isinstance(value, str):
        raise PySparkTypeError(f"{what} must be a str, not {type(value).__name__}")
    return value


def check_tag(tag: str) -> str:
    """Return a tag, if it can be one."""
    if tag is None:
        raise ArgumentError("Spark job tag cannot be null.")
    if not check_str(tag, "a job tag"):
        raise ArgumentError("Spark job tag cannot be an empty string.")
    if "," in tag:
        raise ArgumentError("Spark job tag cannot contain ','.")
    return tag
