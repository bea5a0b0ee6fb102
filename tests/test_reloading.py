"""Workers run the program's modules as they are after a reload."""

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from firesteel import SparkContext
from firesteel._reloading import LoadedCode
from support.contexts import use_all_workers
from support.programs import Programs


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of the user's, imported."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "helper_that_is_reloaded"
    path = tmp_path / f"{name}.py"
    path.write_text("def f(x): return x\n")
    yield importlib.import_module(name)
    del sys.modules[name]


def rewrite(module: ModuleType, source: str) -> None:
    assert module.__file__ is not None
    Path(module.__file__).write_text(source)


def test_the_next_job_runs_the_new_code(
    helper: ModuleType, start_context: Callable[..., SparkContext]
) -> None:
    sc = start_context("local[2]")
    cached = sc.parallelize(range(2), 2).map(lambda x: (x, os.getpid())).cache()
    before = dict(cached.collect())
    numbers = sc.parallelize([1, 2], 2)
    kept = numbers.map(helper.f)
    assert kept.collect() == [1, 2]
    rewrite(helper, "def f(x): return x + 1000\n")
    importlib.reload(helper)
    assert numbers.map(helper.f).collect() == [1001, 1002]
    assert kept.collect() == [1001, 1002]
    assert dict(cached.collect()) == before


def test_a_reload_replaces_workers_once(helper: ModuleType, sc2: SparkContext) -> None:
    before = set(use_all_workers(sc2, 2))
    assert set(use_all_workers(sc2, 2)) == before
    died = sc2._engine.counters()["workers_died"]  # type: ignore[union-attr]
    importlib.reload(helper)
    after = set(use_all_workers(sc2, 2))
    assert not after & before
    assert set(use_all_workers(sc2, 2)) == after
    assert sc2._engine.counters()["workers_died"] == died  # type: ignore[union-attr]


def test_a_reload_while_another_job_runs(programs: Programs) -> None:
    source = """
        import importlib, threading
        from pathlib import Path
        from firesteel import SparkContext

        Path("helper.py").write_text("def f(x): return x\\n")
        import helper

        sc = SparkContext("local[2]")
        go = Path("go").absolute()

        def wait(x):
            import time
            Path(f"started-{x}").touch()
            while not go.exists():
                time.sleep(0.01)
            return helper.f(x)

        results = []
        numbers = sc.parallelize(range(4), 4)
        job = threading.Thread(target=lambda: results.append(numbers.map(wait).collect()))
        job.start()
        while not (Path("started-0").exists() and Path("started-1").exists()):
            pass
        Path("helper.py").write_text("def f(x): return x + 1000\\n")
        importlib.reload(helper)
        second = threading.Thread(target=lambda: results.append(sc.parallelize([1]).map(helper.f).collect()))
        second.start()
        while len(sc.statusTracker().getActiveJobsIds()) < 2:
            pass
        go.touch()
        job.join()
        second.join()
        print(sorted(results))
        print(sc._engine.counters()["tasks_retried"])
        sc.stop()
    """
    ended = programs.python(source)
    assert ended.stderr == ""
    # The tasks that ran went on; who waited for a worker got a fresh one.
    assert ended.stdout.splitlines() == ["[[0, 1, 1002, 1003], [1001]]", "0"]


def test_imports_are_no_reloads(helper: ModuleType) -> None:
    outdated: list[str] = []
    loaded = LoadedCode()
    importlib.import_module(helper.__name__)
    importlib.import_module("tabnanny")
    loaded.keep_up(lambda: outdated.append("by imports"))
    importlib.reload(helper)
    loaded.keep_up(lambda: outdated.append("by a reload"))
    loaded.keep_up(lambda: outdated.append("twice"))
    assert outdated == ["by a reload"]


class Shell:
    """IPython's, with the part that `%autoreload` adds."""

    def __init__(self, times: dict[str, float]) -> None:
        reloader = SimpleNamespace(modules_mtimes=times)
        autoreload = SimpleNamespace(_reloader=reloader)
        self.magics_manager = SimpleNamespace(registry={"AutoreloadMagics": autoreload})


def test_autoreload_counts_where_it_loads_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"one": 1.0}
    monkeypatch.setattr("firesteel._reloading.ipython_shell", lambda: Shell(times))
    outdated: list[str] = []
    loaded = LoadedCode()
    times["two"] = 2.0
    loaded.keep_up(lambda: outdated.append("by an import"))
    times["two"] = 3.0
    loaded.keep_up(lambda: outdated.append("by a patch"))
    loaded.keep_up(lambda: outdated.append("twice"))
    assert outdated == ["by a patch"]


def test_a_thread_that_comes_second_waits_for_the_first(helper: ModuleType) -> None:
    loaded = LoadedCode()
    importlib.reload(helper)
    order: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def outdate() -> None:
        inside.set()
        assert go.wait(50)
        order.append("outdated")

    def second() -> None:
        loaded.keep_up(lambda: order.append("again"))
        order.append("second")

    threads = [threading.Thread(target=loaded.keep_up, args=(outdate,)), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(50)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join()
    assert order == ["outdated", "second"]
