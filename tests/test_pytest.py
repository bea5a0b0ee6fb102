"""The pytest plugin, in runs of pytest of its own."""

import os
import re
import signal
import subprocess

import pytest

from support.programs import PYTHON, Programs

pytestmark = pytest.mark.timeout(300)

CONFTEST = """
    import pytest
    from pyspark.sql import SparkSession

    @pytest.fixture(scope="session")
    def spark():
        session = SparkSession.builder.master("local[2]").appName("suite").getOrCreate()
        yield session
        session.stop()
"""
TESTS = """
    import firesteel
    import pyspark
    import pytest

    @pytest.mark.parametrize("count", range(4))
    def test_sum(spark, count):
        assert pyspark is firesteel
        assert spark.sparkContext.parallelize(range(count)).sum() == sum(range(count))
"""
PYTEST = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider"]


def run_pytest(
    programs: Programs, *options: str, plugin: str | None = "firesteel.pytest", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the tests of the folder, as if this were no test itself."""
    command = [*PYTEST, *(("-p", plugin) if plugin else ()), *options]
    unset = dict.fromkeys(["PYTEST_ADDOPTS", "PYTEST_PLUGINS", "FIRESTEEL_ALIAS", "PYTHONHASHSEED"])
    process = programs.start(*command, env=programs.environment(**{**unset, **variables}))
    output, errors = process.communicate(timeout=280)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def assert_passed(ended: subprocess.CompletedProcess[str], count: int) -> None:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{count} passed" in ended.stdout
    assert "left behind" not in ended.stdout


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("--firesteel-leaks=test",)], ids=" ".join)
def test_a_suite_for_pyspark_runs_as_it_is(programs: Programs, options: tuple[str, ...]) -> None:
    programs.write(CONFTEST, "conftest.py")
    programs.write(TESTS, "test_suite.py")
    assert_passed(run_pytest(programs, *options), 4)


def test_the_fixtures_share_one_context(programs: Programs) -> None:
    tests = """
        def test_context(sc):
            assert sc.master == "local[3]"
            assert sc.range(4).count() == 4

        def test_session(sc, spark):
            assert spark.sparkContext is sc

        class TestFurther:
            def test_same(self, sc):
                assert sc.range(5).count() == 5
    """
    programs.write(tests, "test_fixtures.py")
    programs.write("[pytest]\nfiresteel_master = local[3]\n", "pytest.ini")
    assert_passed(run_pytest(programs, "--firesteel-leaks=test"), 3)


def test_the_plugin_may_come_from_a_conftest(programs: Programs) -> None:
    programs.write('pytest_plugins = ["firesteel.pytest"]', "conftest.py")
    programs.write("import pyspark\n\ndef test_count(sc):\n    assert sc.range(4).count() == 4", "test_it.py")
    assert_passed(run_pytest(programs, plugin=None), 1)


def test_a_context_of_every_test_is_stopped(programs: Programs) -> None:
    tests = """
        import pytest
        from pyspark import SparkContext

        @pytest.fixture
        def sc():
            with SparkContext("local[2]") as context:
                yield context

        @pytest.mark.parametrize("count", range(5))
        def test_count(sc, count):
            assert sc.range(count).count() == count
    """
    programs.write(tests, "test_contexts.py")
    assert_passed(run_pytest(programs, "--firesteel-leaks=test"), 5)


def test_a_test_that_leaves_a_context_fails(programs: Programs) -> None:
    tests = """
        from pyspark import SparkContext

        def test_leaks():
            assert SparkContext("local[2]").range(3).count() == 3

        def test_next():
            with SparkContext("local[2]") as sc:
                assert sc.range(3).count() == 3
    """
    programs.write(tests, "test_leaking.py")
    ended = run_pytest(programs, "--firesteel-leaks=test")
    assert ended.returncode == 1
    assert "2 passed, 1 error" in ended.stdout
    assert "ERROR at teardown of test_leaks" in ended.stdout
    assert "this test has left behind:\n  process " in ended.stdout
    assert "A context was not stopped" in ended.stdout


def test_a_context_that_nobody_stops_is_no_failure(programs: Programs) -> None:
    """As in PySpark, where Python's exit stops it."""
    programs.write("from pyspark import SparkContext\nsc = SparkContext('local[2]')", "shared.py")
    programs.write(
        "from shared import sc\n\ndef test_it():\n    assert sc.range(3).count() == 3", "test_it.py"
    )
    assert_passed(run_pytest(programs), 1)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=" ".join)
def test_a_process_that_stays_fails_the_run(programs: Programs, options: tuple[str, ...]) -> None:
    tests = """
        import subprocess

        def test_spawns(sc):
            def spawn(_):
                # In a session of its own, so that it outlives the worker that it comes from.
                quiet = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)
                return subprocess.Popen(["sleep", "600"], start_new_session=True, **quiet).pid

            assert len(sc.parallelize([0], 1).map(spawn).collect()) == 1
    """
    programs.write("import firesteel.pytest\nfiresteel.pytest.PATIENCE = 0.1", "conftest.py")
    programs.write(tests, "test_stray.py")
    ended = run_pytest(programs, *options)
    found = re.search(r"process (\d+) of \S+firesteel-run-", ended.stdout)
    assert found, ended.stdout
    os.kill(int(found[1]), signal.SIGKILL)
    assert "1 passed" in ended.stdout
    assert "firesteel: left behind at the end of the run" in ended.stdout
    assert ended.returncode == 1


def test_it_says_that_it_comes_too_late(programs: Programs) -> None:
    programs.write("", "pyspark/__init__.py")
    programs.write("import pyspark", "early.py")
    ended = run_pytest(programs, "-p", "firesteel.pytest", plugin="early", PYTHONPATH=str(programs.folder))
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "firesteel.pytest comes too late" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_pyspark_has_no_such_module(programs: Programs) -> None:
    ended = programs.firesteel("import pyspark.pytest")
    assert "pyspark.pytest is not part of Firesteel" in ended.stderr
