"""The public modules that programs call directly: settings, storage levels, serializers, counters, helpers.

They come from the package of whichever engine runs this. What they return is compared, not how they do it.
"""

import importlib
import io
import os

from programs.inputs import TEN, WORDS
from programs.registry import module_of, outcome, placed, program


@program(1, 2)
def modules_conf(sc, n):
    conf = module_of(sc, "conf").SparkConf(loadDefaults=False)
    conf.set("a", 1).setMaster("local[2]").setAppName("x").setSparkHome("/home").setIfMissing("a", "2")
    conf.setAll([("b", "3"), ("spark.c", "é")]).setExecutorEnv("K", "v").setExecutorEnv(pairs=[("L", "w")])
    return {
        "all": sorted(conf.getAll()),
        "get": [conf.get("a"), conf.get("none"), conf.get("none", "default")],
        "contains": [conf.contains("b"), conf.contains("none")],
        "shown": sorted(conf.toDebugString().splitlines()),
        "no value": outcome(lambda: conf.setExecutorEnv()),
        "both": outcome(lambda: conf.setExecutorEnv("K", "v", [("L", "w")])),
        "the context's": [sc.getConf().get("spark.app.name") is None, sc.getConf().contains("spark.master")],
    }


@program(1, 2)
def modules_storage_level(sc, n):
    cls = module_of(sc, "storagelevel").StorageLevel
    names = [name for name in dir(cls) if name.isupper()]
    own = cls(True, False, True, False, 3)
    level = own
    return {
        "names": [(name, repr(getattr(cls, name)), str(getattr(cls, name))) for name in names],
        "named": [
            cls(False, False, False, False) == cls.NONE,
            *[repr(kept) for kept in (cls.DISK_ONLY, cls.DISK_ONLY_2, cls.DISK_ONLY_3)],
            *[repr(kept) for kept in (cls.MEMORY_ONLY, cls.MEMORY_ONLY_2, cls.OFF_HEAP)],
            *[repr(kept) for kept in (cls.MEMORY_AND_DISK, cls.MEMORY_AND_DISK_2)],
            repr(cls.MEMORY_AND_DISK_DESER),
        ],
        "own": (repr(own), str(own), own.replication),
        "parts": [level.useDisk, level.useMemory, level.useOffHeap, level.deserialized, level.replication],
        "equal": [own == cls(True, False, True, False, 3), own == cls(True, False, True, False, 2), own == 1],
    }


@program(1, 3)
def modules_statcounter(sc, n):
    cls = module_of(sc, "statcounter").StatCounter
    counter = cls([1.0, 2.0, 4.0])
    other = cls(range(5)).merge(10)
    copied = counter.copy()
    counter.mergeStats(other)
    empty = cls()
    return {
        "counted": _told(counter),
        "copied": _told(copied),
        "shown": [repr(copied), str(other)],
        "dict": [counter.asDict(), counter.asDict(sample=True)],
        "with itself": _told(copied.mergeStats(copied)),
        "empty": [empty.count(), empty.sum(), empty.min(), empty.max(), repr(empty.variance())],
        "of an RDD": _told(sc.parallelize([1, 5, 9], n).stats()),
        "refused": outcome(lambda: counter.mergeStats([1])),
    }


def _told(counter):
    moments = [counter.variance(), counter.sampleVariance(), counter.stdev(), counter.sampleStdev()]
    return [counter.count(), counter.mean(), counter.sum(), counter.min(), counter.max(), *moments]


