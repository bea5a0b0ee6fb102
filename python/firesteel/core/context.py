"""SparkContext: the door to the engine, which runs inside this process.

At most one context lives at a time. It owns the engine from its creation to `stop()`; everything that needs
the engine asks `_running_engine`, which says so when there is none any more.
"""

import atexit
import functools
import getpass
import os
import pickle
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from firesteel import accumulators
from firesteel._call_site import CallSite, here
from firesteel._pickling import explain
from firesteel.accumulators import Accumulator, AccumulatorParam
from firesteel.conf import SparkConf
from firesteel.core._master import LocalMaster, parse_master
from firesteel.core.broadcast import Broadcast
from firesteel.core.rdd import RDD
from firesteel.errors import (
    FiresteelError,
    PySparkNotImplementedError,
    PySparkRuntimeError,
    PySparkValueError,
)
from firesteel.errors.job import call_engine, stopped_error
from firesteel.serializers import CloudPickleSerializer, Serializer
from firesteel.version import __version__

if TYPE_CHECKING:
    from firesteel._native import Engine, Node

__all__ = ["SparkContext"]

T = TypeVar("T")

DEFAULT_BATCH = 1024
"""Elements in a batch of `parallelize`, at most, unless the context's batchSize says otherwise."""

GROUP = "spark.jobGroup.id"
DESCRIPTION = "spark.job.description"
INTERRUPT = "spark.job.interruptOnCancel"


class SparkContext:
    """Makes RDDs and shared variables, and runs jobs.

    Parameters
    ----------
    master : str, optional
        `local`, `local[n]`, `local[*]`, or `local[n,f]` for f attempts at a task. Default: `spark.master` of
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
        One of `firesteel.serializers`. Elements travel in the engine's frames, whatever it is.
    conf : SparkConf, optional
        The settings.
    gateway, jsc
        Must be None: there is no JVM.
    profiler_cls, udf_profiler_cls, memory_profiler_cls
        Accepted for PySpark's signature, and not used.

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
        profiler_cls: Any = None,
        udf_profiler_cls: Any = None,
        memory_profiler_cls: Any = None,
    ) -> None:
        if gateway is not None or jsc is not None:
            raise PySparkNotImplementedError("gateway and jsc must be None: there is no JVM")
        if not type(serializer).__module__.startswith("firesteel."):
            raise PySparkNotImplementedError("serializer must be one of firesteel.serializers")
        with SparkContext._lock:
            self._assert_only_one()
            self._conf = _complete_conf(master, appName, sparkHome, environment, conf)
            self._batchSize = batchSize
            self.serializer = serializer
            self._start(_Startup(self._conf, pyFiles or []))
            SparkContext._active_spark_context = self

    def _start(self, startup: "_Startup") -> None:
        self._callsite = here()
        self.environment = startup.worker_environment
        self.master = startup.conf.get("spark.master") or ""
        self.appName = startup.conf.get("spark.app.name") or ""
        self.sparkHome = startup.conf.get("spark.home")
        self._cores = startup.master.cores
        self._start_time = int(time.time() * 1000)
        self._application_id = f"local-{self._start_time}"
        self._conf.set("spark.app.id", self._application_id).set("spark.app.startTime", self._start_time)
        self._properties = threading.local()
        self._broadcasts = 0
        self._shipped = startup.shipped
        self._pid = os.getpid()
        self._engine: Engine | None = startup.engine()
        atexit.register(self.stop)

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
        """End all jobs and workers. A second call does nothing."""
        with SparkContext._lock:
            engine, self._engine = self._engine, None
            if SparkContext._active_spark_context is self:
                SparkContext._active_spark_context = None
        if engine is None or os.getpid() != self._pid:
            return
        engine.stop()
        atexit.unregister(self.stop)
        self._remove_shipped()

    def _remove_shipped(self) -> None:
        if self._shipped is not None:
            shutil.rmtree(self._shipped, ignore_errors=True)
            sys.path[:] = [entry for entry in sys.path if entry != self._shipped]

    def __enter__(self) -> "SparkContext":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="CONTEXT_ONLY_VALID_ON_DRIVER", messageParameters={})

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
        """An id for this run: `local-` and the start time."""
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
        return int(self._conf.get("spark.default.parallelism") or self._cores)

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
        return SparkConf().setAll(self._conf.getAll())

    def setLogLevel(self, logLevel: str) -> None:
        """Accept a log level. A successful program logs nothing."""
        levels = ("ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN")
        if logLevel.upper() not in levels:
            raise PySparkValueError(f"Supplied level {logLevel} did not match one of: {','.join(levels)}")

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
            boundaries = [int(index * len(c) / slices) for index in range(slices + 1)]
            if _fits_64_bits(c):
                node = engine.range(c.start, c.step, boundaries)
            else:
                node = _encode(engine, list(c), boundaries)
        else:
            elements = list(c)
            node = _encode(engine, elements, self._slice_by_batches(len(elements), slices))
        return RDD(self, node, label="ParallelCollectionRDD", call_site=here())

    def _slice_by_batches(self, count: int, slices: int) -> list[int]:
        """Return where partitions begin: as in PySpark, batches are dealt out, not elements."""
        batch = max(1, min(count // slices, self._batchSize or DEFAULT_BATCH))
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
        return RDD(self, self._running_engine().empty(0), label="EmptyRDD", call_site=here())

    def textFile(self, name: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD[str]:
        r"""Make an RDD of the lines of text files.

        Parameters
        ----------
        name : str
            A file, a folder, a glob, or several of them with commas between. gz, bz2 and zst are unpacked.
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
        engine = self._running_engine()
        node = engine.text_file(name, minPartitions or self.defaultMinPartitions, use_unicode)
        rdd: RDD[str] = RDD(self, node, label="MapPartitionsRDD", call_site=here())
        return rdd.setName(name)

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
        path = self._running_engine().store_broadcast(pickled)
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
        self.setLocalProperty(GROUP, groupId)
        self.setLocalProperty(DESCRIPTION, description)
        self.setLocalProperty(INTERRUPT, str(interruptOnCancel).lower())

    def setLocalProperty(self, key: str, value: str | None) -> None:
        """Set a property of the jobs that this thread starts; None removes it."""
        if value is None:
            self._local_properties().pop(key, None)
        else:
            self._local_properties()[key] = value

    def getLocalProperty(self, key: str) -> str | None:
        """Return a property of this thread, or None."""
        return self._local_properties().get(key)

    def _local_properties(self) -> dict[str, str]:
        return self._properties.__dict__

    def cancelJobGroup(self, groupId: str) -> None:
        """Cancel the running jobs of a group: their actions raise JobCancelledError."""
        self._running_engine().cancel_job_group(groupId, f"part of cancelled job group {groupId}")

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
        return call_engine(self._running_engine().collect, node, partitions, self._job(call_site))

    def _save_text(self, node: "Node", call_site: CallSite, path: str, codec: str | None) -> None:
        call_engine(self._running_engine().save_text, node, path, codec, self._job(call_site))

    def _job(self, call_site: CallSite) -> Any:
        from firesteel._native import Job

        return Job(
            call_site=f"{call_site.operation} at {call_site.place}",
            group=self.getLocalProperty(GROUP),
            description=self.getLocalProperty(DESCRIPTION),
            on_accumulators=accumulators.merge_updates,
        )


