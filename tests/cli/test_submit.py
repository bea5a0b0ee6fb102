"""`firesteel submit`: spark-submit's options, its precedence of settings, its way to start the program."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, Programs
from support.waiting import wait_until

SHOW = """
    from pyspark import SparkConf, SparkContext
    with SparkContext(conf=SparkConf().set("spark.by", "program")) as sc:
        for key, value in sc.getConf().getAll():
            print(f"{key}={value}")
"""


def settings_of(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the settings that SHOW has printed."""
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def submit(
    programs: Programs, *arguments: str, source: str = SHOW, **variables: str | None
) -> dict[str, str]:
    """Return the settings of a program that was submitted with options."""
    path = str(programs.write(source))
    environment = programs.environment(**variables)
    return settings_of(programs.run(FIRESTEEL, "submit", *arguments, path, env=environment))


def test_the_program_sees_what_it_sees_under_spark_submit(programs: Programs) -> None:
    programs.write(
        """
        import os, sys
        print(sys.argv, sys.path[0], __file__, __name__)
        print(sys.stdout.write_through, hash("steel"), os.environ["PYTHONPATH"])
        sys.exit(7)
        """
    )
    environment = programs.environment(PYTHONHASHSEED=None, PYTHONPATH="/nowhere")
    runs = [
        programs.run(FIRESTEEL, "submit", "app.py", "a", "--name", "b", env=environment) for _ in range(2)
    ]
    folder = programs.folder
    first, second = runs[0].stdout.splitlines()
    assert first == f"{[f'{folder}/app.py', 'a', '--name', 'b']} {folder} {folder}/app.py __main__"
    assert second.startswith("True ")
    assert second.endswith(" /nowhere")
    assert runs[0].stdout == runs[1].stdout, "hashes are fixed"
    assert [(done.returncode, done.stderr) for done in runs] == [(7, "")] * 2


def test_the_users_own_hash_seed_is_kept(programs: Programs) -> None:
    programs.write("import os\nprint(os.environ['PYTHONHASHSEED'])\n")
    done = programs.run(FIRESTEEL, "submit", "app.py", env=programs.environment(PYTHONHASHSEED="11"))
    assert (done.stdout, done.returncode) == ("11\n", 0)


def test_the_program_counts_more_than_options_and_they_more_than_files(programs: Programs) -> None:
    folder = programs.folder
    (folder / "spark-defaults.conf").write_text(
        "spark.by defaults\nspark.default defaults\nspark.c defaults\n"
    )
    (folder / "a.conf").write_text("spark.by = file\nspark.c: a\nspark.a a\nspark.option file\n")
    (folder / "b.conf").write_text("# a comment\n! another\nspark.c b\\\n   b\\u0041\nspark.empty\n")
    options = ["--conf", "spark.by=option", "-c", "spark.option=option", "--properties-file", "a.conf"]
    options += ["--properties-file=b.conf"]
    found = submit(programs, *options, SPARK_CONF_DIR=str(folder))
    assert found["spark.by"] == "program"
    assert found["spark.option"] == "option"
    assert (found["spark.a"], found["spark.c"], found["spark.empty"]) == ("a", "bbA", "")
    assert "spark.default" not in found
    both = submit(programs, *options, "--load-spark-defaults", SPARK_CONF_DIR=str(folder))
    assert (both["spark.default"], both["spark.c"]) == ("defaults", "bbA")


@pytest.mark.parametrize("variable", ["SPARK_CONF_DIR", "SPARK_HOME"])
def test_spark_defaults_are_where_spark_has_them(programs: Programs, variable: str) -> None:
    folder = programs.folder / "home"
    where = folder if variable == "SPARK_CONF_DIR" else folder / "conf"
    where.mkdir(parents=True)
    (where / "spark-defaults.conf").write_text("spark.master local[3]\nother.key 1\n")
    programs.write(SHOW)
    variables = {"SPARK_CONF_DIR": None, "SPARK_HOME": None, "MASTER": "local[2]", variable: str(folder)}
    done = programs.run(FIRESTEEL, "submit", "app.py", env=programs.environment(**variables))
    assert settings_of(done)["spark.master"] == "local[3]"
    assert done.stderr == "firesteel submit: ignoring other.key: settings in files begin with spark.\n"


