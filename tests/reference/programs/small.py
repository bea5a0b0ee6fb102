"""Small names of the public modules: constants, attributes and decorators, each by its name."""

import gc
import io
import json
import logging
import os
import subprocess
import sys
import warnings
from contextlib import contextmanager

from programs.registry import module_of, outcome, placed, program


@program(1, 2)
def small_limits_and_names(sc, n):
    util, install = module_of(sc, "util"), module_of(sc, "install")
    rdd, gateway, package = module_of(sc, "core.rdd"), module_of(sc, "java_gateway"), module_of(sc)
    return {
        "limits": [
            (util.JVM_BYTE_MIN, util.JVM_BYTE_MAX),
            (util.JVM_SHORT_MIN, util.JVM_SHORT_MAX),
            (util.JVM_INT_MIN, util.JVM_INT_MAX),
            (util.JVM_LONG_MIN, util.JVM_LONG_MAX),
        ],
        "installed": [install.DEFAULT_HADOOP, install.DEFAULT_HIVE, install.UNSUPPORTED_COMBINATIONS],
        "versions": [install.SUPPORTED_HADOOP_VERSIONS, install.SUPPORTED_HIVE_VERSIONS],
        "pipes": [rdd.PIPE == subprocess.PIPE, gateway.PIPE == subprocess.PIPE],
        "files": [outcome(package.SparkFiles), package.SparkFiles.__name__],
    }


@program(1, 2)
def small_decorators(sc, n):
    package = module_of(sc)

    class Stage:
        @package.keyword_only
        def __init__(self, *, tasks=1):
            self.tasks = (tasks, self._input_kwargs)

    def documented():
        pass

    def short():
        pass

    # Not in the functions: newer Pythons take the indent away.
    documented.__doc__, short.__doc__ = "One.\n\n        Two.\n        ", "One."
    return {
        "keywords": [Stage(tasks=3).tasks, Stage().tasks, Stage.__init__.__name__],
        "positions": outcome(lambda: Stage(3)),
        "documented": package.since(1.2)(documented).__doc__,
        "short": [package.since("4.0.0")(short).__doc__, package.since(1)(short) is short],
    }


@program(1, 2)
def small_garbage(sc, n):
    """The collector is off inside, and afterwards as it was."""
    disable, seen = module_of(sc, "util").disable_gc, []
    was_enabled = gc.isenabled()
    try:
        for start in (gc.enable, gc.disable):
            start()
            with disable():
                seen.append(gc.isenabled())
            seen.append(gc.isenabled())
        gc.enable()
        raised = outcome(lambda: _raising_inside(disable()))
        seen.append(gc.isenabled())
    finally:
        (gc.enable if was_enabled else gc.disable)()
    return {"seen": seen, "raised": raised}


def _raising_inside(block):
    with block:
        raise KeyError("inside")


@program(1, 2)
def small_counters(sc, n):
    """What a counter holds, as Python's own floats: with numpy its functions are numpy's."""
    counter = sc.parallelize([1, 5, 9.5], n).stats()
    empty = module_of(sc, "statcounter").StatCounter()
    return {
        "counted": [counter.n, empty.n],
        "held": [float(counter.mu), float(counter.m2), float(counter.minValue), float(counter.maxValue)],
        "functions": [
            float(empty.maximum(1.5, 2.5)),
            float(empty.minimum(1.5, 2.5)),
            float(empty.sqrt(2.25)),
        ],
        "empty": [empty.mu, empty.m2, empty.minValue, empty.maxValue],
    }


@program(1, 2)
def small_chunks(sc, n):
    stream_class, stream = module_of(sc, "serializers").ChunkedStream, io.BytesIO()
    kept = []
    stream.close = lambda close=stream.close: (kept.append(stream.getvalue()), close())
    chunked = stream_class(stream, 4)
    states = [(chunked.buffer_size, len(chunked.buffer), chunked.current_pos, chunked.closed)]
    for part in (b"ab", b"", b"cdefghijk", b"l"):
        chunked.write(part)
        held = bytes(chunked.buffer[: chunked.current_pos])
        states.append((chunked.current_pos, held, stream.getvalue()))
    chunked.write(b"m" * n)
    same = chunked.wrapped is stream
    chunked.close()
    return {"states": states, "closed": [chunked.closed, same], "written": kept}


@program(1, 2)
def small_serializers(sc, n):
    module = module_of(sc, "serializers")
    auto, stream = module.AutoSerializer(), io.BytesIO(b"\x00\x01\x02")
    first = [auto.dumps([1, "a"]), auto.dumps((None, 2.5))]
    other = auto.dumps(range(3))
    batched, same = (module.BatchedSerializer(module.CPickleSerializer(), size) for size in (2, 2))
    booleans = [module.read_bool(stream) for _ in range(3)]
    return {
        "marks": [[pickled[:1] for pickled in first], other[:1], auto.dumps([1])[:1]],
        "shown": [repr(auto), auto == module.AutoSerializer()],
        "read back": outcome(lambda: [auto.loads(pickled) for pickled in (first[0], other)], ""),
        "not equal": [batched != same, batched != auto, auto != 1],
        "sizes": [batched.batchSize, module.BatchedSerializer(auto).batchSize],
        "booleans": booleans,
        "as text": [module.UTF8Deserializer().use_unicode, module.UTF8Deserializer(False).use_unicode],
        "longs": [module.pack_long(number) for number in (n, -1, 2**63 - 1, -(2**63))],
        "no boolean": outcome(lambda: module.read_bool(stream)),
    }


