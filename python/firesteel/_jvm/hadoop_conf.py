"""org.apache.hadoop.conf: Hadoop's settings.

`sc._jsc.hadoopConfiguration()` shows the settings of the context itself, so that what a program sets there is
what its reads and writes go by. A setting that would change results, and that nothing goes by, is told of.
"""

import re
from collections.abc import MutableMapping
from typing import Any

from firesteel._jvm.objects import JavaError, JavaObject
from firesteel._py4j.java_collections import JavaIterator, JavaMap
from firesteel._py4j.protocol import Py4JError
from firesteel.core._hadoop import current_name
from firesteel.core._settings import HADOOP, warn_of_unhonoured

__all__ = ["Configuration"]

PACKAGE = "org.apache.hadoop.conf"
DEFAULTS = {
    "fs.defaultFS": "file:///",
    "io.file.buffer.size": "65536",
    "mapreduce.fileoutputcommitter.algorithm.version": "1",
    "mapreduce.output.fileoutputformat.compress": "false",
}
"""The defaults of Hadoop's own that programs ask for."""
VARIABLE = re.compile(r"\$\{([^}$\s]+)\}")
MOST_SUBSTITUTIONS = 20


class Entry(JavaObject):
    """A key and its value."""

    def __init__(self, key: str, value: str) -> None:
        self._key, self._value = key, value

    def getKey(self) -> str:
        """Return the key."""
        return self._key

    def getValue(self) -> str:
        """Return the value."""
        return self._value


class Configuration(JavaObject):
    """Settings as pairs of text.

    >>> conf = Configuration()
    >>> conf.set("answer", "42")
    >>> conf.getInt("answer", 0), conf.get("nothing"), conf.get("fs.defaultFS")
    (42, None, 'file:///')
    """

    def __init__(self, other: "Configuration | bool | None" = None) -> None:
        self._own: MutableMapping[str, str] = dict(other._own) if isinstance(other, Configuration) else {}
        self._defaults = {} if other is False else DEFAULTS

    @classmethod
    def _over(cls, settings: MutableMapping[str, str]) -> "Configuration":
        """Return the view of a context's settings."""
        view = cls()
        view._own = settings
        return view

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return a value, in which `${key}` stands for the value of another key."""
        value = self.getRaw(key)
        return default if value is None else self._substituted(value)

    def getRaw(self, key: str) -> str | None:
        """Return a value as it was set."""
        key = current_name(key)
        return self._own.get(key, self._defaults.get(key))

    def _substituted(self, value: str) -> str:
        for _ in range(MOST_SUBSTITUTIONS):
            known = [match for match in VARIABLE.finditer(value) if self.getRaw(match[1]) is not None]
            if not known:
                break
            value = value.replace(known[0][0], self.getRaw(known[0][1]) or "")
        return value

    def getTrimmed(self, key: str, default: str | None = None) -> str | None:
        """Return a value without blanks around it."""
        value = self.get(key)
        return default if value is None else value.strip()

    def getInt(self, key: str, default: int) -> int:
        """Return a number, or the default where there is none."""
        value = self.getTrimmed(key)
        if value is None:
            return default
        try:
            return int(value, 0)
        except ValueError:
            raise JavaError("java.lang.NumberFormatException", f'For input string: "{value}"') from None

    getLong = getInt

    def getDouble(self, key: str, default: float) -> float:
        """Return a floating point number, or the default where there is none."""
        value = self.getTrimmed(key)
        try:
            return default if value is None else float(value)
        except ValueError:
            raise JavaError("java.lang.NumberFormatException", f'For input string: "{value}"') from None

    getFloat = getDouble

    def getBoolean(self, key: str, default: bool) -> bool:
        """Return whether a value says true; the default where it says neither."""
        return {"true": True, "false": False}.get((self.getTrimmed(key) or "").lower(), default)

    def getStrings(self, key: str) -> list[str] | None:
        """Return the parts of a value with commas."""
        value = self.get(key)
        return None if value is None else value.split(",")

    def set(self, key: str, value: str) -> None:
        """Set a key to a text."""
        if value is None:
            problem = f"The value of property {key} must not be null"
            raise JavaError("java.lang.IllegalArgumentException", problem)
        if not isinstance(key, str) or not isinstance(value, str):
            kinds = f"{type(key).__name__}, {type(value).__name__}"
            raise Py4JError(f"Method set([{kinds}]) does not exist: a configuration holds text")
        warn_of_unhonoured([(HADOOP + current_name(key), value)])
        self._own[current_name(key)] = value

    def _set_any(self, key: str, value: Any) -> None:
        """Set a key to a value as Java writes it."""
        self.set(key, str(value).lower() if isinstance(value, bool) else str(value))

    setInt = setLong = setFloat = setDouble = setBoolean = _set_any

    def setStrings(self, key: str, values: list[str]) -> None:
        """Set a key to parts with commas between."""
        self.set(key, ",".join(values))

    def setIfUnset(self, key: str, value: str) -> None:
        """Set a key unless it is set."""
        if self.getRaw(key) is None:
            self.set(key, value)

    def unset(self, key: str) -> None:
        """Forget a key that was set."""
        self._own.pop(current_name(key), None)

    def clear(self) -> None:
        """Forget all keys that were set."""
        self._own.clear()

    def size(self) -> int:
        """Return the number of keys."""
        return len(self._all())

    def iterator(self) -> JavaIterator:
        """Go through keys and values."""
        return JavaIterator(Entry(*pair) for pair in sorted(self._all().items()))

    def getValByRegex(self, pattern: str) -> JavaMap:
        """Return the pairs whose keys match a pattern somewhere."""
        return JavaMap(pair for pair in self._all().items() if re.search(pattern, pair[0]))

    def _all(self) -> dict[str, str]:
        return {**self._defaults, **self._own}

    def toString(self) -> str:
        """Return where the settings come from."""
        return "Configuration: Firesteel's defaults, spark.hadoop.*"
