"""`firesteel verify`: a program here and on an installed Spark, which here is Firesteel by that name."""

import os
import sys
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, Programs


@pytest.fixture
def reference(programs: Programs) -> str:
    """An interpreter that has a package pyspark, and notes what it is given."""
    programs.write(
        "from firesteel import SparkConf, SparkContext\n__version__ = '4.3.0'\nIS_REFERENCE = True\n",
        "reference/pyspark/__init__.py",
    )
    python = programs.folder / "reference" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={python.parent} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(python)


def verify(programs: Programs, reference: str, source: str, *arguments: str) -> tuple[int, list[str]]:
    """Return exit code and report, but for the times in it."""
    programs.write(source)
    done = programs.run(FIRESTEEL, "verify", "--reference", reference, *arguments)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


WORDS = """
    import sys
    from pyspark import SparkContext
    with SparkContext(appName="words") as sc:
        words = sc.parallelize("a b a c".split(), 2).map(lambda word: (word, 1))
        counts = words.reduceByKey(lambda a, b: a + b, 2)
        print(counts.collect(), sc.master, sys.argv[1:])
        counts.saveAsTextFile(sys.argv[1])
        counts.saveAsTextFile(sys.argv[1] + "-gz", "org.apache.hadoop.io.compress.GzipCodec")
        counts.saveAsPickleFile(sys.argv[1] + "-pickled")
        counts.saveAsSequenceFile(sys.argv[1] + "-sequence")
        print(sc.textFile(sys.argv[1]).count())
    sys.exit(3)
"""


def test_what_is_the_same(programs: Programs, reference: str) -> None:
    code, report = verify(
        programs, reference, WORDS, "--master", "local[2]", "app.py", "{output}/words", "--unordered"
    )
    assert code == 0, report
    assert report[0].startswith("firesteel: exit code 3, ")
    assert report[1].startswith("reference: exit code 3, ")
    assert f"PySpark 4.3.0 of {reference}" in report[1]
    assert report[2:] == ["the same: exit code, stdout (2 lines), saved files (12)"]
    assert sorted(path.name for path in programs.folder.iterdir()) == ["app.py", "reference"]


HERE = "import pyspark\nreference = hasattr(pyspark, 'IS_REFERENCE')\n"


def test_a_difference_in_what_is_printed(programs: Programs, reference: str) -> None:
    code, report = verify(programs, reference, f"{HERE}print('x')\nprint(reference)\n", "app.py")
    assert code == 1
    assert report[2:] == [
        "stdout differs:",
        "--- reference",
        "+++ firesteel",
        "@@ -1,2 +1,2 @@",
        " x",
        "-True",
        "+False",
    ]


def test_a_long_difference_is_cut(programs: Programs, reference: str) -> None:
    code, report = verify(programs, reference, f"{HERE}print('x\\n' * 500 * reference)\n", "app.py")
    assert code == 1
    assert len(report) < 30
    assert report[-1].endswith(" lines more")


def test_a_difference_in_exit_codes_comes_with_the_error(programs: Programs, reference: str) -> None:
    source = f"{HERE}if not reference:\n    raise ValueError('not here')\n"
    code, report = verify(programs, reference, source, "app.py")
    assert code == 1
    assert report[2] == "exit codes differ"
    assert report[-1] == "firesteel: ValueError: not here"


def test_a_signal_is_an_exit_code(programs: Programs, reference: str) -> None:
    code, report = verify(programs, reference, f"{HERE}import os\nos.kill(os.getpid(), 15)\n", "app.py")
    assert code == 0
    assert report[0].startswith("firesteel: exit code 143, ")


ORDER = f"""{HERE}
import os, sys
lines = ["a", "b", "c"][:: 1 if reference else -1]
print("\\n".join(lines))
os.makedirs("results")
for part, line in enumerate(lines):
    open(f"results/part-0000{{part}}", "w").write(line + "\\n")
open("results/.part.crc", "w").write(str(reference))
"""


def test_order_counts_unless_it_is_said_not_to(programs: Programs, reference: str) -> None:
    code, report = verify(programs, reference, ORDER, "--output", "results", "app.py")
    assert code == 1
    assert "stdout differs:" in report
    assert "results/part-00000 differs:" in report
    assert "results/part-00001 differs:" not in report
    code, report = verify(programs, reference, ORDER, "--unordered", "--output", "results", "app.py")
    assert code == 0, report
    assert not (programs.folder / "results").exists()


def test_records_are_compared_and_not_bytes(programs: Programs, reference: str) -> None:
    source = f"""{HERE}
import sys
with pyspark.SparkContext("local[1]") as sc:
    sc.parallelize([1, 2, 3, int(reference)], 1).saveAsPickleFile(sys.argv[1], 1 + reference)
"""
    code, report = verify(programs, reference, source, "app.py", "{output}")
    assert code == 1
    assert report[2] == "output/part-00000 differs:"
    assert report[-2:] == ["-1", "+0"]


def test_a_file_that_only_one_saved(programs: Programs, reference: str) -> None:
    source = f"{HERE}open('out.txt' if reference else 'other.txt', 'w').close()\n"
    code, report = verify(programs, reference, source, "--output", "out.txt", "--output=other.txt", "app.py")
    assert code == 1
    assert sorted(report[2:]) == [
        "other.txt was saved by firesteel only",
        "out.txt was saved by the reference only",
    ]


def test_lines_that_may_differ(programs: Programs, reference: str) -> None:
    source = f"{HERE}print('took', reference, 'seconds')\nprint('x')\n"
    code, _ = verify(programs, reference, source, "--ignore", "took .* seconds", "app.py")
    assert code == 0


def test_a_folder_with_spark(programs: Programs, reference: str) -> None:
    submit = programs.folder / "spark/bin/spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text(f'#!/bin/sh\nexec {reference} "$@"\n')
    submit.chmod(0o755)
    programs.write("import sys\nprint(sys.argv)\n")
    home = str(programs.folder / "spark")
    for options, variable in ((["--reference", home], None), ([], home)):
        environment = programs.environment(SPARK_HOME=variable)
        done = programs.run(FIRESTEEL, "verify", *options, "app.py", "x", env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Spark in {home}" in done.stdout


def test_the_package_beside_firesteel_is_the_last_choice(programs: Programs, reference: str) -> None:
    programs.write(HERE)
    environment = programs.environment(SPARK_HOME=None, PYTHONPATH=str(Path(reference).parent))
    done = programs.run(FIRESTEEL, "verify", "app.py", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"PySpark 4.3.0 of {sys.executable}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "required: PROGRAM"),
        (["missing.py"], "can't open file"),
        (["app.py"], "there is no Spark to compare with"),
        (["--reference", "/bin/false", "app.py"], "/bin/false is no Python that has pyspark"),
        (["--reference", "missing", "app.py"], "missing is no Python that has pyspark"),
        (["--reference", ".", "app.py"], "there is no bin/spark-submit in ."),
        (["--output", "app.py", "app.py"], "app.py is there already"),
        (["--ignore", "(", "app.py"], "is no regular expression"),
        (["--unorderd", "app.py"], "did you mean --unordered?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(programs: Programs, arguments: list[str], reason: str) -> None:
    programs.write("print('ran')\n")
    environment = programs.environment(SPARK_HOME=None)
    done = programs.run(FIRESTEEL, "verify", *arguments, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("firesteel verify: ")
    assert reason in done.stderr
    assert os.listdir(programs.folder) == ["app.py"]


def test_help_helps(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "verify", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples:" in done.stdout
