"""org.apache.spark and its api packages: the context, its conf and its RDDs as Java would show them.

Each object is a view of the Python object, which decides; none keeps a state of its own.
"""

from typing import TYPE_CHECKING, Any

from firesteel._jvm.hadoop_conf import Configuration
from firesteel._jvm.objects import JavaError, JavaObject
from firesteel._py4j.java_collections import JavaArray, JavaList, JavaMap

if TYPE_CHECKING:
    from firesteel.conf import SparkConf as PythonConf
    from firesteel.core.context import SparkContext as PythonContext
    from firesteel.core.rdd import RDD as PythonRdd

__all__ = ["JavaRDD", "JavaSparkContext", "PythonUtils", "SparkConf", "SparkContext", "SparkFiles"]

PACKAGE = "org.apache.spark"


class Option(JavaObject):
    """Something or nothing, as Scala has it.

    >>> Option("iron").get(), Option(None).isDefined()
    ('iron', False)
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def isDefined(self) -> bool:
        """Return whether there is something."""
        return self._value is not None

    def isEmpty(self) -> bool:
        """Return whether there is nothing."""
        return self._value is None

    def get(self) -> Any:
        """Return it."""
        if self._value is None:
            raise JavaError("java.util.NoSuchElementException", "None.get")
        return self._value

    def toString(self) -> str:
        """Return Some of it, or None."""
        return "None" if self._value is None else f"Some({self._value})"


class SparkConf(JavaObject):
    """The settings of a context, or new ones."""

    def __init__(self, conf: "PythonConf | bool | None" = None) -> None:
        from firesteel.conf import SparkConf as PythonConf

        is_given = isinstance(conf, PythonConf)
        self._conf = conf if is_given else PythonConf(loadDefaults=conf is not False)

    def get(self, key: str, *default: str | None) -> str | None:
        """Return the value of a key, or the default, without which a missing key is an error."""
        if not default and not self._conf.contains(key):
            raise JavaError("java.util.NoSuchElementException", key)
        return self._conf.get(key, *default)

    def set(self, key: str, value: str) -> "SparkConf":
        """Set a key."""
        self._conf.set(key, value)
        return self

    def contains(self, key: str) -> bool:
        """Return whether a key is set."""
        return self._conf.contains(key)

    def toDebugString(self) -> str:
        """Return one line for each key."""
        return self._conf.toDebugString()


class SparkContext(JavaObject):
    """The context as Scala shows it: `sc._jsc.sc()`."""

    def __init__(self, context: "PythonContext") -> None:
        self._context = context

    @staticmethod
    def getOrCreate(conf: SparkConf | None = None) -> "SparkContext":
        """Return the running context, or start one."""
        from firesteel.core.context import SparkContext as PythonContext

        return SparkContext(PythonContext.getOrCreate(None if conf is None else conf._conf))

    def version(self) -> str:
        """Return the version of Spark whose API this is."""
        return self._context.version

    def appName(self) -> str:
        """Return the name of the application."""
        return self._context.appName

    def master(self) -> str:
        """Return the master."""
        return self._context.master

    def applicationId(self) -> str:
        """Return the id of this run."""
        return self._context.applicationId

    def applicationAttemptId(self) -> Option:
        """Return nothing: only YARN counts attempts."""
        return Option(None)

    def deployMode(self) -> str:
        """Return `client`: the driver is this process."""
        return "client"

    def isLocal(self) -> bool:
        """Return True."""
        return True

    def isStopped(self) -> bool:
        """Return whether the context has been stopped."""
        return self._context._engine is None

    def uiWebUrl(self) -> Option:
        """Return nothing: there is no web interface."""
        return Option(self._context.uiWebUrl)

    def sparkUser(self) -> str:
        """Return the name of the user who runs this."""
        return self._context.sparkUser()

    def startTime(self) -> int:
        """Return when the context started, in milliseconds since 1970."""
        return self._context.startTime

    def defaultParallelism(self) -> int:
        """Return how many partitions `parallelize` makes."""
        return self._context.defaultParallelism

    def defaultMinPartitions(self) -> int:
        """Return how many partitions `textFile` makes at least."""
        return self._context.defaultMinPartitions

    def conf(self) -> SparkConf:
        """Return the settings."""
        return SparkConf(self._context._conf)

    def getConf(self) -> SparkConf:
        """Return a copy of the settings."""
        return SparkConf(self._context.getConf())

    def hadoopConfiguration(self) -> Configuration:
        """Return Hadoop's settings, which reads and writes go by."""
        return Configuration._over(self._context._hadoop_settings)

    def setLogLevel(self, level: str) -> None:
        """Set the level of the JVM's root logger."""
        self._context.setLogLevel(level)

    def setLocalProperty(self, key: str, value: str) -> None:
        """Set a property of the jobs that this thread starts."""
        self._context.setLocalProperty(key, value)

    def getLocalProperty(self, key: str) -> str | None:
        """Return a property of the jobs that this thread starts."""
        return self._context.getLocalProperty(key)

    def setJobGroup(self, group: str, description: str, interrupt: bool = False) -> None:
        """Put the jobs that this thread starts into a group."""
        self._context.setJobGroup(group, description, interrupt)

    def clearJobGroup(self) -> None:
        """Put the jobs that this thread starts into no group."""
        for key in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
            self._context._properties.put(key, None)

    def setJobDescription(self, description: str) -> None:
        """Describe the jobs that this thread starts."""
        self._context.setJobDescription(description)

    def cancelJobGroup(self, group: str) -> None:
        """Cancel the running jobs of a group."""
        self._context.cancelJobGroup(group)

    def cancelAllJobs(self) -> None:
        """Cancel all running jobs."""
        self._context.cancelAllJobs()

    def getPersistentRDDs(self) -> JavaMap:
        """Return the RDDs whose partitions are kept, by id."""
        return JavaMap((rdd.id(), JavaRDD(rdd)) for rdd in self._context._persistent())

    def getExecutorMemoryStatus(self) -> JavaMap:
        """Return the memory of the one executor that a local master has: this machine."""
        from firesteel._jvm.java_lang import Runtime

        runtime = Runtime.getRuntime()
        return JavaMap({"localhost:0": (runtime.maxMemory(), runtime.freeMemory())})

    def statusTracker(self) -> "StatusTracker":
        """Return what answers for executors."""
        return StatusTracker()

    def maxNumConcurrentTasks(self, profile: Any = None) -> int:
        """Return how many tasks run at once."""
        return self._context._running_engine().tasks_at_once

    def resourceProfileManager(self) -> "ResourceProfileManager":
        """Return what knows the profiles: on a local master only the default one."""
        return ResourceProfileManager()

    def addFile(self, path: str, recursive: bool = False) -> None:
        """Ship a file to the workers."""
        self._context.addFile(path, recursive)

    def stop(self) -> None:
        """End all jobs and workers."""
        self._context.stop()


