"""What a JVM is started with, as far as that can be seen without one."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel._java import launch


def plain(path: str) -> str:
    return path


def test_the_options_stand_in_sparks_order() -> None:
    settings = {
        "spark.driver.memory": "2g",
        "spark.driver.defaultJavaOptions": "-Da=1",
        "spark.driver.extraJavaOptions": "-Da=2 '-Db=x y'",
        "spark.driver.extraClassPath": "/first:/second",
    }
    assert launch.command("/bin/java", "/py4j.jar", settings, plain) == [
        "/bin/java",
        "-cp",
        "/first:/second:/py4j.jar",
        "-Xmx2048m",
        "-XX:-UsePerfData",
        "-Da=1",
        "-Da=2",
        "-Db=x y",
        "py4j.GatewayServer",
        "--die-on-broken-pipe",
        "--enable-auth",
        "0",
    ]


@pytest.mark.parametrize(("size", "heap"), [("512", "-Xmx512m"), ("1t", "-Xmx1048576m"), ("", "-Xmx1024m")])
def test_the_heap(size: str, heap: str) -> None:
    assert heap in launch.command("java", "jar", {"spark.driver.memory": size}, plain)


def test_jars_are_expanded_and_have_to_be_there(tmp_path: Path) -> None:
    for name in ("b.jar", "a.jar", "c.txt"):
        (tmp_path / name).touch()
    settings = {"spark.jars": f"{tmp_path}/*.jar, {tmp_path}/c.txt,"}
    found = launch.class_path("py4j.jar", settings, plain).split(":")
    assert found == [*(str(tmp_path / name) for name in ("a.jar", "b.jar", "c.txt")), "py4j.jar"]
    for missing in ("x.jar", "x*.jar"):
        with pytest.raises(FileNotFoundError, match=r"spark\.jars names .*x.*jar, which is not there"):
            launch.class_path("py4j.jar", {"spark.jars": f"{tmp_path}/{missing}"}, plain)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server on loopback for the files of the test's folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_jar_of_another_machine_is_brought(sc2: SparkContext, tmp_path: Path, address: str) -> None:
    pytest.importorskip("py4j", reason="py4j is not installed")
    from firesteel._java.machine import _Jars

    (tmp_path / "far.jar").write_bytes(b"classes")
    brought = Path(_Jars(sc2).path(f"{address}/far.jar?version=1"))
    assert (brought.name, brought.read_bytes()) == ("far.jar", b"classes")
    assert brought.is_relative_to(sc2._temp_dir)
    with pytest.raises(OSError, match="404"):
        _Jars(sc2).path(f"{address}/no.jar")
