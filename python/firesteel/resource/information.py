"""ResourceInformation: a kind of device, and the addresses of those that a process has."""

from firesteel import _public_names

__all__ = ["ResourceInformation"]


class ResourceInformation:
    """A kind of resource with its addresses.

    Examples
    --------
    >>> from firesteel.resource import ResourceInformation
    >>> ResourceInformation("gpu", ["0", "1"]).addresses
    ['0', '1']
    """

    def __init__(self, name: str, addresses: list[str]) -> None:
        self._name = name
        self._addresses = addresses

    @property
    def name(self) -> str:
        """What kind of resource it is."""
        return self._name

    @property
    def addresses(self) -> list[str]:
        """The addresses, which mean something to the user's program only."""
        return self._addresses


_public_names.publish(__name__)
