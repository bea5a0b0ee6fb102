"""UserDefinedType: a class of the user's, kept as another type."""

import base64
import json as json_module
from importlib import import_module
from typing import Any

import cloudpickle

from firesteel.errors import PySparkNotImplementedError
from firesteel.sql._types.data_type import DataType


class UserDefinedType(DataType):
    """The base of users' types: say what they are kept as, and how to come from there and back."""

    @classmethod
    def typeName(cls) -> str:
        """Return the name of the class, in lower case."""
        return cls.__name__.lower()

    @classmethod
    def sqlType(cls) -> DataType:
        """Return the type that values are kept as."""
        raise _to_override("sqlType()")

    @classmethod
    def module(cls) -> str:
        """Return the module of the class."""
        raise _to_override("module()")

    @classmethod
    def scalaUDT(cls) -> str:
        """Return the name of the class in Scala, or an empty string."""
        return ""

    def needConversion(self) -> bool:
        """Return True."""
        return True

    @classmethod
    def _kept_type(cls) -> DataType:
        if "_cached_sql_type" not in vars(cls):
            cls._cached_sql_type = cls.sqlType()
        return cls._cached_sql_type

    def toInternal(self, obj: Any) -> Any:
        """Return what Spark keeps of an object."""
        return None if obj is None else self._kept_type().toInternal(self.serialize(obj))

    def fromInternal(self, obj: Any) -> Any:
        """Return the object of what Spark keeps."""
        value = self._kept_type().fromInternal(obj)
        return None if value is None else self.deserialize(value)

    def serialize(self, obj: Any) -> Any:
        """Return an object as a value of the kept type."""
        raise _to_override("toInternal()")

    def deserialize(self, datum: Any) -> Any:
        """Return the object of a value of the kept type."""
        raise _to_override("fromInternal()")

    def simpleString(self) -> str:
        """Return `udt`."""
        return "udt"

    def json(self) -> str:
        """Return the type as JSON."""
        return json_module.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    def jsonValue(self) -> dict[str, Any]:
        """Return the type as a value for JSON; a class of the program itself goes along pickled."""
        value = {"type": "udt", "pyClass": f"{self.module()}.{type(self).__name__}"}
        if self.scalaUDT():
            value["class"] = self.scalaUDT()
        else:
            value["serializedClass"] = base64.b64encode(cloudpickle.dumps(type(self))).decode("utf8")
        return {**value, "sqlType": self.sqlType().jsonValue()}

    @classmethod
    def fromJson(cls, json: dict[str, Any]) -> "UserDefinedType":
        """Return the type of a value from JSON, of the class that it names."""
        module_name, _, class_name = json["pyClass"].rpartition(".")
        found = getattr(import_module(module_name), class_name, None)
        if found is None and "serializedClass" in json:
            found = cloudpickle.loads(base64.b64decode(json["serializedClass"]))
        if found is None:
            raise ValueError(f"{json['pyClass']} is not found")
        return found()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


def _to_override(what: str) -> PySparkNotImplementedError:
    return PySparkNotImplementedError(errorClass="NOT_IMPLEMENTED", messageParameters={"feature": what})
