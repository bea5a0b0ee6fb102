"""`firesteel link`: commands of Spark's names that mean Firesteel."""

import os
import sys
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, Programs

LONE = "import sys\nfrom pyspark import SparkContext\nprint(sys.argv[1:], SparkContext().master)\n"


@pytest.fixture
def linked(programs: Programs) -> Path:
    """A folder, with a space in its name, that the commands were written to."""
    folder = programs.folder / "with space" / "bin"
    done = programs.run(FIRESTEEL, "link", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert str(folder / "spark-submit") in done.stdout
    return folder


def path_with(folder: Path) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_spark_submit_needs_only_a_path(programs: Programs, linked: Path) -> None:
    programs.write(LONE)
    environment = programs.environment(PATH=path_with(linked))
    done = programs.run("sh", "-c", "spark-submit --master 'local[2]' app.py 'a b' -x", env=environment)
    assert (done.stdout, done.stderr) == ("['a b', '-x'] local[2]\n", "")
    assert programs.run("sh", "-c", "spark-submit --bogus", env=environment).returncode == 2


def test_pyspark_is_the_shell(programs: Programs, linked: Path) -> None:
    environment = programs.environment(PATH=path_with(linked))
    done = programs.run(
        "sh", "-c", "pyspark --master 'local[2]'", env=environment, text="print(sc.range(4).sum())\n"
    )
    assert "6\n" in done.stdout
    assert done.returncode == 0


def test_they_may_move_and_be_linked_to(programs: Programs, linked: Path) -> None:
    programs.write(LONE)
    moved = programs.folder / "moved"
    linked.rename(moved)
    link = programs.folder / "link"
    link.symlink_to(moved / "spark-submit")
    for command in (moved / "spark-submit", link):
        assert programs.run(str(command), "--master", "local[1]", "app.py").stdout == "[] local[1]\n"


def test_they_find_a_python_that_moved_along(programs: Programs, linked: Path) -> None:
    programs.write(LONE)
    script = linked / "spark-submit"
    beside = linked.parent / "python"
    relative = os.path.relpath(sys.executable, linked)
    script.write_text(script.read_text().replace(relative, "../python").replace(sys.executable, "/gone"))
    done = programs.run(str(script), "app.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "run firesteel link again" in done.stderr
    beside.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    beside.chmod(0o755)
    assert programs.run(str(script), "--master", "local[1]", "app.py").stdout == "[] local[1]\n"


def test_what_it_wrote_it_writes_again(programs: Programs, linked: Path) -> None:
    (linked / "pyspark").unlink()
    assert programs.run(FIRESTEEL, "link", str(linked)).returncode == 0
    assert os.access(linked / "pyspark", os.X_OK)
    assert sorted(path.name for path in linked.iterdir()) == ["pyspark", "spark-submit"]


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_what_it_did_not_write_stays(programs: Programs, kind: str) -> None:
    theirs = programs.folder / "bin" / "pyspark"
    theirs.parent.mkdir()
    if kind == "file":
        theirs.write_text("#!/bin/sh\n")
    elif kind == "link":
        theirs.symlink_to("/nowhere")
    else:
        theirs.mkdir()
    done = programs.run(FIRESTEEL, "link", "bin")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "stays as it is" in done.stderr
    assert [path.name for path in theirs.parent.iterdir()] == ["pyspark"]


def test_bad_input_is_one_line_and_exit_code_2(programs: Programs) -> None:
    (programs.folder / "file").write_text("")
    for arguments in ([], ["file"], ["a", "b"], ["--dir", "x"]):
        done = programs.run(FIRESTEEL, "link", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("firesteel link: ")


def test_help_helps(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "link", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples:" in done.stdout
