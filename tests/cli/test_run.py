"""The command `firesteel`: it runs what python would run, in the same way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, PYTHON, Programs
from support.waiting import wait_until

ARGUMENTS = """
    import sys
    from pyspark import SparkContext
    if __name__ == "__main__":
        with SparkContext("local[2]", "arguments") as sc:
            print(sys.argv[1:], sc.parallelize([1, 2, 3], 2).map(lambda x: x * 2).collect())
"""


def test_run_a_program_with_arguments(programs: Programs) -> None:
    done = programs.firesteel(ARGUMENTS, "input.txt", "-m", "--help")
    assert (done.stdout, done.stderr) == ("['input.txt', '-m', '--help'] [2, 4, 6]\n", "")
    assert done.returncode == 0


def test_run_a_module(programs: Programs) -> None:
    programs.write(ARGUMENTS, "package/tool.py")
    programs.write("", "package/__init__.py")
    done = programs.run(FIRESTEEL, "run", "-m", "package.tool", "a", "b")
    assert (done.stdout, done.stderr, done.returncode) == ("['a', 'b'] [2, 4, 6]\n", "", 0)


def test_run_a_line_of_code(programs: Programs) -> None:
    done = programs.run(
        FIRESTEEL, "run", "-c", "import pyspark, sys; print(pyspark.__version__, sys.argv)", "x"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("4.3.0 ['-c', 'x']\n", "", 0)


def test_run_what_comes_on_stdin(programs: Programs) -> None:
    source = """
from pyspark import SparkContext
class Spark:
    pass
with SparkContext("local[2]", "stdin") as sc:
    print(sc.parallelize([1, 2]).map(lambda x: Spark()).map(lambda s: type(s).__name__).collect())
"""
    done = programs.run(FIRESTEEL, "run", "-", "x", text=source)
    assert (done.stdout, done.stderr, done.returncode) == ("['Spark', 'Spark']\n", "", 0)


def test_the_module_spelling_of_the_command(programs: Programs) -> None:
    path = str(programs.write(ARGUMENTS))
    done = programs.run(PYTHON, "-m", "firesteel", "run", path, "x")
    assert (done.stdout, done.stderr, done.returncode) == ("['x'] [2, 4, 6]\n", "", 0)


@pytest.mark.parametrize(
    ("ending", "code", "errors"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('a reason')", 1, "a reason\n"),
        ("raise SystemExit(3)", 3, ""),
    ],
)
def test_exit_codes_are_the_programs(programs: Programs, ending: str, code: int, errors: str) -> None:
    done = programs.firesteel(f"import sys\n{ending}\n")
    assert (done.returncode, done.stderr) == (code, errors)


def test_an_uncaught_exception_looks_as_under_python(programs: Programs) -> None:
    source = "def f():\n    return 1 // 0\nf()\n"
    done, plain = programs.firesteel(source), programs.python(source)
    assert done.returncode == plain.returncode == 1
    assert done.stderr == plain.stderr


def test_a_job_that_fails_shows_the_users_lines_only(programs: Programs) -> None:
    done = programs.firesteel("""
        from pyspark import SparkContext
        def invert(x):
            return 1 // x
        with SparkContext("local[2]", "failing") as sc:
            sc.parallelize([1, 0]).map(invert).collect()
    """)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "return 1 // x" in done.stderr
    assert "site-packages" not in done.stderr
    assert "_cli.py" not in done.stderr
    assert "record: 0" in done.stderr


def test_signals_end_the_program_as_under_python(programs: Programs) -> None:
    done = programs.firesteel("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    assert done.returncode == -15


CLASSES = """
    import dataclasses, enum
    from collections import namedtuple
    from pyspark import SparkContext

    @dataclasses.dataclass(frozen=True)
    class Point:
        x: int
        y: int = 0

    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

    Pair = namedtuple("Pair", "left right")

    class Word(str):
        def __new__(cls, text):
            return super().__new__(cls, text.lower())

    class Plain:
        def __init__(self, n): self.n = n
        def __eq__(self, other): return self.n == other.n
        def __hash__(self): return self.n

    def main():
        sc = SparkContext("local[2]", "classes")
        points = sc.parallelize([Point(1), Point(2), Point(1)], 2)
        assert points.collect() == [Point(1), Point(2), Point(1)]
        assert all(type(point) is Point for point in points.collect())
        counts = points.map(lambda p: (p, 1)).reduceByKey(lambda a, b: a + b)
        assert counts.collectAsMap() == {Point(1): 2, Point(2): 1}
        assert points.distinct().count() == 2
        colours = sc.parallelize([Colour.RED, Colour.BLUE], 2)
        assert all(a is b for a, b in zip(colours.collect(), Colour))
        assert colours.map(lambda c: c is Colour.RED).collect() == [True, False]
        pairs = sc.parallelize([Pair(1, "a"), Pair(1, "b")], 2)
        assert pairs.reduceByKey(lambda a, b: a + b).collect() == [(1, "ab")]
        assert [type(pair) is Pair for pair in pairs.collect()] == [True, True]
        words = sc.parallelize(["Fire", "FIRE"], 2).map(Word)
        assert [type(word) is Word for word in words.collect()] == [True, True]
        assert words.distinct().count() == 1
        keyed = sc.parallelize(range(4), 2).map(lambda x: (Plain(x % 2), x))
        made = keyed.groupByKey().mapValues(list).collect()
        assert sorted((key.n, values) for key, values in made) == [(0, [0, 2]), (1, [1, 3])]
        assert all(type(key) is Plain for key, _ in made)
        broadcast = sc.broadcast(Point(5, 6))
        assert sc.parallelize([0]).map(lambda _: broadcast.value.y).collect() == [6]
        sc.stop()
        print("all is well")

    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("how", ["file", "module", "stdin", "python"])
