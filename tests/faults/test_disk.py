"""Full disks, damaged files, directories that fail, shared memory that is small or not there."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ledger import note, note_skipped

from firesteel import SparkContext, StorageLevel
from firesteel.errors import FiresteelError, InputError, JobError
from support.processes import run_directories
from support.programs import PYTHON, Programs
from support.waiting import wait_until

SECTION = "Disk and memory"
Start = Callable[..., SparkContext]
ON_DISK = {"firesteel.shared.memory.dir": "none"}


def check_next_job(sc: SparkContext) -> None:
    assert sc.parallelize(range(20), 4).map(lambda x: (x % 3, x)).reduceByKey(max, 2).count() == 3


def blocks(sc: SparkContext, pattern: str) -> list[Path]:
    """Return the files of a running context, by name."""
    return sorted(path for directory in run_directories() for path in directory.glob(pattern))


def occupied() -> int:
    return sum(size(path) for directory in run_directories() for path in directory.rglob("*"))


def size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0  # gone in between


# Full.


def fill_shuffle(sc: SparkContext) -> Any:
    return sc.range(100_000, numSlices=2).map(lambda x: (x, str(x))).partitionBy(3).count()


def fill_spill(sc: SparkContext) -> Any:
    return sc.range(400_000, numSlices=1).map(lambda x: (f"key {x}", x)).reduceByKey(max, 4).count()


def fill_cache(sc: SparkContext) -> Any:
    return sc.range(100_000, numSlices=2).map(str).persist(StorageLevel.DISK_ONLY).count()


def fill_result(sc: SparkContext) -> Any:
    return sc.range(300_000, numSlices=1).map(str).collect()


@pytest.mark.parametrize("fill", [fill_shuffle, fill_spill, fill_cache, fill_result])
def test_a_full_disk_is_one_clear_error(
    start_context: Start, fill: Callable[..., Any], tmp_path: Path
) -> None:
    settings = {
        "firesteel.local.dir.limit": "300k",
        "spark.local.dir": str(tmp_path),
        "firesteel.memory": "48m",
    }
    sc = start_context("local[1]", {**ON_DISK, **settings})
    before = occupied()
    with pytest.raises(JobError) as caught:
        fill(sc)
    text = str(caught.value)
    assert "firesteel.local.dir.limit of 307200 bytes is reached" in text
    assert str(tmp_path) in text
    check_next_job(sc)
    wait_until(lambda: occupied() - before < 100_000, "the space given back")
    note(
        SECTION,
        "a full local directory",
        fill.__name__.removeprefix("fill_"),
        "error that names the directory",
    )


def test_a_full_local_directory_for_the_drivers_own_data(start_context: Start, tmp_path: Path) -> None:
    settings = {"firesteel.local.dir.limit": "300k", "spark.local.dir": str(tmp_path)}
    sc = start_context("local[1]", {**ON_DISK, **settings})
    for point, use in {
        "parallelize": lambda: sc.parallelize([b"x" * 500_000], 1),
        "broadcast": lambda: sc.broadcast(b"x" * 500_000),
    }.items():
        with pytest.raises((FiresteelError, OSError)) as caught:
            use()
        assert str(tmp_path) in str(caught.value)
        check_next_job(sc)
        note(SECTION, "a full local directory", point, "error that names the directory")


def test_the_spills_of_all_tasks_count_together(start_context: Start, tmp_path: Path) -> None:
    """One sort spills some 1.3 MB: there is room for one at a time, and for the next when it has ended."""
    settings = {
        "firesteel.local.dir.limit": "1800k",
        "spark.local.dir": str(tmp_path),
        "spark.python.worker.memory": "1m",
        # Objects, which take more memory than columns, and so are spilled for certain.
        "firesteel.native": "false",
    }
    sc = start_context("local[2]", settings)
    spilled, go_on = tmp_path / "spilled", tmp_path / "go on"
    words = sc.range(100_000, numSlices=1).map(lambda x: (f"word {x * 7919 % 90_001}", x))

    def hold(pair: tuple[str, int]) -> tuple[str, int]:
        spilled.touch()
        wait_until(go_on.exists, "the word to go on", within=50)
        return pair

    def sort(then: Callable[[Any], Any]) -> int:
        return words.sortByKey(numPartitions=1).map(then).count()

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(sort, hold)
        wait_until(spilled.exists, "one task that has spilled", within=50)
        with pytest.raises(
            JobError, match=r"firesteel\.local\.dir\.limit of 1843200 bytes is reached"
        ) as caught:
            sort(lambda pair: pair)
        assert str(tmp_path) in str(caught.value)
        go_on.touch()
        assert first.result(timeout=50) == 100_000
    assert sort(lambda pair: pair) == 100_000
    note(SECTION, "a full local directory", "spills of two tasks", "error that names the directory")


def test_a_spill_goes_on_in_the_next_directory(start_context: Start, tmp_path: Path) -> None:
    """One sort spills some 1.3 MB: more than one directory may have, and less than all of them together."""
    settings = {
        "firesteel.local.dir.limit": "900k",
        "spark.local.dir": ",".join(str(tmp_path / str(number)) for number in range(4)),
        "spark.python.worker.memory": "1m",
        # Objects, which take more memory than columns, and so are spilled for certain.
        "firesteel.native": "false",
    }
    sc = start_context("local[1]", settings)
    words = sc.range(100_000, numSlices=1).map(lambda x: (f"word {x * 7919 % 90_001}", x))

    def look(pairs: Iterable[tuple[str, int]]) -> Iterator[tuple[int, int]]:
        total, used = 0, set[Path]()
        for _, number in pairs:
            # The first pair comes when all has been spilled.
            used = used or {path.parents[1] for path in tmp_path.rglob(".unsealed-*")}
            total += number
        yield total, len(used)

    [(total, used)] = words.sortByKey(numPartitions=1).mapPartitions(look).collect()
    assert total == sum(range(100_000))
    assert used > 1
    note(SECTION, "one of several local directories", "full in the middle of a spill", "the others are used")


def test_a_second_local_directory_takes_over_from_a_full_one(start_context: Start, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    settings = {"firesteel.local.dir.limit": "900k", "spark.local.dir": f"{first},{second}"}
    sc = start_context("local[1]", {**ON_DISK, **settings})
    (used,) = (directory for directory in run_directories() if directory.parent == first)
    (used / "ballast").write_bytes(bytes(850_000))
    kept = sc.range(50_000, numSlices=4).map(str).persist(StorageLevel.DISK_ONLY)
    assert kept.count() == 50_000
    assert {path.parents[1] for path in blocks(sc, "rdd-*")} == {second}
    note(SECTION, "one of several local directories", "full", "the others are used")


# Damage.


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


DAMAGES = [delete, truncate, cut_to_nothing, corrupt]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("level", ["MEMORY_ONLY", "DISK_ONLY"])
def test_a_damaged_cached_block_is_computed_again(sc2: SparkContext, damage: Any, level: str) -> None:
    # Lists, of which no worker keeps live copies that would be read instead.
    kept = sc2.range(60_000, numSlices=3).map(lambda x: [x, str(x)]).persist(getattr(StorageLevel, level))
    expected = kept.collect()
    before = sc2._engine.counters()["blocks_lost"]
    damage(blocks(sc2, f"rdd-{kept._node.id}-*")[1])
    assert kept.map(lambda pair: pair).collect() == expected
    assert sc2._engine.counters()["blocks_lost"] == before + 1
    assert kept.map(len).count() == 60_000
    assert sc2._engine.counters()["blocks_lost"] == before + 1
    kept.unpersist()
    note(SECTION, "a damaged cached block", damage.__name__, "computed again")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_block_beside_its_live_copy(sc2: SparkContext, damage: Any) -> None:
    """Whether the copy is read or the block, which is then computed again, nobody can tell by the answer."""
    kept = sc2.range(60_000, numSlices=3).map(lambda x: (x, str(x))).cache()
    expected = kept.collect()
    damage(blocks(sc2, f"rdd-{kept._node.id}-*")[1])
    for _ in range(2):
        assert kept.map(lambda pair: pair).collect() == expected
    kept.unpersist()
    note(SECTION, "a damaged cached block beside its live copy", damage.__name__, "the right answer")


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_blocks_over_a_released_shuffle(sc2: SparkContext, damage: Any) -> None:
    pairs = sc2.range(3000, numSlices=3).map(lambda x: (x % 7, x))
    kept = pairs.reduceByKey(lambda a, b: a + b, 2).cache()
    expected = kept.collect()
    for path in [*blocks(sc2, "rdd-*"), *blocks(sc2, "shuffle-*")]:
        damage(path)
    assert kept.collect() == expected
    assert kept.map(lambda pair: pair).collect() == expected
    kept.unpersist()
    note(SECTION, "a damaged cached block and the shuffle under it", damage.__name__, "computed again")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_map_output_is_made_again(sc2: SparkContext, damage: Any) -> None:
    reduced = sc2.range(3000, numSlices=3).map(lambda x: (x % 7, x)).reduceByKey(lambda a, b: a + b, 2)
    expected = reduced.collect()
    before = sc2._engine.counters()["fetch_failures"]
    damage(blocks(sc2, "shuffle-*")[-1])
    assert reduced.collect() == expected
    assert sc2._engine.counters()["fetch_failures"] > before
    note(SECTION, "a damaged map output", damage.__name__, "computed again")


@pytest.mark.parametrize("damage", [delete, truncate, corrupt])
def test_a_damaged_checkpoint_is_an_error_that_names_it(
    start_context: Start, damage: Any, tmp_path: Path
) -> None:
    sc = start_context("local[2]")
    sc.setCheckpointDir(str(tmp_path))
    rdd = sc.parallelize([{"word": f"a word {x}"} for x in range(3000)], 2).map(lambda x: x)
    rdd.checkpoint()
    assert rdd.count() == 3000
    part = next(path for path in tmp_path.rglob("part-00001"))
    damage(part)
    with pytest.raises(JobError) as caught:
        rdd.map(lambda x: x["word"]).collect()
    assert str(part) in str(caught.value)
    check_next_job(sc)
    note(SECTION, "a damaged checkpoint", damage.__name__, "error that names the file")


def test_a_cut_compressed_input_is_an_error_that_names_file_and_offset(
    sc2: SparkContext, tmp_path: Path
) -> None:
    path = tmp_path / "lines.gz"
    path.write_bytes(gzip.compress(b"".join(b"line %d\n" % x for x in range(20_000)))[:-4000])
    with pytest.raises((InputError, JobError), match=r"lines\.gz.* after \d+ bytes"):
        sc2.textFile(str(path)).count()
    check_next_job(sc2)
    note(SECTION, "a damaged input", "a cut .gz file", "error that names file and offset")


def test_a_damaged_sequence_file_is_an_error_that_names_file_and_offset(
    sc2: SparkContext, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    sc2.parallelize([(x, str(x)) for x in range(1000)], 1).saveAsSequenceFile(str(folder))
    part = folder / "part-00000"
    os.truncate(part, part.stat().st_size - 3)
    with pytest.raises((InputError, JobError), match=r"part-00000 at byte \d+"):
        sc2.sequenceFile(str(folder)).count()
    check_next_job(sc2)
    note(SECTION, "a damaged input", "a cut SequenceFile", "error that names file and offset")


# Several local directories.


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    path = tmp_path / "a file"
    path.touch()
    return path


@pytest.mark.parametrize("variable", [False, True], ids=["spark.local.dir", "SPARK_LOCAL_DIRS"])
def test_a_local_directory_that_cannot_be_made_is_passed_over(
    start_context: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, a_file: Path, variable: bool
) -> None:
    listed = f"{a_file}, {tmp_path / 'good'}"
    if variable:
        monkeypatch.setenv("SPARK_LOCAL_DIRS", listed)
    sc = start_context("local[2]", {**ON_DISK, "spark.local.dir": str(a_file) if variable else listed})
    kept = sc.range(20, numSlices=4).map(str).cache()
    assert kept.count() == 20
    assert {path.parents[1] for path in blocks(sc, "rdd-*")} == {tmp_path / "good"}
    note(SECTION, "one of several local directories", "cannot be made", "the others are used")


def test_no_local_directory_at_all_is_one_error(a_file: Path) -> None:
    from support.contexts import start

    with pytest.raises(FiresteelError, match=f"cannot make a directory in {a_file}"):
        start("local[1]", {"spark.local.dir": f"{a_file},{a_file}"})
    note(SECTION, "all local directories", "cannot be made", "error that names the directory")


def test_a_local_directory_that_goes_away_is_passed_over(start_context: Start, tmp_path: Path) -> None:
    both = [tmp_path / "first", tmp_path / "second"]
    sc = start_context("local[2]", {**ON_DISK, "spark.local.dir": ",".join(map(str, both))})
    kept = sc.range(1000, numSlices=4).map(lambda x: (x % 7, x)).reduceByKey(max, 4).cache()
    expected = kept.collect()
    assert {path.parents[1] for path in blocks(sc, "rdd-*")} == set(both)
    shutil.rmtree(both[1])
    assert kept.collect() == expected
    assert kept.map(lambda x: x).repartition(6).count() == 7
    check_next_job(sc)
    both[1].mkdir()
    note(SECTION, "one of several local directories", "goes away", "the others are used")


# Shared memory.

MEMORY_PROGRAM = """
    import glob, sys
    from firesteel import SparkContext
    with SparkContext("local[2]", "memory") as sc:
        print("shared" if glob.glob("/dev/shm/firesteel-run-*") else "disk")
        if "--fill" in sys.argv:
            with open("/dev/shm/others", "wb") as file:
                try:
                    while True:
                        file.write(bytes(1 << 16))
                except OSError:
                    pass
        kept = sc.range(200_000, numSlices=4).map(lambda x: (x % 1000, str(x))).cache()
        print(kept.count(), kept.reduceByKey(max, 3).count(), len(kept.collect()))
        shared = sc.broadcast(bytes(3 << 20))
        print(sc.range(4).map(lambda _: len(shared.value)).sum() >> 20)
        print(sc._engine.counters()["workers_died"])
