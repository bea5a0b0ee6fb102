"""The JVM as a process: when it starts and with what, what it prints, and that it goes, whatever happens."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from support.java import PATIENCE
from support.processes import children_of, exists, listening
from support.programs import PYTHON, Programs
from support.waiting import wait_until

pytestmark = pytest.mark.timeout(PATIENCE)

BEGIN = """
import os, signal, sys, threading, time
from firesteel import SparkConf, SparkContext

def start(**settings):
    conf = SparkConf().setMaster("local[1]").set("spark.jars", os.environ["JAR"])
    return SparkContext(conf=conf.setAll([("spark." + key, value) for key, value in settings.items()]))
"""


def run(programs: Programs, source: str, **changes: str | None) -> list[str]:
    """Run a program that begins so, which prints nothing to stderr; return its lines."""
    path = programs.folder / "app.py"
    path.write_text(BEGIN + source)
    done = programs.run(PYTHON, str(path), env=programs.environment(**changes), within=PATIENCE)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def begin(programs: Programs, source: str) -> "subprocess.Popen[str]":
    """Start a program that waits for its input after it has said `ready`, and wait for that."""
    path = programs.folder / "app.py"
    path.write_text(BEGIN + source)
    process = programs.start(PYTHON, str(path), env=programs.environment(), stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def is_gone(programs: Programs) -> None:
    wait_until(lambda: not programs.ours(), "everything gone", within=PATIENCE)


# When it starts.


def test_nothing_listens_before_the_first_use_and_then_on_loopback_only(java_programs: Programs) -> None:
    source = """
with start() as sc:
    sc.parallelize([1]).count()
    sc._jvm.java.lang.System.currentTimeMillis(), sc._jvm.com.example, sc._jvm.com.nothing
    hasattr(sc._gateway, "jvm"), isinstance(sc._gateway, SparkContext)
    print("ready", flush=True)
    sys.stdin.readline()
    sc._jvm.com.example.Hello.hello("x")
    print("ready", flush=True)
    sys.stdin.readline()
    sc.stop()
    print("ready", flush=True)
    sys.stdin.readline()
"""
    program = begin(java_programs, source)
    assert program.stdin is not None
    assert program.stdout is not None

    def heard() -> list[str]:
        return [address for pid in java_programs.ours() for address, _ in listening(pid)]

    def go_on() -> None:
        program.stdin.write("\n")
        program.stdin.flush()
        program.stdout.readline()

    assert heard() == []
    go_on()
    assert set(heard()) == {"127.0.0.1"}
    # Where the JVM takes calls, and where Python does; the port that the JVM began with may just be closing.
    wait_until(lambda: len(heard()) == 2, "two ports", within=PATIENCE)
    go_on()
    assert heard() == []
    go_on()
    program.wait()


def test_it_starts_with_what_the_settings_name(java_programs: Programs, tmp_path: Path, jar: Path) -> None:
    (tmp_path / "two words").mkdir()
    copy = tmp_path / "two words" / "copy.jar"
    copy.write_bytes(jar.read_bytes())
    lines = run(
        java_programs,
        f"""
settings = {{
    "driver.memory": "96m",
    "driver.extraJavaOptions": "-Dmetal='grey steel' -Xlog:gc",
    "driver.defaultJavaOptions": "-Dmetal=iron -Dorigin=default",
    "driver.extraClassPath": "/no/such/folder",
    "jars": "file:" + {str(copy.parent)!r}.replace(" ", "%20") + "/*.jar, ",
}}
SparkContext.setSystemProperty("program", "own")
with start(**settings) as sc:
    hello = sc._jvm.com.example.Hello
    print([hello.property(name) for name in ("metal", "origin", "program")])
    print(64 << 20 < hello.heap() <= 96 << 20)
    print(hello.property("java.class.path").split(":")[:2])
