"""PYSPARK_SUBMIT_ARGS: spark-submit's options for contexts that plain Python makes."""

import pytest

from support.programs import Programs

SHOW = """
    from firesteel import SparkConf, SparkContext
    early = SparkConf().set("spark.by", "program")
    print(early.getAll())
    for conf in (early, None):
        with SparkContext(conf=conf) as sc:
            print([sc.getConf().get(key) for key in ("spark.master", "spark.by", "spark.colour")])
    print(SparkConf().get("spark.colour"), SparkConf(False).getAll())
"""


def test_options_are_the_defaults_of_a_context(programs: Programs) -> None:
    text = "--master local[2] --conf spark.colour='light grey' -c spark.by=option pyspark-shell"
    done = programs.python(SHOW, env=programs.environment(PYSPARK_SUBMIT_ARGS=text))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[('spark.by', 'program')]",
        "['local[2]', 'program', 'light grey']",
        "['local[2]', 'option', 'light grey']",
        "light grey []",
    ]


def test_the_program_may_set_the_variable_itself(programs: Programs) -> None:
    done = programs.python("""
        import os
        from firesteel import SparkContext
        os.environ["PYSPARK_SUBMIT_ARGS"] = "--master local[3] pyspark-shell"
        with SparkContext() as sc:
            print(sc.master, sc.defaultParallelism)
        with SparkContext("local[1]") as sc:
            print(sc.master)
    """)
    assert (done.stdout, done.stderr) == ("local[3] 3\nlocal[1]\n", "")


def test_a_session_takes_them_too(programs: Programs) -> None:
    text = "--master local[2] --name steel pyspark-shell"
    source = """
        from firesteel.sql import SparkSession
        with SparkSession.builder.config("spark.x", 1).getOrCreate() as spark:
            print(spark.sparkContext.master, spark.sparkContext.appName, spark.conf.get("spark.x"))
    """
    done = programs.python(source, env=programs.environment(PYSPARK_SUBMIT_ARGS=text))
    assert (done.stdout, done.stderr) == ("local[2] steel 1\n", "")


def test_py_files_are_shipped(programs: Programs) -> None:
    programs.write("NAME = 'shipped'\n", "library/one.py")
    text = "--master local[2] --py-files library/one.py pyspark-shell"
    source = """
        from firesteel import SparkContext
        with SparkContext() as sc:
            print(sc.parallelize([1], 1).map(lambda _: __import__("one").NAME).first())
    """
    done = programs.python(source, env=programs.environment(PYSPARK_SUBMIT_ARGS=text))
    assert (done.stdout, done.stderr) == ("shipped\n", "")


def test_a_strange_key_in_a_file_is_told(programs: Programs) -> None:
    (programs.folder / "a.conf").write_text("spark.colour grey\nother 1\n")
    source = (
        "from firesteel import SparkContext\nprint(SparkContext('local[1]').getConf().get('spark.colour'))\n"
    )
    text = "--properties-file a.conf pyspark-shell"
    done = programs.python(source, env=programs.environment(PYSPARK_SUBMIT_ARGS=text))
    assert done.stdout == "grey\n"
    assert done.stderr == "PYSPARK_SUBMIT_ARGS: ignoring other: settings in files begin with spark.\n"


def test_a_cluster_is_refused_unless_the_program_names_another_master(programs: Programs) -> None:
    environment = programs.environment(PYSPARK_SUBMIT_ARGS="--master yarn pyspark-shell")
    source = "from firesteel import SparkContext\nprint(SparkContext({}).master)\n"
    assert programs.python(source.format("'local[1]'"), env=environment).stdout == "local[1]\n"
    done = programs.python(source.format(""), env=environment)
    assert "Could not parse Master URL: 'yarn'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--mastr local pyspark-shell", "unknown option --mastr; did you mean --master?"),
        ("--master local[2]", "pyspark-shell must come behind the options"),
        ("--name 'open", "No closing quotation"),
        ("--remote sc://host pyspark-shell", "Spark Connect"),
    ],
)
def test_bad_options_are_one_error(programs: Programs, text: str, reason: str) -> None:
    source = "from firesteel import SparkContext\nSparkContext()\n"
    done = programs.python(source, env=programs.environment(PYSPARK_SUBMIT_ARGS=text))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "PySparkValueError: PYSPARK_SUBMIT_ARGS: " in last
    assert reason in last
