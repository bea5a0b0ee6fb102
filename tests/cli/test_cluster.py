"""`firesteel submit` with a cluster as its master: what is checked, and what Apache Spark is given.

Most of this runs against a stand-in for spark-submit that shows what it got; the last test against Spark.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, Programs
from support.spark import StandaloneCluster, reference_or_skip

STAND_IN = f"""#!{sys.executable}
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
sys.exit(7)
"""
MODULE = "_on_spark/firesteel.py"


class StandIn:
    """An installed Spark that runs nothing."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.home = programs.folder / "spark"
        self.java = programs.folder / "java"
        self.executable("spark/bin/spark-submit", STAND_IN)
        self.executable("java/bin/java", "#!/bin/sh\n")
        self.version("4.3.0")
        programs.write("print('ran here')\n")

    def executable(self, name: str, source: str) -> Path:
        path = self.programs.write(source, name)
        path.chmod(0o755)
        return path

    def version(self, version: str) -> None:
        for path in self.home.glob("jars/*"):
            path.unlink()
        self.programs.write("", f"spark/jars/spark-core_2.13-{version}.jar")

    def environment(self, **changes: str | None) -> dict[str, str]:
        names = (
            "PYSPARK_PYTHON",
            "PYSPARK_DRIVER_PYTHON",
            "HADOOP_CONF_DIR",
            "YARN_CONF_DIR",
            "SPARK_CONF_DIR",
        )
        cleared: dict[str, str | None] = dict.fromkeys((*names, "MASTER", "HTTPS_PROXY", "https_proxy"))
        fixed = {"SPARK_HOME": str(self.home), "JAVA_HOME": str(self.java), "PYSPARK_PYTHON": sys.executable}
        return self.programs.environment(**{**cleared, **fixed, **changes})

    def given(self, *arguments: str, **changes: str | None) -> tuple[list[str], dict[str, str]]:
        """Return the arguments and the environment that spark-submit gets."""
        done = self.programs.run(FIRESTEEL, "submit", *arguments, env=self.environment(**changes))
        assert (done.returncode, done.stderr) == (7, "")
        words, environment = json.loads(done.stdout)
        return words, environment

    def refused(self, *arguments: str, **changes: str | None) -> str:
        """Return the one line that a submission ends in."""
        done = self.programs.run(FIRESTEEL, "submit", *arguments, env=self.environment(**changes))
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("firesteel submit: ")
        return done.stderr


@pytest.fixture
def spark(programs: Programs) -> StandIn:
    return StandIn(programs)


@pytest.fixture
def address() -> Iterator[str]:
    """Something that takes connections, as a master does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def closed_address() -> str:
    """An address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def shipped(words: list[str]) -> list[str]:
    """Return what the last --py-files ships, which is the one that counts."""
    index = len(words) - 1 - words[::-1].index("--py-files")
    return words[index + 1].split(",")


def test_options_program_and_arguments_go_over_unchanged(spark: StandIn, address: str) -> None:
    options = [
        "--master",
        f"spark://{address}",
        "-c",
        "spark.a=b c",
        "--jars",
        "none.jar",
        "--num-executors=3",
    ]
    words, _ = spark.given(*options, "app.py", "x", "--name", "y")
    assert words[: len(options)] == options
    assert words[-4:] == ["app.py", "x", "--name", "y"]
    assert words[len(options) : -4][0] == "--py-files"
    assert [Path(file).parts[-2:] for file in shipped(words)] == [("_on_spark", "firesteel.py")]


def test_the_module_firesteel_is_shipped_before_what_is_shipped_anyway(spark: StandIn, address: str) -> None:
    master = ["--master", f"spark://{address}"]
    words, _ = spark.given(*master, "--py-files", "a.py,b.zip", "app.py")
    assert [Path(file).name for file in shipped(words)] == ["firesteel.py", "a.py", "b.zip"]
    words, _ = spark.given(*master, "-c", "spark.submit.pyFiles=hdfs:///c.py", "app.py")
    assert shipped(words)[1:] == ["hdfs:///c.py"]


def test_a_program_that_is_in_the_cluster_goes_there_alone(spark: StandIn, address: str) -> None:
    cluster = ["--master", f"k8s://http://{address}", "--deploy-mode", "cluster"]
    assert spark.given(*cluster, "local:///app/app.py")[0] == [*cluster, "local:///app/app.py"]
    assert "--py-files" in spark.given(*cluster, "app.py")[0]
    by_setting = ["--master", f"k8s://http://{address}", "--conf", "spark.submit.deployMode=cluster"]
    assert spark.given(*by_setting, "local:///app/app.py")[0] == [*by_setting, "local:///app/app.py"]
    jar = ["--master", f"spark://{address}", "--class", "a.B"]
    assert spark.given(*jar, "app.jar")[0] == [*jar, "app.jar"]