@program(1, 2)
def modules_resource(sc, n):
    module = module_of(sc, "resource")
    executor = (
        module.ExecutorResourceRequests().cores(2).memory("2g").memoryOverhead("1g").offheapMemory("1g")
    )
    executor.pysparkMemory("512m").resource("gpu", 2, "/bin/gpus", "nvidia")
    task = module.TaskResourceRequests().cpus(1).resource("gpu", 0.5)
    builder = module.ResourceProfileBuilder().require(executor).require(task)
    profile = builder.build
    one = executor.requests["gpu"]
    information = module.ResourceInformation("gpu", ["0", "1"])
    asked = {
        name: (request.resourceName, request.amount, request.discoveryScript, request.vendor)
        for name, request in profile.executorResources.items()
    }
    half = task.requests["gpu"]
    single = module.TaskResourceRequest("gpu", 0.25)
    whole = module.ExecutorResourceRequest("fpga", 1, "/bin/f", "v")
    built = [sorted(builder.executorResources), sorted(builder.taskResources), type(profile.id).__name__]
    builder.clearExecutorResourceRequests()
    builder.clearTaskResourceRequests()
    return {
        "executor": sorted(asked.items()),
        "task": [half.resourceName, half.amount, single.resourceName, single.amount],
        "tasks": sorted((name, request.amount) for name, request in profile.taskResources.items()),
        "one": [one.amount, whole.resourceName, whole.amount, whole.discoveryScript, whole.vendor],
        "information": [information.name, information.addresses],
        "built": built,
        "cleared": [builder.executorResources, builder.taskResources],
        "profile": type(profile).__name__ == module.ResourceProfile.__name__,
    }


@program(1, 2)
def modules_loose_version(sc, n):
    cls = module_of(sc, "loose_version").LooseVersion
    texts = ["1.5.1", "1.5.2b2", "161", "3.10a", "8.02", "3.4j", "1996.07.12", "2g6", "11g", "1.13++", ""]
    versions = [cls(text) for text in texts if text]
    first, second = versions[:2]
    parsed = cls("1")
    parsed.parse("4.3.0.dev1")
    comparable = versions[:1] + versions[2:3] + versions[4:5]
    return {
        "parsed": [(str(version), repr(version), version.version, version.vstring) for version in versions],
        "compared": [first == second, first < second, first <= second, first > second, first >= second],
        "with a text": [first == "1.5.1", first < "1.6", first >= "1.5"],
        "sorted": [str(version) for version in sorted(comparable)],
        "later": parsed.version,
        "pattern": [part for part in cls.component_re.split("1.2b3") if part],
    }


def _there_and_back(serializer, values):
    stream = io.BytesIO()
    serializer.dump_stream(iter(values), stream)
    stream.seek(0)
    return list(serializer.load_stream(stream))


@program(1, 2)
def modules_serializers(sc, n):
    module = module_of(sc, "serializers")
    plain = [
        module.PickleSerializer(),
        module.CPickleSerializer(),
        module.CloudPickleSerializer(),
        module.MarshalSerializer(),
        module.AutoBatchedSerializer(module.CPickleSerializer()),
        module.BatchedSerializer(module.CPickleSerializer(), 2),
        module.BatchedSerializer(module.CPickleSerializer()),
        module.FlattenedValuesSerializer(module.CPickleSerializer(), 3),
        module.CompressedSerializer(module.CPickleSerializer()),
        module.NoOpSerializer(),
    ]
    values = [1, "a", (2.5, None), [b"x"]]
    unframed = list(plain[:4])
    alike = module.BatchedSerializer(module.CPickleSerializer(), 2)
    return {
        "shown": [repr(serializer) for serializer in plain],
        "streams": [_there_and_back(serializer, values) for serializer in plain[:7]],
        "compressed": _there_and_back(module.CompressedSerializer(module.CPickleSerializer()), values),
        "bytes": _there_and_back(module.NoOpSerializer(), [b"a", b"", b"bc"]),
        "one": [serializer.loads(serializer.dumps(values)) for serializer in unframed],
        "values": [
            list(group)
            for group in _there_and_back(
                module.FlattenedValuesSerializer(module.CPickleSerializer(), 2), [("k", [1, 2, 3])]
            )
        ],
        "flat": list(
            _there_and_back(module.FlattenedValuesSerializer(module.CPickleSerializer(), 2), [("k", TEN)])
        ),
        "equal": [
            plain[5] == alike,
            plain[5] == plain[6],
            plain[0] == plain[3],
            hash(alike) == hash(plain[5]),
        ],
        "ints": _written_ints(module),
        "lengths": _special_lengths(module.SpecialLengths),
        "refused": outcome(lambda: module.MarshalSerializer().dumps(object), "unmarshallable"),
        "abstract": [
            outcome(lambda: module.Serializer().dump_stream([], None), ""),
            outcome(lambda: module.Serializer().load_stream(None), ""),
            outcome(lambda: module.FramedSerializer().dumps(1), ""),
            outcome(lambda: module.FramedSerializer().loads(b""), ""),
        ],
    }


