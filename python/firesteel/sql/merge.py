"""MergeIntoWriter: it is here to be imported, and says what it needs when it runs."""

from typing import TYPE_CHECKING, Any

from firesteel import _public_names
from firesteel.sql._absent import fill

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


fill(globals())


_public_names.publish(__name__)