def test_nothing_of_ours_is_in_the_environment(spark: StandIn, address: str) -> None:
    ours = {"FIRESTEEL_ALIAS": "1", "FIRESTEEL_SUBMITTED": "{}"}
    _, environment = spark.given("--master", f"spark://{address}", "app.py", COLOUR="grey", **ours)
    assert not ours.keys() & environment.keys()
    assert environment["COLOUR"] == "grey"
    assert environment["SPARK_HOME"] == str(spark.home)


def test_the_driver_runs_in_the_interpreter_that_would_run_it_here(spark: StandIn, address: str) -> None:
    master = ["--master", f"spark://{address}"]
    _, environment = spark.given(*master, "app.py", PYSPARK_PYTHON=None)
    assert environment["PYSPARK_DRIVER_PYTHON"] == sys.executable
    _, environment = spark.given(*master, "app.py")
    assert "PYSPARK_DRIVER_PYTHON" not in environment
    inside = ["--master", f"k8s://http://{address}", "--deploy-mode", "cluster", "app.py"]
    assert "PYSPARK_DRIVER_PYTHON" not in spark.given(*inside, PYSPARK_PYTHON=None)[1]


def test_the_master_may_come_from_settings_and_variables(spark: StandIn, address: str) -> None:
    url = f"spark://{closed_address()},{address}"
    assert spark.given("--conf", f"spark.master={url}", "app.py")[0][-1] == "app.py"
    assert spark.given("app.py", MASTER=url)[0][-1] == "app.py"
    spark.programs.write(f"spark.master {url}\n", "cluster.conf")
    assert spark.given("--properties-file", "cluster.conf", "app.py")[0][-1] == "app.py"
    done = spark.programs.run(
        FIRESTEEL, "submit", "--master", "local[1]", "app.py", env=spark.environment(MASTER=url)
    )
    assert done.stdout == "ran here\n"


def test_yarn_is_where_hadoops_settings_say(spark: StandIn) -> None:
    assert spark.given("--master", "yarn", "app.py", HADOOP_CONF_DIR="/etc/hadoop")[0][-1] == "app.py"
    assert "HADOOP_CONF_DIR or YARN_CONF_DIR" in spark.refused("--master", "yarn", "app.py")
    spark.programs.write("", "spark/conf/spark-env.sh")
    assert spark.given("--master", "yarn", "app.py")[0][-1] == "app.py"


def test_a_driver_on_the_cluster_is_asked_about(spark: StandIn, address: str) -> None:
    words = ["--master", f"spark://{address}", "--status", "driver-1"]
    assert spark.given(*words)[0] == words


def test_the_package_of_the_interpreter_is_a_spark(spark: StandIn, address: str) -> None:
    package = spark.programs.folder / "packages" / "pyspark"
    package.parent.mkdir()
    spark.home.rename(package)
    spark.programs.write("raise SystemExit('is not imported')\n", "packages/pyspark/__init__.py")
    paths = {"SPARK_HOME": None, "PYTHONPATH": str(package.parent)}
    _, environment = spark.given("--master", f"spark://{address}", "app.py", **paths)
    assert environment["SPARK_HOME"] == str(package)


def test_without_a_spark_one_line_says_how_to_get_it(spark: StandIn, address: str) -> None:
    line = spark.refused("--master", f"spark://{address}", "app.py", SPARK_HOME=None)
    assert "there is none: pip install pyspark==4.3.0" in line
    assert "SPARK_HOME" in line
    line = spark.refused("--master", f"spark://{address}", "app.py", SPARK_HOME="/nowhere")
    assert "there is no bin/spark-submit in SPARK_HOME=/nowhere" in line


def test_a_spark_that_does_not_run_is_one_line(spark: StandIn, address: str) -> None:
    (spark.home / "bin/spark-submit").chmod(0o644)
    line = spark.refused("--master", f"spark://{address}", "app.py")
    assert f"cannot run {spark.home}/bin/spark-submit: Permission denied" in line


def test_our_own_link_is_no_spark(spark: StandIn, address: str) -> None:
    linked = spark.programs.folder / "linked"
    assert spark.programs.run(FIRESTEEL, "link", str(linked / "bin")).returncode == 0
    line = spark.refused("--master", f"spark://{address}", "app.py", SPARK_HOME=str(linked))
    assert "there is none" in line


