"""SparkContext: the door to the engine, which runs inside this process.

At most one context lives at a time. It owns the engine from its creation to `stop()`; everything that needs
the engine asks `_running_engine`, which says so when there is none any more.
"""

import atexit
import base64
import functools
import getpass
import os
import pickle
import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from firesteel import _notebook, _public_names, _stacks, _submitted, accumulators
from firesteel._call_site import CallSite, here
from firesteel._pickling import dumps, explain
from firesteel._reloading import LoadedCode
from firesteel.accumulators import Accumulator, AccumulatorParam
from firesteel.conf import SparkConf, system_properties
from firesteel.core import _hadoop, _object_file, _rdd_ids
from firesteel.core._hashes import seed_of
from firesteel.core._local_properties import (
    DESCRIPTION,
    LocalProperties,
    check_str,
    check_tag,
)
from firesteel.core._master import LocalCluster, LocalMaster, parse_master
from firesteel.core._overwrite import SUCCESS, save_over
from firesteel.core._pools import configured_pools
from firesteel.core._settings import parse_bytes, warn_of_unhonoured
from firesteel.core._shipping import ShippedFiles
from firesteel.core.broadcast import Broadcast, keep_unread
from firesteel.core.rdd import RDD, PipelinedRDD
from firesteel.core.status import StatusTracker
from firesteel.errors import (
    FiresteelError,
    JobError,
    PySparkNotImplementedError,
    PySparkRuntimeError,
    PySparkValueError,
)
from firesteel.errors.job import ArgumentError, advise_with, call_engine, stopped_error
from firesteel.profiler import (
    BasicProfiler,
    CollectedProfiles,
    MemoryProfiler,
    Profiler,
    ProfilerCollector,
    UDFBasicProfiler,
)
from firesteel.serializers import (
    AutoBatchedSerializer,
    BatchedSerializer,
    CloudPickleSerializer,
    Serializer,
)
from firesteel.storagelevel import StorageLevel
from firesteel.taskcontext import TaskContext
from firesteel.version import __version__
from firesteel.worker import MEMORY_VARIABLE, PROFILE, PROFILER

if TYPE_CHECKING:
    from firesteel._jvm.spark import JavaSparkContext
    from firesteel._native import Engine, Node
    from firesteel._py4j.clientserver import ClientServer
    from firesteel._py4j.java_gateway import JVMView
    from firesteel.resource import ResourceInformation, ResourceProfile

__all__ = ["SparkContext"]

T = TypeVar("T")
U = TypeVar("U")

DEFAULT_BATCH = 1024
"""Elements in a batch of `parallelize`, at most, unless the context's batchSize says otherwise."""


PROGRESS = "spark.ui.showConsoleProgress"

DEFAULT_CONFIGS: dict[str, Any] = {
    "spark.serializer.objectStreamReset": 100,
    "spark.sql.artifact.isolation.enabled": "false",
}
"""Settings that every context has in PySpark. They mean nothing here."""


