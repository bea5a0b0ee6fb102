"""`firesteel check`: what a code base uses that Firesteel does not have."""

import json
from pathlib import Path

import pytest

from support.programs import FIRESTEEL, Programs


def check(programs: Programs, source: str) -> list[str]:
    """Return what is listed for a program: `line: name what to do`."""
    path = programs.write(source)
    done = programs.run(FIRESTEEL, "check", str(path))
    assert done.stderr == ""
    *lines, summary = done.stdout.splitlines()
    assert summary.startswith("1 file read: ")
    assert done.returncode == (1 if lines else 0)
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def names(programs: Programs, source: str) -> list[str]:
    """Return line and name of all that is listed."""
    return [" ".join(line.split(" ")[:2]) for line in check(programs, source)]


SPELLINGS = {
    "module": "import pyspark\npyspark.SparkContext().textFile('x').map(len).unheard()",
    "alias": "import pyspark as ps\nps.SparkContext('local').textFile('x').map(len).unheard()",
    "name": "from pyspark import SparkContext as Context\nContext().range(3).unheard()",
    "deep name": "from pyspark.context import SparkContext\nSparkContext.getOrCreate().range(3).unheard()",
    "session": "from pyspark.sql import SparkSession\n"
    "SparkSession.builder.appName('x').getOrCreate().sparkContext.range(3).unheard()",
    "variable": "from pyspark import SparkContext\n(rdd := SparkContext().range(3)).unheard()",
    "with": "import pyspark\nwith pyspark.SparkContext() as mine: mine.range(3).cache().unheard()",
    "usual name": "import pyspark\nsc.range(3).unheard()",
    "parameter": "import pyspark\ndef f(sc): return lambda: sc.range(3).unheard()",
    "annotation": "from pyspark import RDD\nclass A:\n def f(self, a: RDD[int]): a.unheard()",
    "optional": "from pyspark import RDD\ndef f(a: 'RDD', b: RDD | None, c: Optional[RDD]): c.unheard()",
    "attribute": "import pyspark\n"
    "class A:\n def f(self): self.r = sc.range(3)\n def g(self): self.r.unheard()",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_rdds_do_not_have_is_found_in_any_spelling(programs: Programs, spelling: str) -> None:
    source = SPELLINGS[spelling]
    assert names(programs, source) == [f"{source.count(chr(10)) + 1}: pyspark.RDD.unheard"]


USES = {
    "from pyspark.ml.feature import Word2Vec\nWord2Vec()": ("1: pyspark.ml", "keep this on Spark"),
    "import pyspark.pandas as ps": ("1: pyspark.pandas", "keep this on Spark"),
    "from pyspark.streaming import StreamingContext": ("1: pyspark.streaming", "keep this on Spark"),
    "import pyspark.mllib.linalg": ("1: pyspark.mllib", "keep this on Spark"),
    "from pyspark.rdd import unheard": ("1: pyspark.rdd.unheard", "not part of Firesteel"),
    "import pyspark\nspark.sql('select 1')": ("2: pyspark.sql.SparkSession.sql", "needs a query engine"),
    "import pyspark\nspark.read.parquet('x')": (
        "2: pyspark.sql.DataFrameReader.parquet",
        "needs a query engine",
    ),
    "import pyspark\nspark.table('x').groupBy('a').agg({})": (
        "2: pyspark.sql.DataFrame.groupBy",
        "needs a query engine",
    ),
    "import pyspark\ndef f(table): return table.withColumn('a', 1)": (
        "2: pyspark.sql.DataFrame.withColumn",
        "needs a query engine",
    ),
    "import pyspark\nsc._jvm.com.example.Hello.hello()": ("2: com.example.Hello", "firesteel[java]"),
    "import pyspark\nprint(sc.range(1)._jmap)": ("2: pyspark.RDD._jmap", "use what Python has"),
    "from pyspark import SparkContext\nSparkContext(master='yarn')": ("2: master", "is not this machine"),
    "from pyspark import SparkConf\nSparkConf().setMaster('spark://h:1')": (
        "2: master",
        "is not this machine",
    ),
    "from pyspark import SparkConf\nSparkConf().set('spark.jars.packages', 'a:b:1')": (
        "2: spark.jars.packages",
        "is not honoured",
    ),
}


@pytest.mark.parametrize("source", USES)
def test_what_is_missing_is_listed_with_what_to_do(programs: Programs, source: str) -> None:
    expected, advice = USES[source]
    found = check(programs, source)
    matching = [line for line in found if line.startswith(f"{expected} ")]
    assert matching, found
    assert advice in matching[0]


def test_query_functions_are_found_through_their_module(programs: Programs) -> None:
    source = "from pyspark.sql import functions as F, SparkSession\nx = F.sum('a')\ny = F.sum('b')\n"
    found = check(programs, source)
    assert [line for line in found if "functions.sum needs a query engine" in line and "and 1 more" in line]


WORKS = """
    import numpy as sc
    from operator import add
    import pyspark
    from pyspark import SparkConf, SparkContext, StorageLevel, TaskContext
    from pyspark.sql import SparkSession
    from .pyspark import ml
    import mypyspark.ml

    def main(context: SparkContext, frame):
        words = context.textFile("x", 2).flatMap(str.split).map(lambda word: (word, 1))
        counts = words.reduceByKey(add).persist(StorageLevel.MEMORY_ONLY).sortByKey()
        print(counts.collect()[0].anything, counts.count().bit_length(), counts.getCheckpointFile().strip())
        print(context.environment, context.appName, context.defaultParallelism, counts.ctx)
        frame.groupBy("a").join(frame).anything()
        sc.unheard()

    session = SparkSession.builder.master("local[2]").config("spark.app.name", "x").getOrCreate()
    main(session.sparkContext, None)
    conf = SparkConf().setAppName("x").set("my.own", "1")
    print(SparkContext("local[2]", "yarn", conf=conf).version, conf.get("a").upper())
    for conf in [1]:
        conf.unheard()
    session = sorted([])
    session.sql("not a session any more")
"""


def test_what_works_is_not_listed(programs: Programs) -> None:
    assert check(programs, WORKS) == []


def test_a_program_without_pyspark_is_left_alone(programs: Programs) -> None:
    assert check(programs, "spark.sql('x')\nsc.unheard()\nframe.withColumn('a')\n") == []


def test_a_code_base_is_read_but_for_what_others_wrote(programs: Programs) -> None:
    missing = "import pyspark.ml\n"
    for name in ("a.py", "b/c.py", "b/notes.txt", "venv/lib/d.py", ".hidden/e.py", "node_modules/f.py"):
        programs.write(missing, name)
    programs.write("", "venv/pyvenv.cfg")
    programs.write("print(1)\n", "fine.py")
    done = programs.run(FIRESTEEL, "check", ".", "a.py")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:-1]] == ["./a.py", "./b/c.py", "a.py"]
    assert done.stdout.splitlines()[-1] == "4 files read: 3 things that Firesteel does not have"