def test_without_a_java_one_line_says_so(spark: StandIn, address: str) -> None:
    master = ["--master", f"spark://{address}", "app.py"]
    assert "there is none in JAVA_HOME=/nowhere" in spark.refused(*master, JAVA_HOME="/nowhere")
    assert "JAVA_HOME is not set" in spark.refused(*master, JAVA_HOME=None, PATH=str(spark.home))


def test_a_python_that_is_too_old_is_refused(spark: StandIn, address: str) -> None:
    old = str(spark.executable("old", "#!/bin/sh\necho 3 8\n"))
    line = spark.refused("--master", f"spark://{address}", "app.py", PYSPARK_DRIVER_PYTHON=old)
    assert f"Spark 4.3.0 needs Python 3.11 or newer; {old} is 3.8" in line
    line = spark.refused("--master", f"spark://{address}", "app.py", PYSPARK_DRIVER_PYTHON="/nowhere")
    assert "/nowhere does not run" in line


def warned(spark: StandIn, address: str, **changes: str | None) -> str:
    environment = spark.environment(**changes)
    done = spark.programs.run(
        FIRESTEEL, "submit", "--master", f"spark://{address}", "app.py", env=environment
    )
    assert done.returncode == 7
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_another_version_of_spark_is_a_warning(spark: StandIn, address: str) -> None:
    spark.version("3.5.1")
    assert f"Spark 3.5.1 in {spark.home} is not 4.3" in warned(spark, address)


def test_executors_with_another_python_are_a_warning(spark: StandIn, address: str) -> None:
    other = str(spark.executable("other", "#!/bin/sh\necho 3 99\n"))
    line = warned(spark, address, PYSPARK_PYTHON=other, PYSPARK_DRIVER_PYTHON=sys.executable)
    assert f"executors run {other}, which is Python 3.99 here" in line


@pytest.mark.parametrize("form", ["spark://{}", "k8s://http://{}", "k8s://{}"])
def test_a_master_that_nobody_answers_for_is_refused(spark: StandIn, form: str) -> None:
    address = closed_address()
    line = spark.refused("--master", form.format(address), "app.py")
    assert f"master {form.format(address)} cannot be reached: {address}: Connection refused" in line


BAD = {
    "--master spark://host app.py": "is no address of the form spark://HOST:PORT",
    "--master spark://host:x app.py": "is no address of the form spark://HOST:PORT",
    "--master spark://host:7077": "say which program to run",
    "--master spark://host:7077 missing.py": "can't open file",
    "--master spark://host:7077 --remote sc://host app.py": "Spark Connect, whose servers run no RDDs",
    "--master sc://host app.py": "Spark Connect server, which runs no RDDs",
    "--master mesos://host app.py": "Mesos, which Spark has left",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line(spark: StandIn, arguments: str) -> None:
    assert BAD[arguments] in spark.refused(*arguments.split())


def test_verbose_shows_the_command(spark: StandIn, address: str) -> None:
    done = spark.programs.run(
        FIRESTEEL, "submit", "-v", "--master", f"spark://{address}", "app.py", env=spark.environment()
    )
    assert f"{spark.home} runs {spark.home}/bin/spark-submit -v --master spark://{address}" in done.stderr


def verify(spark: StandIn, *arguments: str) -> tuple[int, str, str]:
    done = spark.programs.run(FIRESTEEL, "verify", *arguments, env=spark.environment())
    return done.returncode, done.stdout, done.stderr


def test_verify_compares_with_a_cluster(spark: StandIn, address: str) -> None:
    spark.executable("spark/bin/spark-submit", "#!/bin/sh\necho ran there\nexit 3\n")
    code, report, _ = verify(spark, "--against", f"spark://{address}", "app.py")
    assert code == 1
    assert "reference: exit code 3, " in report
    assert f"Spark 4.3.0 at spark://{address}" in report
    assert "-ran there" in report
    spark.executable("spark/bin/spark-submit", "#!/bin/sh\necho ran here\n")
    assert verify(spark, "--against", f"spark://{address}", "app.py")[0] == 0


@pytest.mark.parametrize("against", ["local[2]", "spark://{}"])
def test_verify_needs_a_cluster_that_answers(spark: StandIn, against: str) -> None:
    code, report, errors = verify(spark, "--against", against.format(closed_address()), "app.py")
    assert (code, report) == (2, "")
    assert len(errors.splitlines()) == 1
    assert ("is no cluster" if against == "local[2]" else "cannot be reached") in errors


# What runs on the other side.

ON_SPARK = Path(__file__).resolve().parents[2] / "python/firesteel/_on_spark"
PYSPARK = {
    "__init__.py": "from pyspark.rdd import RDD\n__all__ = ['RDD', '__version__']\n__version__ = '9'\n",
    "rdd.py": "class RDD: ...\n",
    "sql/__init__.py": "",
    "sql/functions.py": "lit = 1\n",
}


def test_the_shipped_module_is_pyspark_by_another_name(programs: Programs) -> None:
    for name, source in PYSPARK.items():
        programs.write(source, f"packages/pyspark/{name}")
    source = """
        import firesteel, firesteel.rdd, pyspark, sys
        import firesteel.sql.functions as functions
        from firesteel import RDD
        from firesteel import *
        from firesteel.sql import functions as again
        print(RDD is pyspark.RDD, firesteel.rdd is sys.modules["pyspark.rdd"], functions is again)
        firesteel.install()
        print(firesteel.__version__, __version__, "RDD" in dir(firesteel), hasattr(firesteel, "nothing"))
        try:
            import firesteel.nothing
        except ImportError as error:
            print(error)
    """
    paths = os.pathsep.join([str(ON_SPARK), str(programs.folder / "packages")])
    done = programs.python(source, env=programs.environment(PYTHONPATH=paths))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "True True True",
        "9 9 True False",
        "No module named 'pyspark.nothing'",
    ]


