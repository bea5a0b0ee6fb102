"""SparkConf: the settings of an application, as strings."""

from firesteel import _public_names
from firesteel._redaction import REGEX, redacted
from firesteel.errors import PySparkRuntimeError

__all__ = ["SparkConf"]

system_properties: dict[str, str] = {}
"""What `SparkContext.setSystemProperty` has set; `spark.` keys are the defaults of new settings."""


class SparkConf:
    """Settings as key-value pairs. Every setter returns the conf itself, so that calls can be chained.

    Parameters
    ----------
    loadDefaults : bool
        Whether to begin with what `SparkContext.setSystemProperty` has set.
    _jvm, _jconf
        Accepted for PySpark's signature, and ignored: there is no JVM.

    Examples
    --------
    >>> from firesteel import SparkConf
    >>> conf = SparkConf().setMaster("local[2]").setAppName("steel")
    >>> conf.get("spark.master")
    'local[2]'
    >>> print(conf.set("spark.default.parallelism", 4).toDebugString())
    spark.app.name=steel
    spark.default.parallelism=4
    spark.master=local[2]
    """

    def __init__(self, loadDefaults: bool = True, _jvm: object = None, _jconf: object = None) -> None:
        self._jconf = None  # as in PySpark's pickles
        self._conf: dict[str, str] = {}
        if loadDefaults:
            defaults = system_properties.items()
            self._conf.update((key, value) for key, value in defaults if key.startswith("spark."))

    def set(self, key: str, value: object) -> "SparkConf":
        """Set a key; the value is kept as `str(value)`.

        >>> SparkConf().set("spark.task.cpus", 1).get("spark.task.cpus")
        '1'
        """
        self._conf[key] = str(value)
        return self

    def setIfMissing(self, key: str, value: object) -> "SparkConf":
        """Set a key unless it is set already.

        >>> SparkConf().set("a", "1").setIfMissing("a", "2").get("a")
        '1'
        """
        if key not in self._conf:
            self.set(key, value)
        return self

    def setMaster(self, value: str) -> "SparkConf":
        """Set the master: `local`, `local[4]`, `local[*]`, `local[4,3]`.

        >>> SparkConf().setMaster("local").get("spark.master")
        'local'
        """
        return self.set("spark.master", value)

    def setAppName(self, value: str) -> "SparkConf":
        """Set the name of the application.

        >>> SparkConf().setAppName("steel").get("spark.app.name")
        'steel'
        """
        return self.set("spark.app.name", value)

    def setSparkHome(self, value: str) -> "SparkConf":
        """Set `spark.home`, which Firesteel does not use.

        >>> SparkConf().setSparkHome("/opt/spark").get("spark.home")
        '/opt/spark'
        """
        return self.set("spark.home", value)

    def setExecutorEnv(
        self, key: str | None = None, value: str | None = None, pairs: list[tuple[str, str]] | None = None
    ) -> "SparkConf":
        """Set environment variables of the workers: one by key and value, or several by pairs.

        Raises
        ------
        PySparkRuntimeError
            When both or neither are given.

        >>> SparkConf().setExecutorEnv("LANG", "C").get("spark.executorEnv.LANG")
        'C'
        """
        if (key is None) == (pairs is None):
            raise PySparkRuntimeError(errorClass="KEY_VALUE_PAIR_REQUIRED", messageParameters={})
        for name, content in [(key, value)] if pairs is None else pairs:
            self.set(f"spark.executorEnv.{name}", content)
        return self

    def setAll(self, pairs: list[tuple[str, str]]) -> "SparkConf":
        """Set several pairs.

        >>> SparkConf().setAll([("a", "1"), ("b", "2")]).get("b")
        '2'
        """
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key: str, defaultValue: str | None = None) -> str | None:
        """Return the value of a key, or the default.

        >>> SparkConf().get("spark.master", "local")
        'local'
        """
        return self._conf.get(key, defaultValue)

    def getAll(self) -> list[tuple[str, str]]:
        """Return all pairs, ordered by key.

        >>> SparkConf().set("b", "2").set("a", "1").getAll()
        [('a', '1'), ('b', '2')]
        """
        return sorted(self._conf.items())

    def contains(self, key: str) -> bool:
        """Tell whether a key is set.

        >>> SparkConf().contains("spark.master")
        False
        """
        return key in self._conf

    def toDebugString(self) -> str:
        """Return one `key=value` line for each pair; values that `spark.redaction.regex` finds are hidden.

        >>> SparkConf().set("a", "1").toDebugString()
        'a=1'
        >>> SparkConf().set("my.password", "1234").toDebugString()
        'my.password=*********(redacted)'
        """
        return "\n".join(f"{key}={value}" for key, value in redacted(self.getAll(), self.get(REGEX)))


_public_names.publish(__name__)
