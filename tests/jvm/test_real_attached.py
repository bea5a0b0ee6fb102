"""A gateway that runs already, which PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET name."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firesteel import SparkContext, _java
from firesteel._java import library
from firesteel._jvm import NoJavaError
from firesteel.java_gateway import ensure_callback_server_started
from support.java import PATIENCE
from support.programs import Programs

pytestmark = pytest.mark.timeout(PATIENCE)

Start = Callable[..., SparkContext]


class Server:
    """py4j's own gateway, as somebody else would start it."""

    def __init__(self, programs: Programs, jar: Path, *options: str) -> None:
        classes = os.pathsep.join([str(jar), str(library.jar())])
        command = [
            "java",
            "-XX:-UsePerfData",
            "-cp",
            classes,
            "py4j.GatewayServer",
            "--die-on-broken-pipe",
            *options,
            "0",
        ]
        self._process = programs.start(*command, stdin=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        self.secret = self._process.stdout.readline().strip() if options else ""

    def is_running(self) -> bool:
        """Tell whether it still is."""
        return self._process.poll() is None


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str | None], None]]:
    """Sets the two variables; whatever has been attached to is left in the end."""

    def attach_to(port: str, secret: str | None) -> None:
        monkeypatch.setenv("PYSPARK_GATEWAY_PORT", port)
        monkeypatch.delenv("PYSPARK_GATEWAY_SECRET", raising=False)
        if secret is not None:
            monkeypatch.setenv("PYSPARK_GATEWAY_SECRET", secret)

    yield attach_to
    _java.stop()


def test_it_is_used_and_left_running(
    programs: Programs, jar: Path, start_context: Start, environment: Callable[[str, str | None], None]
) -> None:
    server = Server(programs, jar, "--enable-auth")
    environment(server.port, server.secret)
    for name in ("first", "second"):
        sc = start_context("local[1]")
        assert sc._jvm.com.example.Hello.hello(name) == f"hello {name}"
        assert sc._gateway.gateway_parameters.port == int(server.port)
        sc.stop()
        assert server.is_running()


class Greeter:
    """A com.example.Hello.Greeter."""

    def greet(self, name: str) -> str:
        return f"good day {name}"

    class Java:
        implements = ("com.example.Hello$Greeter",)


def test_it_calls_back_with_the_secret_only(
    programs: Programs, jar: Path, start_context: Start, environment: Callable[[str, str | None], None]
) -> None:
    """py4j's own program knows no secret for calls to Python; one that is made for it does."""
    server = Server(programs, jar, "--enable-auth")
    environment(server.port, server.secret)
    sc = start_context("local[1]")
    assert sc._gateway.get_callback_server() is None
    ensure_callback_server_started(sc._gateway)
    ensure_callback_server_started(sc._gateway)
    with pytest.raises(library.load().protocol.Py4JJavaError):
        sc._jvm.com.example.Hello.ask(Greeter(), "x")
    environment(another_gateway(sc, "the secret"), "the secret")
    sc._gateway.shutdown()
    ensure_callback_server_started(sc._gateway)
    assert sc._jvm.com.example.Hello.ask(Greeter(), "x") == "good day x"


def another_gateway(sc: SparkContext, secret: str) -> str:
    """Start one in the same JVM as Spark does: with the same secret for calls to Python. Return its port."""
    py4j = sc._jvm.py4j
    loopback = py4j.GatewayServer.defaultAddress()
    builder = py4j.GatewayServer.GatewayServerBuilder().javaPort(0).authToken(secret)
    server = builder.callbackClient(0, loopback, secret).build()
    server.start()
    return str(server.getListeningPort())


def test_one_that_does_not_ask_for_a_secret_is_refused(
    programs: Programs, jar: Path, start_context: Start, environment: Callable[[str, str | None], None]
) -> None:
    server = Server(programs, jar)
    environment(server.port, "whatever")
    with pytest.raises(NoJavaError, match=rf"port {server.port} takes commands without a secret"):
        start_context("local[1]")._jvm.com.example.Hello.hello("x")


@pytest.mark.parametrize("secret", [None, "", "wrong"])
def test_the_secret_is_needed(
    programs: Programs,
    jar: Path,
    start_context: Start,
    environment: Callable[[str, str | None], None],
    secret: str | None,
) -> None:
    server = Server(programs, jar, "--enable-auth")
    environment(server.port, secret)
    reason = "does not know PYSPARK_GATEWAY_SECRET" if secret else "set without PYSPARK_GATEWAY_SECRET"
    with pytest.raises(NoJavaError, match=rf"^com\.example\.Hello needs a JVM, and .*{reason}") as caught:
        start_context("local[1]")._jvm.com.example.Hello.hello("x")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("jar")
@pytest.mark.parametrize("port", ["1", "x", "99999999"])
def test_a_port_where_nobody_is(
    start_context: Start, environment: Callable[[str, str | None], None], port: str
) -> None:
    environment(port, "secret")
    with pytest.raises(NoJavaError, match=f"PYSPARK_GATEWAY_PORT={port} names no gateway"):
        start_context("local[1]")._jvm.com.example.Hello.hello("x")