# The real thing.

PROGRAM = """
import sys
from operator import add
from {package} import SparkContext, SparkFiles
from {package}.accumulators import AccumulatorParam

class Longest(AccumulatorParam):
    def zero(self, value):
        return ""
    def addInPlace(self, one, other):
        return max(one, other, key=lambda word: (len(word), word))

folder = sys.argv[1]
sc = SparkContext(appName="hand-off")
sc.addPyFile(folder + "/helper.py")
longest, lines = sc.accumulator("", Longest()), sc.accumulator(0)
stop_words = sc.broadcast({{"the", "a"}})

def split(line):
    from helper import clean
    lines.add(1)
    words = [word for word in map(clean, line.split()) if word not in stop_words.value]
    for word in words:
        longest.add(word)
    return words

counts = sc.textFile(folder + "/words.txt", 2).flatMap(split).map(lambda word: (word, 1)).reduceByKey(add, 3)
print(counts.glom().collect(), lines.value, longest.value)
kinds = sc.textFile(folder + "/kinds.csv", 2).map(lambda line: tuple(line.split(",")))
print(counts.join(kinds, 2).collect())
placed = counts.partitionBy(2, lambda word: len(word))
print(placed.glom().collect())

def own_name(_):
    import {package}
    return {package}.TaskContext.get() is not None, {package}.RDD.__module__.partition(".")[0]

print(sc.parallelize([1], 1).map(own_name).first()[0], sc.defaultParallelism)
with open(folder + "/where", "w") as file:
    file.write(sc.master)
sys.exit(5)
"""


@pytest.fixture
def cluster(programs: Programs) -> Iterator[StandaloneCluster]:
    cluster = StandaloneCluster(programs, reference_or_skip())
    yield cluster
    cluster.end()


def write_program(programs: Programs, package: str) -> None:
    programs.write(PROGRAM.format(package=package))
    programs.write("def clean(word):\n    return word.strip('.,').lower()\n", "helper.py")
    programs.write("The smith strikes steel,\nsteel strikes a spark.\nSpark and steel.\n" * 20, "words.txt")
    programs.write("steel,metal\nspark,light\nsmith,person\nwater,liquid\n", "kinds.csv")


@pytest.mark.timeout(3000)
def test_a_cluster_gives_what_two_workers_here_give(programs: Programs, cluster: StandaloneCluster) -> None:
    write_program(programs, "firesteel")
    folder, environment = str(programs.folder), cluster.environment(PYTHONHASHSEED="0")
    where = programs.folder / "where"
    own_python = {"PYSPARK_PYTHON": None, "PYSPARK_DRIVER_PYTHON": None, "SPARK_CONF_DIR": None}
    here = programs.run(
        FIRESTEEL, "submit", "--master", "local[2]", "app.py", folder, env=cluster.environment(**own_python)
    )
    assert (here.returncode, here.stderr, where.read_text()) == (5, "", "local[2]")
    process = programs.start(FIRESTEEL, "submit", "--master", cluster.url, "app.py", folder, env=environment)
    output, errors = process.communicate(timeout=900)
    assert (process.returncode, output) == (5, here.stdout), errors
    assert where.read_text() == cluster.url

    write_program(programs, "pyspark")
    verify = [FIRESTEEL, "verify", "--master", "local[2]", "--against", cluster.url, "app.py", folder]
    process = programs.start(*verify, env=environment)
    report, errors = process.communicate(timeout=900)
    assert (process.returncode, errors) == (0, ""), report
    assert report.splitlines()[-1] == "the same: exit code, stdout (4 lines), saved files (0)"
