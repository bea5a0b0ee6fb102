"""What tasks and their workers use, and programs may call: contexts, settings, paths, broadcasts."""

import inspect
import io
import os
import pickle
import subprocess
import sys
import threading
from contextlib import contextmanager

from programs.registry import module_of, outcome, program

DESCRIPTION = {
    "stageId": 3,
    "partitionId": 1,
    "attemptNumber": 2,
    "taskAttemptId": 40,
    "cpus": 2,
    "cpuAmount": "1.5",
    "resources": {"gpu": {"name": "gpu", "addresses": ["0", "1"]}},
    "localProperties": {"season": "winter"},
}


@contextmanager
def _forgetting(*classes):
    """On the reference a task context that is made on the driver is the running one from then on."""
    try:
        yield
    finally:
        for cls in classes:
            if hasattr(cls, "_setTaskContext"):
                cls._setTaskContext(None)


@program(1, 2)
def workers_task_context(sc, n):
    cls = module_of(sc, "taskcontext").TaskContext
    before = cls.get()
    with _forgetting(cls):
        empty = _told(cls())
    with _forgetting(cls):
        described = cls.from_json(DESCRIPTION)
        told = _told(described)
    with _forgetting(cls):
        known = cls.from_json(
            {key: value for key, value in DESCRIPTION.items() if key != "cpuAmount"}
        ).cpuAmount()
    with _forgetting(cls):
        partly = cls(stageId=7, cpus=None)
        numbers = (partly.stageId(), partly.cpus(), partly.partitionId())
        unknown = outcome(lambda: cls(weather="cold"), "unexpected keyword argument 'weather'")
    return {
        "before": before,
        "empty": empty,
        "described": told,
        "properties": [described.getLocalProperty("season"), described.getLocalProperty("colour")],
        "no amount": known,
        "partly": numbers,
        "unknown": unknown,
        "too little": outcome(lambda: cls.from_json({"stageId": 1})),
        "afterwards": cls.get(),
    }


def _told(context):
    resources = context.resources()
    return [
        context.stageId(),
        context.partitionId(),
        context.attemptNumber(),
        context.taskAttemptId(),
        context.cpus(),
        repr(context.cpuAmount()),
        resources and [(name, found.name, found.addresses) for name, found in resources.items()],
    ]


@contextmanager
def _without_a_way(cls):
    """On the reference the class keeps the way to the other tasks, which there is none on the driver."""
    try:
        yield
    finally:
        if hasattr(cls, "_initialize"):
            cls._initialize(None, None)


@program(1, 2)
def workers_barrier_context(sc, n):
    module = module_of(sc, "taskcontext")
    cls = module.BarrierTaskContext
    way = {"localProperties": {"addresses": "a:1,b:2"}, "connInfo": 1, "secret": ""}
    with _forgetting(cls, module.TaskContext), _without_a_way(cls):
        context = cls.from_json({**DESCRIPTION, **way})
        told = [context.stageId(), context.partitionId(), [info.address for info in context.getTaskInfos()]]
        little = outcome(lambda: cls.from_json({**way, "stageId": 1}))
    return {
        "told": told,
        "too little": little,
        "on the driver": outcome(cls.get),
        "numbers": [module.BARRIER_FUNCTION, module.ALL_GATHER_FUNCTION],
    }


def _stream(serializers, *parts):
    """Numbers as they are, texts and bytes behind their lengths."""
    stream = io.BytesIO()
    for part in parts:
        if isinstance(part, int):
            serializers.write_int(part, stream)
        else:
            serializers.write_with_length(part, stream)
    stream.seek(0)
    return stream


