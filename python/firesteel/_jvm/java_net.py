"""java.net: URIs."""

from urllib.parse import SplitResult, quote, unquote, urlsplit

from firesteel._jvm.objects import JavaError, JavaObject

__all__ = ["URI"]

PACKAGE = "java.net"


class URI(JavaObject):
    """A URI and its parts.

    >>> uri = URI("s3a://bucket:1/a%20b?x=1")
    >>> uri.getScheme(), uri.getHost(), uri.getPort(), uri.getPath(), uri.getQuery()
    ('s3a', 'bucket', 1, '/a b', 'x=1')
    """

    def __init__(self, text: str) -> None:
        if " " in text:
            raise JavaError("java.net.URISyntaxException", f"Illegal character in path: {text}")
        self._text = text
        self._parts: SplitResult = urlsplit(text)

    @staticmethod
    def create(text: str) -> "URI":
        """Return the URI."""
        return URI(text)

    def getScheme(self) -> str | None:
        """Return what stands before the colon."""
        return self._parts.scheme or None

    def getAuthority(self) -> str | None:
        """Return host and port as they are written."""
        return self._parts.netloc or None

    def getHost(self) -> str | None:
        """Return the host."""
        return self._parts.hostname

    def getPort(self) -> int:
        """Return the port, or -1."""
        port = self._parts.port
        return -1 if port is None else port

    def getPath(self) -> str:
        """Return the path, decoded."""
        return unquote(self._parts.path)

    def getRawPath(self) -> str:
        """Return the path as it is written."""
        return self._parts.path

    def getQuery(self) -> str | None:
        """Return what stands after the question mark."""
        return unquote(self._parts.query) or None

    def getFragment(self) -> str | None:
        """Return what stands after the hash."""
        return unquote(self._parts.fragment) or None

    def isAbsolute(self) -> bool:
        """Return whether there is a scheme."""
        return bool(self._parts.scheme)

    def toString(self) -> str:
        """Return the URI."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URI) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def quoted(path: str) -> str:
    """Return a path as it is written in a URI."""
    return quote(path, safe="/:@!$&'()*+,;=~-._")
