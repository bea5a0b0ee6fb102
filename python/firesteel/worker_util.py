"""Tools of PySpark's workers that programs import: settings, import paths, the version check."""

import importlib
import os
import resource
import sys
from typing import IO, Any, NoReturn

from firesteel import _public_names
from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError
from firesteel.serializers import FramedSerializer, SpecialLengths, read_int

__all__ = [
    "Conf",
    "add_path",
    "check_python_version",
    "get_sock_file_to_executor",
    "read_command",
    "send_accumulator_updates",
    "setup_broadcasts",
    "setup_memory_limits",
    "setup_spark_files",
]


MOST_SETTINGS = 10_000


class Conf:
    """Settings of a worker, read from a dict or from a stream of names and values.

    >>> Conf({"spark.ansi": "True"}).get("spark.ansi"), Conf().get("missing", "no")
    ('true', 'no')
    """

    def __init__(self, infile_or_dict: dict[str, str] | IO[bytes] | None = None) -> None:
        self._conf: dict[str, Any] = {}
        if infile_or_dict is not None:
            self.load(infile_or_dict)

    def load(self, infile_or_dict: dict[str, str] | IO[bytes]) -> None:
        """Add the settings of a stream, which begins with their number, or take those of a dict instead."""
        if isinstance(infile_or_dict, dict):
            self._conf = infile_or_dict
            return
        number = read_int(infile_or_dict)
        if not 0 <= number <= MOST_SETTINGS:
            failure = f"Invalid number of configurations: {number}"
            raise PySparkRuntimeError(errorClass="PROTOCOL_ERROR", messageParameters={"failure": failure})
        for _ in range(number):
            key = _read_text(infile_or_dict)
            self._conf[key] = _read_text(infile_or_dict)

    def get(self, key: str, default: Any = "", *, lower_str: bool = True) -> Any:
        """Return a setting, a str in lower case unless that is not wanted."""
        value = self._conf.get(key, default)
        return value.lower() if lower_str and isinstance(value, str) else value


def add_path(path: str) -> bool:
    """Put a folder or archive on the import path, behind the program's folder; tell whether it is new.

    >>> add_path("/opt/modules"), add_path("/opt/modules")
    (True, False)
    >>> sys.path.remove("/opt/modules")
    """
    if path in sys.path:
        return False
    sys.path.insert(1, path)
    importlib.invalidate_caches()
    return True


def check_python_version(infile_or_version: IO[bytes] | str) -> None:
    """Raise if this is another Python version than the driver's.

    >>> check_python_version("%d.%d" % sys.version_info[:2])
    """
    is_text = isinstance(infile_or_version, str)
    driver = infile_or_version if is_text else _read_text(infile_or_version)
    worker = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if driver != worker:
        versions = {"worker_version": worker, "driver_version": driver}
        raise PySparkRuntimeError(errorClass="PYTHON_VERSION_MISMATCH", messageParameters=versions)


def read_command(serializer: FramedSerializer, file: IO[bytes] | bytes | memoryview) -> Any:
    """Return the function that a stream, or bytes, hold.

    >>> from firesteel.serializers import CPickleSerializer
    >>> read_command(CPickleSerializer(), CPickleSerializer().dumps(len))("steel")
    5
    """
    if isinstance(file, (bytes, memoryview)):
        return serializer.loads(bytes(file))
    length = read_int(file)
    if length == SpecialLengths.NULL:
        return None
    if length < 0:
        raise EOFError(f"no function: {SpecialLengths.__name__} {length}")
    return serializer.loads(file.read(length))


def setup_memory_limits(memory_limit_mb: int) -> None:
    """Limit the address space of this process; 0 leaves it as it is."""
    if memory_limit_mb <= 0:
        return
    wanted = memory_limit_mb << 20
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or wanted < soft:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard if hard != resource.RLIM_INFINITY else wanted))


def setup_spark_files(
    infile_or_spark_files_dir: IO[bytes] | str, python_includes: list[str] | None = None
) -> None:
    """Put the folder of shipped files, and archives in it, on the import path. Our workers have it there."""
    if isinstance(infile_or_spark_files_dir, str):
        root, names = infile_or_spark_files_dir, python_includes or []
    else:
        stream = infile_or_spark_files_dir
        root = _read_text(stream)
        names = [_read_text(stream) for _ in range(read_int(stream))]
    add_path(root)
    for name in names:
        add_path(os.path.join(root, name))


def setup_broadcasts(
    infile_or_variables: Any, conn_info: Any = None, auth_secret: str | None = None
) -> NoReturn:
    """Raise: broadcasts are files that every worker of the machine maps when it first uses them."""
    raise PySparkNotImplementedError(
        "broadcasts need no setting up: workers map them when they first use them"
    )


def send_accumulator_updates(outfile: IO[bytes]) -> NoReturn:
    """Raise: updates go to the driver with the report of their task."""
    raise PySparkNotImplementedError("accumulator updates go to the driver with the report of their task")


def get_sock_file_to_executor(timeout: int | None = -1) -> NoReturn:
    """Raise: there is no executor beside the worker; its socket is the engine's own."""
    raise PySparkNotImplementedError("a worker has no connection to an executor in a JVM")


def _read_text(stream: IO[bytes]) -> str:
    return stream.read(read_int(stream)).decode("utf-8")


_public_names.publish(__name__)
