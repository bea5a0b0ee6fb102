"""py4j's gateway, made safe for a driver: threads, Ctrl-C, forks, the end of the JVM.

Importing this module loads py4j. Invariant: an answer is read by the thread that asked, for the question that
it asked; a connection on which that is not certain is closed. Nothing is ever sent without the secret.
"""

import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any

from firesteel._java import converters, library
from firesteel._java.thrown import thrown

__all__ = ["Client", "Gateway"]

py4j = library.load()
protocol = py4j.protocol

NEVER_FORGOTTEN = (protocol.ENTRY_POINT_OBJECT_ID, protocol.GATEWAY_SERVER_OBJECT_ID)
OVER = "this JVM has gone with its SparkContext"
THROWN = protocol.ERROR + protocol.REFERENCE_TYPE
"""How the answer begins that refers to a Java exception."""


class Connection(py4j.clientserver.ClientServerConnection):
    """The connection of one thread with one of the JVM's."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._pid = os.getpid()
        super().__init__(*arguments, **options)
        self.java_client.know(self)

    def close(self, reset: bool = False) -> None:
        """Close it, unless it is the parent's of this forked child."""
        if self._pid != os.getpid():
            self.let_go()
            return
        if self.socket is not None and not reset:
            # Before the stream, whose lock a reading thread holds.
            with suppress(OSError):
                self.socket.shutdown(SHUT_RDWR)
        super().close(reset)

    def let_go(self) -> None:
        """Close this process's descriptor, without a word to the JVM."""
        inherited, self.socket, self.stream = self.socket, None, None
        if inherited is not None:
            os.close(inherited.detach())


class CallbackServer(py4j.clientserver.PythonServer):
    """Takes calls from threads of the JVM that no thread of Python's waits for."""

    def _create_connection(self, socket: Any, stream: Any) -> Connection:
        connection = Connection(
            self.java_parameters,
            self.python_parameters,
            self.gateway_property,
            self.gateway_client,
            python_server=self,
        )
        connection.init_socket_from_python_server(socket, stream)
        return connection


class Client(py4j.clientserver.JavaClient):
    """Sends the commands of all threads."""

    def __init__(self, java_parameters: Any, python_parameters: Any) -> None:
        super().__init__(java_parameters, python_parameters)
        self._pid = os.getpid()
        self._connections: dict[int, weakref.ref[Connection]] = {}
        self._dropped: deque[str] = deque()
        self.is_over = False
        self.obituary: Callable[..., str] = lambda patience=0: ""

    def know(self, connection: Connection) -> None:
        """Remember a connection for as long as it lives."""
        key = id(connection)
        self._connections[key] = weakref.ref(connection, lambda _: self._connections.pop(key, None))

    def connections(self) -> list[Connection]:
        """Return the living connections; the copy is atomic, whatever other threads do."""
        known = [reference() for reference in list(self._connections.values())]
        return [connection for connection in known if connection is not None]

    def _create_new_connection(self) -> Connection:
        if self.obituary(patience=0):
            # Somebody else may listen at the port by now, and would be shown the secret.
            raise protocol.Py4JNetworkError("there is no JVM to connect to")
        connection = Connection(self.java_parameters, self.python_parameters, self.gateway_property, self)
        connection.connect_to_java_server()
        self.set_thread_connection(connection)
        return connection

    def garbage_collect_object(self, target_id: str, enqueue: bool = True) -> None:
        """Remember an object that Python has dropped. It goes with the next command: this may be amid one."""
        if target_id not in NEVER_FORGOTTEN and not self.is_over:
            self._dropped.append(target_id)

    def shutdown_gateway(self) -> None:
        """Let the server at the other end stop to listen."""
        py4j.java_gateway.GatewayClient.shutdown_gateway(self)

    def send_command(self, command: str, retry: bool = True, binary: bool = False) -> Any:
        """Send a command and return the answer; raise what Java has thrown."""
        self._assert_usable()
        for dropped in self._all_dropped():
            forget = protocol.MEMORY_COMMAND_NAME + protocol.MEMORY_DEL_SUBCOMMAND_NAME
            self._exchange(f"{forget}{dropped}\n{protocol.END_COMMAND_PART}")
        connection, answer = self._exchange(command)
        if answer.startswith(THROWN):
            raise thrown(self, command, answer)
        if binary:
            return answer, self._create_connection_guard(connection)
        return answer

    def stack_trace(self, exception: Any) -> str:
        """Return what Java prints of an exception."""
        ask = protocol.EXCEPTION_COMMAND_NAME + protocol.REFERENCE_TYPE
        _, answer = self._exchange(f"{ask}{exception._target_id}\n{protocol.END_COMMAND_PART}")
        return protocol.get_return_value(answer, self)

    def _all_dropped(self) -> Iterator[str]:
        """Take the objects that Python has dropped; each goes to one of the threads that ask."""
        with suppress(IndexError):
            while True:
                yield self._dropped.popleft()

    def _assert_usable(self) -> None:
        if self._pid != os.getpid():
            raise self._network_error("this JVM belongs to the parent process")
        if self.is_over:
            raise self._network_error(OVER)

    def _exchange(self, command: str) -> tuple[Connection, str]:
        connection = None
        try:
            connection = self._get_connection()
            answer = connection.send_command(command)
        except BaseException as error:
            # Also after Ctrl-C: the answer may still come, and must not be taken for another's.
            if connection is not None:
                connection.close()
            if isinstance(error, OSError | protocol.Py4JNetworkError | protocol.Py4JAuthenticationError):
                raise self._network_error(self._what_broke(error)) from None
            raise
        if protocol.is_fatal_error(answer):
            connection.close()
        else:
            self._give_back_connection(connection)
        return connection, answer

    def _what_broke(self, error: BaseException) -> str:
        if self.is_over:  # another thread has stopped the context
            return OVER
        told = self.obituary()
        return f"the JVM {told}" if told else f"the connection with the JVM broke: {error}"

    def _network_error(self, text: str) -> Exception:
        return library.error_class("Py4JNetworkError")(text)