""",
    )
    assert [line for line in lines if "[gc]" not in line] == [
        "['grey steel', 'default', 'own']",
        "True",
        str(["/no/such/folder", str(copy)]),
    ]
    assert any("[gc]" in line for line in lines)


def test_each_context_has_its_own(java_programs: Programs) -> None:
    lines = run(
        java_programs,
        """
for name in ("one", "two"):
    with start(**{"driver.extraJavaOptions": f"-Dname={name}"}) as sc:
        print(sc._jvm.com.example.Hello.property("name"))
    try:
        sc._jvm.com.example.Hello.hello("x")
    except AttributeError as error:
        print(error)
""",
    )
    gone = (
        "com.example.Hello.hello needs a JVM, which runs as long as a SparkContext of this process does: "
        "create one"
    )
    assert lines == ["one", gone, "two", gone]


def test_threads_that_are_first_together_start_one(java_programs: Programs) -> None:
    lines = run(
        java_programs,
        """
def work():
    together.wait()
    pids.append(sc._jvm.java.lang.ProcessHandle.current().pid())

with start() as sc:
    pids, together = [], threading.Barrier(4)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(len(pids), len(set(pids)))
print(threading.active_count())
""",
    )
    assert lines == ["4 1", "1"]


WRONG = {
    "options": ({"driver.extraJavaOptions": "-Xnonsense"}, "did not start: Unrecognized option: -Xnonsense"),
    "jar": ({"jars": "/no/such.jar"}, "cannot start: spark.jars names /no/such.jar, which is not there"),
    "scheme": ({"jars": "hdfs://h/x.jar"}, 'cannot start: No FileSystem for scheme "hdfs"'),
    "memory": ({"driver.memory": "much"}, "Size must be specified as bytes"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_keeps_it_from_starting_is_said_in_one_line(java_programs: Programs, name: str) -> None:
    settings, reason = WRONG[name]
    [line] = run(
        java_programs,
        f"""
with start(**{settings!r}) as sc:
    try:
        sc._jvm.com.example.Hello.hello("x")
    except AttributeError as error:
        print(error)
""",
    )
    assert line.startswith("com.example.Hello needs a JVM, which ")
    assert reason in line


# What it prints.


def test_what_java_prints_is_the_programs(java_programs: Programs) -> None:
    path = java_programs.folder / "app.py"
    path.write_text(BEGIN + "with start() as sc: sc._jvm.com.example.Hello.print('to out', 'to err')\n")
    environment = java_programs.environment(JAVA_TOOL_OPTIONS="-Dpicked=up")
    done = java_programs.run(PYTHON, str(path), env=environment, within=PATIENCE)
    assert done.stdout == "to out\n"
    assert done.stderr.splitlines()[-1] == "to err"
    assert "JAVA_TOOL_OPTIONS: -Dpicked=up" in done.stderr


# That it goes.

WAITS = """
sc = start()
hello = sc._jvm.com.example.Hello
{before}
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize(
    "before",
    ["", "hello.cling()", "threading.Thread(target=hello.sleep, args=[10**8], daemon=True).start()"],
    ids=["idle", "clinging", "busy"],
)
def test_it_goes_with_a_driver_that_is_killed(java_programs: Programs, before: str) -> None:
    program = begin(java_programs, WAITS.format(before=before))
    program.kill()
    is_gone(java_programs)


def test_it_goes_when_only_a_forked_child_of_the_driver_is_left(java_programs: Programs) -> None:
    program = begin(java_programs, WAITS.format(before="if os.fork() == 0: signal.pause()"))
    own = command_of(program.pid)
    [forked] = [pid for pid in children_of(program.pid) if command_of(pid) == own]
    program.kill()
    wait_until(lambda: not java_programs.ours(forked), "the others gone", within=PATIENCE)
    os.kill(forked, signal.SIGKILL)


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_it_goes_with_a_keeper_that_is_killed(java_programs: Programs) -> None:
    program = begin(java_programs, WAITS.format(before=""))
    [keeper] = [pid for pid in children_of(program.pid) if b"keeper.py" in command_of(pid)]
    [java] = children_of(keeper)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not exists(java), "the JVM gone", within=PATIENCE)
    program.communicate("\n", timeout=PATIENCE)


