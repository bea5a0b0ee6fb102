"""The names of PySpark's bridge to the JVM. Each says that there is none."""

from subprocess import PIPE
from typing import Any, NoReturn

from firesteel import _public_names
from firesteel.errors import PySparkNotImplementedError

__all__ = ["PIPE", "ensure_callback_server_started", "launch_gateway"]


def launch_gateway(conf: Any = None, popen_kwargs: Any = None) -> NoReturn:
    """Raise: `SparkContext(master=..., conf=...)` starts the engine, in this process."""
    raise PySparkNotImplementedError(
        "there is no JVM to launch: use SparkContext, which starts the engine in this process"
    )


def ensure_callback_server_started(gw: Any) -> NoReturn:
    """Raise: without a JVM nothing calls back."""
    raise PySparkNotImplementedError(
        "there is no JVM that could call back into this process: use SparkContext.accumulator"
    )


_public_names.publish(__name__)
