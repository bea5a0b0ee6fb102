"""Values of any shape, in Spark's binary format for variants."""

# The parameters of overridden methods have PySpark's names.
# pyright: reportIncompatibleMethodOverride=false

from typing import Any

from firesteel.sql._types.data_type import AtomicType


class VariantType(AtomicType):
    """Values of any shape."""

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def fromInternal(self, obj: Any) -> Any:
        """Return the value of its two parts."""
        return None if obj is None else VariantVal(obj["value"], obj["metadata"])

    def toInternal(self, variant: Any) -> Any:
        """Return the two parts of a value, of whatever shape."""
        if variant is None:
            return None
        if not isinstance(variant, VariantVal):
            from firesteel.sql.variant_utils import VariantUtils

            variant = VariantVal(*VariantUtils.to_variant(variant))
        return {"value": bytes(variant.value), "metadata": bytes(variant.metadata)}


class VariantVal:
    """One value: its bytes, and those of the names that it uses.

    >>> from firesteel.sql import VariantVal
    >>> value = VariantVal.parseJson('{"a": [1, "x", null]}')
    >>> value.toPython(), value.toJson()
    ({'a': [1, 'x', None]}, '{"a":[1,"x",null]}')
    """

    def __init__(self, value: bytes, metadata: bytes) -> None:
        self.value = value
        self.metadata = metadata

    @classmethod
    def parseJson(cls, json_str: str) -> "VariantVal":
        """Return the value of a JSON text."""
        from firesteel.sql.variant_utils import VariantUtils

        return cls(*VariantUtils.parse_json(json_str))

    def toPython(self) -> Any:
        """Return the value as Python's own objects."""
        from firesteel.sql.variant_utils import VariantUtils

        return VariantUtils.to_python(self.value, self.metadata)

    def toJson(self, zone_id: str = "UTC") -> str:
        """Return the value as JSON, with times in a zone."""
        from firesteel.sql.variant_utils import VariantUtils

        return VariantUtils.to_json(self.value, self.metadata, zone_id)

    def __str__(self) -> str:
        return self.toJson()

    def __repr__(self) -> str:
        return f"VariantVal({self.value!r}, {self.metadata!r})"