def test_classes_of_the_main_program_are_elements_and_keys(programs: Programs, how: str) -> None:
    path = programs.write(CLASSES, "classes.py")
    if how == "python":
        programs.write(CLASSES.replace("pyspark", "firesteel"), "classes.py")
        done = programs.run(PYTHON, str(path), env=programs.environment(PYTHONHASHSEED="0"))
    elif how == "stdin":
        done = programs.run(FIRESTEEL, "run", "-", text=path.read_text())
    else:
        done = programs.run(FIRESTEEL, "run", *(["-m", "classes"] if how == "module" else [str(path)]))
    assert (done.stdout, done.stderr, done.returncode) == ("all is well\n", "", 0)


def test_a_module_beside_the_program_is_found_by_the_workers(programs: Programs) -> None:
    programs.write("def double(x):\n    return x * 2\n", "folder/helpers.py")
    path = programs.write(
        """
        import helpers
        from pyspark import SparkContext
        with SparkContext("local[2]", "helpers") as sc:
            print(sc.parallelize([1, 2]).map(helpers.double).collect())
        """,
        "folder/app.py",
    )
    done = programs.run(FIRESTEEL, "run", os.path.relpath(path, programs.folder))
    assert (done.stdout, done.stderr) == ("[2, 4]\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run", "-h"]])
def test_help_helps(programs: Programs, arguments: list[str]) -> None:
    done = programs.run(FIRESTEEL, *arguments)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: firesteel")
    assert done.stderr == ""


def test_the_version_names_both(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "--version")
    assert done.returncode == 0
    assert "PySpark 4.3.0" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "missing.py"],
        ["run", "-m"],
        ["run", "-c"],
        ["run", "--fast", "x.py"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_exit_code_2(programs: Programs, arguments: list[str]) -> None:
    done = programs.run(FIRESTEEL, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("firesteel ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["walk"], "unknown command walk ("),
        (["sumbit", "app.py"], "unknown command sumbit; did you mean submit?"),
        (["--fast"], "unknown option --fast"),
        (["--verson"], "unknown option --verson; did you mean --version?"),
    ],
)
def test_an_unknown_command_is_exit_code_2(programs: Programs, arguments: list[str], reason: str) -> None:
    done = programs.run(FIRESTEEL, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"firesteel: {reason}")
    assert len(done.stderr.splitlines()) == 1
    assert "usage: firesteel" in done.stderr


def test_ctrl_c_under_firesteel_run(programs: Programs) -> None:
    marker = programs.folder / "started"
    path = programs.write(f"""
        from pyspark import SparkContext
        def forever(x):
            open({str(marker)!r}, "w").close()
            while True: pass
        SparkContext("local[2]", "interrupted").parallelize([1]).map(forever).collect()
    """)
    process = programs.start(FIRESTEEL, "run", str(path))
    wait_until(marker.exists, "a task running")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode in (130, -signal.SIGINT)
    wait_until(lambda: not programs.ours(), "nothing left", within=2)


def test_pytest_under_firesteel_collects_and_runs(programs: Programs) -> None:
    programs.write(
        """
        from pyspark import SparkContext

        def test_words():
            with SparkContext("local[2]", "tested") as sc:
                assert sc.parallelize(["a b", "a"]).flatMap(str.split).countByValue() == {"a": 2, "b": 1}
        """,
        "test_users.py",
    )
    done = programs.run(FIRESTEEL, "run", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_users.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_hashes_are_fixed_in_driver_and_workers(programs: Programs) -> None:
    source = """
        from pyspark import SparkContext
        with SparkContext("local[2]", "hashes") as sc:
            print(sc.parallelize(["steel"], 1).map(hash).collect() == [hash("steel")], hash("steel"))
    """
    runs = [programs.firesteel(source, env=programs.environment(PYTHONHASHSEED=None)) for _ in range(2)]
    assert runs[0].stdout.startswith("True ")
    assert runs[0].stdout == runs[1].stdout


def test_examples_run(programs: Programs) -> None:
    examples = Path(__file__).parents[2] / "examples"
    names = sorted(path.name for path in examples.glob("*.py"))
    assert {"fails.py", "pi.py", "standard_library_words.py"} <= set(names)
    for name in names:
        done = programs.run(FIRESTEEL, "run", str(examples / name))
        if name == "fails.py":
            assert done.returncode == 1
            assert "could not convert string to float: 'n/a'" in done.stderr
            assert len(done.stderr.splitlines()) <= 20, done.stderr
        else:
            assert (done.returncode, done.stderr) == (0, ""), name
            assert done.stdout


def test_the_command_is_there() -> None:
    assert os.access(FIRESTEEL, os.X_OK), f"not installed beside {sys.executable}"
    assert subprocess.run([FIRESTEEL, "--version"], capture_output=True, check=False).returncode == 0
