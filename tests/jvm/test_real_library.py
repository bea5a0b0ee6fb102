"""py4j from PyPI: where it is missing, and where its name means Firesteel's own modules."""

import pytest

from support.java import PATIENCE
from support.programs import Programs

pytestmark = pytest.mark.timeout(PATIENCE)

TRY = """
import os, sys
from firesteel import SparkContext
from firesteel._py4j.protocol import Py4JError

with SparkContext("local[1]") as sc:
    {before}
    print(sc._jvm.com.example, sc._jvm.com.example.Hello.GREETING)
    print(hasattr(sc._gateway, "entry_point"), hasattr(sc._jvm.java.lang.Math, "sqrt"))
    try:
        sc._jvm.com.example.Hello.hello("x")
    except Py4JError as error:
        print(error)
    print(sc._jvm.java.lang.Math.max(1, 2), [name for name in sys.modules if name.startswith("py4j")])
"""
HIDE = "sys.path = [folder for folder in sys.path if not os.path.exists(os.path.join(folder, 'py4j'))]"
MISSING = {
    "py4j": (HIDE, {}, "for which py4j is not installed: pip install 'firesteel[java]'"),
    "java": (
        "pass",
        {"JAVA_HOME": None, "PATH": "/nowhere"},
        "and there is no Java beside firesteel[java]: install one, such as OpenJDK 17, and let JAVA_HOME or "
        "PATH name it",
    ),
    "home": (
        "pass",
        {"JAVA_HOME": "/nowhere"},
        "and JAVA_HOME=/nowhere has no bin/java: let it name a Java, or unset it",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_without_it_one_line_says_what_is_missing(programs: Programs, what: str) -> None:
    before, variables, reason = MISSING[what]
    if what != "py4j":
        pytest.importorskip("py4j", reason="py4j is not installed")
    environment = programs.environment(**{"PYSPARK_GATEWAY_PORT": None, **variables})
    done = programs.python(TRY.replace("{before}", before), env=environment)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "<JavaPackage com.example> <JavaPackage com.example.Hello.GREETING>",
            "False False",
            f"com.example.Hello.hello needs a JVM, {reason}",
            "2 []",
        ],
        "",
    )


def test_under_the_alias_it_is_loaded_beside_ours(java_programs: Programs) -> None:
    done = java_programs.firesteel(
        """
        import os, sys
        from pyspark import SparkConf, SparkContext
        import py4j.java_gateway
        from py4j.java_collections import JavaList, ListConverter
        from py4j.java_gateway import JavaGateway, JavaObject, is_instance_of, java_import

        with SparkContext(conf=SparkConf().setMaster("local[1]").set("spark.jars", os.environ["JAR"])) as sc:
            java_import(sc._jvm, "com.example.*")
            made = sc._jvm.Hello.reversed([1, 2])
            print(list(made), isinstance(made, JavaList), isinstance(made, JavaObject), type(made).__module__)
            print(isinstance(sc._gateway, JavaGateway), is_instance_of(sc._gateway, made, "java.util.List"))
            print(list(sc._jvm.Hello.reversed(ListConverter().convert([1, 2], sc._gateway._gateway_client))))
            print(sc.parallelize([3, 4]).map(lambda x: x + 1).collect())
        print(sorted(module.__name__ for name, module in sys.modules.items() if name.startswith("py4j")))
        """,
        within=PATIENCE,
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "[2, 1] True True py4j.java_collections",
            "True True",
            "[2, 1]",
            "[4, 5]",
            str(["firesteel._py4j", "firesteel._py4j.java_collections", "firesteel._py4j.java_gateway"]),
        ],
        "",
    )
