"""Profilers that a program calls itself, on the driver, and what adds up the profiles of tasks."""

import contextlib
import cProfile
import functools
import io
import pstats
import threading

from programs.registry import module_of, outcome, program


def _in_a_thread(function, *arguments):
    """The result of a function in a thread of its own: a profiler displaces what profiles this one."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    thread.join()
    return results[0]


def _said(show, *arguments):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        show(*arguments)
    return said.getvalue()


def _steel(x):
    return [_iron(x), _iron(x + 1)]


def _iron(x):
    return x * 2


def _calls(stats):
    return sorted((name, calls) for (_, _, name), (_, calls, *_) in stats.stats.items() if name[:1] == "_")


@program(1, 2, files=True)
def profiles_of_calls(sc, n, folder):
    module = module_of(sc, "profiler")
    told = {}
    for cls in (module.BasicProfiler, module.UDFBasicProfiler):
        profiler = cls(sc)
        empty = (profiler.stats(), _said(profiler.show, 3), profiler.dump(3, str(folder / cls.__name__)))
        results = [_in_a_thread(profiler.profile, _steel, x) for x in range(n)]
        profiler.dump(7, str(folder / cls.__name__))
        dumped = list((folder / cls.__name__).iterdir())
        told[cls.__name__] = {
            "empty": empty,
            "results": results,
            "calls": _calls(profiler.stats()),
            "shown": _said(profiler.show, 7).splitlines()[:3],
            "dumped": [(path.name, _calls(pstats.Stats(str(path)))) for path in dumped],
            "raised": _in_a_thread(outcome, functools.partial(profiler.profile, int, "x")),
        }
    return told


@program(1, 2)
def profiles_added_up(sc, n):
    param = module_of(sc, "profiler").PStatsParam
    one, other = (_in_a_thread(_profiled, x) for x in (n, 1))
    added = param.addInPlace(one, other)
    return {
        "zero": [param.zero(None), param.zero(other)],
        "nothing": [param.addInPlace(None, None), param.addInPlace(None, other) is other],
        "in place": added is one,
        "calls": _calls(added),
    }


def _profiled(times):
    profile = cProfile.Profile()
    for x in range(times):
        profile.runcall(_steel, x)
    return pstats.Stats(profile).strip_dirs()


@program(1, 2, files=True)
def profiles_of_memory(sc, n, folder):
    module = module_of(sc, "profiler")
    param, profiler = module.MemUsageParam, module.MemoryProfiler(sc)
    source = str(folder / "steel.py")
    (folder / "steel.py").write_text("def steel(x):\n    iron = x\n\n    return iron\n")
    empty = (profiler.stats(), _said(profiler.show, 3), profiler.dump(3, str(folder / "none")))
    for usage in [(20.0, 2.0, 1), (19.0, 1.5, 2)][:n]:
        profiler._accumulator.add({source: [(1, None), (2, usage), (4, (1.0, 0.25, 1))]})
    profiler.dump(3, str(folder / "dumped"))
    [dumped] = (folder / "dumped").iterdir()
    wide = {"a": [(1, (9.0, 1.0, 1)), (2, None), (3, None)]}
    other = {"a": [(1, (8.0, 2.0, 3)), (2, (1.0, 1.0, 1)), (4, None)]}
    return {
        "empty": empty,
        "written for nothing": [path.name for path in (folder / "none").iterdir()],
        "stats": list(profiler.stats().values()),
        "shown": _said(profiler.show, 3).replace(source, "steel.py").splitlines(),
        "dumped": (dumped.name, dumped.read_text().replace(source, "steel.py").splitlines()),
        "zero": param.zero(wide),
        "nothing": [param.addInPlace(*both) for both in ((None, None), (None, {"a": []}), ({"a": []}, None))],
        "empty dicts": [param.addInPlace({}, {"a": []}), param.addInPlace({"a": []}, {})],
        "added": param.addInPlace(wide, other),
        "in place": wide,
        "without the package": outcome(lambda: profiler.profile(None, None, _steel, 1)),
    }


@program(1, 2, files=True)
def profiles_collected(sc, n, folder):
    module = module_of(sc, "profiler")

    class Told(module.Profiler):
        def show(self, id):
            print("shown", id)

        def dump(self, id, path):
            (folder / f"told-{id}").write_text(path[:3])

    classes = (Told, module.UDFBasicProfiler, module.MemoryProfiler)
    collector = module.ProfilerCollector(*classes, str(folder / "at the end"))
    collector.add_profiler(5, collector.new_profiler(sc))
    shown = [_said(collector.show_profiles)]
    collector.add_profiler(5 + n, collector.new_profiler(sc))
    shown += [_said(collector.show_profiles), _said(collector.show_profiles)]
    listed = [(id, type(profiler).__name__, was_shown) for id, profiler, was_shown in collector.profilers]
    collector.dump_profiles("abcd")
    made = (collector.new_profiler(sc), collector.new_udf_profiler(sc), collector.new_memory_profiler(sc))
    base = module.Profiler(sc)
    kept = (collector.profiler_cls, collector.udf_profiler_cls, collector.memory_profiler_cls)
    return {
        "shown": shown,
        "listed": listed,
        "dumped": sorted((path.name, path.read_text()) for path in folder.iterdir()),
        "left": collector.profilers,
        "made": [type(profiler).__name__ for profiler in made],
        "kept": [kept == classes, collector.profile_dump_path == str(folder / "at the end")],
        "no path": module.ProfilerCollector(*classes).profile_dump_path,
        "abstract": [
            outcome(lambda: base.profile(len, "")),
            outcome(base.stats),
            outcome(lambda: base.show(1)),
            outcome(lambda: base.dump(1, "")),
        ],
    }