def _special_lengths(lengths):
    return [
        lengths.END_OF_DATA_SECTION,
        lengths.PYTHON_EXCEPTION_THROWN,
        lengths.TIMING_DATA,
        lengths.END_OF_STREAM,
        lengths.NULL,
        lengths.START_ARROW_STREAM,
        lengths.START_OF_INIT_MESSAGE,
    ]


def _written_ints(module):
    stream = io.BytesIO()
    module.write_int(-5, stream)
    module.write_long(1 << 40, stream)
    module.write_with_length(b"abc", stream)
    size = stream.tell()
    stream.seek(0)
    read = [module.read_int(stream), module.read_long(stream), stream.read()]
    return (size, read, outcome(lambda: module.read_int(stream)), outcome(lambda: module.read_long(stream)))


@program(1, 2)
def modules_serializers_of_pairs(sc, n):
    module = module_of(sc, "serializers")
    batched = module.BatchedSerializer(module.CPickleSerializer(), 2)
    text = module.UTF8Deserializer()
    strings = io.BytesIO()
    for word in ("a", "é", ""):
        module.write_with_length(word.encode(), strings)
    single, raw = strings.getvalue(), module.UTF8Deserializer(False)

    def read(serializer, content):
        return list(serializer.load_stream(io.BytesIO(content)))

    pairs = module.PairDeserializer(batched, batched)
    product = module.CartesianDeserializer(batched, batched)
    both = io.BytesIO()
    for batch in ([1, 2], [3, 4]):
        module.write_with_length(module.CPickleSerializer().dumps(batch), both)
    return {
        "text": [read(text, single), read(raw, single), repr(text)],
        "loaded": text.loads(io.BytesIO(single)),
        "zipped": read(pairs, both.getvalue()),
        "product": read(product, both.getvalue()),
        "shown": [repr(pairs), repr(product)],
    }


@program(1, 2)
def modules_shuffle(sc, n):
    module = module_of(sc, "shuffle")

    def aggregator():
        return module.Aggregator(lambda x: [x], lambda xs, x: [*xs, x], lambda xs, ys: xs + ys)

    pairs = [(x % 4, x) for x in range(40)]
    merger = module.ExternalMerger(aggregator(), 1, batch=1)
    merger.mergeValues(pairs)
    spilled = module.ExternalMerger(aggregator(), 1, partitions=3, batch=1)
    spilled.mergeCombiners([(key, [value]) for key, value in pairs])
    added = module.SimpleAggregator(lambda a, b: a + b)
    simple = module.ExternalMerger(added)
    simple.mergeValues(pairs)
    groups = module.ExternalGroupBy(module.Aggregator(lambda x: [x], _append, _extend), 1, batch=2)
    groups.mergeValues(pairs)
    kept = module.ExternalList(["a"])
    kept.append("b")
    lists = module.ExternalListOfList([[1], [2, 3]])
    lists.append([4])
    grouped = module.GroupByKey(iter([(1, ["a"]), (1, ["b"]), (2, ["c"])]))
    return {
        "merged": sorted(merger.items()),
        "spilled": sorted(spilled.items()),
        "simple": sorted(simple.items()),
        "grouped": sorted((key, sorted(values)) for key, values in groups.items()),
        "sorted": list(module.ExternalSorter(1).sorted(iter(WORDS), key=len, reverse=True)),
        "list": [len(kept), list(kept)],
        "lists": [len(lists), list(lists)],
        "by key": [(key, list(values)) for key, values in grouped],
        "functions": [added.createCombiner(1), added.mergeValue(1, 2), added.mergeCombiners(1, 2)],
        "memory": module.get_used_memory() > 0,
        "abstract": [
            outcome(lambda: module.Merger(added).mergeValues([]), ""),
            outcome(lambda: module.Merger(added).mergeCombiners([]), ""),
            outcome(lambda: module.Merger(added).items(), ""),
        ],
    }


