"""Java calls Python: in the thread that called Java, in a thread of Java's own, and only with the secret."""

import contextlib
import socket
import threading

import pytest

from firesteel import SparkContext, _java
from firesteel._py4j.protocol import Py4JJavaError
from support.java import PATIENCE
from support.waiting import wait_until

pytestmark = pytest.mark.timeout(PATIENCE)


class Greeter:
    """A com.example.Hello.Greeter."""

    def __init__(self, sc: SparkContext) -> None:
        self.sc = sc
        self.threads: list[threading.Thread] = []

    def greet(self, name: str) -> str:
        self.threads.append(threading.current_thread())
        if name == "nobody":
            raise ValueError("there is nobody")
        return self.sc._jvm.com.example.Hello.hello(name)  # and back again

    class Java:
        implements = ("com.example.Hello$Greeter",)


def test_in_the_thread_that_called(java: SparkContext) -> None:
    greeter = Greeter(java)
    assert java._jvm.com.example.Hello.ask(greeter, "x") == "hello x"
    assert greeter.threads == [threading.current_thread()]


def test_in_a_thread_of_javas_own(java: SparkContext) -> None:
    greeter = Greeter(java)
    assert java._jvm.com.example.Hello.askInThread(greeter, "x") == "hello x"
    assert greeter.threads[0] is not threading.current_thread()
    _java.stop()  # py4j closes the connection of a thread that has ended half a minute later


def test_an_exception_of_pythons_is_one_of_javas(java: SparkContext) -> None:
    with pytest.raises(Py4JJavaError, match="ValueError: there is nobody"):
        java._jvm.com.example.Hello.ask(Greeter(java), "nobody")
    assert java._jvm.com.example.Hello.hello("x") == "hello x"


def test_a_job_runs_inside_a_call(java: SparkContext) -> None:
    class Counter:
        def greet(self, name: str) -> str:
            return str(java.parallelize(name, 1).map(str.upper).collect())

        class Java:
            implements = ("com.example.Hello$Greeter",)

    assert java._jvm.com.example.Hello.ask(Counter(), "ab") == "['A', 'B']"


@pytest.mark.parametrize("said", [b"", b"A\nwrong\ne\n", b"c\np0\ngreet\nsx\ne\n"])
def test_nobody_is_heard_without_the_secret(java: SparkContext, said: bytes) -> None:
    """On both sides: where the JVM listens, and where Python does."""
    greeter = Greeter(java)
    assert java._jvm.com.example.Hello.ask(greeter, "x") == "hello x"
    gateway = _java.running().gateway  # type: ignore[union-attr]
    for port in (gateway.gateway_parameters.port, gateway.get_callback_server().get_listening_port()):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as stranger:
            stranger.sendall(said)
            with contextlib.suppress(OSError):  # the other side may have hung up at the first line
                stranger.shutdown(socket.SHUT_WR)
            assert b"!y" not in heard(stranger)
    assert len(greeter.threads) == 1


def heard(connection: socket.socket) -> bytes:
    """Return everything that comes until the other side closes."""
    said = b""
    try:
        while chunk := connection.recv(1 << 16):
            said += chunk
    except ConnectionError:
        pass
    return said


def test_threads_have_threads_of_their_own_and_leave_nothing(java: SparkContext) -> None:
    hello = java._jvm.com.example.Hello
    client = _java.running().gateway._gateway_client  # type: ignore[union-attr]
    found: list[tuple[int, list[str]]] = []
    together = threading.Barrier(4)

    def work(number: int) -> None:
        together.wait()
        greeted = [hello.hello(f"{number}.{turn}") for turn in range(50)]
        found.append((hello.thread(), greeted))
        together.wait()

    before = len(client.connections())
    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({thread for thread, _ in found}) == 4
    expected = [[f"hello {number}.{turn}" for turn in range(50)] for number in range(4)]
    assert sorted(greeted for _, greeted in found) == expected
    wait_until(lambda: len(client.connections()) <= before, "the connections of the threads gone")