class SparkContext:
    """Makes RDDs and shared variables, and runs jobs.

    Parameters
    ----------
    master : str, optional
        `local`, `local[n]`, `local[*]`, or `local[n,f]` for f attempts at a task; `local-cluster[n,c,m]`
        rehearses a cluster of n executors with c cores and m MiB each. Default: `spark.master` of
        the conf, the environment variable MASTER, `local[*]`.
    appName : str, optional
        A name for the application.
    sparkHome : str, optional
        Kept, and not used.
    pyFiles : list of str, optional
        Python files and archives that the workers should be able to import.
    environment : dict, optional
        Environment variables of the workers.
    batchSize : int
        Elements in a batch, which decides how lists are cut into partitions: 0 for the default.
    serializer : Serializer
        What elements pass when they leave the program's functions: into a shuffle, a cache or a result.
    conf : SparkConf, optional
        The settings.
    gateway, jsc
        Must be None: a JVM starts when `_jvm` is asked for what only a JVM has, and comes to the context.
    profiler_cls, udf_profiler_cls, memory_profiler_cls
        Classes of profilers; with `spark.python.profile` the first shows and dumps the profiles of jobs.

    Raises
    ------
    ValueError
        When a context is running already.

    Examples
    --------
    >>> from firesteel import SparkContext
    >>> sc = SparkContext.getOrCreate()
    >>> sc.parallelize([1, 2, 3]).map(lambda x: x * x).sum()
    14
    """

    _active_spark_context: ClassVar["SparkContext | None"] = None
    _next_accum_id: ClassVar[int] = 0
    _lock: ClassVar[threading.RLock] = threading.RLock()
    # PySpark's names for its JVM, set by the first context of a process: see firesteel._jvm and _java.
    _gateway: ClassVar["ClientServer | None"] = None
    _jvm: ClassVar["JVMView | None"] = None
    _encryption_enabled: ClassVar[bool] = False
    PACKAGE_EXTENSIONS: ClassVar[tuple[str, ...]] = (".zip", ".egg", ".jar")

    def __init__(
        self,
        master: str | None = None,
        appName: str | None = None,
        sparkHome: str | None = None,
        pyFiles: list[str] | None = None,
        environment: dict[str, Any] | None = None,
        batchSize: int = 0,
        serializer: Serializer = CloudPickleSerializer(),  # noqa: B008
        conf: SparkConf | None = None,
        gateway: Any = None,
        jsc: Any = None,
        profiler_cls: type[Profiler] = BasicProfiler,
        udf_profiler_cls: type[Profiler] = UDFBasicProfiler,
        memory_profiler_cls: type[Profiler] = MemoryProfiler,
    ) -> None:
        if gateway is not None or jsc is not None:
            raise PySparkNotImplementedError(
                "gateway and jsc must be None: use sc._jvm, which starts a JVM when it is needed"
            )
        with SparkContext._lock:
            _assert_on_driver(conf)
            self._assert_only_one()
            self._conf = _complete_conf(master, appName, sparkHome, environment, conf)
            warn_of_unhonoured(self._conf.getAll())
            self._hadoop_settings = _hadoop.settings_of(self._conf.getAll())
            self._ensure_initialized()
            self._batchSize = batchSize
            self._unbatched_serializer = serializer
            self.serializer = _batched(serializer, batchSize)
            self._start(_Startup(self._conf))
            self._ship(pyFiles or [])
            self._collect_profiles(profiler_cls, udf_profiler_cls, memory_profiler_cls)
            SparkContext._active_spark_context = self

    @classmethod
    def _ensure_initialized(cls, instance: Any = None, gateway: Any = None, conf: Any = None) -> None:
        """Give the names of PySpark's JVM what answers for them."""
        if cls._gateway is None:
            from firesteel._py4j.clientserver import ClientServer

            cls._gateway = ClientServer()
            cls._jvm = cls._gateway.jvm

    def _start(self, startup: "_Startup") -> None:
        self._callsite = here()
        self.environment = startup.worker_environment
        self._hash_seed = seed_of(startup.worker_environment, os.environ)
        self.master = startup.conf.get("spark.master") or ""
        self.appName = startup.conf.get("spark.app.name") or ""
        self.sparkHome = startup.conf.get("spark.home")
        self._parallelism = startup.master.parallelism
        self._cluster = startup.master if isinstance(startup.master, LocalCluster) else None
        self._devices = startup.devices
        self._task_cpus = startup.task_cpus
        self._resources = startup.resources("driver")
        self._start_time = int(time.time() * 1000)
        self._application_id = startup.application_id(self._start_time)
        self._conf.set("spark.app.id", self._application_id).set("spark.app.startTime", self._start_time)
        self._properties = LocalProperties()
        self._kept: weakref.WeakSet[RDD[Any]] = weakref.WeakSet()
        self._checkpoint_dir: str | None = None
        self.pythonExec = startup.python
        self.pythonVer = _version_of(sys.version_info)
        self._broadcasts = 0
        self._rdd_ids = _rdd_ids.RddIds(keeps_nodes=startup.conf.get("spark.python.profile") == "true")
        self._pid = os.getpid()
        engine = startup.engine()
        self._engine: Engine | None = engine
        self._cell = startup.cell(engine)
        self._loaded_code = LoadedCode()
        _stacks.print_all_stacks()
        self._shipped = ShippedFiles(os.fspath(engine.files_directory))
        if isinstance(startup.master, LocalCluster):
            from firesteel.core._advice import Adviser

            advise_with(Adviser(startup.master, self._shipped.root, self.environment))
        atexit.register(self._end)

    def _ask_for(self, node: "Node", profile: "ResourceProfile") -> None:
        """Let the stages of an RDD have a profile, if there are executors for it, or can be."""
        from firesteel.core import _resources

        own = bool(profile.executorResources)
        if own and self._conf.get("spark.dynamicAllocation.enabled") != "true":
            raise FiresteelError(EXECUTOR_PROFILE_REFUSED)
        if self._cluster is None:
            raise FiresteelError(EXECUTOR_PROFILE_REFUSED if own else TASK_PROFILE_REFUSED)
        usual = _resources.Executor(self._cluster.cores, self._cluster.memory << 20, self._devices)
        executor = _resources.own_executor(profile, usual) if own else usual
        amounts = _resources.of_profile(profile, executor, self._task_cpus)
        made = (executor.cores, executor.memory, list(executor.devices.items())) if own else None
        node.ask_for(profile.id, list(amounts.items()), made)

    def _ship(self, py_files: list[str]) -> None:
        """Ship what the program and its settings name; without one of them there is no context."""
        try:
            for path in [*_listed(self._conf, "spark.submit.pyFiles"), *py_files]:
                self.addPyFile(path)
            for path in _listed(self._conf, "spark.files"):
                self.addFile(path, recursive=True)
            for path in _listed(self._conf, "spark.archives"):
                self.addArchive(path)
        except BaseException:
            self.stop()
            raise

    def _assert_only_one(self) -> None:
        active = SparkContext._active()
        if active is not None:
            raise ValueError(
                "Cannot run multiple SparkContexts at once; existing SparkContext"
                f"(app={active.appName}, master={active.master}) created by "
                f"{active._callsite.operation} at {active._callsite.place}"
            )

    @classmethod
    def getOrCreate(cls, conf: SparkConf | None = None) -> "SparkContext":
        """Return the running context, or start one with a conf.

        >>> SparkContext.getOrCreate() is sc
        True
        """
        with cls._lock:
            return cls._active() or cls(conf=conf or SparkConf())

    @classmethod
    def _active(cls) -> "SparkContext | None":
        """Return the running context of this process; one of the parent process does not count."""
        active = cls._active_spark_context
        return active if active is not None and active._pid == os.getpid() else None

    def stop(self) -> None:
        """End all jobs and workers. A second call does nothing. Broadcast values can still be read."""
        self._end(keep_unread)

    def _end(self, before: "Callable[[SparkContext], None]" = lambda _: None) -> None:
        """Stop, after a last step of preparation while everything is still there."""
        with SparkContext._lock:
            engine, self._engine = self._engine, None
            if SparkContext._active_spark_context is self:
                SparkContext._active_spark_context = None
        if engine is None or os.getpid() != self._pid:
            return
        before(self)
        java = sys.modules.get("firesteel._java")  # not loaded, it has started nothing
        if java is not None:
            java.stop()
        engine.stop()
        advise_with(None)
        _stacks.restore()
        if self._cell is not None:
            self._cell.close()
        atexit.unregister(self._end)
        self._shipped.forget()

    def __enter__(self) -> "SparkContext":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"

    def _repr_html_(self) -> str:
        """Describe it as a notebook shows it."""
        facts = {"Version": f"v{self.version}", "Master": self.master, "AppName": self.appName}
        rows = "".join(
            f"<dt>{name}</dt><dd><code>{escape(str(fact))}</code></dd>" for name, fact in facts.items()
        )
        return f"<div><p><b>SparkContext</b></p><dl>{rows}</dl></div>"

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="CONTEXT_ONLY_VALID_ON_DRIVER", messageParameters={})

    # What programs know of PySpark's insides.

    @property
    def _jsc(self) -> "JavaSparkContext | None":
        """The context as PySpark's JVM shows it; None once it has stopped."""
        from firesteel._jvm.spark import JavaSparkContext

        return None if self._engine is None else JavaSparkContext(self)

    @property
    def _temp_dir(self) -> str:
        """A folder for the program's own temporary files, which goes with the context."""
        folder = os.path.join(os.path.dirname(self._shipped.root), "temporary")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def _persistent(self) -> list[RDD[Any]]:
        """Return the RDDs whose partitions are kept, as far as the program holds them, by id."""
        return sorted((rdd for rdd in self._kept if rdd._storage_level != StorageLevel.NONE), key=RDD.id)

    # What the context knows.

    @property
    def version(self) -> str:
        """The version of PySpark whose API this is.

        >>> sc.version
        '4.3.0'
        """
        self._running_engine()
        return __version__

    @property
    def applicationId(self) -> str:
        """An id for this run: `local-` and the start time, or of the form that clusters give."""
        self._running_engine()
        return self._application_id

    @property
    def startTime(self) -> int:
        """When the context started, in milliseconds since 1970."""
        self._running_engine()
        return self._start_time

    @property
    def uiWebUrl(self) -> str | None:
        """None: there is no web interface."""
        return None

    @property
    def defaultParallelism(self) -> int:
        """How many partitions `parallelize` makes: `spark.default.parallelism`, or the number of cores."""
        self._running_engine()
        return int(self._conf.get("spark.default.parallelism") or self._parallelism)

    @property
    def defaultMinPartitions(self) -> int:
        """How many partitions `textFile` makes at least: the default parallelism, but not more than 2."""
        return min(self.defaultParallelism, 2)

    def sparkUser(self) -> str:
        """Return the name of the user who runs this."""
        return os.environ.get("SPARK_USER") or getpass.getuser()

    def getConf(self) -> SparkConf:
        """Return a copy of the settings.

        >>> sc.getConf().contains("spark.app.id")
        True
        """
        return SparkConf(loadDefaults=False).setAll(self._conf.getAll())

    def setLogLevel(self, logLevel: str) -> None:
        """Set the level of what the program logs by `sc._jvm`; the engine logs nothing."""
        levels = ("ALL", "DEBUG", "ERROR", "WARN", "INFO", "OFF", "FATAL", "TRACE")
        if logLevel.upper() not in levels:
            raise ArgumentError(
                f"requirement failed: Supplied level {logLevel} did not match one of: {','.join(levels)}"
            )
        from firesteel._jvm.log4j import Level, Logger

        Logger.getRootLogger().setLevel(Level.toLevel(logLevel))

    @property
    def resources(self) -> "dict[str, ResourceInformation]":
        """The devices that `spark.driver.resource.*` names, as their discovery scripts have found them.

        >>> sc.resources
        {}
        """
        self._running_engine()
        return dict(self._resources)

    @classmethod
    def setSystemProperty(cls, key: str, value: str) -> None:
        """Set a property of this process. Those that begin with `spark.` are the defaults of a new SparkConf.

        >>> SparkContext.setSystemProperty("firesteel.colour", "grey")
        >>> SparkContext.getSystemProperty("firesteel.colour")
        'grey'
        """
        from firesteel._jvm.java_lang import System

        System.setProperty(key, value)

    @classmethod
    def getSystemProperty(cls, key: str) -> str | None:
        """Return a property that `setSystemProperty` has set, or None."""
        return system_properties.get(key)

    def setCheckpointDir(self, dirName: str) -> None:
        """Name the folder for checkpoints; every context makes one of its own inside.

        >>> import os, tempfile
        >>> sc.setCheckpointDir(tempfile.mkdtemp())
        >>> os.path.isdir(sc.getCheckpointDir().removeprefix("file:"))
        True
        """
        import uuid

        self._running_engine()
        folder = os.path.join(os.path.abspath(dirName.removeprefix("file:")), str(uuid.uuid4()))
        os.makedirs(folder)
        self._checkpoint_dir = f"file:{folder}"

    def getCheckpointDir(self) -> str | None:
        """Return the folder for checkpoints, or None before `setCheckpointDir`."""
        return self._checkpoint_dir

    # Files.

    def addFile(self, path: str, recursive: bool = False) -> None:
        """Ship a file to the workers, which find it by `SparkFiles.get(name)`.

        Parameters
        ----------
        path : str
            A local path, also as `file:` URI, or an http, https or ftp URI. A path is added once only.
        recursive : bool
            Allows a folder.

        Raises
        ------
        FiresteelError
            When the file does not exist, is a folder, or another one of its name is there already.
        """
        self._running_engine()
        self._shipped.add_file(path, recursive)

    def addPyFile(self, path: str) -> None:
        """Ship a module (.py) or an archive of modules (.zip, .egg), for driver and workers to import.

        What is installed under the same name is shadowed, unless it was imported before.
        """
        self._running_engine()
        self._shipped.add_package(path, self.PACKAGE_EXTENSIONS)

    def addArchive(self, path: str) -> None:
        """Ship an archive (.zip, .tar, .tar.gz, .tgz, .jar), unpacked.

        Parameters
        ----------
        path : str
            As for `addFile`. The folder has the archive's name, or the one behind a `#`: `data.zip#data`.
        """
        self._running_engine()
        self._shipped.add_archive(path)

    @property
    def listFiles(self) -> list[str]:
        """The URIs of the files that were added."""
        self._running_engine()
        return list(self._shipped.files)

    @property
    def listArchives(self) -> list[str]:
        """The URIs of the archives that were added."""
        self._running_engine()
        return list(self._shipped.archives)

    # RDDs.

    def parallelize(self, c: Iterable[T], numSlices: int | None = None) -> RDD[T]:
        """Make an RDD of the elements of a collection, as they are now.

        Parameters
        ----------
        c : iterable
            A range stays a range and costs no memory.
        numSlices : int, optional
            How many partitions; default: `defaultParallelism`.

        Examples
        --------
        >>> sc.parallelize("steel", 2).glom().collect()
        [['s', 't'], ['e', 'e', 'l']]
        """
        engine = self._running_engine()
        slices = int(numSlices) if numSlices is not None else self.defaultParallelism
        if slices < 0:
            raise PySparkValueError("Positive number of partitions required")
        if isinstance(c, range) and len(c) > 0:
            return self._range(c, slices)
        elements = list(c)
        batch = self._batch_of(len(elements), slices)
        node = _encode(
            engine, elements, self._slice_by_batches(len(elements), slices), self._own_serializer(), batch
        )
        rdd: RDD[T] = RDD(self, node, label="ParallelCollectionRDD", call_site=here())
        rdd._batch = batch
        return rdd

    def _range(self, numbers: range, slices: int) -> RDD[Any]:
        """Make an RDD of a range: in PySpark a step of Python, which makes its ints from empty partitions."""
        engine, site = self._running_engine(), here()
        nothing: RDD[Any] = RDD(self, engine.empty(slices), label="ParallelCollectionRDD", call_site=site)
        boundaries = [int(index * len(numbers) / slices) for index in range(slices + 1)]
        if _fits_64_bits(numbers):
            node = engine.range(numbers.start, numbers.step, boundaries)
        else:
            node = _encode(engine, list(numbers), boundaries)
        if self._own_serializer() is not None:
            # What a step makes passes the serializer at its end.
            node = engine.transform(
                node, "take", name=site.operation, call_site=site.place, count=len(numbers)
            )
        return PipelinedRDD._of_source(nothing, node, functools.partial(_part_of_range, numbers, boundaries))

    def _call_in_worker(self, function: Callable[[T], U], argument: T) -> U:
        """Return what a function returns in a worker. What it raises is raised, not as a failure of a job.

        PySpark calls it in the driver, so no id of an RDD is taken.
        """
        node = _encode(self._running_engine(), [argument], [0, 1])
        asked: RDD[T] = RDD(self, node, label="ParallelCollectionRDD", call_site=here(), ids=0)
        answered = asked._transform("map", function)
        answered._id = 0
        try:
            return answered._run()[0][0]
        except JobError as error:
            raise error.__cause__ or error from None

    def _batch_of(self, count: int, slices: int) -> int:
        return max(1, min(count // slices, self._batchSize or DEFAULT_BATCH))

    def _own_serializer(self) -> Serializer | None:
        """Return the serializer that elements have to pass; the default one carries all, and is not asked."""
        serializer = self._unbatched_serializer
        is_default = type(serializer) is CloudPickleSerializer and serializer.allowed_names is None
        return None if is_default else serializer

    def _slice_by_batches(self, count: int, slices: int) -> list[int]:
        """Return where partitions begin: as in PySpark, batches are dealt out, not elements."""
        batch = self._batch_of(count, slices)
        batches = -(-count // batch)
        return [min(count, index * batches // slices * batch) for index in range(slices + 1)]

    def range(
        self, start: int, end: int | None = None, step: int = 1, numSlices: int | None = None
    ) -> RDD[int]:
        """Make an RDD of the ints from start (default 0) to before end.

        >>> sc.range(3).collect()
        [0, 1, 2]
        >>> sc.range(10, 0, -4).collect()
        [10, 6, 2]
        """
        if end is None:
            start, end = 0, start
        return self.parallelize(range(start, end, step), numSlices)

    def emptyRDD(self) -> RDD[Any]:
        """Make an RDD without elements and without partitions.

        >>> sc.emptyRDD().getNumPartitions()
        0
        """
        node = self._running_engine().empty(0)
        rdd: RDD[Any] = RDD(self, node, label="EmptyRDD", call_site=here())
        rdd._form = _rdd_ids.RAW
        return rdd

    def textFile(self, name: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD[str]:
        r"""Make an RDD of the lines of text files.

        Parameters
        ----------
        name : str
            A file, a folder, a glob, or several of them with commas between. gz, bz2, zst,
            deflate, snappy and lz4 are unpacked.
        minPartitions : int, optional
            How many partitions at least; default: `defaultMinPartitions`.
        use_unicode : bool
            str elements, or else bytes.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "lines.txt")
        ...     with open(path, "w") as file:
        ...         _ = file.write("one\ntwo\n")
        ...     sc.textFile(path).collect()
        ['one', 'two']
        """
        partitions = self._at_least(minPartitions)
        lines = "text" if use_unicode else "bytes"
        delimiter = _hadoop.delimiter_of(self._hadoop_settings)
        rdd: RDD[Any] = self._files(name, "text", min_partitions=partitions, lines=lines, delimiter=delimiter)
        rdd._batch, rdd._form = 1, _rdd_ids.TEXT
        return rdd.setName(name)

    def wholeTextFiles(
        self, path: str, minPartitions: int | None = None, use_unicode: bool = True
    ) -> RDD[tuple[str, str]]:
        """Make an RDD of pairs: the name of a file, and its whole text.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between. Packed files are unpacked.
        minPartitions : int, optional
            How many partitions about; small files share one. Default: `defaultMinPartitions`.
        use_unicode : bool
            Pairs of str, or else of bytes.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("a.txt", "b.txt"):
        ...         with open(os.path.join(folder, name), "w") as file:
        ...             _ = file.write(name.upper())
        ...     sc.wholeTextFiles(folder).values().collect()
        ['A.TXT', 'B.TXT']
        """
        partitions = self._at_least(minPartitions)
        content = "text" if use_unicode else "text_bytes"
        rdd: RDD[Any] = self._files(path, "whole", min_partitions=partitions, content=content)
        rdd._form = _rdd_ids.PAIRED
        return rdd.setName(path)

    def binaryFiles(self, path: str, minPartitions: int | None = None) -> RDD[tuple[str, bytes]]:
        """Make an RDD of pairs: the name of a file, and its bytes as they are.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between.
        minPartitions : int, optional
            How many partitions about; small files share one. Default: `defaultMinPartitions`.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open(os.path.join(folder, "data.bin"), "wb") as file:
        ...         _ = file.write(b"binary data")
        ...     sc.binaryFiles(folder).values().collect()
        [b'binary data']
        """
        # However few are asked for, the reference thinks of its default parallelism.
        partitions = max(self._at_least(minPartitions), self.defaultParallelism)
        rdd: RDD[Any] = self._files(path, "whole", ids=1, min_partitions=partitions, content="binary")
        rdd._form = _rdd_ids.PAIRED
        return rdd.setName(path)

    def binaryRecords(self, path: str, recordLength: int) -> RDD[bytes]:
        """Make an RDD of the records of files whose records all have one length.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between.
        recordLength : int
            How many bytes a record has.

        Raises
        ------
        InputError
            At the first job, where a file ends inside a record.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open(os.path.join(folder, "data.bin"), "wb") as file:
        ...         _ = file.write(b"onetwosix")
        ...     sc.binaryRecords(folder, 3).collect()
        [b'one', b'two', b'six']
        """
        if recordLength <= 0:
            raise PySparkValueError("recordLength must be positive")
        rdd: RDD[bytes] = self._files(path, "records", length=recordLength)
        rdd._form = _rdd_ids.RAW
        return rdd

    def pickleFile(self, name: str, minPartitions: int | None = None) -> RDD[Any]:
        """Make an RDD of the elements that `RDD.saveAsPickleFile` has saved, here or in PySpark.

        Parameters
        ----------
        name : str
            A folder, a file, a glob, or several of them with commas between.
        minPartitions : int, optional
            How many partitions at least; default: `defaultMinPartitions`.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "pickles")
        ...     sc.parallelize([{"iron": 26}, None]).saveAsPickleFile(path)
        ...     sorted(sc.pickleFile(path).collect(), key=str)
        [None, {'iron': 26}]
        """
        partitions = self._at_least(minPartitions)
        records = self._files(name, "sequence", ids=1, min_partitions=partitions)
        elements = records._transform("flat_map", _object_file.elements)
        elements.id()
        return elements._at_rest(passes=False)

    def sequenceFile(
        self,
        path: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        minSplits: int | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """Make an RDD of the pairs in Hadoop's SequenceFiles.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between.
        keyClass, valueClass : str, optional
            Not used: a file says of which classes its keys and values are.
        keyConverter, valueConverter : str, optional
            Must be None: there is no Java.
        minSplits : int, optional
            How many partitions at least; default: `defaultMinPartitions`.
        batchSize : int
            Not used.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "pairs")
        ...     sc.parallelize([("iron", 26)]).saveAsSequenceFile(path)
        ...     sc.sequenceFile(path).collect()
        [('iron', 26)]
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        return self._files(path, "sequence", ids=3, min_partitions=self._at_least(minSplits))

    def hadoopFile(
        self,
        path: str,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """Make an RDD of the pairs in files of one of Hadoop's formats, by its class in the old API.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between.
        inputFormatClass : str
            `org.apache.hadoop.mapred.` and TextInputFormat, KeyValueTextInputFormat or
            SequenceFileInputFormat.
        keyClass, valueClass : str
            Not used: the format says of which classes keys and values are.
        keyConverter, valueConverter : str, optional
            Must be None: there is no Java.
        conf : dict, optional
            Hadoop's settings, of which none counts where a path is given: `hadoopRDD` heeds them.
        batchSize : int
            Not used.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "metals")
        ...     sc.parallelize([("iron", 26)]).saveAsHadoopFile(
        ...         path, "org.apache.hadoop.mapred.TextOutputFormat"
        ...     )
        ...     input_format = "org.apache.hadoop.mapred.KeyValueTextInputFormat"
        ...     text = "org.apache.hadoop.io.Text"
        ...     sc.hadoopFile(path, input_format, text, text).collect()
        [('iron', '26')]
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        _hadoop.warn_of_unread(_hadoop.current_names(conf or {}))
        return self._hadoop_file(_hadoop.OLD, path, inputFormatClass, None)

    def hadoopRDD(
        self,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """Make an RDD as `hadoopFile` does.

        The path stands in the conf, as `mapreduce.input.fileinputformat.inputdir`.
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        paths = _hadoop.input_paths(self._hadoop_conf(conf))
        return self._hadoop_file(_hadoop.OLD, paths, inputFormatClass, conf)

    def newAPIHadoopFile(
        self,
        path: str,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """Make an RDD of the pairs in files of one of Hadoop's formats, by its class in the new API.

        Parameters
        ----------
        path : str
            A folder, a file, a glob, or several of them with commas between.
        inputFormatClass : str
            `org.apache.hadoop.mapreduce.lib.input.` and TextInputFormat, KeyValueTextInputFormat or
            SequenceFileInputFormat.
        keyClass, valueClass : str
            Not used: the format says of which classes keys and values are.
        keyConverter, valueConverter : str, optional
            Must be None: there is no Java.
        conf : dict, optional
            Hadoop's settings, such as `textinputformat.record.delimiter`.
        batchSize : int
            Not used.

        Examples
        --------
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "lines.txt")
        ...     with open(path, "w") as file:
        ...         _ = file.write("iron and steel")
        ...     input_format = "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"
        ...     classes = "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text"
        ...     sc.newAPIHadoopFile(path, input_format, *classes).collect()
        [(0, 'iron and steel')]
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        return self._hadoop_file(_hadoop.NEW, path, inputFormatClass, conf)

    def newAPIHadoopRDD(
        self,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """Make an RDD as `newAPIHadoopFile` does.

        The path stands in the conf, as `mapreduce.input.fileinputformat.inputdir`.
        """
        _hadoop.refuse_converters(keyConverter, valueConverter)
        paths = _hadoop.input_paths(self._hadoop_conf(conf))
        return self._hadoop_file(_hadoop.NEW, paths, inputFormatClass, conf)

    def _hadoop_file(self, api: _hadoop.Api, path: str, name: str, conf: dict[str, str] | None) -> RDD[Any]:
        file_format = _hadoop.input_format(api, name)
        conf = self._hadoop_conf(conf)
        files = functools.partial(self._files, path, conf=conf)
        # The new API cuts files at the size of a block only.
        partitions = 1 if api is _hadoop.NEW else self.defaultMinPartitions
        if file_format == "sequence":
            return files("sequence", ids=3, min_partitions=partitions)
        if file_format == "text":
            delimiter = _hadoop.delimiter_of(conf)
            return files("text", ids=3, min_partitions=partitions, lines="with_offset", delimiter=delimiter)
        cut = functools.partial(_hadoop.key_and_value, _hadoop.separator_of_input(conf))
        # Hadoop's format for text with keys knows line ends only.
        lines = files("text", min_partitions=partitions, lines="text", delimiter=None)
        pairs = lines._transform("map", cut)
        pairs.id()
        return pairs._at_rest(passes=False)

    def _hadoop_conf(self, conf: dict[str, str] | None) -> _hadoop.Conf:
        """Return Hadoop's settings for one read or write: the context's, and before them its own."""
        return {**self._hadoop_settings, **_hadoop.current_names(conf or {})}

    def _at_least(self, partitions: int | None) -> int:
        """Return how many partitions files are cut into at least."""
        if partitions is None:
            return self.defaultMinPartitions
        if not isinstance(partitions, int):
            raise ArgumentError(f"the number of partitions must be an int, not {partitions!r}")
        if partitions < 0:
            raise ArgumentError(f"the number of partitions must not be negative; got {partitions}")
        return partitions or self.defaultMinPartitions

    def _files(
        self,
        paths: str,
        file_format: str,
        *,
        ids: int = 2,
        conf: _hadoop.Conf | None = None,
        **options: int | str | None,
    ) -> RDD[Any]:
        """Make an RDD of what is in files. Nobody looks at them yet."""
        site = here()
        recursive = _hadoop.is_recursive(self._hadoop_settings if conf is None else conf)
        node = self._running_engine().files(
            paths, file_format, name=site.operation, recursive=recursive, **options
        )
        return RDD(self, node, label="MapPartitionsRDD", call_site=site, ids=ids)

    def union(self, rdds: list[RDD[T]]) -> RDD[T]:
        """Make an RDD of the elements of several, one after the other.

        >>> sc.union([sc.parallelize([1]), sc.parallelize([2, 3])]).collect()
        [1, 2, 3]
        """
        return rdds[0]._union(rdds)

    # Shared variables.

    def broadcast(self, value: T) -> Broadcast[T]:
        """Store a value once for all workers of this machine.

        >>> sc.broadcast([1, 2, 3]).value
        [1, 2, 3]
        """
        return Broadcast(self, value)

    def accumulator(self, value: T, accum_param: AccumulatorParam[T] | None = None) -> Accumulator[T]:
        """Make a variable that tasks add to.

        Parameters
        ----------
        value
            What it starts with.
        accum_param : AccumulatorParam, optional
            How values are added; default: as int, float and complex numbers are.

        Raises
        ------
        TypeError
            When the value is no number and accum_param is missing.

        Examples
        --------
        >>> lines = sc.accumulator(0)
        >>> sc.parallelize(["a", "b"]).foreach(lambda line: lines.add(1))
        >>> lines.value
        2
        """
        with SparkContext._lock:
            aid = SparkContext._next_accum_id
            SparkContext._next_accum_id += 1
        accumulator = Accumulator(aid, value, accum_param or accumulators.default_param(value))
        accumulators.register(accumulator)
        return accumulator

    def _store_broadcast(self, pickled: bytes) -> tuple[int, str]:
        path = call_engine(self._running_engine().store_broadcast, pickled)
        with SparkContext._lock:
            self._broadcasts += 1
            return self._broadcasts - 1, path

    def _remove_broadcast(self, path: str) -> None:
        if self._engine is not None and os.getpid() == self._pid:
            self._engine.remove_broadcast(path)

    # Jobs.

    def setJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> None:
        """Put the jobs that this thread starts from now on into a group, which can be cancelled.

        >>> sc.setJobGroup("reports", "the daily report")
        >>> sc.getLocalProperty("spark.jobGroup.id")
        'reports'
        """
        self._running_engine()
        self._properties.set_group(groupId, description, interruptOnCancel)

    def setInterruptOnCancel(self, interruptOnCancel: bool) -> None:
        """Accept a way to end tasks of cancelled jobs. They are interrupted, and killed if that fails."""
        self._running_engine()
        self._properties.interrupts = interruptOnCancel

    def setJobDescription(self, value: str) -> None:
        """Describe the jobs that this thread starts from now on.

        >>> sc.setJobDescription("the daily report")
        >>> sc.getLocalProperty("spark.job.description")
        'the daily report'
        """
        self.setLocalProperty(DESCRIPTION, value)

    def setLocalProperty(self, key: str, value: str) -> None:
        """Set a property of the jobs that this thread starts; None removes it.

        Their tasks read it by `TaskContext.getLocalProperty`.
        """
        self._running_engine()
        self._properties.put(key, value)

    def getLocalProperty(self, key: str) -> str | None:
        """Return a property of this thread, or None."""
        self._running_engine()
        return self._properties.get(key)

    def addJobTag(self, tag: str) -> None:
        """Tag the jobs that this thread starts from now on.

        >>> sc.addJobTag("nightly")
        >>> sc.getJobTags()
        {'nightly'}
        >>> sc.clearJobTags()
        """
        self._running_engine()
        self._properties.tags = [*self._properties.tags, check_tag(tag)]

    def removeJobTag(self, tag: str) -> None:
        """Take a tag away from the jobs that this thread starts; one that is not there is fine."""
        self._running_engine()
        check_tag(tag)
        self._properties.tags = [other for other in self._properties.tags if other != tag]

    def getJobTags(self) -> set[str]:
        """Return the tags of the jobs that this thread starts."""
        self._running_engine()
        return set(self._properties.tags)

    def clearJobTags(self) -> None:
        """Take all tags away from the jobs that this thread starts."""
        self._running_engine()
        self._properties.tags = []

    def cancelJobGroup(self, groupId: str) -> None:
        """Cancel the running jobs of a group: their actions raise JobCancelledError."""
        check_str(groupId, "the id of a job group")
        self._running_engine().cancel_job_group(groupId, f"part of cancelled job group {groupId}")

    def cancelJobsWithTag(self, tag: str) -> None:
        """Cancel the running jobs that have a tag: their actions raise JobCancelledError."""
        reason = f"part of cancelled job tags {check_tag(tag)}"
        self._running_engine().cancel_jobs_with_tag(tag, reason)

    def statusTracker(self) -> StatusTracker:
        """Return what answers for jobs and stages.

        >>> sc.statusTracker().getActiveJobsIds()
        []
        """
        return StatusTracker(self._running_engine())

    def runJob(
        self,
        rdd: RDD[T],
        partitionFunc: Callable[[Iterable[T]], Iterable[U]],
        partitions: Sequence[int] | None = None,
        allowLocal: bool = False,
    ) -> list[U]:
        """Apply a function to the chosen partitions of an RDD and return the elements of what it returns.

        Parameters
        ----------
        rdd : RDD
            The RDD.
        partitionFunc : function
            Takes an iterator of a partition's elements and returns an iterable.
        partitions : list of int, optional
            Which, in the order of the results; default: all.
        allowLocal : bool
            Not used.

        Examples
        --------
        >>> sc.runJob(sc.parallelize(range(6), 3), lambda part: [x * x for x in part], [2, 0])
        [16, 25, 0, 1]
        """
        mapped = rdd.mapPartitions(partitionFunc)
        count = mapped.getNumPartitions()
        chosen = range(count) if partitions is None else partitions
        for partition in chosen:
            if not 0 <= partition < count:
                raise ArgumentError(
                    f"Attempting to access a non-existent partition: {partition}. "
                    f"Total number of partitions: {count}"
                )
        return [element for part in mapped._run(chosen) for element in part]

    def cancelAllJobs(self) -> None:
        """Cancel all running jobs: their actions raise JobCancelledError."""
        self._running_engine().cancel_all_jobs("as part of cancellation of all jobs")

    def _running_engine(self) -> "Engine":
        engine = self._engine
        if engine is None:
            raise stopped_error()
        if os.getpid() != self._pid:
            raise PySparkRuntimeError("this SparkContext belongs to the parent process")
        return engine

    def _collect(
        self, node: "Node", call_site: CallSite, partitions: Sequence[int] | None = None
    ) -> list[list[Any]]:
        """Run a job: return the elements of the partitions, one list each."""
        engine = self._ready_engine()
        with self._watched() as on_wait:
            return call_engine(engine.collect, node, partitions, self._job(call_site, on_wait))

    def _save(
        self,
        node: "Node",
        call_site: CallSite,
        path: str,
        file_format: str,
        *,
        new_names: bool = False,
        **options: str | bool | None,
    ) -> None:
        """Run a job: write the elements of each partition to a file."""
        save = functools.partial(self._ready_engine().save, new_names=new_names, **options)

        def save_to(place: str) -> None:
            with self._watched() as on_wait:
                call_engine(save, node, place, file_format, self._job(call_site, on_wait))
            if not _hadoop.marks_success(self._hadoop_settings):
                os.remove(os.path.join(place.removeprefix("file://").removeprefix("file:"), SUCCESS))

        validates = self._conf.get("spark.hadoop.validateOutputSpecs", "true") or "true"
        if validates.lower() == "false":
            save_over(save_to, path)
        else:
            save_to(path)

    def _ready_engine(self) -> "Engine":
        """Return the engine, whose workers run the program's modules as they are now."""
        engine = self._running_engine()
        self._loaded_code.keep_up(engine.outdate_workers)
        return engine

    def _watched(self) -> AbstractContextManager[Callable[[], None] | None]:
        return nullcontext() if self._cell is None else self._cell.watch()

    # Profiles.

    def show_profiles(self) -> None:
        """Print the profiles of the jobs so far; needs `spark.python.profile` set to `true`."""
        self._profiles().show_profiles()

    def dump_profiles(self, path: str) -> None:
        """Write the profiles of the jobs so far into a folder, and forget them."""
        self._profiles().dump_profiles(path)

    def _profiles(self) -> "ProfilerCollector":
        if self.profiler_collector is None:
            raise PySparkRuntimeError(errorClass="INCORRECT_CONF_FOR_PROFILE", messageParameters={})
        return self.profiler_collector

    def _collect_profiles(self, *classes: type[Profiler]) -> None:
        self.profiler_collector: ProfilerCollector | None = None
        if self._conf.get("spark.python.profile") != "true":
            return
        dump_path = self._conf.get("spark.python.profile.dump")
        self.profiler_collector = ProfilerCollector(*classes, dump_path=dump_path)
        collected = CollectedProfiles(self, self.profiler_collector)
        self._profile_accumulator = self.accumulator(None, collected)
        self._copied_profiler = collected.copied_profiler

    def _job_properties(self) -> dict[str, str]:
        properties = self._properties.copy()
        if self.profiler_collector is None:
            return properties
        properties[PROFILE] = str(self._profile_accumulator.aid)
        profiler = self._copied_profiler()
        if profiler is not None:
            properties[PROFILER] = base64.b64encode(profiler).decode("ascii")
        return properties

    def _pickled_serializer(self) -> tuple[Serializer, bytes, int] | None:
        """Return the program's own serializer as jobs take it along, with the size of its batches."""
        serializer = self._own_serializer()
        return None if serializer is None else (serializer, dumps(serializer), self._batchSize)

    def _job(self, call_site: CallSite, on_wait: Callable[[], None] | None) -> Any:
        from firesteel._native import Job

        return Job(
            call_site=f"{call_site.operation} at {call_site.place}",
            properties=self._job_properties(),
            serializer=self._pickled_serializer(),
            on_accumulators=accumulators.merge_updates,
            on_wait=on_wait,
        )


EXECUTOR_PROFILE_REFUSED = (
    "ResourceProfiles are only supported on YARN and Kubernetes and Standalone "
    "with dynamic allocation enabled."
)
TASK_PROFILE_REFUSED = (
    "TaskResourceProfiles are only supported for Standalone, Yarn and Kubernetes cluster for now "
    "when dynamic allocation is disabled."
)


class _Startup:
    """What the engine is started with: settings, files to ship, the workers' environment."""

    def __init__(self, conf: SparkConf) -> None:
        self.conf = conf
        self.master: LocalMaster | LocalCluster = parse_master(conf.get("spark.master") or "")
        self.task_cpus = self._task_cpus()
        self.devices, self.asked = self._devices()
        self.attempts = self._attempts()
        if any(key.startswith("firesteel.rehearsal.") for key, _ in conf.getAll()):
            from firesteel.core import _rehearsal

            _rehearsal.prepare(conf, self.master, self.attempts)
        self.python = _worker_python(conf)
        self._in_notebook = _notebook.is_kernel()
        prefix = "spark.executorEnv."
        self.worker_environment = {
            key.removeprefix(prefix): value for key, value in conf.getAll() if key.startswith(prefix)
        }

    def engine(self) -> "Engine":
        """Start the engine."""
        from firesteel import _native

        _close_in_forked_children()
        return call_engine(
            _native.Engine,
            cores=self.master.cores,
            task=[("cpus", self.task_cpus), *self.asked.items()],
            executors=self._executors(),
            max_failures=self.attempts,
            pools=configured_pools(self.conf),
            python=self.python,
            sys_path=self._import_path(),
            environment=[
                # For what a function spills by itself, with PySpark's mergers and sorters.
                ("SPARK_LOCAL_DIRS", ",".join(map(os.path.abspath, self._local_dirs()))),
                *self._inherited(),
                *self.worker_environment.items(),
                *self._memory_limit(),
                *self._worker_command(),
            ],
            local_dirs=self._local_dirs(),
            conf=self._engine_conf(),
            keep_output=self._in_notebook,
        )

    def resources(self, component: str) -> "dict[str, ResourceInformation]":
        """Return the devices of the driver or of executors."""
        settings = dict(self.conf.getAll())
        if not any(key.startswith(f"spark.{component}.resource.") for key in settings):
            return {}
        from firesteel.core._resources import discovered

        return discovered(component, settings)

    def _devices(self) -> tuple[dict[str, list[str]], dict[str, float]]:
        """Return the addresses of the devices of each executor, and how many of each kind a task asks for."""
        settings = dict(self.conf.getAll())
        prefixes = ("spark.task.resource.", "spark.executor.resource.")
        if isinstance(self.master, LocalMaster) or not any(key.startswith(prefixes) for key in settings):
            return {}, {}
        from firesteel.core import _resources

        devices, asked = _resources.of_executors(settings), _resources.of_tasks(settings)
        _resources.check(asked, devices)
        return devices, asked

    def _executors(self) -> tuple[int, int, list[tuple[str, list[str]]]] | None:
        """Return the number of executors, the memory of each and its devices; None for the driver alone."""
        master = self.master
        if isinstance(master, LocalMaster):
            return None
        return master.executors, master.memory << 20, list(self.devices.items())

    def _import_path(self) -> list[str]:
        """Return where workers import from: what the driver has, or what executors need besides their own."""
        if isinstance(self.master, LocalMaster):
            return [os.path.abspath(entry) for entry in sys.path]
        from firesteel.core._rehearsal import own_homes

        return own_homes()

    def _inherited(self) -> list[tuple[str, str]]:
        """Return variables that executors have to know besides those that are shipped to them."""
        if isinstance(self.master, LocalMaster):
            return []
        from firesteel.core._rehearsal import environment

        return environment()

    def _attempts(self) -> int:
        """Return how often a task is tried; on a cluster a setting says so, and else the master."""
        setting = self.conf.get("spark.task.maxFailures")
        if setting is None or isinstance(self.master, LocalMaster):
            return self.master.max_failures
        if not setting.isdecimal() or int(setting) < 1:
            raise ArgumentError(f'spark.task.maxFailures must be a number above 0, not "{setting}"')
        return int(setting)

    def application_id(self, start: int) -> str:
        """Return an id for the run that starts at a time, in milliseconds since 1970."""
        if isinstance(self.master, LocalCluster):
            return time.strftime("app-%Y%m%d%H%M%S-0000", time.localtime(start / 1000))
        return f"local-{start}"

    def cell(self, engine: "Engine") -> "_notebook.Cell | None":
        """Return what shows things in a notebook, if this is one."""
        if not self._in_notebook:
            return None
        return _notebook.Cell(engine, self.conf.get(PROGRESS, "true") != "false")

    def _engine_conf(self) -> dict[str, str]:
        conf = dict(self.conf.getAll())
        if self._in_notebook:
            conf[PROGRESS] = "false"  # the terminal, if there is one, is the notebook server's
        return conf

    def _memory_limit(self) -> list[tuple[str, str]]:
        """Return the variable that tells workers what their address space may have."""
        limit = self.conf.get("spark.executor.pyspark.memory")
        return [(MEMORY_VARIABLE, str(parse_bytes(limit, "m") >> 20))] if limit else []

    def _worker_command(self) -> list[tuple[str, str]]:
        """Return the variable that tells the daemon which command its workers are, if not Python."""
        text = self.conf.get("firesteel.worker.command")
        if not text:
            return []
        import json
        import shlex

        from firesteel.daemon import WORKER_COMMAND

        command = shlex.split(text)
        if not command or shutil.which(command[0]) is None:
            raise FiresteelError(f"firesteel.worker.command: there is no command {text}")
        return [(WORKER_COMMAND, json.dumps(command))]

    def _task_cpus(self) -> float:
        """Return how many cores each task counts for."""
        setting = self.conf.get("spark.task.cpus")
        if setting is None:
            return 1.0
        from firesteel.core._resources import task_cpus

        return task_cpus(setting, self.master.cores)

    def _local_dirs(self) -> list[str]:
        configured = os.environ.get("SPARK_LOCAL_DIRS") or self.conf.get("spark.local.dir") or ""
        folders = [folder.strip() for folder in configured.split(",")]
        return [folder for folder in folders if folder] or [tempfile.gettempdir()]


@functools.cache  # once per process, not once per context
def _close_in_forked_children() -> None:
    from firesteel._native import close_in_forked_child

    os.register_at_fork(after_in_child=close_in_forked_child)


def _complete_conf(
    master: str | None,
    app_name: str | None,
    spark_home: str | None,
    environment: dict[str, Any] | None,
    conf: SparkConf | None,
) -> SparkConf:
    # A conf from before the first context could not know the settings that the program was submitted with.
    complete = SparkConf(loadDefaults=_submitted.load() or conf is None).setAll(conf.getAll() if conf else [])
    for key, value in DEFAULT_CONFIGS.items():
        complete.setIfMissing(key, value)
    for key, value in (("spark.master", master), ("spark.app.name", app_name), ("spark.home", spark_home)):
        if value:
            complete.set(key, value)
    for name, value in (environment or {}).items():
        complete.setExecutorEnv(name, value)
    complete.setIfMissing("spark.master", os.environ.get("MASTER", "local[*]"))
    return complete.setIfMissing("spark.app.name", "pyspark-shell")


def _batched(serializer: Serializer, batch_size: int) -> Serializer:
    return BatchedSerializer(serializer, batch_size) if batch_size else AutoBatchedSerializer(serializer)


def _listed(conf: SparkConf, key: str) -> list[str]:
    """Return the parts of a setting with commas."""
    return [part.strip() for part in (conf.get(key) or "").split(",") if part.strip()]


def _assert_on_driver(conf: SparkConf | None) -> None:
    allowed = conf is not None and conf.get("spark.executor.allowSparkContext") == "true"
    if TaskContext.get() is not None and not allowed:
        raise PySparkRuntimeError(errorClass="CONTEXT_ONLY_VALID_ON_DRIVER", messageParameters={})


def _version_of(version: Sequence[Any]) -> str:
    return f"{version[0]}.{version[1]}"


def _worker_python(conf: SparkConf) -> str:
    """Return the interpreter of the workers, which must be of the driver's version."""
    wanted = conf.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON")
    if not wanted or shutil.which(wanted) == sys.executable:
        return sys.executable
    import subprocess

    command = [wanted, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise PySparkRuntimeError(f"cannot run the workers' Python, {wanted}: {error}") from None
    driver = _version_of(sys.version_info)
    if printed != driver:
        versions = {"worker_version": printed, "driver_version": driver}
        raise PySparkRuntimeError(errorClass="PYTHON_VERSION_MISMATCH", messageParameters=versions)
    return wanted


def _encode(
    engine: "Engine",
    elements: list[Any],
    boundaries: list[int],
    serializer: Serializer | None = None,
    batch: int = 0,
) -> "Node":
    """Give the engine a copy of elements; say which one cannot be copied."""
    if serializer is not None:
        return call_engine(engine.elements, elements, boundaries, (serializer, batch))
    try:
        return call_engine(engine.elements, elements, boundaries)
    except FiresteelError:
        raise
    except Exception as error:
        # Anything may come out of a user's __reduce__ or __getstate__.
        site = here()
        message = explain(elements, error, f"{site.operation} at {site.place}")
    raise pickle.PicklingError(message) from None


def _part_of_range(numbers: range, boundaries: list[int], index: int, _: Iterable[Any]) -> range:
    return numbers[boundaries[index] : boundaries[index + 1]]


def _fits_64_bits(c: "range") -> bool:
    return all(-(1 << 63) <= edge < 1 << 63 for edge in (c.start, c.stop, c.step))


_public_names.publish(__name__)
