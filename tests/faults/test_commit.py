"""Saving: a whole output with `_SUCCESS`, or none that looks whole; what was there before is not touched."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger import note, note_skipped

from firesteel import RDD, SparkContext
from firesteel.errors import FiresteelError, OutputError
from support.programs import PYTHON, Programs
from support.waiting import wait_until

SECTION = "Commit"
Start = Callable[..., SparkContext]
SAVES: dict[str, Callable[[RDD[Any], str], None]] = {
    "saveAsTextFile": lambda rdd, path: rdd.saveAsTextFile(path),
    "saveAsSequenceFile": lambda rdd, path: rdd.map(lambda x: (x, x)).saveAsSequenceFile(path),
    "saveAsPickleFile": lambda rdd, path: rdd.saveAsPickleFile(path),
}


def looks_whole(path: Path) -> bool:
    return (path / "_SUCCESS").exists()


def content(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()
    }


def read_back(sc: SparkContext, save: str, path: Path) -> list[Any]:
    readers: dict[str, Callable[[], list[Any]]] = {
        "saveAsTextFile": lambda: sc.textFile(str(path)).map(int).collect(),
        "saveAsSequenceFile": lambda: sc.sequenceFile(str(path)).keys().collect(),
        "saveAsPickleFile": lambda: sc.pickleFile(str(path)).collect(),
    }
    return sorted(readers[save]())


@pytest.mark.parametrize("save", SAVES)
def test_a_task_that_is_killed_in_the_middle(sc2: SparkContext, save: str, tmp_path: Path) -> None:
    driver, marker, path = os.getpid(), tmp_path / "struck", tmp_path / "saved"

    def die_once(x: int) -> int:
        if x == 700 and os.getpid() != driver and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    SAVES[save](sc2.range(1000, numSlices=2).map(die_once), str(path))
    assert marker.exists()
    assert looks_whole(path)
    assert read_back(sc2, save, path) == list(range(1000))
    assert not list(path.glob("_temporary*"))
    note(SECTION, "a task killed in the middle", save, "whole")


@pytest.mark.parametrize("save", SAVES)
def test_attempts_that_fail_and_are_retried(start_context: Start, save: str, tmp_path: Path) -> None:
    sc = start_context("local[2,3]")
    path, marks = tmp_path / "saved", tmp_path / "marks"
    marks.mkdir()

    def fail_twice(x: int) -> int:
        if x == 700 and len(list(marks.iterdir())) < 2:
            (marks / str(len(list(marks.iterdir())))).touch()
            raise ValueError("not yet")
        return x

    SAVES[save](sc.range(1000, numSlices=2).map(fail_twice), str(path))
    assert read_back(sc, save, path) == list(range(1000))
    assert looks_whole(path)
    note(SECTION, "attempts that fail and are retried", save, "whole")


@pytest.mark.parametrize("save", SAVES)
def test_a_save_that_fails(sc2: SparkContext, save: str, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "saved"
    with pytest.raises(FiresteelError):
        SAVES[save](sc2.range(10, numSlices=2).map(lambda x: 1 // (5 - x)), str(path))
    assert not path.exists()
    assert not path.parent.exists()
    note(SECTION, "a function that raises", save, "nothing at the path")


@pytest.mark.parametrize("save", SAVES)
def test_what_is_there_already_is_not_touched(sc2: SparkContext, save: str, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    SAVES[save](sc2.range(100, numSlices=3), str(path))
    before = content(path)
    with pytest.raises(OutputError, match="already exists"):
        SAVES[save](sc2.range(5, numSlices=1), str(path))
    assert content(path) == before
    note(SECTION, "an output that exists", save, "not touched")


def test_an_overwriting_save_that_fails_leaves_what_was_there(start_context: Start, tmp_path: Path) -> None:
    sc = start_context("local[2]", {"spark.hadoop.validateOutputSpecs": "false"})
    path = tmp_path / "saved"
    sc.range(100, numSlices=3).saveAsTextFile(str(path))
    before = content(path)
    with pytest.raises(FiresteelError):
        sc.range(10, numSlices=2).map(lambda x: 1 // (5 - x)).saveAsTextFile(str(path))
    assert content(path) == before
    note(
        SECTION,
        "an output that exists, with validateOutputSpecs=false",
        "a function that raises",
        "not touched",
    )


def test_two_savers_of_one_context(sc2: SparkContext, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    outcomes: dict[int, Exception | None] = {}
    ready = threading.Barrier(2)

    def save(which: int) -> None:
        rdd = sc2.range(500, numSlices=4).map(lambda x: 1000 * which + x)
        ready.wait()
        try:
            rdd.saveAsTextFile(str(path))
            outcomes[which] = None
        except OutputError as error:
            outcomes[which] = error

    threads = [threading.Thread(target=save, args=(which,)) for which in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (which for which, error in outcomes.items() if error is None)
    assert looks_whole(path)
    assert read_back(sc2, "saveAsTextFile", path) == [1000 * winner + x for x in range(500)]
    note(SECTION, "two savers on one path", "threads of one context", "whole, of one of them")


SAVING_PROGRAM = """
    import os, sys, time
    from firesteel import SparkContext
    which, started, go_on, path = int(sys.argv[1]), *sys.argv[2:]

    def slow(x):
        if x == 0:
            open(started + str(which), "w").close()
        while x == 499 and not os.path.exists(go_on):
            time.sleep(0.001)
        return 1000 * which + x

    with SparkContext("local[2]", "saver") as sc:
        sc.range(500, numSlices=4).map(slow).saveAsTextFile(path)
