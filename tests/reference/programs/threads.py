"""Local properties, job groups and tags of threads, and what becomes of the jobs that they mark."""

import importlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from programs.registry import outcome, program

KEYS = (
    "spark.jobGroup.id",
    "spark.job.description",
    "spark.job.interruptOnCancel",
    "spark.job.tags",
    "spark.scheduler.pool",
    "season",
)
PATIENCE = 60


def _module(sc):
    """The package whose context it is."""
    return importlib.import_module(type(sc).__module__.partition(".")[0])


def _in_thread(function, kind=threading.Thread):
    """What a function returns in a thread of its own, whose properties nobody sees afterwards."""
    returned = []
    thread = kind(target=lambda: returned.append(outcome(function)))
    thread.start()
    thread.join(PATIENCE)
    return returned[0][1] if returned and returned[0][0] == "returned" else returned


def _properties(sc):
    return [sc.getLocalProperty(key) for key in KEYS]


def _mark(sc):
    sc.setJobGroup("reports", "the daily report", True)
    sc.addJobTag("nightly")
    sc.setLocalProperty("spark.scheduler.pool", "slow")
    sc.setLocalProperty("season", "winter")


@program(1, 2)
def threads_properties(sc, n):
    steps = {
        "new": lambda: None,
        "group": lambda: sc.setJobGroup("a", "b"),
        "interrupting": lambda: sc.setJobGroup("a", "b", interruptOnCancel=True),
        "no description": lambda: sc.setJobDescription(None),
        "no group": lambda: sc.setJobGroup(None, None),
        "interrupt": lambda: sc.setInterruptOnCancel(True),
        "interrupt not": lambda: sc.setInterruptOnCancel(False),
        "description": lambda: sc.setJobDescription("c"),
        "empty": lambda: sc.setLocalProperty("season", ""),
        "removed": lambda: sc.setLocalProperty("season", None),
    }
    return _in_thread(lambda: {name: (step(), _properties(sc))[1] for name, step in steps.items()})


@program(1, 2)
def threads_tags(sc, n):
    steps = {
        "two": lambda: [sc.addJobTag(tag) for tag in ("b", "a")],
        "again": lambda: sc.addJobTag("b"),
        "odd": lambda: sc.addJobTag(" é "),
        "removed": lambda: sc.removeJobTag("b"),
        "removed before": lambda: sc.removeJobTag("b"),
        "cleared": lambda: sc.clearJobTags(),
        "by property": lambda: sc.setLocalProperty("spark.job.tags", "m,n"),
        "last": lambda: [sc.removeJobTag(tag) for tag in ("m", "n")],
    }

    def tags():
        return sorted(sc.getJobTags()), sc.getLocalProperty("spark.job.tags") or ""

    found = _in_thread(lambda: {name: (step(), tags())[1] for name, step in steps.items()})
    problems = {"": "an empty string", "a,b": "cannot contain ','", None: "null"}
    for method in (sc.addJobTag, sc.removeJobTag, sc.cancelJobsWithTag):
        for tag, problem in problems.items():
            found[f"{method.__name__} {tag}"] = outcome(lambda m=method, t=tag: m(t), problem)
    return found


@program(1, 2)
def threads_inherit(sc, n):
    module = _module(sc)
    inheriting, wrap = module.InheritableThread, module.inheritable_thread_target

    def seen():
        return _properties(sc)

    def changed():
        sc.setJobGroup("of the child", "")
        sc.addJobTag("of the child")
        sc.setLocalProperty("season", None)
        return seen()

    def of_a_task():
        read = module.TaskContext.get().getLocalProperty
        return [read(key) for key in KEYS]

    def run():
        _mark(sc)
        found = {
            "plain": _in_thread(seen),
            "inheriting": _in_thread(seen, inheriting),
            "nested": _in_thread(lambda: _in_thread(seen, inheriting), inheriting),
            "lost": _in_thread(lambda: _in_thread(seen), inheriting),
            "changed": _in_thread(changed, inheriting),
            "the parent's": seen(),
            "of tasks": _in_thread(
                lambda: sc.parallelize(range(n), n).map(lambda _: of_a_task()).collect(), inheriting
            ),
            "of plain tasks": _in_thread(
                lambda: sc.parallelize(range(n), n).map(lambda _: of_a_task()).collect()
            ),
        }
        wrapped = wrap(seen)
        sc.setLocalProperty("season", "spring")
        with ThreadPoolExecutor(1) as pool:
            found["wrapped"] = pool.submit(wrapped).result()
            # The only thread of the pool keeps them.
            found["left behind"] = pool.submit(seen).result()
        return found

    return _in_thread(run)


@program(1, 3)
def threads_run_jobs(sc, n):
    def job(i):
        pairs = sc.parallelize(range(40), n).map(lambda x: (x % 3, x + i))
        return sorted(pairs.reduceByKey(lambda a, b: a + b, n).collect())

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(job, range(24)))


@program(1, 2, files=True)
def threads_cancel(sc, n, folder):
    def marked(name, mark, cancel):
        """What a job that never ends raises when it is cancelled, and what is listed of it."""
        started = folder / name

        def forever(_):
            started.touch()
            while True:
                time.sleep(0.01)

        def run():
            sc.setJobGroup(GROUPS[name], name)
            mark()
            said = outcome(lambda: sc.parallelize(range(n), n).map(forever).collect(), REASONS[name])
            return said, _final_status(sc, GROUPS[name])

        result = []
        thread = threading.Thread(target=lambda: result.append(_in_thread(run)))
        thread.start()
        _wait(started.exists)
        # Of these nobody is a member.
        sc.cancelJobGroup("another")
        sc.cancelJobsWithTag("another")
        untouched = sc.parallelize([1, 2], 1).sum() if n == 1 else thread.is_alive()
        cancel()
        thread.join(PATIENCE)
        return result, untouched, sc.parallelize(range(n), n).count()

    return {
        "group": marked("group", lambda: None, lambda: sc.cancelJobGroup(GROUPS["group"])),
        "interrupting": marked(
            "interrupting",
            lambda: sc.setInterruptOnCancel(True),
            lambda: sc.cancelJobGroup(GROUPS["interrupting"]),
        ),
        "tag": marked("tag", lambda: [sc.addJobTag(tag) for tag in "ab"], lambda: sc.cancelJobsWithTag("b")),
        "all": marked("all", lambda: None, sc.cancelAllJobs),
    }


# Other programs leave groups in the thread that runs them all.
GROUPS = {name: f"threads: {name}" for name in ("group", "interrupting", "tag", "all")}
REASONS = {
    "group": "cancelled part of cancelled job group threads: group",
    "interrupting": "cancelled part of cancelled job group threads: interrupting",
    "tag": "cancelled part of cancelled job tags b",
    "all": "cancelled as part of cancellation of all jobs",
}


def _final_status(sc, group):
    """The status of the last job of a group, which is listed as running for a moment after its end."""
    tracker = sc.statusTracker()
    job = max(tracker.getJobIdsForGroup(group))
    _wait(lambda: tracker.getJobInfo(job).status != "RUNNING")
    return tracker.getJobInfo(job).status


def _wait(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