def test_the_master_is_the_options_or_the_variables_or_all_cores(programs: Programs) -> None:
    bare: dict[str, str | None] = {"SPARK_CONF_DIR": None, "SPARK_HOME": None}
    assert submit(programs, "--master", "local[2]", MASTER="local[3]", **bare)["spark.master"] == "local[2]"
    assert submit(programs, MASTER="local[3]", **bare)["spark.master"] == "local[3]"
    assert submit(programs, MASTER=None, **bare)["spark.master"] == "local[*]"


def test_every_option_that_sets_something(programs: Programs) -> None:
    given = {
        "--name": ("spark.app.name", "a name"),
        "--driver-memory": ("spark.driver.memory", "700m"),
        "--driver-java-options": ("spark.driver.extraJavaOptions", "-Dcolour=grey -Xss4m"),
        "--driver-library-path": ("spark.driver.extraLibraryPath", "/x"),
        "--driver-class-path": ("spark.driver.extraClassPath", "/y"),
        "--executor-memory": ("spark.executor.memory", "1g"),
    }
    options = [word for name, (_, value) in given.items() for word in (name, value)]
    found = submit(programs, *options)
    assert {key: found[key] for key, _ in given.values()} == dict(given.values())
    assert found["spark.submit.deployMode"] == "client"


def test_options_without_meaning_here_are_accepted(programs: Programs) -> None:
    names = ["--driver-cores", "--executor-cores", "--total-executor-cores", "--num-executors"]
    counts = [word for name in names for word in (name, "2")]
    texts = [word for name in ("--queue", "--principal", "--keytab", "--class") for word in (name, "x")]
    found = submit(
        programs, *counts, *texts, "--supervise", "--deploy-mode", "client", "--master", "local[2]"
    )
    assert found["spark.app.name"] == "app.py"


def test_jars_are_kept_for_a_jvm(programs: Programs) -> None:
    found = submit(programs, "--jars", "a.jar,b.jar", "--driver-class-path", "c")
    assert (found["spark.jars"], found["spark.driver.extraClassPath"]) == ("a.jar,b.jar", "c")


def test_java_packages_are_accepted_with_a_warning(programs: Programs) -> None:
    programs.write(SHOW)
    options = [
        word for name in ("--packages", "--exclude-packages", "--repositories") for word in (name, "a:b:1")
    ]
    done = programs.run(FIRESTEEL, "submit", *options, "app.py")
    assert settings_of(done)["spark.jars.packages"] == "a:b:1"
    assert done.stderr.count("let spark.jars name the files") == 3


def test_python_files_are_imported_before_and_after_there_is_a_context(programs: Programs) -> None:
    folder = programs.folder
    programs.write("NAME = 'module'\n", "library/one.py")
    programs.write("NAME = 'second'\n", "library/two.py")
    for name in ("zipped", "egg"):
        programs.write(f"NAME = {name!r}\n", f"source/{name}.py")
        suffix = "egg" if name == "egg" else "zip"
        with zipfile.ZipFile(folder / f"{name}.{suffix}", "w") as archive:
            archive.write(folder / f"source/{name}.py", f"{name}.py")
    programs.write(
        """
        import egg, one, two, zipped
        from pyspark import SparkContext

        def names(_):
            import egg, one, two, zipped
            return [one.NAME, two.NAME, zipped.NAME, egg.NAME]

        with SparkContext() as sc:
            print(names(0) == sc.parallelize([1], 1).map(names).first(), names(0))
        """
    )
    done = programs.run(
        FIRESTEEL,
        "submit",
        "--master",
        "local[2]",
        "--py-files",
        "library/*.py,zipped.zip, egg.egg",
        "app.py",
    )
    assert (done.stdout, done.stderr) == ("True ['module', 'second', 'zipped', 'egg']\n", "")


