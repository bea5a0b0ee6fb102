"""py4j's gateway: `sc._gateway`, and `sc._jvm` with its packages and classes.

A name walks through packages until `firesteel._jvm` has an answer for it. A package that nobody answers for
may be named, as in py4j; calling it is the error.
"""

from typing import Any

from firesteel._jvm import IMPORTED, answer_or_none, unanswered
from firesteel._jvm.objects import Answering, JavaObject, java_name
from firesteel._py4j.java_collections import JavaArray

__all__ = [
    "CallbackServerParameters",
    "GatewayParameters",
    "JVMView",
    "JavaClass",
    "JavaGateway",
    "JavaObject",
    "JavaPackage",
    "get_field",
    "is_instance_of",
    "java_import",
    "set_field",
]

DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_PORT = 25333
DEFAULT_PYTHON_PROXY_PORT = 25334
JavaClass = Answering
"""What the classes are that answer."""


class JavaPackage:
    """A package of Java's, or a class that nobody answers for."""

    def __init__(self, name: str) -> None:
        self._fqn = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self._fqn}.{name}"
        answer = answer_or_none(full)
        return JavaPackage(full) if answer is None else answer

    def __call__(self, *arguments: Any) -> Any:
        raise unanswered(self._fqn)

    def __repr__(self) -> str:
        return f"<JavaPackage {self._fqn}>"


class JVMView:
    """The names of the JVM: `sc._jvm`."""

    def __init__(self) -> None:
        self._packages: list[str] = []
        self._classes: dict[str, str] = {}
        for name in IMPORTED:
            self._import(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for full in (self._classes.get(name, ""), *(f"{package}.{name}" for package in self._packages)):
            answer = answer_or_none(full)
            if answer is not None:
                return answer
        return JavaPackage(self._classes.get(name, name))

    def _import(self, name: str) -> None:
        package, _, simple = name.rpartition(".")
        if simple == "*":
            self._packages.append(package)
        else:
            self._classes[simple] = name


class GatewayParameters:
    """Where a gateway listens: nowhere. Kept as the program gives them."""

    def __init__(self, address: str = DEFAULT_ADDRESS, port: int = 0, **others: Any) -> None:
        self.address, self.port = address, port
        self.auth_token: str | None = others.pop("auth_token", None)
        self.__dict__.update(others)


class CallbackServerParameters(GatewayParameters):
    """Where Python listens for a JVM: nowhere."""


class JavaGateway:
    """The bridge to the JVM, which ends in this process."""

    def __init__(self, gateway_parameters: GatewayParameters | None = None, **others: Any) -> None:
        self.gateway_parameters = gateway_parameters or GatewayParameters()
        self.jvm = JVMView()

    def new_array(self, java_class: Any, *dimensions: int) -> JavaArray:
        """Return an array of nothing, of so many elements.

        >>> JavaGateway().new_array(None, 2)
        [None, None]
        """
        first, *others = dimensions
        return JavaArray(self.new_array(java_class, *others) if others else None for _ in range(first))

    def new_jvm_view(self, name: str = "custom jvm") -> JVMView:
        """Return names without the imports of another view."""
        return JVMView()

    def detach(self, java_object: Any) -> None:
        """Do nothing: Python's garbage collector frees what nobody holds."""

    def shutdown(self, *arguments: Any) -> None:
        """Do nothing: there is no JVM to end."""

    close = shutdown_callback_server = close_callback_server = shutdown


def java_import(jvm_view: JVMView, import_str: str) -> None:
    """Let a class, or with `.*` those of a package, need no package in front.

    >>> view = JVMView()
    >>> java_import(view, "org.apache.hadoop.fs.*")
    >>> view.Path("/tmp/steel").getName()
    'steel'
    """
    jvm_view._import(import_str)


def is_instance_of(gateway: JavaGateway, java_object: Any, java_class: Any) -> bool:
    """Return whether an object is of a class, or of the class of a name.

    >>> path = JVMView().org.apache.hadoop.fs.Path("/tmp")
    >>> is_instance_of(JavaGateway(), path, "org.apache.hadoop.fs.Path")
    True
    """
    if isinstance(java_class, str):
        bases = type(java_object).__mro__
        return any(isinstance(base, Answering) and java_name(base) == java_class for base in bases)
    return isinstance(java_object, java_class)


def get_field(java_object: Any, field_name: str) -> Any:
    """Return a field of an object."""
    return getattr(java_object, field_name)


def set_field(java_object: Any, field_name: str, value: Any) -> None:
    """Set a field of an object."""
    setattr(java_object, field_name, value)
