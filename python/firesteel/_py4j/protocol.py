"""The exception classes of py4j.protocol. A failed job is a Py4JJavaError, for `except` to find it."""

from typing import Any

__all__ = ["Py4JError", "Py4JJavaError", "Py4JNetworkError"]


class Py4JError(Exception):
    """Base of the errors that PySpark programs know from the bridge to the JVM."""

    def __init__(self, args: Any = None, cause: BaseException | None = None) -> None:
        super().__init__(args)
        self.cause = cause


class Py4JJavaError(Py4JError):
    """An error of the engine. `java_exception` answers the questions that programs ask of it."""

    def __init__(self, msg: str, java_exception: Any) -> None:
        super().__init__(msg)
        self.errmsg = msg
        self.java_exception = java_exception
        self.exception_cmd = ""


class Py4JNetworkError(Py4JError):
    """Never raised: there is no network between the program and its engine."""

    def __init__(self, args: Any = None, cause: BaseException | None = None, when: str | None = None) -> None:
        super().__init__(args, cause)
        self.when = when
