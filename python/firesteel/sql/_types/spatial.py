"""Shapes on a plane and on the earth: their types, and their values as well-known binary."""

# The parameters of overridden methods have PySpark's names.
# pyright: reportIncompatibleMethodOverride=false

from typing import Any, ClassVar

from firesteel.errors import IllegalArgumentException
from firesteel.sql._types.data_type import AtomicType

_CARTESIAN = {0: "SRID:0", 3857: "EPSG:3857", 4326: "OGC:CRS84"}
_GEOGRAPHIC = {4326: "OGC:CRS84"}


class SpatialType(AtomicType):
    """The base of types of shapes, in one reference system or in any."""

    MIXED_SRID = -1
    MIXED_CRS = "SRID:ANY"
    _systems: ClassVar[dict[int, str]]
    _value: ClassVar[type]

    def __init__(self, srid: int | str) -> None:
        self.srid, self._crs = self._system(srid)

    def _system(self, srid: int | str) -> tuple[int, str]:
        if srid == "ANY":
            return self.MIXED_SRID, self.MIXED_CRS
        if not isinstance(srid, int) or srid not in self._systems:
            raise _error("ST_INVALID_SRID_VALUE", srid=str(srid))
        return srid, self._systems[srid]

    @classmethod
    def _from_crs(cls, crs: str) -> Any:
        if crs.lower() == cls.MIXED_CRS.lower():
            return cls("ANY")
        for srid, name in cls._systems.items():
            if name.lower() == crs.lower():
                return cls(srid)
        raise _error("ST_INVALID_CRS_VALUE", crs=crs)

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"{self.typeName()}({'any' if self.srid == self.MIXED_SRID else self.srid})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'ANY' if self.srid == self.MIXED_SRID else self.srid})"

    def needConversion(self) -> bool:
        """Return True."""
        return True

    def toInternal(self, obj: Any) -> Any:
        """Return system and bytes of a shape."""
        return None if obj is None else {"srid": obj.srid, "wkb": obj.wkb}

    def fromInternal(self, obj: Any) -> Any:
        """Return the shape of system and bytes."""
        return None if obj is None else self._value(obj["wkb"], obj["srid"])


class _Shape:
    """Well-known binary and the number of its reference system."""

    def __init__(self, wkb: bytes, srid: int) -> None:
        self.wkb = wkb
        self.srid = srid

    @classmethod
    def fromWKB(cls, wkb: bytes, srid: int) -> Any:
        """Return the shape of well-known binary."""
        return cls(wkb, srid)

    def getBytes(self) -> bytes:
        """Return the well-known binary."""
        return self.wkb

    def getSrid(self) -> int:
        """Return the number of the reference system."""
        return self.srid

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and (self.wkb, self.srid) == (other.wkb, other.srid)

    def __hash__(self) -> int:
        return hash((self.wkb, self.srid))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.wkb!r}, {self.srid})"


class Geometry(_Shape):
    """A shape on a plane."""

    def __init__(self, wkb: bytes, srid: int) -> None:
        super().__init__(wkb, srid)


class Geography(_Shape):
    """A shape on the earth."""

    def __init__(self, wkb: bytes, srid: int) -> None:
        super().__init__(wkb, srid)


class GeometryType(SpatialType):
    """Shapes on a plane."""

    DEFAULT_SRID = 4326
    DEFAULT_CRS = "OGC:CRS84"
    _systems: ClassVar = _CARTESIAN
    _value: ClassVar = Geometry

    def __init__(self, srid: int | str) -> None:
        super().__init__(srid)

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return f"geometry({self._crs})"

    def toInternal(self, geometry: Any) -> Any:
        """Return system and bytes of a shape."""
        return super().toInternal(geometry)


class GeographyType(SpatialType):
    """Shapes on the earth."""

    DEFAULT_SRID = 4326
    DEFAULT_CRS = "OGC:CRS84"
    DEFAULT_ALG = "SPHERICAL"
    _systems: ClassVar = _GEOGRAPHIC
    _value: ClassVar = Geography

    def __init__(self, srid: int | str) -> None:
        super().__init__(srid)
        self._alg = self.DEFAULT_ALG

    @classmethod
    def _from_crs_and_algorithm(cls, crs: str, algorithm: str) -> "GeographyType":
        if algorithm.upper() != cls.DEFAULT_ALG:
            raise _error("ST_INVALID_ALGORITHM_VALUE", alg=algorithm)
        return cls._from_crs(crs)

    def jsonValue(self) -> str:
        """Return the type as a value for JSON."""
        return f"geography({self._crs}, {self._alg})"

    def toInternal(self, geography: Any) -> Any:
        """Return system and bytes of a shape."""
        return super().toInternal(geography)


def _error(error_class: str, **parameters: str) -> IllegalArgumentException:
    return IllegalArgumentException(errorClass=error_class, messageParameters=parameters)