def _append(values, value):
    values.append(value)
    return values


def _extend(values, others):
    values.extend(others)
    return values


@program(1, 2)
def modules_samplers(sc, n):
    module = module_of(sc, "rddsampler")
    with_replacement = module.RDDSampler(True, 1.5, 7)
    without = module.RDDSampler(False, 0.4, 7)
    between = module.RDDRangeSampler(0.2, 0.6, 7)
    by_key = module.RDDStratifiedSampler(False, {0: 0.9, 1: 0.1}, 7)
    base = module.RDDSamplerBase(False, 7)
    base.initRandomGenerator(n)
    return {
        "with replacement": list(with_replacement.func(n, iter(TEN))),
        "without": list(without.func(n, iter(TEN))),
        "between": list(between.func(n, iter(TEN))),
        "by key": list(by_key.func(n, ((x % 2, x) for x in TEN))),
        "drawn": [base.getUniformSample(), base.getPoissonSample(2.0)],
        "abstract": outcome(lambda: list(base.func(0, iter(TEN))), ""),
    }


@program(1, 2)
def modules_util(sc, n):
    module = module_of(sc, "util")

    def stops():
        raise StopIteration("over")

    wrapped = module.fail_on_stopiteration(stops)
    streams = io.StringIO()
    try:
        raise KeyError("k")
    except KeyError:
        module.print_exec(streams)
    kinds = module.PythonEvalType
    names = [name for name in vars(kinds) if name.isupper()]
    return {
        "stops": outcome(wrapped, "StopIteration"),
        "goes on": module.fail_on_stopiteration(len)([1]),
        "printed": "KeyError: 'k'" in streams.getvalue(),
        "kinds": sorted((name, getattr(kinds, name)) for name in names),
        "version": module.VersionUtils.majorMinorVersion("4.3.0-SNAPSHOT"),
        "no version": outcome(lambda: module.VersionUtils.majorMinorVersion("x"), "major and minor"),
        "remote": [module.is_remote_only(), module.spark_connect_mode(), module.default_api_mode()],
        "names": [
            name
            for name in ("PY4J_TRACEBACK", "walk_tb", "try_simplify_traceback", "handle_worker_exception")
            if hasattr(module, name)
        ],
    }


@program(1, 2)
def modules_threads(sc, n):
    module = module_of(sc)
    sc.setLocalProperty("colour", "grey")
    seen = []

    def look():
        seen.append(sc.getLocalProperty("colour"))
        sc.setLocalProperty("colour", "red")
        seen.append(sc.getLocalProperty("colour"))

    thread = module.InheritableThread(target=look)
    thread.start()
    thread.join()
    target = module.inheritable_thread_target(look)
    other = importlib.import_module("threading").Thread(target=target)
    other.start()
    other.join()
    mine = sc.getLocalProperty("colour")
    sc.setLocalProperty("colour", None)
    return {"seen": seen, "mine": mine, "none": sc.getLocalProperty("colour")}


