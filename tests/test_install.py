"""`firesteel.install()`: the alias in a process that `firesteel run` has not started."""

import pytest

from support.programs import Programs


def test_pyspark_means_firesteel_from_there_on(programs: Programs) -> None:
    programs.write("from pyspark.rdd import RDD\ndef module(_):\n    return RDD.__module__\n", "users.py")
    done = programs.python("""
        import firesteel
        firesteel.install()
        firesteel.install()
        import pyspark, users
        from py4j.protocol import Py4JJavaError
        from pyspark.sql import SparkSession
        assert pyspark is firesteel
        with SparkSession.builder.master("local[2]").getOrCreate() as spark:
            print(spark.sparkContext.parallelize([1], 1).map(users.module).first())
    """)
    assert (done.stdout, done.stderr) == ("pyspark.core.rdd\n", "")


@pytest.mark.parametrize("before", ["", "import pyspark.install", "from firesteel import install"])
def test_the_module_of_that_name_does_not_get_in_its_way(programs: Programs, before: str) -> None:
    done = programs.python(f"""
        import firesteel
        firesteel.install()
        {before}
        firesteel.install()
        from firesteel import install
        install()
        print(callable(install.install_spark))
    """)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_under_firesteel_run_it_changes_nothing(programs: Programs) -> None:
    done = programs.firesteel("""
        import pyspark
        from pyspark import SparkContext
        with SparkContext("local[1]"):
            pyspark.install()
        print("well")
    """)
    assert (done.stdout, done.stderr) == ("well\n", "")


def test_after_the_real_pyspark_it_is_an_error(programs: Programs) -> None:
    programs.write("", "pyspark.py")
    done = programs.python("import pyspark, firesteel\nfiresteel.install()\n")
    assert done.returncode == 1
    assert "pyspark is imported already" in done.stderr.splitlines()[-1]
    assert "ImportError" in done.stderr.splitlines()[-1]


def test_while_a_context_runs_it_is_an_error(programs: Programs) -> None:
    done = programs.python("""
        import firesteel
        with firesteel.SparkContext("local[1]"):
            firesteel.install()
    """)
    assert done.returncode == 1
    assert "a context is running" in done.stderr.splitlines()[-1]
