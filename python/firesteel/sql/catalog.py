"""Catalog: it is here to be imported, and says what it needs when it runs; what it would return is real."""

from typing import Any, NamedTuple

from firesteel import _public_names
from firesteel.sql._absent import complete, fill


class CatalogMetadata(NamedTuple):
    """A catalog."""

    name: str
    description: str | None


class Database(NamedTuple):
    """A database."""

    name: str
    catalog: str | None
    description: str | None
    locationUri: str


class Table(NamedTuple):
    """A table or view."""

    name: str
    catalog: str | None
    namespace: list[str] | None
    description: str | None
    tableType: str
    isTemporary: bool

    @property
    def database(self) -> str | None:
        """The namespace, where it has one part."""
        return self.namespace[0] if self.namespace and len(self.namespace) == 1 else None


class Column(NamedTuple):
    """A column of a table."""

    name: str
    description: str | None
    dataType: str
    nullable: bool
    isPartition: bool
    isBucket: bool
    isCluster: bool


class Function(NamedTuple):
    """A function."""

    name: str
    catalog: str | None
    namespace: list[str] | None
    description: str | None
    className: str
    isTemporary: bool


@complete
class Catalog:
    """The tables that there are: `spark.catalog`."""

    def __init__(self, sparkSession: Any) -> None:
        self._sparkSession = sparkSession


fill(globals())


_public_names.publish(__name__)