class _Startup:
    """What the engine is started with: settings, files to ship, the workers' environment."""

    def __init__(self, conf: SparkConf, py_files: list[str]) -> None:
        self.conf = conf
        self.master: LocalMaster = parse_master(conf.get("spark.master") or "")
        self.shipped = _ship(py_files)
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
            max_failures=self.master.max_failures,
            python=sys.executable,
            sys_path=_absolute_sys_path(),
            environment=list(self.worker_environment.items()),
            local_dir=self._local_dir(),
            conf=dict(self.conf.getAll()),
        )

    def _local_dir(self) -> str:
        configured = os.environ.get("SPARK_LOCAL_DIRS") or self.conf.get("spark.local.dir")
        return configured.split(",")[0] if configured else tempfile.gettempdir()


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
    complete = SparkConf().setAll(conf.getAll() if conf else [])
    for key, value in (("spark.master", master), ("spark.app.name", app_name), ("spark.home", spark_home)):
        if value:
            complete.set(key, value)
    for name, value in (environment or {}).items():
        complete.setExecutorEnv(name, value)
    complete.setIfMissing("spark.master", os.environ.get("MASTER", "local[*]"))
    return complete.setIfMissing("spark.app.name", "pyspark-shell")


def _absolute_sys_path() -> list[str]:
    """Return where this process imports from, whatever folder another process starts in."""
    return [os.path.abspath(entry) for entry in sys.path]


def _ship(py_files: list[str]) -> str | None:
    """Make files importable here and in the workers; return the folder that holds copies of them."""
    if not py_files:
        return None
    folder = tempfile.mkdtemp(prefix="firesteel-files-")
    sys.path.insert(1, folder)
    for file in py_files:
        copy = shutil.copy(file, folder)
        if copy.endswith(SparkContext.PACKAGE_EXTENSIONS):
            sys.path.insert(1, copy)
    return folder


def _encode(engine: "Engine", elements: list[Any], boundaries: list[int]) -> "Node":
    """Give the engine a copy of elements; say which one cannot be copied."""
    try:
        return call_engine(engine.elements, elements, boundaries)
    except FiresteelError:
        raise
    except Exception as error:
        # Anything may come out of a user's __reduce__ or __getstate__.
        site = here()
        message = explain(elements, error, f"{site.operation} at {site.place}")
    raise pickle.PicklingError(message) from None


def _fits_64_bits(c: "range") -> bool:
    return all(-(1 << 63) <= edge < 1 << 63 for edge in (c.start, c.stop, c.step))
