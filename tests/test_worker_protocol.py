"""Workers that are not Python: what docs/worker-protocol.md says is enough for examples/rust_worker.

The worker is compiled from its sources alone, so that it cannot share code with the engine.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import SparkContext
from firesteel.errors import FiresteelError, PythonException
from support.waiting import wait_until

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "examples/rust_worker/src"
PROTOCOL = ROOT / "crates/firesteel-core/src/protocol.rs"
PAGE = ROOT / "docs/worker-protocol.md"

LINES = ["the smith strikes steel", "steel strikes a spark", "", "spark and steel"] * 50
WORDS = Counter(word for line in LINES for word in line.split())

StartContext = Callable[..., SparkContext]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The worker, compiled."""
    compiler = shutil.which("rustc")
    if compiler is None:
        pytest.skip("there is no rustc")
    program = tmp_path_factory.mktemp("worker") / "rust-worker"
    subprocess.run([compiler, "--edition=2024", str(SOURCES / "main.rs"), "-o", str(program)], check=True)
    return str(program)


@pytest.fixture
def sc(start_context: StartContext, command: str) -> SparkContext:
    """A context whose workers are Rust."""
    return start_context("local[2]", {"firesteel.worker.command": command})


def count_words(sc: SparkContext, lines: list[str], partitions: int = 3) -> Any:
    """Count words by functions that the workers have: to a worker of another kind, code is a name."""
    words: Any = sc.parallelize(lines, 4)
    return words.flatMap("split").map("pair_with_one").reduceByKey("add", partitions)


@pytest.mark.timeout(300)
def test_a_word_count_whose_functions_are_rust(sc: SparkContext) -> None:
    counts = count_words(sc, LINES)
    assert dict(counts.collect()) == dict(WORDS)
    assert counts.count() == len(WORDS)
    assert len(counts.collect()) == len(WORDS)


@pytest.mark.timeout(300)
def test_large_results_and_empty_partitions(sc: SparkContext) -> None:
    words = [f"word-{number}" for number in range(20_000)]
    assert dict(count_words(sc, words, 1).collect()) == dict.fromkeys(words, 1)
    assert count_words(sc, []).collect() == []
    assert count_words(sc, ["steel"], 5).union(count_words(sc, ["spark"])).count() == 2


@pytest.mark.timeout(300)
def test_a_failure_of_a_rust_function_is_the_jobs_error(sc: SparkContext) -> None:
    numbers: Any = sc.parallelize(["1", "two"], 1)
    with pytest.raises(PythonException, match='ParseIntError: invalid digit found in string: "two"'):
        numbers.map("parse").collect()
    with pytest.raises(PythonException, match="this worker has no operator Glom"):
        numbers.glom().collect()
    assert numbers.count() == 2


@pytest.mark.timeout(300)
def test_the_death_of_a_rust_worker_is_a_normal_case(sc: SparkContext) -> None:
    counts = count_words(sc, LINES)
    assert counts.count() == len(WORDS)
    workers = set(sc._engine.worker_pids())
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    assert dict(count_words(sc, LINES).collect()) == dict(WORDS)
    wait_until(lambda: not workers & set(sc._engine.worker_pids()), "the deaths noticed")


@pytest.mark.timeout(300)
def test_a_cancelled_task_ends_with_its_worker(sc: SparkContext) -> None:
    elements: Any = sc.parallelize(["x"], 1)
    failures: list[BaseException] = []

    def run() -> None:
        sc.setJobGroup("waiting", "it never ends")
        try:
            elements.map("wait").collect()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(sc.statusTracker().getActiveStageIds, "the stage running")
    sc.cancelJobGroup("waiting")
    thread.join()
    assert "cancelled" in str(failures[0])
    assert elements.count() == 1


def test_a_command_that_is_not_there(start_context: StartContext) -> None:
    with pytest.raises(FiresteelError, match="there is no command /nowhere/worker"):
        start_context("local[2]", {"firesteel.worker.command": "/nowhere/worker --fast"})


def test_the_page_names_all_that_the_protocol_has() -> None:
    source = PROTOCOL.read_text()
    page = PAGE.read_text()
    names = set(re.findall(r"^    (?:pub )?([A-Za-z_]+)(?:[,({:]| \{)", source, re.MULTILINE)) - {"fn"}
    assert len(names) > 100
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", page)) == []
    version = re.search(r"PROTOCOL_VERSION: u16 = (\d+);", source)
    assert version is not None
    assert f"version is **{version[1]}**" in page


def test_a_worker_of_another_version_is_told_as_one(start_context: StartContext, tmp_path: Path) -> None:
    body = b"\x81\xa5Hello\x81\xa8protocol\x03"
    program = tmp_path / "worker.py"
    program.write_text(f"import os\nos.write(0, {len(body).to_bytes(4, 'little') + body!r})\nos.read(0, 1)\n")
    sc = start_context("local[1]", {"firesteel.worker.command": f"{sys.executable} {program}"})
    with pytest.raises(FiresteelError) as raised:
        sc.parallelize([1], 1).count()
    version = re.search(r"PROTOCOL_VERSION: u16 = (\d+);", PROTOCOL.read_text())
    assert version is not None
    assert f"the worker speaks version 3 of the protocol and the driver {version[1]}" in str(raised.value)