class JavaSparkContext(SparkContext):
    """The context as Java shows it: `sc._jsc`."""

    @staticmethod
    def fromSparkContext(context: SparkContext) -> "JavaSparkContext":
        """Return the same context."""
        return JavaSparkContext(context._context)

    def sc(self) -> SparkContext:
        """Return the context as Scala shows it."""
        return SparkContext(self._context)

    def getCheckpointDir(self) -> Option:
        """Return the folder for checkpoints."""
        return Option(self._context.getCheckpointDir())

    close = SparkContext.stop


class StatusTracker(JavaObject):
    """Knows the executors."""

    def getExecutorInfos(self) -> JavaArray:
        """Return the one executor that a local master has."""
        return JavaArray([ExecutorInfo()])


class ExecutorInfo(JavaObject):
    """An executor: this machine."""

    def host(self) -> str:
        """Return its name."""
        return "localhost"

    def port(self) -> int:
        """Return 0: no port is open."""
        return 0


class ResourceProfileManager(JavaObject):
    """Knows the profiles of resources."""

    def resourceProfileFromId(self, id: int) -> "ResourceProfile":
        """Return a profile."""
        return ResourceProfile()


class ResourceProfile(JavaObject):
    """The default profile."""

    def id(self) -> int:
        """Return 0."""
        return 0


class JavaRDD(JavaObject):
    """An RDD as Java shows it: `rdd._jrdd`, and as Scala does: `rdd._jrdd.rdd()`."""

    def __init__(self, rdd: "PythonRdd[Any]") -> None:
        self._rdd = rdd

    def rdd(self) -> "JavaRDD":
        """Return the RDD as Scala shows it."""
        return self

    def id(self) -> int:
        """Return the number of the RDD."""
        return self._rdd.id()

    def name(self) -> str | None:
        """Return the name that `setName` gave."""
        return self._rdd.name()

    def setName(self, name: str) -> "JavaRDD":
        """Name the RDD."""
        self._rdd.setName(name)
        return self

    def partitions(self) -> JavaList:
        """Return the partitions, of which only the number is known here."""
        return JavaList(range(self._rdd.getNumPartitions()))

    def getNumPartitions(self) -> int:
        """Return the number of partitions."""
        return self._rdd.getNumPartitions()

    def count(self) -> int:
        """Return the number of elements; PySpark's JVM counts batches of them."""
        return self._rdd.count()

    def isEmpty(self) -> bool:
        """Return whether there are no elements."""
        return self._rdd.isEmpty()

    def context(self) -> SparkContext:
        """Return the context."""
        return SparkContext(self._rdd.ctx)

    sparkContext = context

    def getStorageLevel(self) -> Any:
        """Return where the partitions are kept."""
        return self._rdd.getStorageLevel()

    def unpersist(self, blocking: bool = False) -> "JavaRDD":
        """Forget the kept partitions."""
        self._rdd.unpersist(blocking)
        return self

    def isCheckpointed(self) -> bool:
        """Return whether a checkpoint is written."""
        return self._rdd.isCheckpointed()

    def toDebugString(self) -> str:
        """Return the lineage."""
        return (self._rdd.toDebugString() or b"").decode()

    def toString(self) -> str:
        """Return the RDD's own description."""
        return repr(self._rdd)


class SparkFiles(JavaObject):
    """Finds shipped files."""

    @staticmethod
    def get(name: str) -> str:
        """Return the path of a shipped file."""
        from firesteel.core.files import SparkFiles as PythonFiles

        return PythonFiles.get(name)

    @staticmethod
    def getRootDirectory() -> str:
        """Return the folder of shipped files."""
        from firesteel.core.files import SparkFiles as PythonFiles

        return PythonFiles.getRootDirectory()


class PythonUtils(JavaObject):
    """Converts collections, which here need no conversion."""

    @staticmethod
    def isEncryptionEnabled(context: Any) -> bool:
        """Return False: no block crosses a network."""
        return False

    @staticmethod
    def toSeq(elements: Any) -> JavaList:
        """Return what stands for a Scala sequence."""
        return JavaList(elements)

    @staticmethod
    def toList(elements: Any) -> JavaList:
        """Return what stands for a Scala list."""
        return JavaList(elements)

    @staticmethod
    def toArray(elements: Any) -> JavaArray:
        """Return what stands for an array."""
        return JavaArray(elements)

    @staticmethod
    def toScalaMap(elements: Any) -> JavaMap:
        """Return what stands for a Scala map."""
        return JavaMap(elements)
