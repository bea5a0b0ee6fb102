"""`import pyspark` means Firesteel in what `firesteel run` starts, in any of PySpark's spellings."""

import pytest

from support.programs import Programs

SPELLINGS = {
    "import pyspark": "pyspark.SparkContext",
    "import pyspark as ps": "ps.RDD",
    "from pyspark import SparkContext, SparkConf, RDD, StorageLevel, Broadcast, Accumulator": "SparkContext",
    "from pyspark.context import SparkContext": "SparkContext",
    "from pyspark.conf import SparkConf": "SparkConf",
    "from pyspark.rdd import RDD": "RDD",
    "from pyspark.core.rdd import RDD": "RDD",
    "from pyspark.core.context import SparkContext": "SparkContext",
    "from pyspark.broadcast import Broadcast": "Broadcast",
    "from pyspark.core.broadcast import Broadcast": "Broadcast",
    "from pyspark.accumulators import Accumulator, AccumulatorParam": "AccumulatorParam",
    "from pyspark.storagelevel import StorageLevel": "StorageLevel",
    "from pyspark.serializers import MarshalSerializer, CPickleSerializer": "MarshalSerializer",
    "from pyspark.resultiterable import ResultIterable": "ResultIterable",
    "from pyspark.taskcontext import TaskContext": "TaskContext",
    "from pyspark.sql import SparkSession": "SparkSession",
    "from pyspark.sql.session import SparkSession": "SparkSession",
    "import pyspark.sql": "pyspark.sql.SparkSession",
    "from pyspark.errors import PySparkException, PythonException": "PythonException",
    "from pyspark.errors.exceptions.captured import PythonException": "PythonException",
    "from pyspark.errors.exceptions.base import PySparkValueError": "PySparkValueError",
    "from py4j.protocol import Py4JJavaError": "Py4JJavaError",
    "import pyspark.cloudpickle as cp": "cp.dumps",
}


def test_every_spelling_of_pyspark(programs: Programs) -> None:
    lines = [f"{statement}\nprint(({name}).__module__)" for statement, name in SPELLINGS.items()]
    done = programs.firesteel("\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    modules = done.stdout.splitlines()
    assert len(modules) == len(SPELLINGS)
    assert {module.split(".")[0] for module in modules} <= {"pyspark", "firesteel", "cloudpickle"}


def test_the_modules_are_the_very_same(programs: Programs) -> None:
    done = programs.firesteel("""
        import firesteel, firesteel.core.rdd, firesteel.core.context, firesteel.sql, firesteel.errors
        import pyspark, pyspark.rdd, pyspark.context, pyspark.sql, pyspark.errors
        from pyspark.rdd import RDD
        assert pyspark is firesteel
        assert pyspark.rdd is firesteel.core.rdd
        assert RDD is firesteel.core.rdd.RDD is firesteel.RDD
        assert pyspark.context.SparkContext is firesteel.SparkContext
        assert pyspark.sql.SparkSession is firesteel.sql.SparkSession
        assert pyspark.errors is firesteel.errors
        print("same")
    """)
    assert (done.stdout, done.stderr) == ("same\n", "")


def test_workers_know_pyspark_too(programs: Programs) -> None:
    programs.write(
        """
        import pyspark
        from pyspark import TaskContext
        from pyspark.rdd import RDD

        def partition(_):
            import pyspark.storagelevel
            return TaskContext.get().partitionId(), pyspark.__name__, RDD.__module__
        """,
        "users_tasks.py",
    )
    done = programs.firesteel("""
        from pyspark import SparkContext
        import users_tasks
        with SparkContext("local[2]", "workers") as sc:
            print(sc.parallelize([1, 2], 2).map(users_tasks.partition).collect())
    """)
    expected = "[(0, 'firesteel', 'pyspark.core.rdd'), (1, 'firesteel', 'pyspark.core.rdd')]\n"
    assert (done.stdout, done.stderr) == (expected, "")


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from pyspark.errors import PythonException", "PythonException"),
        ("from pyspark.errors import PySparkException", "PySparkException"),
        ("from py4j.protocol import Py4JJavaError", "Py4JJavaError"),
        ("from py4j.protocol import Py4JError", "Py4JError"),
    ],
)
def test_a_failed_job_is_caught_by_every_name_that_programs_use(
    programs: Programs, statement: str, name: str
) -> None:
    done = programs.firesteel(f"""
        from pyspark import SparkContext
        {statement}
        with SparkContext("local[2]", "caught") as sc:
            try:
                sc.parallelize([0]).map(lambda x: 1 // x).collect()
            except {name} as error:
                print("caught", "ZeroDivisionError" in str(error), type(error.__cause__).__name__)
            try:
                sc.textFile("/no/such/file").collect()
            except {name if name.startswith("Py4J") else "Exception"} as error:
                print("Input path does not exist" in str(error))
    """)
    assert (done.stdout, done.stderr) == ("caught True ZeroDivisionError\nTrue\n", "")


