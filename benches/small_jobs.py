"""Where the time of a start and of a tiny job goes, part by part: medians of several fresh processes.

    .venv/bin/python benches/small_jobs.py [PROCESSES]

The parts of a start follow one another; the daemon and the first worker start while the program goes on, so
that the first job waits for what is left of them. A tiny job maps 100 ints in two tasks and collects them;
its parts are medians of 200 in a row, by the program's clock and the engine's own counters.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

PROGRAM = """
import json, statistics, sys, time
clock = time.perf_counter

begin = clock()
from firesteel import SparkContext
imported = clock()
sc = SparkContext("local[2]", "small jobs")
made = clock()
while not sc._engine.daemon_pid():
    pass
daemon = clock()
sc._engine.counters()

def double(n):
    return 2 * n

def job():
    return sc.parallelize(range(100), 2).map(double)

before = clock()
job().collect()
first = clock()
started = sc._engine.counters()

parts = {name: [] for name in ("lineage", "pickling", "scheduling and messages", "tasks", "results", "all")}
for _ in range(200):
    earlier = sc._engine.counters()["job_nanos"]
    begin_job = clock()
    rdd = job()
    built = clock()
    rdd._prepare()
    pickled = clock()
    rdd.collect()
    ended = clock()
    engine = (sc._engine.counters()["job_nanos"] - earlier) / 1e9
    tasks = max(task["total_nanos"] for task in sc._engine.last_job_tasks()) / 1e9
    parts["lineage"].append(built - begin_job)
    parts["pickling"].append(pickled - built)
    parts["tasks"].append(tasks)
    parts["scheduling and messages"].append(engine - tasks)
    parts["results"].append(ended - pickled - engine)
    parts["all"].append(ended - begin_job)
stopping = clock()
sc.stop()
stopped = clock()
print(json.dumps({
    "start": {
        "import firesteel": imported - begin,
        "context": made - imported,
        "daemon spawned (in the background)": daemon - made,
        "first job: rest of the daemon's start, fork, definitions": first - before,
        "stop": stopped - stopping,
    },
    "job": {name: statistics.median(values) for name, values in parts.items()},
}))
"""


def measurements(processes: int) -> Iterator[dict[str, dict[str, float]]]:
    """Run the program in so many processes, one after the other."""
    for _ in range(processes):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        yield json.loads(done.stdout)


def interpreter() -> float:
    """Seconds that Python takes to start and to end."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begin


def show(title: str, parts: dict[str, float]) -> None:
    """Print a table in milliseconds."""
    print(f"{title:60}        ms")
    for name, seconds in parts.items():
        print(f"  {name:58} {seconds * 1000:9.3f}")


def main() -> None:
    """Measure, and print two tables."""
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    runs = list(measurements(processes))
    start = {"Python itself": statistics.median(interpreter() for _ in range(processes))}
    for name in runs[0]["start"]:
        start[name] = statistics.median(run["start"][name] for run in runs)
    show("a start", start)
    show("a tiny job", {name: statistics.median(run["job"][name] for run in runs) for name in runs[0]["job"]})


if __name__ == "__main__":
    main()
