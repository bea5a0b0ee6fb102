"""What Java throws, by every name that programs catch it by; and what the bridge itself raises."""

import pytest

from firesteel import SparkContext
from firesteel._py4j.protocol import Py4JJavaError
from support.java import PATIENCE
from support.programs import Programs

pytestmark = pytest.mark.timeout(PATIENCE)


def test_an_exception_of_javas(java: SparkContext) -> None:
    import py4j.protocol

    with pytest.raises(Py4JJavaError, match="IllegalStateException: it broke") as caught:
        java._jvm.com.example.Hello.fail("it broke")
    error = caught.value
    assert isinstance(error, py4j.protocol.Py4JJavaError)
    assert type(error).__name__ == "Py4JJavaError"
    assert error.errmsg == "An error occurred while calling z:com.example.Hello.fail.\n"
    assert str(error).startswith(f"{error.errmsg}: java.lang.IllegalStateException: it broke\n")
    assert "at com.example.Hello.fail(Hello.java" in str(error)
    assert error.java_exception.getMessage() == "it broke"
    assert error.java_exception.getClass().getName() == "java.lang.IllegalStateException"
    assert error.java_exception.getStackTrace()[0].getMethodName() == "fail"


def test_of_a_constructor_and_a_method(java: SparkContext) -> None:
    with pytest.raises(Py4JJavaError, match=r"calling None\.java\.net\.URL\."):
        java._jvm.java.net.URL("no protocol")
    made = java._jvm.java.util.LinkedList()
    with pytest.raises(Py4JJavaError, match=r"calling o\d+\.getFirst\.\n: java\.util\.NoSuchElement"):
        made.getFirst()


def test_what_py4j_itself_refuses(java: SparkContext) -> None:
    from py4j.protocol import Py4JError

    with pytest.raises(Py4JError, match=r"hello\(\[\]\) does not exist"):
        java._jvm.com.example.Hello.hello()


PROGRAM = """
    import os
    from firesteel import SparkConf, SparkContext
    {alias}
    from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError

    with SparkContext(conf=SparkConf().setMaster("local[1]").set("spark.jars", os.environ["JAR"])) as sc:
        hello = sc._jvm.com.example.Hello
        try:
            hello.fail("it broke")
        except Py4JJavaError as error:
            kept = error
        try:
            hello.hello()
        except Py4JError as error:
            print("refused", "does not exist" in str(error))
        try:
            sc.textFile("/no/such/file").collect()
        except Py4JJavaError as error:
            print("engine", "does not exist" in str(error))
        try:
            sc._jvm.java.lang.System.exit(3)
        except Py4JNetworkError as error:
            print(error)
        try:
            hello.hello("x")
        except Py4JNetworkError as error:
            print(error)
        print(sc.parallelize([1, 2]).sum())
    try:
        hello.hello("x")
    except Py4JNetworkError as error:
        print(error)
    print("Hello.java" in str(kept))
"""


@pytest.mark.parametrize("alias", ["", "import firesteel; firesteel.install()"], ids=["plain", "alias"])
def test_programs_catch_them_and_know_when_the_jvm_has_gone(java_programs: Programs, alias: str) -> None:
    done = java_programs.python(PROGRAM.replace("{alias}", alias), within=PATIENCE)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "refused True",
            "engine True",
            "the JVM has ended with exit code 3",
            "the JVM has ended with exit code 3",
            "3",
            "this JVM has gone with its SparkContext",
            "True",
        ],
        "",
    )


def test_the_secret_is_not_shown_to_who_takes_the_port_of_a_jvm_that_has_died(
    java_programs: Programs,
) -> None:
    done = java_programs.python(
        """
        import socket, threading
        from firesteel import SparkContext
        from py4j.protocol import Py4JNetworkError

        def attempt():
            try:
                print(sc._jvm.java.util.Collections.emptyList())
            except Py4JNetworkError as error:
                print(error)

        with SparkContext("local[1]") as sc:
            try:
                sc._jvm.java.lang.System.exit(0)
            except Py4JNetworkError:
                pass
            stranger = socket.socket()
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", sc._gateway.gateway_parameters.port))
            stranger.listen()
            stranger.setblocking(False)
            thread = threading.Thread(target=attempt)
            thread.start()
            thread.join()
            try:
                stranger.accept()
            except BlockingIOError:
                print("nobody came")
        """,
        within=PATIENCE,
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        ["the JVM has ended with exit code 0", "nobody came"],
        "",
    )
