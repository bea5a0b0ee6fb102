"""py4j's gateway: `sc._gateway`, and `sc._jvm` with its packages and classes.

A name walks through packages until `firesteel._jvm` has an answer for it, or a real JVM a class. A package
that nobody answers for may be named, as in py4j; calling it is the error. What only a gateway to a JVM has,
this one takes from the real one, which starts for it.
"""

from typing import Any

from firesteel._jvm import IMPORTED, answer_or_none, class_or_none, resolved
from firesteel._jvm.objects import Answering, JavaObject, java_name
from firesteel._py4j import Namesake, is_of_py4j
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


class _Class(Namesake):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Answering) or super().__instancecheck__(instance)


class JavaClass(metaclass=_Class):
    """What the classes are that answer, and those of a JVM."""


class JavaPackage:
    """A package of Java's, or a class that nobody answers for."""

    def __init__(self, name: str) -> None:
        self._fqn = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self._fqn}.{name}"
        answer = answer_or_none(full)
        if answer is None:
            answer = class_or_none(full)
        return JavaPackage(full) if answer is None else answer

    def __call__(self, *arguments: Any) -> Any:
        return resolved(self._fqn)(*arguments)

    def __repr__(self) -> str:
        return f"<JavaPackage {self._fqn}>"


class JVMView:
    """The names of the JVM: `sc._jvm`."""

    def __init__(self) -> None:
        self._imported: list[str] = []
        self._packages: list[str] = []
        self._classes: dict[str, str] = {}
        for name in IMPORTED:
            self._import(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("_gateway_client", "_id"):  # py4j's own java_import asks for them
            return getattr(_machine(name).view(self), name)
        for full in (self._classes.get(name, ""), *(f"{package}.{name}" for package in self._packages)):
            answer = answer_or_none(full)
            if answer is not None:
                return answer
        answer = class_or_none(name, self)
        return JavaPackage(self._classes.get(name, name)) if answer is None else answer

    def _import(self, name: str) -> None:
        package, _, simple = name.rpartition(".")
        if simple == "*":
            self._packages.append(package)
        else:
            self._classes[simple] = name
        self._imported.append(name)


class GatewayParameters:
    """Where a gateway listens: nowhere. Kept as the program gives them."""

    def __init__(self, address: str = DEFAULT_ADDRESS, port: int = 0, **others: Any) -> None:
        self.address, self.port = address, port
        self.auth_token: str | None = others.pop("auth_token", None)
        self.__dict__.update(others)


class CallbackServerParameters(GatewayParameters):
    """Where Python listens for a JVM: nowhere."""


class JavaGateway:
    """The bridge to the JVM, which ends in this process until a real one runs."""

    def __init__(self, gateway_parameters: GatewayParameters | None = None, **others: Any) -> None:
        self._given: dict[str, Any] = {"gateway_parameters": gateway_parameters or GatewayParameters()}
        self.jvm = JVMView()

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What `isinstance` asks besides the type: while a JVM runs, this is a gateway of py4j's, too."""
        real = _running()
        return type(self) if real is None else type(real)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or (name.startswith("_") and name.endswith("_")):
            raise AttributeError(name)
        given = self.__dict__.get("_given", {})
        real = _running()
        return given[name] if real is None and name in given else getattr(_machine(name).gateway, name)

    def new_array(self, java_class: Any, *dimensions: int) -> Any:
        """Return an array of nothing, of so many elements: the JVM's, where it runs or only it has the class.

        >>> JavaGateway().new_array(sc._jvm.java.lang.String, 2)
        [None, None]
        """
        is_ours = isinstance(java_class, Answering)
        name = java_name(java_class) if is_ours else getattr(java_class, "_fqn", "")
        if name and not (is_ours and _running() is None):
            return _machine(name).gateway.new_array(JavaPackage(name), *dimensions)
        return _array(name, *dimensions)

    def new_jvm_view(self, name: str = "custom jvm") -> JVMView:
        """Return names without the imports of another view."""
        return JVMView()

    def detach(self, java_object: Any) -> None:
        """Forget an object of the JVM's; Python's garbage collector frees the others."""
        if is_of_py4j(java_object, "JavaObject"):
            java_object._detach()

    def shutdown(self, *arguments: Any) -> None:
        """End the JVM, if one runs."""
        from firesteel import _java

        _java.stop()

    def close(self, *arguments: Any, **options: Any) -> None:
        """Do nothing: a connection goes with its thread, and all with the context."""

    shutdown_callback_server = close_callback_server = close


def _running() -> Any:
    """Return the gateway of py4j's to the JVM, if one runs."""
    from firesteel import _java

    machine = _java.running()
    return None if machine is None else machine.gateway


def _machine(name: str) -> Any:
    from firesteel import _java

    return _java.jvm_for(name)


def _array(name: str, first: int, *others: int) -> JavaArray:
    array = JavaArray(_array(name, *others) if others else None for _ in range(first))
    array._fqn = "" if others else name
    return array


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
    if is_of_py4j(java_object, "JavaObject"):
        return _of_py4j("is_instance_of")(_running(), java_object, java_class)
    if isinstance(java_class, str):
        bases = type(java_object).__mro__
        return any(isinstance(base, Answering) and java_name(base) == java_class for base in bases)
    return isinstance(java_class, type) and isinstance(java_object, java_class)


def get_field(java_object: Any, field_name: str) -> Any:
    """Return a field of an object."""
    if is_of_py4j(java_object, "JavaObject"):
        return _of_py4j("get_field")(java_object, field_name)
    return getattr(java_object, field_name)


def set_field(java_object: Any, field_name: str, value: Any) -> None:
    """Set a field of an object."""
    if is_of_py4j(java_object, "JavaObject"):
        _of_py4j("set_field")(java_object, field_name, value)
    else:
        setattr(java_object, field_name, value)


def _of_py4j(function: str) -> Any:
    from firesteel._java import library

    return getattr(library.load().java_gateway, function)