@program(1, 2)
def workers_settings(sc, n):
    cls, serializers = module_of(sc, "worker_util").Conf, module_of(sc, "serializers")
    conf = cls(_stream(serializers, 2, b"spark.a", b"Left", b"spark.b", "É".encode()))
    read = [conf.get("spark.a"), conf.get("spark.a", lower_str=False), conf.get("spark.b"), conf.get("none")]
    conf.load(_stream(serializers, 1, b"spark.a", b"Right"))
    more = [conf.get("spark.a"), conf.get("spark.b"), conf.get("none", "No"), conf.get("none", 1)]
    conf.load({"spark.c": "TRUE"})
    return {
        "read": read,
        "more": more,
        "a dict": [conf.get("spark.c"), conf.get("spark.a", "gone")],
        "empty": [cls().get("spark.a"), cls().get("spark.a", None)],
        "no number": outcome(lambda: cls(_stream(serializers, -1))),
        "too many": outcome(lambda: cls(_stream(serializers, 10_001))),
        "cut": outcome(lambda: cls(_stream(serializers, 1)), ""),
    }


@program(1, 2)
def workers_commands(sc, n):
    read, module = module_of(sc, "worker_util").read_command, module_of(sc, "serializers")
    serializer = module.CPickleSerializer()
    pickled = serializer.dumps(len)
    stream = _stream(module, pickled, -1)
    return {
        "from a stream": read(serializer, stream)("ab"),
        "from bytes": [read(serializer, pickled)("ab"), read(serializer, memoryview(pickled))("abc")],
        "at the end": outcome(lambda: read(serializer, stream), ""),
        "no function": outcome(lambda: read(serializer, _stream(module, -5)), ""),
    }


@program(1, 2)
def workers_python_version(sc, n):
    check = module_of(sc, "worker_util").check_python_version
    module = module_of(sc, "serializers")
    same = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return {
        "same": [check(same), check(_stream(module, same.encode()))],
        "another": [
            outcome(lambda: check("2.7"), "[PYTHON_VERSION_MISMATCH]"),
            outcome(lambda: check(_stream(module, b"2.7")), "in driver: 2.7"),
        ],
        "of the workers": sc.pythonExec == os.environ.get("PYSPARK_PYTHON", sys.executable),
    }


