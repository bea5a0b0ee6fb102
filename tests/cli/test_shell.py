"""`firesteel shell`: a prompt with `sc` and `spark`, in whatever program is to be the prompt."""

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.programs import FIRESTEEL, Programs


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Open a terminal: the end where somebody types, and the program's."""
    ends = pty.openpty()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def test_the_shell_has_sc_and_spark(programs: Programs) -> None:
    lines = "print(sc.range(10).map(lambda x: x * x).sum())\nspark.sparkContext is sc\nsc.master\n"
    done = programs.run(FIRESTEEL, "shell", "--master", "local[2]", text=lines)
    assert done.returncode == 0
    for expected in ("285", "True", "'local[2]'"):
        assert expected in done.stdout
    assert "sc and spark are ready" in done.stderr


def test_what_is_typed_at_the_prompt_reaches_the_workers(programs: Programs) -> None:
    lines = """
class Spark:
    def __init__(self, x):
        self.x = x

sparks = sc.parallelize([1, 2], 2).map(Spark)
[type(spark) is Spark for spark in sparks.collect()]
sparks.map(lambda spark: 1 // (spark.x - 1)).collect()
sparks.map(lambda spark: spark.x).sum()
"""
    done = programs.run(FIRESTEEL, "shell", "--master", "local[2]", text=lines.lstrip())
    assert done.returncode == 0
    assert "[True, True]" in done.stdout
    assert "ZeroDivisionError: integer division or modulo by zero" in done.stderr
    assert done.stdout.split()[-2:] == ["3", ">>>"]


def test_it_takes_the_options_of_spark_submit(programs: Programs) -> None:
    programs.write("NAME = 'shipped'\n", "library/one.py")
    (programs.folder / "a.conf").write_text("spark.colour grey\nother 1\n")
    lines = "import one\nprint(one.NAME, sc.getConf().get('spark.colour'), sc.master, sc.appName)\n"
    options = ["--master", "local[1]", "--py-files", "library/one.py", "--properties-file", "a.conf", "-v"]
    done = programs.run(FIRESTEEL, "shell", *options, text=lines)
    assert "shipped grey local[1] PySparkShell\n" in done.stdout
    assert done.stderr.count("ignoring other") == 1
    assert "spark.colour=grey\n" in done.stderr


def test_the_users_startup_file_runs(programs: Programs) -> None:
    startup = programs.write("def nine():\n    return sc.range(9).count()\n1 // 0\n", "startup.py")
    environment = programs.environment(PYTHONSTARTUP=str(startup))
    done = programs.run(FIRESTEEL, "shell", "--master", "local[1]", text="print(nine())\n", env=environment)
    assert "9\n" in done.stdout
    assert "ZeroDivisionError" in done.stderr
    assert done.returncode == 0


def test_a_startup_file_that_is_gone_is_told(programs: Programs) -> None:
    environment = programs.environment(PYTHONSTARTUP="/nowhere.py")
    done = programs.run(FIRESTEEL, "shell", "--master", "local[1]", text="print(7)\n", env=environment)
    assert "7\n" in done.stdout
    assert "/nowhere.py" in done.stderr


IPYTHON = """
    def start_ipython(argv, user_ns):
        assert user_ns["spark"].sparkContext is user_ns["sc"]
        print("IPython", argv[0], eval("sc.parallelize([1, 2]).sum()", user_ns))
"""


def test_on_a_terminal_it_is_ipython_where_that_is_installed(programs: Programs) -> None:
    programs.write(IPYTHON, "IPython/__init__.py")
    environment = programs.environment(PYTHONPATH=str(programs.folder))
    with terminal() as (_, theirs):
        done = programs.run(FIRESTEEL, "shell", "--master", "local[1]", stdin=theirs, env=environment)
    assert (done.stdout, done.returncode) == ("IPython --no-banner 3\n", 0)
    piped = programs.run(FIRESTEEL, "shell", text="print('plain')\n", env=environment)
    assert "plain\n" in piped.stdout
    assert "IPython" not in piped.stdout


def test_another_program_may_be_the_prompt(programs: Programs) -> None:
    startup = programs.write("print('mine', sc.master)\n", "startup.py")
    variables = {
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON_OPTS": "-i -q",
        "PYTHONSTARTUP": str(startup),
    }
    environment = programs.environment(**variables)
    lines = "print(spark.sparkContext is sc, sc.parallelize(['a', 'b'], 2).map(str.upper).collect())\n"
    done = programs.run(FIRESTEEL, "shell", "--master", "local[2]", text=lines, env=environment)
    assert done.stdout == "mine local[2]\nTrue ['A', 'B']\n"
    assert "sc and spark are ready" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--master", "x"], "Could not parse Master URL"),
        (["--mastr", "x"], "did you mean --master?"),
        (["app.py"], "it runs no programs: firesteel submit app.py"),
        (["--files", "missing"], "there is no file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(programs: Programs, arguments: list[str], reason: str) -> None:
    done = programs.run(FIRESTEEL, "shell", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("firesteel shell: ")
    assert reason in done.stderr


def test_a_prompt_that_cannot_run_is_refused(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "shell", env=programs.environment(PYSPARK_DRIVER_PYTHON="/nowhere"))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_and_version(programs: Programs, option: str) -> None:
    done = programs.run(FIRESTEEL, "shell", option)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("PySpark 4.3.0" if option == "--version" else "examples:") in done.stdout
