"""The names of PySpark's bridge to the JVM, which starts by itself when a program needs it."""

from subprocess import PIPE
from typing import Any, NoReturn

from firesteel import _public_names
from firesteel._py4j.java_gateway import JavaGateway
from firesteel.errors import PySparkNotImplementedError

__all__ = ["PIPE", "ensure_callback_server_started", "launch_gateway"]


def launch_gateway(conf: Any = None, popen_kwargs: Any = None) -> NoReturn:
    """Raise: `SparkContext(master=..., conf=...)` starts the engine, in this process."""
    raise PySparkNotImplementedError(
        "there is no JVM to launch: use SparkContext, whose _jvm starts one when it is needed"
    )


def ensure_callback_server_started(gw: Any) -> None:
    """Let the JVM behind `sc._gateway` call Python, also one that was there before: docs/java.md."""
    if not isinstance(gw, JavaGateway):
        raise PySparkNotImplementedError(
            "there is no JVM that could call back into this process: use sc._gateway, which starts one"
        )
    gw.let_call_back()


_public_names.publish(__name__)