def test_notebooks_are_read_cell_by_cell(programs: Programs) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["import pyspark.ml"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import pyspark\n", "!ls"]},
        {"cell_type": "code", "source": ["%%bash\n", "echo import pyspark.ml"]},
        {"cell_type": "code", "source": ["x = 1\n", "sc.range(3).unheard()"]},
    ]
    (programs.folder / "a.ipynb").write_text(json.dumps({"cells": cells}))
    done = programs.run(FIRESTEEL, "check", "a.ipynb")
    assert done.stdout.splitlines()[0].startswith("a.ipynb: cell 4:2: pyspark.RDD.unheard ")


def test_our_own_examples_have_all_they_need(programs: Programs) -> None:
    examples = Path(__file__).parents[2] / "examples"
    done = programs.run(FIRESTEEL, "check", str(examples))
    assert done.stdout.endswith(" files read: nothing that Firesteel does not have\n")
    assert done.returncode == 0


def test_bad_input_is_one_line_and_exit_code_2(programs: Programs) -> None:
    (programs.folder / "empty").mkdir()
    for arguments in ([], ["missing.py"], ["empty"], ["--fast", "x"]):
        done = programs.run(FIRESTEEL, "check", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("firesteel check: ")


@pytest.mark.parametrize("content", [b"print 'old'\n", b"\xff\xfe\x00", b"x = '\xff'\n", b"\x00"])
def test_what_is_no_python_is_told_and_the_rest_is_read(programs: Programs, content: bytes) -> None:
    (programs.folder / "a.py").write_bytes(content)
    programs.write("import pyspark.ml\n", "b.py")
    (programs.folder / "c.ipynb").write_text("{")
    done = programs.run(FIRESTEEL, "check", ".")
    assert done.returncode == 2
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["./a.py", "./c.ipynb"]
    assert done.stdout.startswith("./b.py:1: pyspark.ml ")


def test_help_helps(programs: Programs) -> None:
    done = programs.run(FIRESTEEL, "check", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples:" in done.stdout
