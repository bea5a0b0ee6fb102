"""addFile, addPyFile, addArchive and SparkFiles: what is shipped is there on the driver and in tasks."""

import functools
import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from firesteel import SparkContext, SparkFiles
from firesteel.errors import FiresteelError, PySparkRuntimeError


def read(name: str) -> str:
    return Path(SparkFiles.get(name)).read_text()


def in_task(sc: SparkContext, function: Callable[[], object]) -> object:
    return sc.parallelize([0], 1).map(lambda _: function()).first()


def test_a_file_is_there_on_the_driver_and_in_tasks(sc2: SparkContext, tmp_path: Path) -> None:
    path = tmp_path / "a file.txt"
    path.write_text("steel")
    sc2.addFile(str(path))
    sc2.addFile(str(path))
    assert read("a file.txt") == "steel"
    assert in_task(sc2, lambda: read("a file.txt")) == "steel"
    assert sc2.listFiles.count(f"file:{path}".replace(" ", "%20")) == 1
    assert in_task(sc2, SparkFiles.getRootDirectory) == SparkFiles.getRootDirectory()


def test_a_folder_needs_recursive(sc2: SparkContext, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "x").write_text("1")
    with pytest.raises(FiresteelError, match="is a directory and recursive is not turned on"):
        sc2.addFile(str(folder))
    sc2.addFile(folder.as_uri(), recursive=True)
    assert in_task(sc2, lambda: read("folder/inner/x")) == "1"
    assert f"file:{folder}/" in sc2.listFiles


def test_a_missing_file_is_an_error(sc2: SparkContext, tmp_path: Path) -> None:
    for add in (sc2.addFile, sc2.addPyFile, sc2.addArchive):
        with pytest.raises(FiresteelError, match=r"nope\.py does not exist"):
            add(str(tmp_path / "nope.py"))
    with pytest.raises(FiresteelError, match='No FileSystem for scheme "gopher"'):
        sc2.addFile("gopher://x/y")
    assert not any("nope" in uri for uri in sc2.listFiles + sc2.listArchives)


def test_two_different_files_of_one_name_are_an_error(sc2: SparkContext, tmp_path: Path) -> None:
    for folder, text in (("one", "1"), ("two", "2"), ("three", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(text)
    sc2.addFile(str(tmp_path / "one" / "same.txt"))
    sc2.addFile(str(tmp_path / "three" / "same.txt"))
    with pytest.raises(FiresteelError, match="exists and does not match contents"):
        sc2.addFile(str(tmp_path / "two" / "same.txt"))
    assert read("same.txt") == "1"


def test_a_module_can_be_imported_at_once_and_by_workers_that_have_run(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc = start_context("local[1]")
    assert sc.parallelize([1], 1).map(lambda x: x).collect() == [1]
    (tmp_path / "shipped_module.py").write_text("VALUE = 1\n")
    # The name of an installed module, which nothing here has imported.
    (tmp_path / "this.py").write_text("VALUE = 2\n")
    sc.addPyFile(str(tmp_path / "shipped_module.py"))
    sc.addPyFile(str(tmp_path / "this.py"))
    import this

    import shipped_module  # type: ignore[import-not-found]  # made above

    try:
        assert (shipped_module.VALUE, this.VALUE) == (1, 2)  # type: ignore[attr-defined]
        imported = in_task(sc, lambda: [__import__(name).VALUE for name in ("shipped_module", "this")])
        assert imported == [1, 2]
        before = list(sys.path)
        sc.stop()
        assert len(sys.path) == len(before) - 1
    finally:
        sys.modules.pop("this")
        sys.modules.pop("shipped_module")


@pytest.mark.parametrize("name", ["modules.zip", "modules.egg"])
def test_an_archive_of_modules(sc2: SparkContext, tmp_path: Path, name: str) -> None:
    module = f"inside_{name.partition('.')[2]}"
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr(f"{module}.py", "VALUE = 3\n")
    sc2.addPyFile(str(tmp_path / name))
    assert __import__(module).VALUE == 3
    assert in_task(sc2, lambda: __import__(module).VALUE) == 3


def test_archives_are_unpacked(sc2: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "inner.txt").write_text("x")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.write(tmp_path / "inner.txt", "inner.txt")
    with tarfile.open(tmp_path / "data.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "inner.txt", "inner.txt")
    sc2.addArchive(str(tmp_path / "data.zip"))
    sc2.addArchive(f"{tmp_path}/data.tar.gz#named")
    assert in_task(sc2, lambda: [read("data.zip/inner.txt"), read("named/inner.txt")]) == ["x", "x"]
    assert f"file:{tmp_path}/data.tar.gz#named" in sc2.listArchives


def test_a_file_comes_by_http(sc2: SparkContext, tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    (tmp_path / "fetched.txt").write_text("far")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        sc2.addFile(f"http://127.0.0.1:{server.server_port}/fetched.txt")
        server.shutdown()
        thread.join()
    assert in_task(sc2, lambda: read("fetched.txt")) == "far"


def test_settings_ship_files(start_context: Callable[..., SparkContext], tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("d")
    (tmp_path / "by_setting.py").write_text("VALUE = 4\n")
    settings = {"spark.files": tmp_path / "data.txt", "spark.submit.pyFiles": tmp_path / "by_setting.py"}
    sc = start_context(settings=settings)
    assert in_task(sc, lambda: (read("data.txt"), __import__("by_setting").VALUE)) == ("d", 4)


def test_without_a_file_that_the_settings_name_there_is_no_context(
    start_context: Callable[..., SparkContext],
) -> None:
    with pytest.raises(FiresteelError, match="does not exist"):
        start_context(settings={"spark.files": "/nowhere/at/all"})
    assert start_context().range(3).count() == 3


def test_spark_files_is_no_object_and_needs_a_context(start_context: Callable[..., SparkContext]) -> None:
    with pytest.raises(NotImplementedError, match="Do not construct SparkFiles objects"):
        SparkFiles()
    with pytest.raises(PySparkRuntimeError, match="needs a running SparkContext"):
        SparkFiles.getRootDirectory()
    root = start_context()._shipped.root
    assert os.path.isdir(root)