def test_py4js_error_answers_what_programs_ask(programs: Programs) -> None:
    done = programs.firesteel("""
        from pyspark import SparkContext
        from py4j.protocol import Py4JJavaError
        with SparkContext("local[2]", "java") as sc:
            try:
                sc.parallelize([0]).map(lambda x: 1 // x).collect()
            except Py4JJavaError as error:
                print("ZeroDivisionError" in error.java_exception.getMessage())
                print("ZeroDivisionError" in str(error.java_exception))
                print(error.java_exception.getClass().getName())
    """)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["True", "True"], done.stderr
    assert lines[2].startswith("org.apache.spark.")


def real_pyspark(programs: Programs) -> str:
    """Install a package named pyspark, as a real one beside us, and return the folder to import it from."""
    programs.write("REAL = True\n", "beside/pyspark/__init__.py")
    programs.write("class RDD:\n    pass\n", "beside/pyspark/rdd.py")
    programs.write("class Row:\n    pass\n", "beside/pyspark/sql/types.py")
    programs.write("", "beside/pyspark/sql/__init__.py")
    return str(programs.folder / "beside")


def test_a_real_pyspark_beside_it_is_not_touched(programs: Programs) -> None:
    folder = real_pyspark(programs)
    environment = programs.environment(PYTHONPATH=folder)
    source = "import pyspark; print(getattr(pyspark, 'REAL', False), pyspark.__name__)"
    plain = programs.python(source, env=environment)
    assert plain.stdout == "True pyspark\n"
    aliased = programs.firesteel(source, env=environment)
    assert (aliased.stdout, aliased.stderr) == ("False firesteel\n", "")
    # Importing Firesteel alone does not change what pyspark means.
    beside = programs.python(f"import firesteel.sql\n{source}", env=environment)
    assert (beside.stdout, beside.stderr) == ("True pyspark\n", "")


def test_a_real_py4j_that_is_loaded_catches_too(programs: Programs) -> None:
    programs.write("", "beside/py4j/__init__.py")
    programs.write("class Py4JJavaError(Exception):\n    pass\n", "beside/py4j/protocol.py")
    done = programs.python(
        """
        from py4j.protocol import Py4JJavaError
        from firesteel import SparkContext
        with SparkContext("local[2]", "beside") as sc:
            try:
                sc.parallelize([0]).map(lambda x: 1 // x).collect()
            except Py4JJavaError as error:
                print("caught", "ZeroDivisionError" in str(error))
        """,
        env=programs.environment(PYTHONPATH=str(programs.folder / "beside")),
    )
    assert (done.stdout, done.stderr) == ("caught True\n", "")


def test_nothing_of_a_real_pyspark_slips_in(programs: Programs) -> None:
    environment = programs.environment(PYTHONPATH=real_pyspark(programs))
    for statement in ("import pyspark.sql.connect", "from pyspark.sql import worker", "import pyspark.ml"):
        done = programs.firesteel(statement, env=environment)
        assert done.returncode == 1
        assert "MissingModuleError: pyspark." in done.stderr.splitlines()[-1]
        assert "is not part of Firesteel: " in done.stderr.splitlines()[-1]


