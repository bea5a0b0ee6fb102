"""The JVM of a context: started by it, or a running one that PYSPARK_GATEWAY_PORT names.

A JVM begins with py4j's own server, whose port and token come through a pipe. Over that one we start the
server that stays: with a secret of ours, and with the port at which Python takes calls, which it has to know
from the start if it is to show the secret there.
"""

import os
import secrets
import socket
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from firesteel._java import launch, library
from firesteel._java.gateway import Gateway
from firesteel._java.process import Keeper
from firesteel.conf import system_properties
from firesteel.errors.job import FiresteelError

if TYPE_CHECKING:
    from firesteel._py4j.java_gateway import JVMView
    from firesteel.core.context import SparkContext

__all__ = ["Machine", "StartError", "start"]

LOOPBACK = "127.0.0.1"
PROBE = b"r\nu\njava\nrj\ne\n"
"""A harmless command of py4j's protocol: what is the name `java`?"""
GRANTED = b"!y"
PATIENCE = 30
"""Seconds in which a gateway that somebody else has started should answer."""


class StartError(Exception):
    """Why there is no JVM; the end of the sentence `... needs a JVM,`."""


class Machine:
    """A JVM that runs, and the way to it."""

    def __init__(self, gateway: Gateway, keeper: Keeper | None = None) -> None:
        self.gateway: Any = gateway
        self.error: type[Exception] = library.load().protocol.Py4JError
        self._keeper = keeper
        self._views: WeakKeyDictionary[JVMView, tuple[Any, int]] = WeakKeyDictionary()
        if keeper is not None:
            gateway._gateway_client.obituary = keeper.obituary
        for key, value in system_properties.items():
            self.set_property(key, value)

    def find(self, name: str, view: "JVMView | None" = None) -> Any:
        """Return the class of a name, or None; without a package, as a view's imports complete the name."""
        package, _, simple = name.rpartition(".")
        py4j = library.load().java_gateway
        owner = real = self.gateway.jvm if view is None else self.view(view)
        if package:
            owner = py4j.JavaPackage(package, self.gateway._gateway_client, real._id)
        found = getattr(owner, simple)
        return None if isinstance(found, py4j.JavaPackage) else found

    def view(self, view: "JVMView") -> Any:
        """Return py4j's own view with the same imports."""
        real, imported = self._views.get(view) or (self.gateway.new_jvm_view(), 0)
        names = list(view._imported)
        for name in names[imported:]:
            library.load().java_gateway.java_import(real, name)
        self._views[view] = real, len(names)
        return real

    def property(self, key: str) -> str | None:
        """Return a system property of the JVM's."""
        return self.gateway.jvm.java.lang.System.getProperty(key)

    def set_property(self, key: str, value: str | None) -> None:
        """Set a system property of the JVM's, or forget it."""
        system = self.gateway.jvm.java.lang.System
        _ = system.clearProperty(key) if value is None else system.setProperty(key, value)

    def stop(self) -> None:
        """End the JVM, unless somebody else has started it."""
        self.gateway.end()
        if self._keeper is not None:
            self._keeper.end()

    def let_go(self) -> None:
        """In a forked child, close what is the parent's."""
        self.gateway.let_go()
        if self._keeper is not None:
            self._keeper.let_go()


def start(context: "SparkContext") -> Machine:
    """Start a JVM for a context, or attach to the one that the environment names."""
    if os.environ.get(launch.ATTACHED_PORT):
        return _attach(os.environ[launch.ATTACHED_PORT], os.environ.get(launch.ATTACHED_SECRET))
    keeper = Keeper(_command(context))
    try:
        report = keeper.report()
        if "failed" in report:
            raise StartError(f"which did not start: {report['failed']}")
        return Machine(_served(report["port"], report["token"]), keeper)
    except BaseException:
        # Ctrl-C as well: nobody knows of this JVM yet who would end it later.
        keeper.end()
        raise


def _command(context: "SparkContext") -> list[str]:
    java, jar = launch.java(), library.jar()
    if java is None or jar is None:
        raise StartError("for which py4j's jar is missing: install py4j again")
    try:
        return launch.command(java, jar, dict(context._conf.getAll()), _Jars(context).path)
    except (OSError, ValueError, FiresteelError) as error:
        raise StartError(f"which cannot start: {error}") from None


class _Jars:
    """Finds jars; one on another machine is brought into the context's temporary folder."""

    def __init__(self, context: "SparkContext") -> None:
        self._context = context

    def path(self, named: str) -> str:
        """Return the path of a jar."""
        from firesteel.core._shipping import locate

        source, uri = locate(named)
        return self._fetched(uri) if source is None else source

    def _fetched(self, uri: str) -> str:
        import urllib.parse
        import urllib.request

        name = os.path.basename(urllib.parse.urlsplit(uri).path)
        path, _ = urllib.request.urlretrieve(uri, os.path.join(self._context._temp_dir, name))
        return path


def _served(port: int, token: str) -> Gateway:
    """Replace the server that a JVM begins with by the one that stays."""
    first, secret = Gateway(port, token), secrets.token_hex(32)
    gateway = Gateway(0, secret)
    try:
        builder = first.jvm.py4j.ClientServer.ClientServerBuilder()
        builder.javaPort(0).pythonPort(gateway.listen()).authToken(secret)
        gateway.go_to(builder.build().getJavaServer().getListeningPort())
        first._gateway_client.shutdown_gateway()
    except BaseException:
        gateway.end()
        raise
    finally:
        first.end()
    return gateway


def _attach(port: str, secret: str | None) -> Machine:
    if not secret:
        raise StartError(
            f"and {launch.ATTACHED_PORT} is set without {launch.ATTACHED_SECRET}: a gateway has to be "
            "authenticated"
        )
    try:
        if _takes_anyone(int(port)):
            raise StartError(f"and the gateway at port {port} takes commands without a secret: it needs one")
        gateway = Gateway(int(port), secret)
    except (OSError, ValueError, OverflowError) as error:
        raise StartError(f"and {launch.ATTACHED_PORT}={port} names no gateway: {error}") from None
    try:
        gateway.jvm.System.nanoTime()
        return Machine(gateway)
    except library.load().protocol.Py4JError:
        gateway.end()
        raise StartError(f"and the gateway at port {port} does not know {launch.ATTACHED_SECRET}") from None


def _takes_anyone(port: int) -> bool:
    """Tell whether a gateway answers to who does not show a secret."""
    with socket.create_connection((LOOPBACK, port), PATIENCE) as connection:
        try:
            connection.sendall(PROBE)
            return connection.recv(len(GRANTED)) == GRANTED
        except ConnectionError:
            return False