@contextmanager
def _undone(files):
    """The import path as it was; on the reference the driver takes itself for a worker otherwise."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        if hasattr(files, "_is_running_on_worker"):
            files._is_running_on_worker, files._root_directory = False, None


@program(1, 2, files=True)
def workers_paths(sc, n, folder):
    module, serializers = module_of(sc, "worker_util"), module_of(sc, "serializers")
    root = str(folder)
    told = {}
    with _undone(module_of(sc, "core.files").SparkFiles):
        told["new"] = [module.add_path(f"{root}/a"), module.add_path(f"{root}/a")]
        told["second"] = sys.path.index(f"{root}/a")
        module.setup_spark_files(_stream(serializers, f"{root}/b".encode(), 2, b"c.zip", b"d.py"))
        module.setup_spark_files(f"{root}/e", [])
        module.setup_spark_files(f"{root}/e", ["f.zip"])
        told["paths"] = [path[len(root) :] for path in sys.path if path.startswith(root)]
        told["in order"] = [path.startswith(root) for path in sys.path[: len(told["paths"]) + 2]]
    return told


LIMITED = """
import resource, sys
from {module} import setup_memory_limits
setup_memory_limits(-1)
before = resource.getrlimit(resource.RLIMIT_AS)
setup_memory_limits(0)
unchanged = resource.getrlimit(resource.RLIMIT_AS) == before
setup_memory_limits({megabytes})
setup_memory_limits({megabytes} * 2)
print(unchanged, resource.getrlimit(resource.RLIMIT_AS)[0])
"""


@program(1, 2)
def workers_memory(sc, n):
    """In a process of its own: a limit cannot be taken back."""
    module = module_of(sc, "worker_util")
    source = LIMITED.format(module=module.__name__, megabytes=4096 * n)
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    return {"none": module.setup_memory_limits(0), "limited": run.stdout}


@program(1, 2, files=True)
def workers_broadcasts(sc, n, folder):
    broadcast, path = sc.broadcast({1: "one"}), folder / "dumped"
    with path.open("wb") as file:
        broadcast.dump({2: ["two"] * n}, file)
        closed = file.closed
    with path.open("rb") as file:
        loaded = broadcast.load(file)
    return {
        "closed": closed,
        "loaded": [loaded, broadcast.load_from_path(str(path)), pickle.loads(path.read_bytes())],
        "itself": broadcast.value,
        "refused": _refused(broadcast, path),
        "registry": _registered(sc, broadcast),
    }


def _refused(broadcast, path):
    """Without what the reference says on stderr."""
    said, sys.stderr = sys.stderr, io.StringIO()
    try:
        with path.open("wb") as file:
            return outcome(lambda: broadcast.dump(threading.Lock(), file), "Could not serialize broadcast")
    finally:
        sys.stderr = said


def _registered(sc, broadcast):
    registry = module_of(sc, "core.broadcast").BroadcastPickleRegistry()
    empty = list(registry)
    for _ in range(2):
        registry.add(broadcast)
    seen = []
    other = threading.Thread(target=lambda: seen.append(len(list(registry))))
    other.start()
    other.join()
    one = [found is broadcast for found in registry]
    registry.clear()
    return [empty, one, seen, list(registry)]


@program(1, 2)
def workers_call_sites(sc, n):
    module = module_of(sc, "traceback_utils")
    site, line = module.first_spark_call(), inspect.currentframe().f_lineno
    made = module.CallSite("count", "x.py", 12)
    with module.SCCallSiteSync(sc) as entered:
        with module.SCCallSiteSync(sc):
            counted = sc.parallelize(range(4), n).count()
        again = sc.parallelize(range(4), n).sum()
    return {
        "first": [site.function, os.path.basename(site.file), site.linenum == line],
        "made": [repr(made), made.function, made.file, made.linenum, made == ("count", "x.py", 12)],
        "fields": list(made._fields),
        "inside": [entered, counted, again],
        "raised inside": outcome(lambda: _raising_inside(module.SCCallSiteSync(sc))),
        "afterwards": sc.parallelize(range(4), n).count(),
    }


def _raising_inside(block):
    with block:
        raise KeyError("inside")


@program(1, 2)
def workers_accumulators(sc, n):
    module = module_of(sc, "accumulators")
    first, second = sc.accumulator(1), sc.accumulator(2.5)
    base = module.AccumulatorParam()
    return {
        "ids": second.aid - first.aid,
        "shown": repr(second).replace(str(second.aid), "ID", 1),
        "abstract": [outcome(lambda: base.zero(1)), outcome(lambda: base.addInPlace(1, 2))],
    }


@program(1, 2)
def workers_executors(sc, n):
    """Of the one executor the form: its numbers are those of the machine and of the engine."""
    module = module_of(sc, "core.status")
    made = module.SparkExecutorInfo("host", 1, 2, 3, 4, 5, 6, 7)
    sc.parallelize(range(4), n).count()
    return {
        "executors": [_form_of(info) for info in sc.statusTracker().getExecutorInfos()],
        "made": [
            [made.host, made.port, made.cacheSize, made.numRunningTasks],
            [made.usedOnHeapStorageMemory, made.usedOffHeapStorageMemory],
            [made.totalOnHeapStorageMemory, made.totalOffHeapStorageMemory],
        ],
        "fields": [list(cls._fields) for cls in (module.SparkExecutorInfo, module.SparkJobInfo)],
        "shown": [
            repr(made),
            repr(module.SparkJobInfo(3, [1], "RUNNING")),
            repr(module.SparkStageInfo(1, 0, "count at x.py:1", 2, 1, 1, 0)),
        ],
    }


def _form_of(info):
    used = info.usedOnHeapStorageMemory >= 0 and info.usedOffHeapStorageMemory >= 0
    total = info.totalOnHeapStorageMemory >= 0 and info.totalOffHeapStorageMemory >= 0
    kinds = [type(value).__name__ for value in info]
    return [kinds, info.numRunningTasks, info.cacheSize >= 0, info.port >= 0, len(info.host) > 0, used, total]
