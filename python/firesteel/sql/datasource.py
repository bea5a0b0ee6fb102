"""Sources of data that users write: their classes can be derived from, and need a query engine to run."""

from typing import TYPE_CHECKING, Any

from firesteel import _public_names
from firesteel.sql._absent import complete, fill

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


@complete
class CaseInsensitiveDict(dict[str, Any]):
    """A dict of options, whose keys are found in any case.

    >>> CaseInsensitiveDict(Path="x")["PATH"]
    'x'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.update(*args, **kwargs)

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key.lower())

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key.lower(), value)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.lower())

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        return super().get(key.lower(), default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several keys."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def copy(self) -> "CaseInsensitiveDict":
        """Return another one with the same keys."""
        return type(self)(self)


fill(globals())


_public_names.publish(__name__)
