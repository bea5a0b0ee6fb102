"""SIGQUIT prints stacks and ends nothing, as long as a context runs."""

import os
import signal

from support.programs import PYTHON, Programs

RUNNING = """
    import sys
    from pathlib import Path
    from firesteel import SparkContext

    sc = SparkContext("local[2]")

    def hammer(x):
        import time
        print("running", file=sys.stderr, flush=True)
        while not Path("go").exists():
            time.sleep(0.01)
        return x

    def forge():
        return sc.parallelize(range(2), 2).map(hammer).collect()

    print(forge(), flush=True)
    sc.stop()
"""


def test_the_stacks_of_all_processes_are_printed(programs: Programs) -> None:
    process = programs.start(PYTHON, str(programs.write(RUNNING)))
    assert process.stderr is not None
    assert [process.stderr.readline() for _ in range(2)] == ["running\n"] * 2
    # The terminal sends it to the whole group of the program.
    os.killpg(process.pid, signal.SIGQUIT)
    lines: list[str] = []
    while sum("in hammer" in line for line in lines) < 2:
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    (programs.folder / "go").touch()
    printed, _ = process.communicate(timeout=50)
    assert (printed, process.returncode) == ("[0, 1]\n", 0)
    text = "".join(lines)
    assert text.index("in forge") < text.index("Worker process ")
    assert text.count("Worker process ") == 2
    # Not one inside the other.
    assert text.rindex("Worker process ") > text.index("in hammer")


def test_after_the_context_it_ends_the_program_as_ever(programs: Programs) -> None:
    source = """
        import os, signal
        from firesteel import SparkContext

        SparkContext("local[1]").stop()
        os.kill(os.getpid(), signal.SIGQUIT)
    """
    ended = programs.python(source)
    assert (ended.returncode, ended.stderr) == (-signal.SIGQUIT, "")


def test_a_child_of_the_program_ends_as_ever(programs: Programs) -> None:
    source = """
        import os, signal
        from firesteel import SparkContext

        sc = SparkContext("local[1]")
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGQUIT)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(sc.range(3).count())
        sc.stop()
    """
    ended = programs.python(source)
    assert (ended.stdout, ended.returncode) == (f"{-signal.SIGQUIT}\n3\n", 0)


def test_a_programs_own_handler_is_left_alone(programs: Programs) -> None:
    source = """
        import os, signal
        from firesteel import SparkContext

        signal.signal(signal.SIGQUIT, lambda *_: print("mine"))
        sc = SparkContext("local[1]")
        os.kill(os.getpid(), signal.SIGQUIT)
        sc.stop()
        os.kill(os.getpid(), signal.SIGQUIT)
    """
    ended = programs.python(source)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("mine\nmine\n", "", 0)