@program(1, 2)
def modules_errors(sc, n):
    module = module_of(sc, "errors")
    base = module_of(sc, "errors.exceptions.base")
    names = [name for name, value in vars(base).items() if _is_error(base, value)]
    error = module.PySparkValueError(errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "x"})
    plain = module.PySparkException("said")
    bases = {name: [cls.__name__ for cls in getattr(base, name).__mro__] for name in sorted(names)}
    return {
        "bases": bases,
        "with a class": [
            error.getCondition(),
            error.getErrorClass(),
            error.getMessage(),
            error.getMessageParameters(),
            error.getQueryContext(),
            error.getSqlState(),
            str(error),
        ],
        "plain": [plain.getCondition(), plain.getMessageParameters(), str(plain)],
        "raised": outcome(_raising(error)),
        "kinds": sorted(kind.name for kind in module.QueryContextType),
    }


def _is_error(module, value):
    if not (isinstance(value, type) and issubclass(value, Exception)):
        return False
    return importlib.import_module(value.__module__) is module


def _raising(error):
    def fail():
        raise error

    return fail


@program(1, 3)
def modules_context(sc, n):
    sc.setLogLevel("OFF")
    sc.addJobTag("a")
    sc.addJobTag("b")
    tags = sorted(sc.getJobTags())
    sc.removeJobTag("a")
    left = sorted(sc.getJobTags())
    sc.clearJobTags()
    sc.setJobDescription("described")
    sc.setInterruptOnCancel(False)
    sc.cancelAllJobs()
    sc.cancelJobGroup("nobody's")
    sc.cancelJobsWithTag("no")
    cls = type(sc)
    said = sc.getLocalProperty("spark.job.description")
    sc.setLocalProperty("spark.job.description", None)
    sc.setSystemProperty("programs.colour", "grey")
    return {
        "the one": cls.getOrCreate() is sc,
        "tags": [tags, left, sorted(sc.getJobTags())],
        "wrong tags": [outcome(lambda: sc.addJobTag("")), outcome(lambda: sc.addJobTag("a,b"))],
        "described": said,
        "property": sc.getSystemProperty("programs.colour"),
        "version": [sc.version, sc.pythonVer.count("."), sc.applicationId[:6], sc.startTime > 0],
        "defaults": [sc.defaultParallelism >= 2, sc.defaultMinPartitions, sc.uiWebUrl, dict(sc.resources)],
        "names": [sc.appName == sc.getConf().get("spark.app.name"), sc.master[:5], sc.sparkHome is None],
        "user": type(sc.sparkUser()).__name__,
        "environment": sc.environment.get("nothing"),
        "shown": repr(sc)[:27],
        "serializer": repr(sc.serializer),
        "extensions": list(cls.PACKAGE_EXTENSIONS),
        "profiles": [
            sc.profiler_collector is None,
            outcome(lambda: sc.show_profiles(), "spark.python.profile"),
            outcome(lambda: sc.dump_profiles("x"), "spark.python.profile"),
        ],
        "second": outcome(lambda: cls("local"), "Cannot run multiple SparkContexts at once"),
        "level": outcome(lambda: sc.setLogLevel("LOUD"), "LOUD"),
        "context": sc.parallelize(TEN, n).context is sc,
    }


@program(1, 2, files=True)
def modules_files(sc, n, folder):
    package = module_of(sc)
    name = f"shipped-{folder.name}-{n}.txt"
    (folder / name).write_text("shipped")
    sc.addFile(str(folder / name))
    module_name = f"shipped_{abs(hash(folder.name))}_{n}"
    (folder / f"{module_name}.py").write_text("def double(x):\n    return 2 * x\n")
    sc.addPyFile(str(folder / f"{module_name}.py"))
    get = package.SparkFiles.get

    def read(x):
        with open(get(name)) as file:
            return (x, file.read(), importlib.import_module(module_name).double(x))

    return {
        "in tasks": placed(sc.parallelize([1, 2], n).map(read)),
        "here": [os.path.exists(get(name)), get(name).startswith(package.SparkFiles.getRootDirectory())],
        "listed": [any(uri.endswith(name) for uri in sc.listFiles), type(sc.listArchives).__name__],
        "imported": importlib.import_module(module_name).double(4),
    }


