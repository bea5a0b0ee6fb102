"""worker_util, traceback_utils and the names of what is not there."""

import io
import json
import logging
import subprocess
import sys
import warnings

import pytest

from firesteel import find_spark_home, install, java_gateway, worker_util
from firesteel.errors import PySparkNotImplementedError, PySparkRuntimeError
from firesteel.logger import SPARK_LOG_SCHEMA, PySparkLogger
from firesteel.serializers import CPickleSerializer, write_int, write_with_length
from firesteel.traceback_utils import CallSite, SCCallSiteSync, first_spark_call


def test_settings_come_from_dicts_and_streams() -> None:
    stream = io.BytesIO()
    write_int(1, stream)
    for text in (b"spark.a", b"Left"):
        write_with_length(text, stream)
    stream.seek(0)
    conf = worker_util.Conf(stream)
    assert (conf.get("spark.a", lower_str=False), conf.get("spark.a"), conf.get("spark.c")) == (
        "Left",
        "left",
        "",
    )
    conf.load({"spark.b": "TRUE"})
    assert (conf.get("spark.a"), conf.get("spark.b")) == ("", "true")
    write_int(10_001, damaged := io.BytesIO())
    damaged.seek(0)
    with pytest.raises(PySparkRuntimeError, match="Invalid number of configurations: 10001"):
        conf.load(damaged)


def test_another_python_is_refused() -> None:
    worker_util.check_python_version(f"{sys.version_info[0]}.{sys.version_info[1]}")
    with pytest.raises(PySparkRuntimeError, match=r"PYTHON_VERSION_MISMATCH.*in driver: 2\.7"):
        worker_util.check_python_version("2.7")


def test_commands_are_read() -> None:
    pickled = CPickleSerializer().dumps(len)
    stream = io.BytesIO()
    write_with_length(pickled, stream)
    write_int(-1, stream)
    stream.seek(0)
    assert worker_util.read_command(CPickleSerializer(), stream)("ab") == 2
    with pytest.raises(EOFError):
        worker_util.read_command(CPickleSerializer(), stream)
    assert worker_util.read_command(CPickleSerializer(), memoryview(pickled))("ab") == 2


def test_shipped_files_come_onto_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["program"])
    stream = io.BytesIO()
    write_with_length(b"/root", stream)
    write_int(1, stream)
    write_with_length(b"a.zip", stream)
    stream.seek(0)
    worker_util.setup_spark_files(stream)
    worker_util.setup_spark_files("/other", [])
    assert sys.path == ["program", "/other", "/root/a.zip", "/root"]


def test_a_memory_limit_holds() -> None:
    worker_util.setup_memory_limits(0)
    program = (
        "from firesteel import worker_util; worker_util.setup_memory_limits(512)\n"
        "try: bytearray(1 << 30)\n"
        "except MemoryError: print('limited')"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "limited\n"
    )


def test_call_sites() -> None:
    site = first_spark_call()
    assert site is not None
    assert site == CallSite("first_spark_call", __file__, site.linenum)
    with SCCallSiteSync(None):
        assert SCCallSiteSync._spark_stack_depth == 1
    assert SCCallSiteSync._spark_stack_depth == 0


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(PySparkNotImplementedError, match="there is no SPARK_HOME"):
        find_spark_home._find_spark_home()
    for call in (java_gateway.launch_gateway, lambda: java_gateway.ensure_callback_server_started(None)):
        with pytest.raises(PySparkNotImplementedError, match="JVM"):
            call()
    versions = ("4.3.0", "hadoop3", "hive2.3")
    for call in (
        lambda: install.install_spark("somewhere", *versions),
        lambda: install.checked_versions(*versions),
        lambda: install.checked_package_name(*versions),
        lambda: install.convert_old_hadoop_version("4.3.0", "3"),
        install.get_preferred_mirrors,
        lambda: install.download_to_file(None, "x"),
    ):
        with pytest.raises(PySparkNotImplementedError, match="no Spark to install"):
            call()
    for call, reason in (
        (lambda: worker_util.setup_broadcasts([]), "workers map them"),
        (lambda: worker_util.send_accumulator_updates(io.BytesIO()), "report of their task"),
        (worker_util.get_sock_file_to_executor, "no connection"),
    ):
        with pytest.raises(PySparkNotImplementedError, match=reason):
            call()
    asked = subprocess.run([sys.executable, "-m", "firesteel.find_spark_home"], capture_output=True)
    assert (asked.returncode, asked.stdout) == (1, b"")


def test_log_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logger = PySparkLogger.getLogger("firesteel.tests.logger")
    assert PySparkLogger.getLogger("firesteel.tests.logger") is logger
    assert type(logging.getLogger("firesteel.tests.plain")) is logging.Logger
    lines = io.StringIO()
    logger.addHandler(logging.StreamHandler(lines))
    logger.info("unseen")
    logger.error("hot %s", "iron", degrees=1600)
    try:
        raise ValueError("cold")
    except ValueError:
        logger.exception("failed", part="é")
    first, second = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (first["level"], first["msg"], first["context"]) == ("ERROR", "hot iron", {"degrees": 1600})
    assert "exception" not in first
    assert (second["exception"]["class"], second["exception"]["msg"]) == ("ValueError", "cold")
    assert second["exception"]["stacktrace"][0]["method"] == "test_log_lines_are_json"
    assert set(first) <= {part.split()[0] for part in SPARK_LOG_SCHEMA.split(", ")}
    capsys.readouterr()


def test_warn_is_the_old_name_of_warning(capsys: pytest.CaptureFixture[str]) -> None:
    logger = PySparkLogger.getLogger("tests.warn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        logger.warn("careful", x=1)
    assert '"msg": "careful"' in capsys.readouterr().err
