"""The rehearsal: executors that see what was shipped and nothing else, and die with what they hold."""

import itertools
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import BarrierTaskContext, SparkContext, SparkFiles, TaskContext
from firesteel.core._advice import Adviser
from firesteel.core._master import LocalCluster
from firesteel.errors import FiresteelError, JobError
from support.contexts import Mode, SharedContext, use_all_workers
from support.processes import MARK, exists, run_directories
from support.programs import FIRESTEEL, Programs
from support.waiting import wait_until

CLUSTER = "local-cluster[2,1,512]"
Start = Callable[..., SparkContext]


@pytest.fixture
def cluster(shared: SharedContext) -> SparkContext:
    """Two executors with a core each. Leave it running."""
    return shared.get(Mode(CLUSTER))


def on_all_executors(sc: SparkContext, look: Callable[[], Any]) -> dict[str, Any]:
    """Return what a function returns on each executor, by the executor's id."""

    def meet(_: Any) -> list[tuple[str, Any]]:
        context = BarrierTaskContext.get()
        context.barrier()
        executor = context.getLocalProperty("firesteel.executor.id")
        assert executor is not None
        return [(executor, look())]

    return dict(sc.parallelize(range(2), 2).barrier().mapPartitions(meet).collect())


# What executors see.


def test_every_executor_starts_with_nothing_of_the_drivers(
    start_context: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FURNACE", "hot")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sc = start_context(CLUSTER, {"spark.executorEnv.BELLOWS": "new"})

    def look() -> Any:
        from cloudpickle import dumps  # noqa: F401  # what the engine needs is there

        return os.getcwd(), os.listdir("."), dict(os.environ), sys.path, sys.argv

    seen = on_all_executors(sc, look)
    assert sorted(seen) == ["0", "1"]
    assert len({folder for folder, *_ in seen.values()}) == 2
    for folder, files, environment, path, arguments in seen.values():
        assert os.path.basename(os.path.dirname(folder)).startswith("firesteel-run-")
        assert os.stat(folder).st_mode & 0o077 == 0
        assert files == []
        assert environment["BELLOWS"] == "new"
        assert environment["PWD"] == environment["FIRESTEEL_FILES"] == folder == path[0]
        assert not {"FURNACE", "PYTHONPATH"} & set(environment)
        assert str(tmp_path) not in path
        assert arguments == ["-c"]


def test_an_executor_has_its_own_copies_of_what_is_shipped(cluster: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "ratio.txt").write_text("3")
    (tmp_path / "rehearsed_module.py").write_text("def triple(x): return 3 * x\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.txt").write_text("inner")
    cluster.addFile(str(tmp_path / "ratio.txt"))
    cluster.addFile(str(tmp_path / "folder"), recursive=True)
    cluster.addPyFile(str(tmp_path / "rehearsed_module.py"))

    def look() -> Any:
        import rehearsed_module  # type: ignore[import-not-found]

        path = Path(SparkFiles.get("ratio.txt"))
        found = path.read_text(), Path("ratio.txt").read_text(), Path("folder/inner.txt").read_text()
        path.write_text("spoilt")
        return found, str(path), rehearsed_module.triple(2), os.path.dirname(rehearsed_module.__file__)

    seen = on_all_executors(cluster, look)
    assert [found for found, *_ in seen.values()] == [("3", "3", "inner")] * 2
    assert [tripled for *_, tripled, _ in seen.values()] == [6, 6]
    assert len({path for _, path, *_ in seen.values()}) == 2
    assert all(home == os.path.dirname(path) for _, path, _, home in seen.values())
    assert Path(SparkFiles.get("ratio.txt")).read_text() == "3"


def test_pyspark_means_firesteel_on_executors_too(programs: Programs) -> None:
    done = programs.firesteel(f"""
        from pyspark import SparkContext, TaskContext
        with SparkContext({CLUSTER!r}, "pyspark") as sc:
            print(sc.master, sc.parallelize(range(4), 4).map(lambda _: TaskContext.get().partitionId()).sum())
    """)
    assert (done.stdout, done.stderr) == (f"{CLUSTER} 6\n", "")


def test_submit_takes_it_as_any_master(programs: Programs) -> None:
    programs.write("def shout(word): return word.upper()\n", "shipped.py")
    programs.write("steel\n", "words.txt")
    program = programs.write(
        """
        from pyspark import SparkContext, SparkFiles
        import shipped
        with SparkContext() as sc:
            print(sc.master)
            words = sc.parallelize(["words.txt"]).map(lambda name: open(SparkFiles.get(name)).read())
            print(words.map(shipped.shout).first())
        """
    )
    options = ["--master", CLUSTER, "--py-files", "shipped.py", "--files", "words.txt"]
    done = programs.run(FIRESTEEL, "submit", *options, str(program))
    assert (done.stdout, done.stderr) == (f"{CLUSTER}\nSTEEL\n\n", "")


# Who they are.


def test_a_task_and_the_status_tracker_know_the_executors(cluster: SparkContext) -> None:
    def look() -> list[str]:
        return [info.address for info in BarrierTaskContext.get().getTaskInfos()]

    addresses = on_all_executors(cluster, look)
    assert len(set(map(tuple, addresses.values()))) == 1
    hosts = {address.partition(":")[0] for address in addresses["0"]}
    infos = cluster.statusTracker().getExecutorInfos()
    assert infos[0].host == socket.gethostname()
    assert {info.host for info in infos[1:]} == hosts
    assert len(hosts) == 2
    assert sum(info.numRunningTasks for info in infos) == 0


def test_it_looks_like_a_cluster(cluster: SparkContext) -> None:
    assert cluster.defaultParallelism == 2
    assert cluster.applicationId.startswith("app-")


def test_a_barrier_stage_takes_all_slots_and_no_more(cluster: SparkContext) -> None:
    too_many = cluster.parallelize(range(3), 3).barrier().mapPartitions(lambda it: it)
    with pytest.raises(FiresteelError, match="SPARK-24819"):
        too_many.collect()


def test_workers_belong_to_executors(start_context: Start) -> None:
    sc = start_context("local-cluster[2,2,512]")
    use_all_workers(sc, 4)
    assert len(sc._engine.worker_pids()) == 4
    assert sorted(sc._engine.executor_pids()) == [0, 1]
    assert sc.defaultParallelism == 4


def test_a_task_has_as_many_attempts_as_on_a_cluster(start_context: Start, tmp_path: Path) -> None:
    folder = str(tmp_path)

    def fail(_: int) -> None:
        context = TaskContext.get()
        assert context is not None
        executor = context.getLocalProperty("firesteel.executor.id")
        Path(folder, f"{context.attemptNumber()}-{executor}").touch()
        raise ValueError

    sc = start_context(CLUSTER)
    use_all_workers(sc, 2)
    with pytest.raises(JobError, match="4 attempts"):
        sc.parallelize([1], 1).foreach(fail)
    executors = [name.partition("-")[2] for name in sorted(os.listdir(tmp_path))]
    assert len(executors) == 4
    assert all(one != next_one for one, next_one in itertools.pairwise(executors))


def test_a_setting_says_how_often_a_task_is_tried(start_context: Start) -> None:
    sc = start_context(CLUSTER, {"spark.task.maxFailures": "2"})
    with pytest.raises(JobError, match="2 attempts"):
        sc.parallelize([1, 0], 1).map(lambda x: 1 // x).collect()


def test_an_executor_has_the_memory_that_the_master_says(start_context: Start) -> None:
    sc = start_context("local-cluster[1,1,96]", {"spark.task.maxFailures": "1"})
    large = sc.parallelize(range(400), 1).map(lambda x: b"x" * (1 << 20))
    with pytest.raises(JobError, match="MemoryError") as caught:
        large.glom().map(len).collect()
    assert "rehearsal: each executor has 96 MiB for 1 tasks at a time" in str(caught.value)


# How they die.


def kill_executor(sc: SparkContext, executor: int) -> None:
    """Kill a daemon, and wait until the driver has noticed."""
    died = sc._engine.counters()["daemons_died"]
    os.kill(sc._engine.executor_pids()[executor], signal.SIGKILL)
    wait_until(lambda: sc._engine.counters()["daemons_died"] > died, "the death of the executor noticed")


def test_what_a_dead_executor_held_is_made_anew(start_context: Start) -> None:
    sc = start_context(CLUSTER)
    use_all_workers(sc, 2)

    def with_executor(index: int, elements: Any) -> Any:
        context = TaskContext.get()
        assert context is not None
        return [(index, (context.getLocalProperty("firesteel.executor.id"), sum(elements)))]

    kept = sc.parallelize(range(8), 4).mapPartitionsWithIndex(with_executor).persist()
    mapped = dict(kept.collect())
    reduced = sc.parallelize(range(8), 4).map(lambda x: (x % 2, x)).reduceByKey(max, 2)
    first = reduced.collect()
    executors = {executor for executor, _ in mapped.values()}
    victim = sorted(executors)[-1]
    assert victim is not None
    folder = next(iter(path for path in run_directories() if (path / f"executor-{victim}").exists()))
    kill_executor(sc, int(victim))
    wait_until(lambda: not (folder / f"executor-{victim}").exists(), "its folder gone")
    assert reduced.collect() == first
    again = dict(kept.collect())
    assert {index: total for index, (_, total) in again.items()} == {
        index: total for index, (_, total) in mapped.items()
    }
    for index, (executor, _) in mapped.items():
        assert (again[index][0] == executor) == (executor != victim), (index, mapped, again)
    use_all_workers(sc, 2)
    assert int(victim) not in sc._engine.executor_pids()
    assert max(sc._engine.executor_pids()) == 2
    assert sc._engine.counters()["fetch_failures"] == 0


def test_an_executor_that_dies_under_its_tasks(start_context: Start, tmp_path: Path) -> None:
    sc = start_context(CLUSTER)
    folder = str(tmp_path)

    def kill_own_daemon_once(x: int) -> int:
        try:
            os.mkdir(os.path.join(folder, "struck"))
        except FileExistsError:
            return x
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
        return x

    assert sc.parallelize(range(6), 3).map(kill_own_daemon_once).collect() == list(range(6))
    assert sc._engine.counters()["daemons_died"] == 1


def test_a_partition_that_kills_every_executor_fails_its_job(start_context: Start) -> None:
    sc = start_context("local-cluster[1,1,512]")

    def strike(x: int) -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()

    with pytest.raises(JobError, match=r"executor 0 died: killed by signal 9 \(SIGKILL\)"):
        sc.parallelize([1], 1).foreach(strike)
    assert sc.parallelize(range(4), 2).sum() == 6


def test_nothing_stays_when_the_driver_is_killed(programs: Programs) -> None:
    process = programs.start(
        sys.executable,
        "-u",
        str(
            programs.write(f"""
                import os, time
                from firesteel import SparkContext
                from firesteel.core import context
                sc = SparkContext({CLUSTER!r}, "killed", environment={{{MARK!r}: os.environ[{MARK!r}]}})
                print(sc._engine.files_directory, flush=True)
                sc.parallelize(range(2), 2).foreach(lambda _: time.sleep(600))
            """)
        ),
    )
    assert process.stdout is not None
    directory = Path(process.stdout.readline().strip()).parent
    wait_until(lambda: len(programs.ours(process.pid)) == 4, "two daemons and two workers")
    assert len(list(directory.glob("executor-?"))) == 2
    process.kill()
    process.wait()
    wait_until(lambda: not programs.ours(), "no process of ours")
    programs.python("""
        from firesteel import SparkContext
        SparkContext("local[1]", "next").stop()
    """)
    wait_until(lambda: not directory.exists(), "the abandoned run directory swept")


def test_nothing_stays_after_stop(start_context: Start) -> None:
    sc = start_context("local-cluster[3,1,512]")
    pids = [*use_all_workers(sc, 3), *sc._engine.executor_pids().values()]
    directories = run_directories()
    sc.stop()
    assert not [pid for pid in pids if exists(pid)]
    assert not [directory for directory in directories if directory.exists()]


# What it finds.


def imports_what_lies_beside_it(sc: SparkContext, folder: Path) -> Any:
    (folder / "beside.py").write_text("def double(x): return 2 * x\n")
    import beside  # type: ignore[import-not-found]

    return sc.parallelize(range(4), 2).map(beside.double).collect()


def opens_a_file_of_its_folder(sc: SparkContext, folder: Path) -> Any:
    (folder / "rates.csv").write_text("1,2\n")
    return sc.parallelize(range(4), 2).map(lambda x: (x, open("rates.csv").read())).collect()


def reads_its_environment(sc: SparkContext, folder: Path) -> Any:
    return sc.parallelize(range(4), 2).map(lambda x: (x, os.environ["FURNACE"])).collect()


def leaves_files_behind(sc: SparkContext, folder: Path) -> Any:
    def write(x: int) -> int:
        with open(os.path.join(made, str(x)), "x") as file:
            return file.write("x")

    made = str(folder / sc.master.partition("[")[0])
    os.mkdir(made)
    return sc.parallelize(range(4), 2).map(write).sum()


def draws_without_a_seed(sc: SparkContext, folder: Path) -> Any:
    import random

    drawn = sc.parallelize(range(40), 4).map(lambda x: (random.randrange(4), x))
    return sorted(x for _, group in drawn.groupByKey(2).collect() for x in group)


def counts_in_a_global(sc: SparkContext, folder: Path) -> Any:
    import builtins

    def number(x: int) -> tuple[int, int]:
        builtins.counted = getattr(builtins, "counted", 0) + 1  # type: ignore[attr-defined]
        return builtins.counted, x  # type: ignore[attr-defined]

    numbered = sc.parallelize(range(8), 2).map(number).groupByKey(2)
    return sorted(x for _, group in numbered.collect() for x in group)


BUGS = [
    (
        imports_what_lies_beside_it,
        "ModuleNotFoundError",
        "the driver has beside from .*/beside.py. On a cluster",
    ),
    (
        opens_a_file_of_its_folder,
        "FileNotFoundError",
        "'rates.csv' is in the driver's folder, .* On a cluster",
    ),
    (reads_its_environment, "KeyError", "set spark.executorEnv.FURNACE"),
    (leaves_files_behind, "FileExistsError", "Make the function repeatable"),
    (draws_without_a_seed, "a map output came out differently", "Seed random numbers"),
    (counts_in_a_global, "a map output came out differently", "what earlier tasks have left in globals"),
]


@pytest.mark.parametrize(("bug", "error", "advice"), BUGS)
def test_it_names_what_one_machine_hides(
    start_context: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bug: Callable[[SparkContext, Path], Any],
    error: str,
    advice: str,
) -> None:
    monkeypatch.setenv("FURNACE", "hot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    sc = start_context("local[2]")
    assert bug(sc, tmp_path)
    sc.stop()
    sc = start_context(CLUSTER, {"firesteel.rehearsal.failures": "true", "firesteel.rehearsal.seed": "1"})
    with pytest.raises(JobError) as caught:
        bug(sc, tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(error)
    told = " ".join(line.strip() for line in lines)
    assert re.search(f"rehearsal: .*{advice}", told), told
    assert len(lines) <= 15


def test_a_file_of_another_executor(tmp_path: Path) -> None:
    other = tmp_path / "executor-1"
    other.mkdir()
    (other / "part.txt").touch()

    class Failure:
        advice = None
        exception = "FileNotFoundError"
        message = "[Errno 2] No such file or directory: 'part.txt'"
        traceback = ""

    advise = Adviser(LocalCluster(2, 1, 512), str(tmp_path / "files"), {})
    told = advise(Failure())  # type: ignore[arg-type]
    assert told is not None
    assert told.startswith("another task has written 'part.txt' into the folder of executor 1.")
    Failure.message = "[Errno 2] No such file or directory: 'nowhere.txt'"
    assert advise(Failure()) is None  # type: ignore[arg-type]


def test_advice_ends_with_the_rehearsal(start_context: Start) -> None:
    start_context(CLUSTER).stop()
    sc = start_context("local[1]")
    with pytest.raises(JobError) as caught:
        sc.parallelize([1]).map(lambda x: os.environ["NOBODY_HAS_THIS"]).collect()
    assert "rehearsal:" not in str(caught.value)


# What it does on purpose.


def test_a_sound_program_gives_the_same_whatever_happens(start_context: Start) -> None:
    def run(sc: SparkContext) -> Any:
        counted = sc.accumulator(0)
        words = sc.parallelize([f"word{x % 5000}" for x in range(40_000)], 8)
        words.foreach(lambda _: counted.add(1))
        pairs = words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, 3).persist()
        grouped = pairs.map(lambda pair: (pair[1], pair[0])).groupByKey(2).mapValues(list).collect()
        return counted.value, pairs.collect(), grouped, pairs.sortByKey(numPartitions=2).take(7)

    sc = start_context("local[2]")
    expected = run(sc)
    sc.stop()
    settings = {"shuffle": "true", "failures": "true", "spills": "true", "deaths": "3", "seed": "5"}
    sc = start_context(CLUSTER, {f"firesteel.rehearsal.{key}": value for key, value in settings.items()})
    assert run(sc) == expected
    wait_until(lambda: sc._engine.counters()["daemons_died"] == 3, "three deaths")
    counters = sc._engine.counters()
    assert counters["spills"] > 0
    assert counters["tasks_retried"] >= 8


def test_partitions_finish_in_the_order_of_a_seed(start_context: Start, tmp_path: Path) -> None:
    orders = []
    for run, seed in enumerate(["1", "1", "2"]):
        folder = tmp_path / str(run)
        folder.mkdir()
        path = str(folder / "order")

        def note(index: int, _: Any, path: str = path) -> Any:
            with open(path, "a") as file:
                file.write(f"{index} ")
            return []

        settings = {"firesteel.rehearsal.shuffle": "true", "firesteel.rehearsal.seed": seed}
        sc = start_context("local-cluster[1,1,512]", settings)
        sc.parallelize(range(10), 10).mapPartitionsWithIndex(note).count()
        sc.stop()
        orders.append((folder / "order").read_text().split())
    first, again, other = orders
    assert sorted(map(int, first)) == list(range(10))
    assert first == again != sorted(first, key=int)
    assert other != first


def test_a_seed_is_printed_unless_it_is_given(programs: Programs) -> None:
    source = """
        import sys
        from firesteel import SparkConf, SparkContext
        conf = SparkConf().setMaster("local-cluster[1,1,512]").setAppName("seed")
        conf.set("firesteel.rehearsal.shuffle", "true")
        if len(sys.argv) > 1:
            conf.set("firesteel.rehearsal.seed", sys.argv[1])
        with SparkContext(conf=conf) as sc:
            print(sc.getConf().get("firesteel.rehearsal.seed"))
    """
    drawn = programs.python(source)
    assert drawn.stderr == f"firesteel.rehearsal.seed={drawn.stdout.strip()}\n"
    given = programs.python(source, "7")
    assert (given.stdout, given.stderr) == ("7\n", "")


@pytest.mark.parametrize(
    ("master", "settings", "message"),
    [
        ("local[2]", {"firesteel.rehearsal.deaths": "1"}, "needs a master local-cluster"),
        (CLUSTER, {"firesteel.rehearsal.deaths": "many"}, "must be a number"),
        (CLUSTER, {"firesteel.rehearsal.shuffle": "perhaps"}, "must be true or false"),
        (CLUSTER, {"spark.task.maxFailures": "no"}, "must be a number above 0"),
        (
            CLUSTER,
            {"firesteel.rehearsal.failures": "true", "spark.task.maxFailures": "1"},
            "needs a second attempt",
        ),
    ],
)
def test_settings_that_cannot_be(
    start_context: Start, master: str, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(FiresteelError, match=message):
        start_context(master, {"firesteel.rehearsal.seed": "1", **settings})
