"""py4j's gateway with a thread in the JVM for each of Python's, which is what `sc._gateway` is.

Libraries ask for this class to learn whether jobs of several threads run side by side, each with its own
group and properties. They do.
"""

from typing import Any

from firesteel._py4j.java_gateway import GatewayParameters, JavaGateway

__all__ = ["ClientServer", "JavaParameters", "PythonParameters"]


class JavaParameters(GatewayParameters):
    """Where the JVM listens: nowhere."""


class PythonParameters(GatewayParameters):
    """Where Python listens: nowhere."""


class ClientServer(JavaGateway):
    """A gateway in which threads belong together."""

    def __init__(
        self,
        java_parameters: Any = None,
        python_parameters: Any = None,
        python_server_entry_point: Any = None,
    ) -> None:
        super().__init__(java_parameters or JavaParameters())
        self._given["java_parameters"] = self._given["gateway_parameters"]
        self._given["python_parameters"] = python_parameters or PythonParameters()