"""


def start_saver(programs: Programs, which: int, path: Path) -> subprocess.Popen[str]:
    started, go_on = str(programs.folder / "started"), str(programs.folder / "go on")
    program = programs.write(SAVING_PROGRAM)
    return programs.start(PYTHON, str(program), str(which), started, go_on, str(path))


def test_two_savers_of_two_programs(programs: Programs) -> None:
    path = programs.folder / "saved"
    processes = [start_saver(programs, which, path) for which in (1, 2)]
    # Whoever comes second is refused at once; the first one waits for the word.
    wait_until(lambda: any(process.poll() is not None for process in processes), "one of them refused", 50)
    assert not looks_whole(path)
    (programs.folder / "go on").touch()
    errors = {which: process.communicate(timeout=50)[1] for which, process in enumerate(processes, 1)}
    (winner,) = (which for which, process in enumerate(processes, 1) if process.returncode == 0)
    assert "already exists" in errors[3 - winner]
    lines = [int(line) for part in path.glob("part-*") for line in part.read_text().splitlines()]
    assert sorted(lines) == [1000 * winner + x for x in range(500)]
    assert looks_whole(path)
    note(SECTION, "two savers on one path", "two programs", "whole, of one of them")


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_driver_that_ends_in_the_middle(programs: Programs, how: str) -> None:
    path = programs.folder / "saved"
    process = start_saver(programs, 1, path)
    wait_until(lambda: (programs.folder / "started1").exists(), "a task running", 50)
    process.send_signal(getattr(signal, how))
    process.wait(50)
    assert process.returncode != 0
    wait_until(lambda: not programs.ours(), "nothing left")
    assert not looks_whole(path)
    assert not list(path.glob("part-*"))
    note(SECTION, "a driver that ends in the middle", how, "nothing that looks whole")


COMMITTING_PROGRAM = """
    import sys
    from firesteel import SparkContext
    with SparkContext("local[2]", "committing") as sc:
        sc.range(1000, numSlices=500).saveAsTextFile(sys.argv[1])
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_driver_that_ends_while_it_commits(programs: Programs, how: str) -> None:
    """The signal comes when the first part is in place, and meets the commit wherever it is by then."""
    path = programs.folder / "saved"
    process = programs.start(PYTHON, str(programs.write(COMMITTING_PROGRAM)), str(path))
    wait_until(lambda: (path / "part-00000").exists() or process.poll() is not None, "a part in place", 50)
    process.send_signal(getattr(signal, how))
    process.wait(50)
    wait_until(lambda: not programs.ours(), "nothing left")
    if looks_whole(path):
        lines = [int(line) for part in path.glob("part-*") for line in part.read_text().splitlines()]
        assert sorted(lines) == list(range(1000))
        assert not (path / "_temporary").exists()
    note(SECTION, "a driver that ends while it commits", how, "whole or nothing that looks whole")


def test_the_daemon_killed_in_the_middle(sc2: SparkContext, tmp_path: Path) -> None:
    marker, path = tmp_path / "struck", tmp_path / "saved"

    def strike_once(x: int) -> int:
        if x == 700 and not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
        return x

    sc2.range(1000, numSlices=2).map(strike_once).saveAsTextFile(str(path))
    assert looks_whole(path)
    assert read_back(sc2, "saveAsTextFile", path) == list(range(1000))
    note(SECTION, "the daemon killed in the middle", "saveAsTextFile", "whole")


FULL_FORMATS = "files of text and sequences and pickles and gzip"
FULL_PROGRAM = """
    import sys
    from firesteel import SparkContext
    with SparkContext("local[2]", "full") as sc:
        for name, save in {
            "text": lambda rdd, path: rdd.saveAsTextFile(path),
            "sequence": lambda rdd, path: rdd.keyBy(len).saveAsSequenceFile(path),
            "pickle": lambda rdd, path: rdd.saveAsPickleFile(path),
            "gzip": lambda rdd, path: rdd.saveAsTextFile(path, "org.apache.hadoop.io.compress.GzipCodec"),
        }.items():
            try:
                save(sc.range(400_000, numSlices=2).map(lambda x: f"{x * 7919:09}"), f"{sys.argv[1]}/{name}")
            except Exception as error:
                print(f"{sys.argv[1]}/{name}" in str(error), "No space left" in str(error))
        sc.range(10, numSlices=2).saveAsTextFile(sys.argv[1] + "/small")
    import os
    print(sorted(os.listdir(sys.argv[1])))
"""


def test_a_full_disk_under_the_output(programs: Programs) -> None:
    target = programs.folder / "target"
    target.mkdir()
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    mount = f"mount -t tmpfs -o size=512k tmpfs {target}"
    allowed = (
        shutil.which("unshare")
        and not subprocess.run([*unshare, "sh", "-c", mount], capture_output=True, check=False).returncode
    )
    if not allowed:
        note_skipped(SECTION, "a full disk under the output", FULL_FORMATS)
        pytest.skip("this system does not let us have a mount namespace")
    done = programs.run(
        *unshare, "sh", "-c", f"{mount} && exec {PYTHON} {programs.write(FULL_PROGRAM)} {target}"
    )
    assert done.stdout.splitlines() == ["True True"] * 4 + ["['small']"], (done.stdout, done.stderr)
    note(SECTION, "a full disk under the output", FULL_FORMATS, "nothing at the path")