"""
NULL = "mount -t tmpfs tmpfs /mnt && touch /mnt/null /mnt/urandom && mount --bind /dev/null /mnt/null"
NULL_AGAIN = "touch /dev/null && mount --bind /mnt/null /dev/null"
MOUNTS = {
    "of 1 MiB": ("mount -t tmpfs -o size=1m tmpfs /dev/shm", "disk"),
    "of 64 MiB": ("mount -t tmpfs -o size=64m tmpfs /dev/shm", "disk"),
    # A /dev of its own, with what Python needs and nothing else.
    "absent": (f"{NULL} && mount -t tmpfs tmpfs /dev && {NULL_AGAIN}", "disk"),
    "read-only": ("mount -t tmpfs -o ro tmpfs /dev/shm", "disk"),
    "filled by others": ("mount -t tmpfs -o size=130m tmpfs /dev/shm", "shared"),
}


def _unshare() -> list[str]:
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


@pytest.fixture(scope="module")
def mounts_are_allowed() -> None:
    command = [*_unshare(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        note_skipped(SECTION, "/dev/shm", *MOUNTS)
        pytest.skip("this system does not let us have a mount namespace")


@pytest.mark.usefixtures("mounts_are_allowed")
@pytest.mark.parametrize("size", MOUNTS)
def test_shared_memory_that_is_small_or_not_there(programs: Programs, size: str) -> None:
    mount, expected = MOUNTS[size]
    program = programs.write(MEMORY_PROGRAM)
    fill = "--fill" if size == "filled by others" else ""
    script = f"{mount} && exec {PYTHON} {program} {fill}"
    done = programs.run(*_unshare(), "sh", "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [expected, "200000 1000 200000", "12", "0"], done.stderr
    note(SECTION, "/dev/shm", size, "the right answer, by way of the disk")