def test_files_and_archives_reach_the_workers(programs: Programs) -> None:
    programs.write("steel", "data.txt")
    with zipfile.ZipFile(programs.folder / "packed.zip", "w") as archive:
        archive.write(programs.folder / "data.txt", "inner.txt")
    programs.write(
        """
        from pyspark import SparkContext, SparkFiles

        def read(name):
            return open(SparkFiles.get(name)).read()

        with SparkContext() as sc:
            print(sc.parallelize(["data.txt", "named/inner.txt"], 2).map(read).collect())
        """
    )
    options = ["--master", "local[2]", "--files", "data.txt", "--archives", "packed.zip#named"]
    done = programs.run(FIRESTEEL, "submit", *options, "app.py")
    assert (done.stdout, done.stderr) == ("['steel', 'steel']\n", "")


def test_the_program_and_its_files_may_be_uris(programs: Programs) -> None:
    path = programs.write("import sys, one\nprint(sys.argv[0], one.NAME)\n")
    module = programs.write("NAME = 'module'\n", "library/one.py")
    done = programs.run(FIRESTEEL, "submit", "--py-files", f"local:{module}", f"file://{path}")
    assert (done.stdout, done.stderr) == (f"{path} module\n", "")


def test_verbose_prints_settings_and_command(programs: Programs) -> None:
    programs.write("print('ran')\n")
    done = programs.run(FIRESTEEL, "submit", "-v", "-c", "spark.a=1", "app.py", "x")
    assert done.stdout == "ran\n"
    assert "spark.a=1\n" in done.stderr
    assert done.stderr.endswith(f" runs {programs.folder}/app.py x\n")
    assert programs.run(FIRESTEEL, "submit", "--verbose", "app.py").returncode == 0


def test_modules_in_the_folder_it_is_started_from_do_no_harm(programs: Programs) -> None:
    for name in ("argparse.py", "json.py", "firesteel.py"):
        programs.write("raise SystemExit('taken from the wrong folder')\n", name)
    path = str(programs.write("import pyspark\nprint(pyspark.__version__)\n", "elsewhere/app.py"))
    done = programs.run(FIRESTEEL, "submit", path)
    assert (done.stdout, done.stderr) == ("4.3.0\n", "")


def test_version_and_help(programs: Programs) -> None:
    for option in ("--help", "-h", "--version"):
        done = programs.run(FIRESTEEL, "submit", option)
        assert (done.returncode, done.stderr) == (0, "")
        assert ("PySpark 4.3.0" if option == "--version" else "examples:") in done.stdout