def test_what_java_has_started_goes_too(java_programs: Programs) -> None:
    lines = run(
        java_programs,
        """
with start() as sc:
    command = sc._gateway.new_array(sc._jvm.java.lang.String, 2)
    command[0], command[1] = "sleep", "100000"
    sc._jvm.com.example.Hello.run(command)
print(len(threading.enumerate()))
""",
    )
    assert lines == ["1"]
    is_gone(java_programs)


def test_ctrl_c_ends_a_call_and_not_the_jvm(java_programs: Programs) -> None:
    program = begin(
        java_programs,
        """
with start() as sc:
    hello = sc._jvm.com.example.Hello
    class Ready:
        def greet(self, name):
            print("ready", flush=True)
            hello.sleep(10**8)
        class Java:
            implements = ["com.example.Hello$Greeter"]
    try:
        hello.ask(Ready(), "x")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print([hello.hello(str(number)) for number in range(3)])
""",
    )
    program.send_signal(signal.SIGINT)
    output, errors = program.communicate(timeout=PATIENCE)
    assert (output.splitlines(), errors) == (["interrupted", "['hello 0', 'hello 1', 'hello 2']"], "")
    is_gone(java_programs)


def test_ctrl_c_while_it_starts(java_programs: Programs) -> None:
    lines = run(
        java_programs,
        """
from firesteel._java import process
with start() as sc:
    original = process.Keeper.report
    def report(self):
        process.Keeper.report = original
        os.kill(os.getpid(), signal.SIGINT)
        return original(self)
    process.Keeper.report = report
    try:
        sc._jvm.com.example.Hello
    except KeyboardInterrupt:
        print("interrupted", threading.active_count())
    print(sc._jvm.com.example.Hello.hello("x"))
""",
    )
    assert lines == ["interrupted 1", "hello x"]


def test_a_forked_child_has_none_and_does_no_harm(java_programs: Programs) -> None:
    lines = run(
        java_programs,
        """
def attempt(use):
    try:
        return use()
    except Exception as error:
        return str(error)

sc = start()
hello = sc._jvm.com.example.Hello
made = hello("parent's")
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        print(attempt(made.name))
        print(attempt(lambda: sc._jvm.com.example.Hello.hello("child")))
        print(attempt(lambda: sc._gateway.entry_point))
        del made, hello
        with start() as own:
            print(own._jvm.com.example.Hello.hello("the child's own"), flush=True)
        sys.exit(0)
    os.waitpid(pid, 0)
    print(made.name(), hello.hello("parent"), flush=True)
sc.stop()
""",
    )
    belongs = "this JVM belongs to the parent process"
    assert lines == 3 * [
        belongs,
        "com.example.Hello.hello needs a JVM, which runs as long as a SparkContext of this process does: "
        "create one",
        "entry_point needs a JVM, which runs as long as a SparkContext of this process does: create one",
        "hello the child's own",
        "parent's hello parent",
    ]


def test_the_secret_is_in_no_command_line_and_no_environment(java_programs: Programs) -> None:
    source = """
sc = start()
sc._jvm.com.example.Hello
print("ready", sc._gateway.gateway_parameters.auth_token, flush=True)
sys.stdin.readline()
"""
    path = java_programs.folder / "app.py"
    path.write_text(BEGIN + source)
    program = java_programs.start(PYTHON, str(path), env=java_programs.environment(), stdin=subprocess.PIPE)
    assert program.stdout is not None
    _, secret = program.stdout.readline().split()
    assert re.fullmatch("[0-9a-f]{64}", secret)
    seen = b"".join(
        command_of(pid) + Path(f"/proc/{pid}/environ").read_bytes() for pid in java_programs.ours()
    )
    assert b"py4j.GatewayServer" in seen
    assert secret.encode() not in seen
    program.communicate("\n", timeout=PATIENCE)