class Gateway(py4j.clientserver.ClientServer):
    """A gateway on loopback in which the threads of both sides belong together."""

    def __init__(self, port: int, secret: str) -> None:
        parameters = py4j.clientserver.JavaParameters(port=port, auth_token=secret, auto_convert=True)
        callbacks = py4j.clientserver.PythonParameters(
            port=0, eager_load=False, daemonize=True, daemonize_connections=True, auth_token=secret
        )
        super().__init__(parameters, callbacks)

    def _create_gateway_client(self) -> Client:
        return Client(self.java_parameters, self.python_parameters)

    def _create_callback_server(self, callback_server_parameters: Any) -> CallbackServer:
        return CallbackServer(
            self._gateway_client, self.java_parameters, self.python_parameters, self.gateway_property
        )

    def set_gateway_client(self, gateway_client: Client) -> None:
        """Put our converters before py4j's, for this gateway alone."""
        super().set_gateway_client(gateway_client)
        gateway_client.converters = [*converters.of(self), *gateway_client.converters]

    def go_to(self, port: int) -> None:
        """Name the port at the other end, which was not known before."""
        self.java_parameters.port = self._gateway_client.port = port

    def listen(self) -> int:
        """Let the JVM call back; return the port."""
        self.start_callback_server()
        return self.get_callback_server().get_listening_port()

    def let_call_back(self) -> None:
        """Tell a JVM that was there before us where Python takes calls; one of ours knows."""
        if self.get_callback_server() is None:
            port, server = self.listen(), self.java_gateway_server
            server.resetCallbackClient(server.getCallbackClient().getAddress(), port)

    def end(self) -> None:
        """Close everything. What still holds a Java object is told so when it uses it."""
        self._gateway_client.is_over = True
        for connection in self._gateway_client.connections():
            connection.close()
        self.shutdown_callback_server()
        self._callback_server = None

    def let_go(self) -> None:
        """In a forked child, close what is the parent's, without a word to the JVM."""
        for connection in self._gateway_client.connections():
            connection.let_go()
        server, self._callback_server = self._callback_server, None
        if server is not None:
            os.close(server.server_socket.detach())