@program(1, 3)
def modules_status(sc, n):
    group = f"status {n}"
    sc.setJobGroup(group, "described")
    sc.parallelize([(x % 2, x) for x in TEN], n).reduceByKey(max, 2).count()
    tracker = sc.statusTracker()
    job = tracker.getJobInfo(tracker.getJobIdsForGroup(group)[0])
    stages = [tracker.getStageInfo(stage) for stage in sorted(job.stageIds)]
    sc.setLocalProperty("spark.jobGroup.id", None)
    sc.setLocalProperty("spark.job.description", None)
    return {
        "job": [job.jobId >= 0, job.status, len(job.stageIds)],
        "stages": [
            (stage.numTasks, stage.numCompletedTasks, stage.numActiveTasks, stage.numFailedTasks)
            for stage in stages
        ],
        "attempts": [(stage.currentAttemptId, stage.stageId in job.stageIds) for stage in stages],
        "names": [stage.name.split(" at ")[0] for stage in stages],
        "unknown": [tracker.getJobInfo(1 << 30), tracker.getStageInfo(1 << 30)],
        "active": [list(tracker.getActiveJobsIds()), list(tracker.getActiveStageIds())],
    }


@program(1, 3)
def modules_task_context(sc, n):
    cls = module_of(sc, "taskcontext").TaskContext
    sc.setLocalProperty("colour", "grey")

    def look(index, elements):
        context = cls.get()
        told = [context.partitionId() == index, context.attemptNumber(), context.stageId() >= 0]
        told += [context.taskAttemptId() >= 0, context.cpus(), dict(context.resources())]
        told += [context.getLocalProperty("colour"), context.getLocalProperty("none"), cls() is context]
        return [told]

    told = placed(sc.parallelize(TEN, n).mapPartitionsWithIndex(look))
    sc.setLocalProperty("colour", None)
    return {"in tasks": told, "on the driver": cls.get()}


@program(1, 3)
def modules_small(sc, n):
    iterable = module_of(sc, "resultiterable").ResultIterable([1, 2])
    rdd_module = module_of(sc, "rdd")
    hashed = rdd_module.portable_hash
    join = module_of(sc, "join")
    pairs, others = sc.parallelize([(1, "a"), (2, "b")], n), sc.parallelize([(1, "c")], n)
    partitioner = pairs.partitionBy(2, lambda key: key * 7).partitioner
    accumulators = module_of(sc, "accumulators")
    adding = accumulators.AddingAccumulatorParam(5)
    accumulator = sc.accumulator(3)
    accumulator += 4
    return {
        "iterable": [list(iterable), len(iterable), iterable.maxindex, iterable.index],
        "hashes": placed(sc.parallelize([None, 1, (1, None), 2**70, (1, (2,)), 1.5], 1).map(hashed)),
        "bounded": [
            float(rdd_module.BoundedFloat(1.5, 0.9, 1.0, 2.0)),
            rdd_module.BoundedFloat(1, 0, 0, 2).high,
        ],
        "joins": [
            placed(join.python_join(pairs, others, 2)),
            placed(join.python_left_outer_join(pairs, others, 2)),
            placed(join.python_right_outer_join(pairs, others, 2)),
            placed(join.python_full_outer_join(pairs, others, 2)),
            placed(join.python_cogroup((pairs, others), 2).mapValues(lambda sides: [list(s) for s in sides])),
        ],
        "partitioner": [partitioner(3), partitioner.numPartitions, partitioner.partitionFunc(3)],
        "added": [adding.zero(1), adding.addInPlace(1, 2), adding.zero_value],
        "accumulator": [accumulator.value, str(accumulator)],
        "version": module_of(sc, "version").__version__,
    }