BAD = {
    "": "say which program to run",
    "missing.py": "can't open file",
    "--mastr local app.py": "unknown option --mastr; did you mean --master?",
    "--drivermemory=1g app.py": "did you mean --driver-memory?",
    "--master": "--master needs a value",
    "--master foo app.py": "Could not parse Master URL: 'foo'",
    "--master sc://host app.py": "Spark Connect",
    "--remote sc://host app.py": "Spark Connect",
    "--deploy-mode cluster app.py": "needs a cluster",
    "--proxy-user other app.py": "runs as you",
    "--status 1": "asks a cluster",
    "--kill 1": "asks a cluster",
    "--conf word app.py": "--conf needs KEY=VALUE; got 'word'",
    "--properties-file none.conf app.py": "can't read properties file 'none.conf'",
    "--properties-file binary.conf app.py": "is not text",
    "--properties-file broken.conf app.py": "broken properties file: broken.conf:2: malformed \\uxxxx",
    "--properties-file keyless.conf app.py": "keyless.conf:1: there is no key",
    "--driver-memory plenty app.py": "spark.driver.memory: Size must be specified",
    "--num-executors none app.py": "--num-executors must be a positive number",
    "--py-files none.zip app.py": "there is no file",
    "--py-files false.egg app.py": "is no zip archive",
    "--py-files hdfs:///x.py app.py": "hdfs:///x.py: No FileSystem",
    "--files none.txt app.py": "there is no file",
    "--archives none.zip#x app.py": "there is no file",
    "http://host/app.py": "programs are local files",
    "hdfs:///app.py": "hdfs:///app.py: No FileSystem",
    "app.jar": "is not a Python program",
    "pyspark-shell": "firesteel shell",
    "run-example SparkPi": "Scala",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_exit_code_2(programs: Programs, arguments: str) -> None:
    programs.write("print('ran')\n")
    programs.write("no zip", "false.egg")
    (programs.folder / "binary.conf").write_bytes(b"spark.a \xff\n")
    (programs.folder / "broken.conf").write_text("spark.a 1\nspark.b \\u00zz\n")
    (programs.folder / "keyless.conf").write_text("= 1\n")
    done = programs.run(FIRESTEEL, "submit", *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("firesteel submit: ")
    assert BAD[arguments] in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_program(programs: Programs, number: signal.Signals) -> None:
    programs.write(f"""
        import signal, sys
        signal.signal({int(number)}, lambda *_: sys.exit(9))
        print("ready")
        signal.pause()
    """)
    process = programs.start(FIRESTEEL, "submit", "app.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=50)
    assert process.returncode == 9


def test_ctrl_c_is_a_keyboard_interrupt(programs: Programs) -> None:
    marker = programs.folder / "started"
    programs.write(f"""
        from pyspark import SparkContext
        def forever(x):
            open({str(marker)!r}, "w").close()
            while True: pass
        SparkContext("local[2]").parallelize([1]).map(forever).collect()
    """)
    process = programs.start(FIRESTEEL, "submit", "app.py")
    wait_until(marker.exists, "a task running")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=50)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode in (130, -signal.SIGINT)


def test_a_program_that_a_signal_killed_is_128_and_the_signal_to_a_shell(programs: Programs) -> None:
    programs.write("import os\nos.kill(os.getpid(), 15)\n")
    done = programs.run("sh", "-c", f"{FIRESTEEL} submit app.py; echo $?")
    assert done.stdout == "143\n"


# The interpreter.


@pytest.fixture
def pythons(programs: Programs) -> Path:
    """A folder of interpreters that say their name and are this one otherwise."""
    folder = programs.folder / "pythons"
    folder.mkdir()
    for name in ("driver-setting", "setting", "driver-variable", "variable"):
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\nNAME="$(basename "$0")" exec {sys.executable} "$@"\n')
        wrapper.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("chosen", "offered"),
    [
        ("driver-setting", ["driver-setting", "setting", "driver-variable", "variable"]),
        ("setting", ["setting", "driver-variable", "variable"]),
        ("driver-variable", ["driver-variable", "variable"]),
        ("variable", ["variable"]),
    ],
)
def test_the_interpreter_is_chosen_as_by_spark(
    programs: Programs, pythons: Path, chosen: str, offered: list[str]
) -> None:
    programs.write("import os\nprint(os.environ['NAME'])\n")
    keys = {"driver-setting": "spark.pyspark.driver.python", "setting": "spark.pyspark.python"}
    names = {"driver-variable": "PYSPARK_DRIVER_PYTHON", "variable": "PYSPARK_PYTHON"}
    options = [word for name in offered if name in keys for word in ("-c", f"{keys[name]}={pythons / name}")]
    variables = {names[name]: str(pythons / name) for name in offered if name in names}
    done = programs.run(FIRESTEEL, "submit", *options, "app.py", env=programs.environment(**variables))
    assert (done.stdout, done.stderr) == (f"{chosen}\n", "")


def test_an_interpreter_without_firesteel_borrows_it(programs: Programs) -> None:
    programs.write("""
        import pyspark, sys
        with pyspark.SparkContext("local[2]") as sc:
            print(sys.flags.no_site, sc.parallelize([1, 2], 2).map(lambda x: x + 1).collect())
    """)
    bare = programs.folder / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    done = programs.run(FIRESTEEL, "submit", "-c", f"spark.pyspark.driver.python={bare}", "app.py")
    assert (done.stdout, done.stderr) == ("1 [2, 3]\n", "")


def test_an_interpreter_that_is_none_is_refused(programs: Programs) -> None:
    programs.write("print('ran')\n")
    older = programs.folder / "older"
    older.write_text('#!/bin/sh\ncase "$2" in *firesteel*) exit 1;; esac\necho cpython-27\n')
    older.chmod(0o755)
    for python, reason in (
        ("/bin/false", "does not run"),
        (str(older), "is cpython-27 and has no firesteel"),
    ):
        done = programs.run(FIRESTEEL, "submit", "app.py", env=programs.environment(PYSPARK_PYTHON=python))
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert reason in done.stderr
