"""LooseVersion: version numbers of any shape, compared part by part."""

import functools
import re
from typing import Any

from firesteel import _public_names

__all__ = ["LooseVersion"]


@functools.total_ordering
class LooseVersion:
    """A version as its numbers and words. A number and a word in the same place cannot be compared.

    Examples
    --------
    >>> from firesteel.loose_version import LooseVersion
    >>> LooseVersion("1.5.2b2").version
    [1, 5, 2, 'b', 2]
    >>> LooseVersion("1.2") < "1.10"
    True
    """

    component_re = re.compile(r"(\d+ | [a-z]+ | \.)", re.VERBOSE)

    vstring: str
    version: list[int | str]

    def __init__(self, vstring: str | None) -> None:
        if vstring:
            self.parse(vstring)

    def parse(self, vstring: str) -> None:
        """Read a version."""
        self.vstring = vstring
        parts = [part for part in self.component_re.split(vstring) if part and part != "."]
        self.version = [int(part) if part.isdecimal() else part for part in parts]

    def __str__(self) -> str:
        return self.vstring

    def __repr__(self) -> str:
        return f"LooseVersion ('{self}')"

    def __eq__(self, other: Any) -> bool:
        parts = _parts(other)
        return NotImplemented if parts is None else self.version == parts

    def __lt__(self, other: Any) -> bool:
        parts = _parts(other)
        return NotImplemented if parts is None else self.version < parts

    __hash__ = None  # type: ignore[assignment]  # equal ones may be spelled differently


def _parts(other: Any) -> list[Any] | None:
    if isinstance(other, str):
        other = LooseVersion(other)
    return other.version if isinstance(other, LooseVersion) else None


_public_names.publish(__name__)
