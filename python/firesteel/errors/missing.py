"""What a program gets that uses a part of PySpark which Firesteel does not have: one class, one text.

Invariant: the text names what was used and says what has it.
"""

from typing import NoReturn

from firesteel.errors.exceptions.base import PySparkImportError, PySparkNotImplementedError

__all__ = ["MissingModuleError", "NeedsQueryEngineError", "refuse"]

WHO_HAS_IT = (
    "Firesteel runs RDDs; DataFrame queries come with its DataFusion engine, until then use Apache Spark"
)


class NeedsQueryEngineError(PySparkNotImplementedError):
    """A DataFrame query, or anything else for which RDDs are not enough."""

    @classmethod
    def to_run(cls, what: str) -> "NeedsQueryEngineError":
        """Return the error for something that cannot run.

        >>> print(NeedsQueryEngineError.to_run("DataFrame.groupBy"))
        DataFrame.groupBy needs a query engine: Firesteel runs RDDs; DataFrame queries come ...
        """
        return cls(f"{what} needs a query engine: {WHO_HAS_IT}")


def refuse(what: str) -> NoReturn:
    """Raise the one error for something that cannot run."""
    raise NeedsQueryEngineError.to_run(what)


class MissingModuleError(NeedsQueryEngineError, PySparkImportError):
    """A module of PySpark's that is not here: an ImportError, for whoever has a way without it."""

    def __init__(self, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name

    @classmethod
    def of(cls, module: str) -> "MissingModuleError":
        """Return the error for a module.

        >>> print(MissingModuleError.of("pyspark.ml"))
        pyspark.ml is not part of Firesteel: Firesteel runs RDDs; DataFrame queries come ...
        """
        return cls(f"{module} is not part of Firesteel: {WHO_HAS_IT}", name=module)
