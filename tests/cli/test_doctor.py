"""`firesteel doctor`: what is there, what is wrong, what to do."""

import sys
from pathlib import Path

import pytest

from support.java import jvm_or_skip
from support.programs import FIRESTEEL, Programs

VARIABLES = (
    *("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_DIRS", "JAVA_HOME"),
    *("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "PYSPARK_SUBMIT_ARGS"),
)
CLEAN = dict.fromkeys(VARIABLES)


def doctor(programs: Programs, **variables: str | None) -> tuple[int, str]:
    """Return exit code and report."""
    environment = programs.environment(**{**CLEAN, **variables})
    done = programs.run(FIRESTEEL, "doctor", env=environment)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_where_all_is_well_it_says_so(programs: Programs) -> None:
    programs.write("raise SystemExit('taken from the wrong folder')", "firesteel.py")
    code, report = doctor(programs)
    assert code == 0, report
    assert report.endswith("\nnothing is wrong\n")
    subjects = [line[:22].strip() for line in report.splitlines()]
    expected = ["firesteel", "python", "cloudpickle", "cores", "memory", "open files", "/dev/shm"]
    expected += ["local folder", "SPARK_HOME", "pyspark", "java", "sc._jvm", "a small job"]
    assert [subject for subject in subjects if subject in expected] == expected
    assert sys.executable in report


def test_it_shows_what_variables_name(programs: Programs) -> None:
    home, conf = programs.folder / "spark", programs.folder / "spark/conf"
    (home / "bin").mkdir(parents=True)
    (home / "bin/spark-submit").touch()
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text("spark.a 1\nspark.b 2\n")
    java = programs.write("#!/bin/sh\necho 'java 21' >&2\n", "java/bin/java")
    java.chmod(0o755)
    code, report = doctor(
        programs,
        SPARK_HOME=str(home),
        JAVA_HOME=str(programs.folder / "java"),
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_SUBMIT_ARGS="--master local[2] pyspark-shell",
    )
    assert code == 0, report
    for shown in (f"{java}, java 21", str(home), "spark-defaults.conf, 2 settings", "--master local[2]"):
        assert shown in report


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"JAVA_HOME": "/nowhere"},
            "answers without a JVM; the rest needs a JVM, and JAVA_HOME=/nowhere",
        ),
        (
            {"PYSPARK_GATEWAY_PORT": "25333"},
            "asks the gateway at port 25333 for what it does",
        ),
        ({}, "starts a JVM for what it does not answer itself, by py4j 0.10.9"),
    ],
)
def test_it_tells_what_becomes_of_java_names(
    programs: Programs, variables: dict[str, str], said: str
) -> None:
    jvm_or_skip()
    code, report = doctor(programs, **variables)
    assert code == 0, report
    assert f"sc._jvm               {said}" in report


def broken(folder: Path) -> dict[str, tuple[dict[str, str], str]]:
    """Return variables that make something wrong, and what is said about it."""
    older = folder / "older"
    older.write_text("#!/bin/sh\necho 2.7\n")
    older.chmod(0o755)
    (folder / "spark-defaults.conf").write_text("spark.a \\uXX\n")
    return {
        "folder": ({"SPARK_LOCAL_DIRS": f"{older}/x"}, f"cannot write to {older}: Not a directory"),
        "unwritable": ({"SPARK_LOCAL_DIRS": "/proc/x"}, "cannot write to /proc"),
        "interpreter": ({"PYSPARK_PYTHON": "/bin/false"}, "does not run as a Python"),
        "version": ({"PYSPARK_DRIVER_PYTHON": str(older)}, "it is Python 2.7 and not"),
        "home": ({"SPARK_HOME": "/nowhere"}, "there is no bin/spark-submit in /nowhere"),
        "options": ({"PYSPARK_SUBMIT_ARGS": "--mastr x"}, "did you mean --master?"),
        "cluster": ({"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"}, "master yarn is a cluster"),
        "defaults": ({"SPARK_CONF_DIR": str(folder)}, "malformed"),
    }


@pytest.mark.parametrize(
    "name", ["folder", "unwritable", "interpreter", "version", "home", "options", "cluster", "defaults"]
)
def test_what_is_wrong_is_said_with_what_to_do(programs: Programs, name: str) -> None:
    variables, reason = broken(programs.folder)[name]
    code, report = doctor(programs, **variables)
    assert code == 1
    wrong = [line for line in report.splitlines() if line.startswith("wrong: ")]
    remedies = [line for line in report.splitlines() if line.startswith("   do: ")]
    assert len(wrong) == len(remedies) >= 1
    assert reason in wrong[0]


def test_a_local_folder_may_still_have_to_be_made(programs: Programs) -> None:
    folder = programs.folder / "new" / "blocks"
    code, report = doctor(programs, SPARK_LOCAL_DIRS=str(folder))
    assert code == 0, report
    assert f"{folder}, " in report


def test_few_open_files_are_wrong(programs: Programs) -> None:
    done = programs.run(
        "sh", "-c", f"ulimit -n 100; exec {FIRESTEEL} doctor", env=programs.environment(**CLEAN)
    )
    assert done.returncode == 1
    assert "shuffles need more" in done.stdout
    assert "ulimit -n 4096" in done.stdout


def test_help_and_bad_input(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "doctor", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples:" in done.stdout
    for arguments in (["--fast"], ["x"]):
        done = programs.run(FIRESTEEL, "doctor", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