@program(1, 2)
def small_mergers(sc, n):
    """What mergers hold. That one which is short of memory spills is recorded, how often is the machine's."""
    module = module_of(sc, "shuffle")
    adding = module.SimpleAggregator(lambda a, b: a + b)
    pairs = [(x % 3, x) for x in range(12)]
    merger, spilling = module.ExternalMerger(adding), module.ExternalMerger(adding, 1, batch=1)
    merger.mergeValues(pairs)
    spilling.mergeValues(pairs)
    groups = module.ExternalGroupBy(module.Aggregator(lambda x: [x], _append, _extend))
    groups.mergeValues(pairs)
    grouped = module.GroupByKey(iter([(1, ["a"]), (1, ["b"])]))
    kept, lists = module.ExternalList(["a", "b"]), module.ExternalListOfList([[1], [2, 3]])
    return {
        "held": [merger.data, merger.spills, groups.data, groups.spills],
        "spilled": [spilling.spills > 0, sorted(spilling.items())],
        "folders": [[type(path).__name__ for path in merger.localdirs[:1]], len(merger.localdirs) > 0],
        "lists": [kept.count, kept.values, lists.count],
        "serializers": [repr(one.serializer) for one in (merger, groups, module.ExternalSorter(1))],
        "groups": list(grouped.iterator),
        "flattened": _flattened(groups.flattened_serializer(), n),
        "values": module_of(sc, "resultiterable").ResultIterable([1, 2]).data,
    }


def _flattened(serializer, n):
    stream = io.BytesIO()
    serializer.dump_stream([("k", list(range(45))), ("l", []), ("m", [n])], stream)
    stream.seek(0)
    return [repr(serializer), [(key, len(values)) for key, values in serializer.load_stream(stream)]]


def _append(values, value):
    values.append(value)
    return values


def _extend(values, others):
    values.extend(others)
    return values


@program(1, 2)
def small_log_lines(sc, n):
    formatter_class = module_of(sc, "logger.logger").JSONFormatter
    record = logging.LogRecord("metals", logging.INFO, "x.py", 12, "für %s", ("steel",), None)
    failed = logging.LogRecord("metals", logging.ERROR, "x.py", 12, "failed", None, _error())
    record.context = {"degrees": n}
    lines = [formatter_class(ensure_ascii=ascii).format(record) for ascii in (False, True)]
    told = [json.loads(line) for line in (*lines, formatter_class().format(failed))]
    exception = told[2].pop("exception")
    return {
        "times": [len(line.pop("ts")) > 0 for line in told],
        "lines": told,
        "letters": ["für" in line for line in lines],
        "raised": [exception["class"], exception["msg"]],
        "stack": [(frame["class"], frame["method"], sorted(frame)) for frame in exception["stacktrace"]],
    }


def _error():
    try:
        raise ValueError("cold")
    except ValueError:
        return sys.exc_info()


@program(1, 2)
def small_warnings(sc, n):
    """Old names, which warn and do what the new ones do."""
    logger, lines = module_of(sc, "logger").PySparkLogger.getLogger(f"programs.old.{n}"), io.StringIO()
    logger.handlers.clear()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(module_of(sc, "logger.logger").JSONFormatter())
    logger.addHandler(handler)
    logger.propagate = False
    rdd = sc.parallelize(range(6), n)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        logger.warn("careful %s", "now", x=1)
        split = rdd.mapPartitionsWithSplit(lambda index, xs: [(index, list(xs))])
    line = json.loads(lines.getvalue())
    return {
        "split": placed(split),
        "logged": [line["level"], line["msg"], line["context"]],
        "warned": sorted(found.category.__name__ for found in caught if "Split" in str(found.message)),
    }


@program(1, 2)
def small_hashes(sc, n):
    hashed = module_of(sc, "core.rdd").portable_hash
    numbers = [None, 0, -1, 2**70, 1.5, (), (1, None), (1, (2,)), (None, (None, 3.5)), True]
    with _a_hash_seed():
        here, refused = [hashed(value) for value in numbers], outcome(lambda: hashed([1]), "unhashable")
    return {
        "here": here,
        "in tasks": sc.parallelize(numbers, n).map(hashed).collect(),
        "refused": refused,
    }


@contextmanager
def _a_hash_seed():
    """Without one in the driver, neither engine hashes there; these values have the same hash with any."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]


@program(1, 2)
def small_resources(sc, n):
    """No local master gives resources; the profile is kept all the same."""
    module = module_of(sc, "resource")
    tasks = module.TaskResourceRequests().cpus(1)
    executors = module.ExecutorResourceRequests().cores(2)
    told = []
    for request in (tasks, executors):
        rdd = sc.parallelize(range(4), n)
        before = (rdd.has_resource_profile, rdd.getResourceProfile())
        profile = module.ResourceProfileBuilder().require(request).build
        said = outcome(
            lambda rdd=rdd, profile=profile: rdd.withResources(profile), "ResourceProfiles are only supported"
        )
        told.append((before, said, rdd.has_resource_profile))
    return told


@program(1, 3)
def small_jobs_on_partitions(sc, n):
    rdd = sc.parallelize(range(10), n).map(lambda x: x * x)
    rdd.setName("squares")
    return {
        "all": sc.runJob(rdd, lambda xs: [sum(xs)]),
        "last and first": sc.runJob(rdd, list, [n - 1, 0]),
        "twice": sc.runJob(rdd, lambda xs: [len(list(xs))], [0, 0], allowLocal=True),
        "none": sc.runJob(rdd, list, []),
        "not there": outcome(lambda: sc.runJob(rdd, list, [n]), ""),
        "names": [rdd.name(), sc.parallelize([1]).name(), str(rdd.map(str).name())],
    }
