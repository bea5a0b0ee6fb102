"""Contexts that programs start and stop themselves: one after the other, with archives, with profiles."""

import contextlib
import io
import pstats
import zipfile

from programs.registry import module_of, outcome, placed, program


@program(1, 2, starts=True)
def contexts_one_after_the_other(context_class, n):
    first = context_class(f"local[{n}]", "first")
    with first as entered:
        counted = (
            entered is first,
            first.appName,
            first.defaultParallelism,
            first.parallelize(range(4)).sum(),
        )
        second = outcome(lambda: context_class("local[1]", "too early"), "multiple SparkContexts at once")
        id_of_first = first.applicationId
    first.stop()
    with context_class("local[1]", "third") as third:
        ids = (third.parallelize([1], 1).id(), third.applicationId != id_of_first)
        the_one = context_class.getOrCreate() is third
        name = third.appName
    return {
        "first": counted,
        "second": second,
        "third": (name, ids, the_one),
        "raised inside": outcome(lambda: _raising_inside(context_class)),
        "after that": _summed(context_class, n),
    }


def _raising_inside(context_class):
    with context_class("local[1]", "raising"):
        raise KeyError("inside")


def _summed(context_class, n):
    with context_class(f"local[{n}]", "sum") as sc:
        return placed(sc.parallelize([(x % 2, x) for x in range(9)], n).reduceByKey(lambda a, b: a + b, n))


@program(1, 2, files=True, starts=True)
def contexts_archives(context_class, n, folder):
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("inside/a.txt", "packed")
    get = module_of(context_class, "core.files").SparkFiles.get

    def read(name):
        with open(f"{get(name)}/inside/a.txt") as file:
            return (name, file.read())

    with context_class(f"local[{n}]", "archives") as sc:
        sc.addArchive(str(folder / "packed.zip"))
        sc.addArchive(f"{folder}/packed.zip#renamed")
        names = ["packed.zip", "renamed"]
        return {
            "in tasks": sc.parallelize(names, n).map(read).collect(),
            "here": [read(name) for name in names],
            "listed": sorted(uri.rpartition("/")[2] for uri in sc.listArchives),
        }


def _heated(x):
    return x + 1


@program(1, 2, files=True, starts=True)
def contexts_with_profiles(context_class, n, folder):
    """What is listed, shown and dumped of the tasks of two jobs: titles, and the calls of our function."""
    conf = module_of(context_class, "conf").SparkConf().setMaster(f"local[{n}]").setAppName("profiles")
    conf.set("spark.python.profile", "true")
    with context_class(conf=conf) as sc:
        heated = sc.parallelize(range(100), n).map(_heated)
        sums = [heated.sum(), heated.count()]
        collector = sc.profiler_collector
        listed = [(id, type(profiler).__name__, shown) for id, profiler, shown in collector.profilers]
        shown = [_titles(sc.show_profiles), _titles(sc.show_profiles)]
        was_shown = [entry[2] for entry in collector.profilers]
        sc.dump_profiles(str(folder / "dumped"))
        return {
            "sums": sums,
            "classes": _classes(collector),
            "listed": listed,
            "shown": shown,
            "was shown": was_shown,
            "dumped": [
                (path.name, _calls(path, "_heated")) for path in sorted((folder / "dumped").iterdir())
            ],
            "left": collector.profilers,
        }


def _classes(collector):
    named = (collector.profiler_cls, collector.udf_profiler_cls, collector.memory_profiler_cls)
    return [*(cls.__name__ for cls in named), collector.profile_dump_path]


def _titles(show):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        show()
    return [line for line in said.getvalue().splitlines() if line.startswith("Profile of")]


def _calls(path, function):
    stats = pstats.Stats(str(path)).stats
    return sum(calls for (_, _, name), (_, calls, *_) in stats.items() if name == function)


@program(1, 2, files=True, starts=True)
def contexts_with_a_profiler_of_ones_own(context_class, n, folder):
    class Brief(module_of(context_class, "profiler").BasicProfiler):
        def show(self, id):
            print("Profile of", id, self.stats().total_calls > 0)

        def dump(self, id, path):
            with open(f"{path}/brief-{id}", "w") as file:
                file.write("dumped")

    conf = module_of(context_class, "conf").SparkConf().setMaster("local[1]").setAppName("own")
    conf.set("spark.python.profile", "true")
    with context_class(conf=conf, profiler_cls=Brief) as sc:
        sc.parallelize(range(4), n).map(_heated).count()
        shown = _titles(sc.show_profiles)
        sc.dump_profiles(str(folder))
        return {
            "class": sc.profiler_collector.profiler_cls is Brief,
            "shown": shown,
            "dumped": sorted(path.name for path in folder.iterdir()),
        }