def test_what_firesteel_does_not_have_is_one_error_in_every_spelling(programs: Programs) -> None:
    done = programs.firesteel("""
        import importlib
        import pyspark
        from pyspark.errors import PySparkException, PySparkNotImplementedError

        statements = []
        for name in ("ml", "mllib", "streaming", "pandas", "connect", "sql.connect"):
            parent, _, last = ("pyspark." + name).rpartition(".")
            statements += [
                f"import pyspark.{name}",
                f"import pyspark.{name}.feature",
                f"from pyspark.{name}.feature import Thing",
                f"from pyspark.{name} import Thing",
                f"from {parent} import {last}",
                f"importlib.import_module('pyspark.{name}')",
                f"importlib.import_module('pyspark.{name}.feature')",
            ]
        for statement in statements:
            try:
                exec(statement)
            except ImportError as error:
                assert isinstance(error, PySparkNotImplementedError), (statement, error)
                assert type(error).__name__ == "MissingModuleError", (statement, type(error))
                assert "is not part of Firesteel: " in str(error), (statement, error)
                assert error.name.startswith("pyspark."), (statement, error.name)
            else:
                raise AssertionError(statement)
        print(len(statements))
    """)
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_modules_of_a_data_frame_code_base_import(programs: Programs) -> None:
    done = programs.firesteel("""
        import pyspark.sql.functions as F
        from pyspark.sql import Column, DataFrame, Row, SparkSession, Window, functions, types
        from pyspark.sql.functions import *
        from pyspark.sql.types import *
        from pyspark.sql.utils import AnalysisException
        from pyspark.sql.streaming import StreamingQuery
        from pyspark.sql.pandas.functions import pandas_udf as also

        SCHEMA = StructType([StructField("a", IntegerType()), StructField("b", ArrayType(StringType()))])
        NEXT = F.lag("a").over(Window.partitionBy("b").orderBy(F.desc("c")))
        IS_LARGE = (F.col("a") + 1 > 10) & F.col("b").isNotNull()

        @F.udf("int")
        def plus_one(x):
            return x + 1

        @pandas_udf("long")
        def twice(batch):
            return batch * 2

        def clean(df: DataFrame) -> DataFrame:
            return df.withColumn("b", plus_one("a")).where(IS_LARGE)

        print(plus_one.func(1), twice.func(2), IS_LARGE, SCHEMA.simpleString())
        print(SparkSession.__module__, DataFrame.__module__, functions is F, types.Row is Row)
        print(AnalysisException)
        spark = SparkSession.builder.master("local[1]").getOrCreate()
        try:
            clean(spark.createDataFrame([(1, ["x"])], SCHEMA))
        except NotImplementedError as error:
            print(type(error).__name__, str(error)[:45])
        spark.stop()
    """)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "2 4 Column<'and(>(+(a, 1), 10), isNotNull(b))'> struct<a:int,b:array<string>>",
        "pyspark.sql.session pyspark.sql.dataframe True True",
        "<class 'pyspark.errors.exceptions.base.AnalysisException'>",
        "NeedsQueryEngineError DataFrame.withColumn needs a query engine: Fi",
    ]


def test_workers_do_not_see_a_real_pyspark_either(programs: Programs) -> None:
    environment = programs.environment(PYTHONPATH=real_pyspark(programs))
    done = programs.firesteel(
        """
        from pyspark import SparkContext
        def look(_):
            import pyspark, pyspark.rdd
            return hasattr(pyspark, "REAL"), pyspark.rdd.__name__
        with SparkContext("local[2]", "beside") as sc:
            print(sc.parallelize([0]).map(look).collect())
        """,
        env=environment,
    )
    assert (done.stdout, done.stderr) == ("[(False, 'firesteel.core.rdd')]\n", "")


def test_trying_for_something_newer_falls_back(programs: Programs) -> None:
    """As programs do that run with several versions."""
    done = programs.firesteel("""
        try:
            import pyspark.pandas as ps
        except ImportError:
            ps = None
        print(ps)
    """)
    assert (done.stdout, done.stderr) == ("None\n", "")
