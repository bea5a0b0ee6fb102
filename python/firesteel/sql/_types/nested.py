"""The types made of others: arrays, maps and structs.

Invariant: a struct's `names` are those of its `fields`, and it converts only the fields that need it.
"""

from collections.abc import Iterator
from typing import Any

from firesteel.errors import (
    PySparkIndexError,
    PySparkKeyError,
    PySparkTypeError,
    PySparkValueError,
)
from firesteel.sql._types.data_type import DataType, StringType
from firesteel.sql._types.row import _create_row

COLLATIONS = "__COLLATIONS"
"""The key of a field's metadata in JSON that holds the collations of its strings."""


class ArrayType(DataType):
    """Lists of elements of one type."""

    def __init__(self, elementType: DataType, containsNull: bool = True) -> None:
        assert isinstance(elementType, DataType), _no_type("elementType", elementType)
        self.elementType = elementType
        self.containsNull = containsNull

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"array<{self.elementType.simpleString()}>"

    def __repr__(self) -> str:
        return f"ArrayType({self.elementType}, {self.containsNull})"

    def jsonValue(self) -> dict[str, Any]:
        """Return the type as a value for JSON."""
        return {
            "type": self.typeName(),
            "elementType": _json_value(self.elementType),
            "containsNull": self.containsNull,
        }

    @classmethod
    def fromJson(
        cls, json: dict[str, Any], fieldPath: str = "", collationsMap: dict[str, str] | None = None
    ) -> "ArrayType":
        """Return the type of a value from JSON."""
        from firesteel.sql._types.json_types import parse_json_value

        element = parse_json_value(json["elementType"], _path(fieldPath, "element"), collationsMap)
        return ArrayType(element, json["containsNull"])

    def toNullable(self) -> "ArrayType":
        """Return the type with nulls allowed everywhere."""
        return ArrayType(_nullable(self.elementType), True)

    def needConversion(self) -> bool:
        """Tell whether elements are kept as something else."""
        return self.elementType.needConversion()

    def toInternal(self, obj: Any) -> Any:
        """Return what Spark keeps of a list."""
        if not self.needConversion() or obj is None:
            return obj
        return [self.elementType.toInternal(element) for element in obj]

    def fromInternal(self, obj: Any) -> Any:
        """Return the list of what Spark keeps."""
        if not self.needConversion() or obj is None:
            return obj
        return [self.elementType.fromInternal(element) for element in obj]


class MapType(DataType):
    """Dicts from keys of one type to values of another."""

    def __init__(self, keyType: DataType, valueType: DataType, valueContainsNull: bool = True) -> None:
        assert isinstance(keyType, DataType), _no_type("keyType", keyType)
        assert isinstance(valueType, DataType), _no_type("valueType", valueType)
        self.keyType = keyType
        self.valueType = valueType
        self.valueContainsNull = valueContainsNull

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"map<{self.keyType.simpleString()},{self.valueType.simpleString()}>"

    def __repr__(self) -> str:
        return f"MapType({self.keyType}, {self.valueType}, {self.valueContainsNull})"

    def jsonValue(self) -> dict[str, Any]:
        """Return the type as a value for JSON."""
        return {
            "type": self.typeName(),
            "keyType": _json_value(self.keyType),
            "valueType": _json_value(self.valueType),
            "valueContainsNull": self.valueContainsNull,
        }

    @classmethod
    def fromJson(
        cls, json: dict[str, Any], fieldPath: str = "", collationsMap: dict[str, str] | None = None
    ) -> "MapType":
        """Return the type of a value from JSON."""
        from firesteel.sql._types.json_types import parse_json_value

        key = parse_json_value(json["keyType"], _path(fieldPath, "key"), collationsMap)
        value = parse_json_value(json["valueType"], _path(fieldPath, "value"), collationsMap)
        return MapType(key, value, json["valueContainsNull"])

    def toNullable(self) -> "MapType":
        """Return the type with nulls allowed everywhere."""
        return MapType(_nullable(self.keyType), _nullable(self.valueType), True)

    def needConversion(self) -> bool:
        """Tell whether keys or values are kept as something else."""
        return self.keyType.needConversion() or self.valueType.needConversion()

    def toInternal(self, obj: Any) -> Any:
        """Return what Spark keeps of a dict."""
        if not self.needConversion() or obj is None:
            return obj
        key, value = self.keyType.toInternal, self.valueType.toInternal
        return {key(k): value(v) for k, v in obj.items()}

    def fromInternal(self, obj: Any) -> Any:
        """Return the dict of what Spark keeps."""
        if not self.needConversion() or obj is None:
            return obj
        key, value = self.keyType.fromInternal, self.valueType.fromInternal
        return {key(k): value(v) for k, v in obj.items()}


class StructField(DataType):
    """A field of a struct: name, type, whether it may be null, and metadata."""

    def __init__(
        self, name: str, dataType: DataType, nullable: bool = True, metadata: dict[str, Any] | None = None
    ) -> None:
        assert isinstance(dataType, DataType), _no_type("dataType", dataType)
        assert isinstance(name, str), f"field name {name} should be a string"
        self.name = name
        self.dataType = dataType
        self.nullable = nullable
        self.metadata = metadata or {}

    def simpleString(self) -> str:
        """Return name and type."""
        return f"{self.name}:{self.dataType.simpleString()}"

    def __repr__(self) -> str:
        return f"StructField('{self.name}', {self.dataType}, {self.nullable})"

    def jsonValue(self) -> dict[str, Any]:
        """Return the field as a value for JSON."""
        collations = self.getCollationMetadata()
        return {
            "name": self.name,
            "type": _json_value(self.dataType),
            "nullable": self.nullable,
            "metadata": {**self.metadata, COLLATIONS: collations} if collations else self.metadata,
        }

    @classmethod
    def fromJson(cls, json: dict[str, Any]) -> "StructField":
        """Return the field of a value from JSON."""
        from firesteel.sql._types.json_types import parse_json_value

        metadata = dict(json.get("metadata") or {})
        collations = _names_of_collations(metadata.pop(COLLATIONS, None))
        data_type = parse_json_value(json["type"], json["name"], collations)
        return StructField(json["name"], data_type, json.get("nullable", True), metadata)

    def getCollationsMap(self, metadata: dict[str, Any]) -> dict[str, str]:
        """Return the collation of each part that metadata gives one to."""
        return _names_of_collations(metadata.get(COLLATIONS))

    def getCollationMetadata(self) -> dict[str, str]:
        """Return the collations of the strings in this field, by their paths."""
        return dict(_collations(self.dataType, self.name))

    def schemaCollationValue(self, dt: DataType) -> str:
        """Return how metadata names the collation of a type."""
        assert isinstance(dt, StringType)
        return f"{StringType.collationProvider(dt.collation)}.{dt.collation}"

    def needConversion(self) -> bool:
        """Tell whether the field's values are kept as something else."""
        return self.dataType.needConversion()

    def toInternal(self, obj: Any) -> Any:
        """Return what Spark keeps of a value."""
        return self.dataType.toInternal(obj)

    def fromInternal(self, obj: Any) -> Any:
        """Return the value of what Spark keeps."""
        return self.dataType.fromInternal(obj)

    def typeName(self) -> str:  # type: ignore[override]
        """Refuse: a field is not a type."""
        raise PySparkTypeError(errorClass="INVALID_TYPENAME_CALL", messageParameters={})


class StructType(DataType):
    """Rows: a list of fields.

    >>> from firesteel.sql.types import LongType, StringType, StructType
    >>> schema = StructType().add("n", LongType()).add("s", StringType(), nullable=False)
    >>> schema.simpleString(), schema["s"].nullable
    ('struct<n:bigint,s:string>', False)
    """

    def __init__(self, fields: list[StructField] | None = None) -> None:
        self.fields = fields if fields else []
        self.names = [field.name for field in self.fields]
        assert all(isinstance(field, StructField) for field in self.fields), (
            "fields should be a list of StructField"
        )
        self._note_conversions()

    def _note_conversions(self) -> None:
        self._needConversion = [field.needConversion() for field in self.fields]
        self._needSerializeAnyField = any(self._needConversion)

    def add(
        self,
        field: str | StructField,
        data_type: str | DataType | None = None,
        nullable: bool = True,
        metadata: dict[str, Any] | None = None,
    ) -> "StructType":
        """Add a field, or make one of name, type, and whether it may be null; return this struct."""
        if isinstance(field, StructField):
            self.fields.append(field)
        else:
            self.fields.append(StructField(field, _type_for_field(data_type), nullable, metadata))
        self.names.append(self.fields[-1].name)
        self._note_conversions()
        return self

    def fieldNames(self) -> list[str]:
        """Return the names of the fields."""
        return list(self.names)

    def __iter__(self) -> Iterator[StructField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._field(key)
        if isinstance(key, slice):
            return StructType(self.fields[key])
        if not isinstance(key, int):
            parameters = {
                "arg_name": "key",
                "expected_type": "int, slice or str",
                "arg_type": type(key).__name__,
            }
            raise PySparkTypeError(errorClass="NOT_EXPECTED_TYPE", messageParameters=parameters)
        if not -len(self.fields) <= key < len(self.fields):
            parameters = {"arg_name": "StructType", "index": str(key)}
            raise PySparkIndexError(errorClass="INDEX_OUT_OF_RANGE", messageParameters=parameters)
        return self.fields[key]

    def _field(self, name: str) -> StructField:
        for field in self.fields:
            if field.name == name:
                return field
        raise PySparkKeyError(errorClass="KEY_NOT_EXISTS", messageParameters={"key": name})

    def simpleString(self) -> str:
        """Return the type as SQL writes it."""
        return f"struct<{','.join(field.simpleString() for field in self.fields)}>"

    def __repr__(self) -> str:
        return f"StructType([{', '.join(map(repr, self.fields))}])"

    def jsonValue(self) -> dict[str, Any]:
        """Return the type as a value for JSON."""
        return {"type": self.typeName(), "fields": [field.jsonValue() for field in self.fields]}

    @classmethod
    def fromJson(cls, json: dict[str, Any]) -> "StructType":
        """Return the type of a value from JSON."""
        return StructType([StructField.fromJson(field) for field in json["fields"]])

    def toDDL(self) -> str:
        """Return the columns as SQL defines them.

        >>> from firesteel.sql.types import LongType, StructType
        >>> StructType().add("a", LongType(), False).toDDL()
        'a BIGINT NOT NULL'
        """
        from firesteel.sql._types.ddl import columns_as_ddl

        return columns_as_ddl(self)

    def treeString(self, maxDepth: int = 2147483647) -> str:
        """Return the fields as a tree, down to a depth.

        >>> from firesteel.sql.types import LongType, StructType
        >>> print(StructType().add("a", LongType()).treeString(), end="")
        root
         |-- a: long (nullable = true)
        """
        depth = maxDepth if maxDepth > 0 else 2147483647
        return "".join(f"{line}\n" for line in ("root", *_tree_of_struct(self, " |", depth)))

    def toNullable(self) -> "StructType":
        """Return the type with nulls allowed everywhere."""
        fields = [StructField(f.name, _nullable(f.dataType), True, f.metadata) for f in self.fields]
        return StructType(fields)

    def needConversion(self) -> bool:
        """Return True: what Spark keeps is a tuple, and what programs get a Row."""
        return True

    def toInternal(self, obj: Any) -> Any:
        """Return the tuple that Spark keeps of a row, dict, tuple or object."""
        if obj is None:
            return None
        values = self._values(obj)
        if not self._needSerializeAnyField:
            return tuple(values)
        triples = zip(self.fields, values, self._needConversion, strict=False)
        return tuple(field.toInternal(value) if needed else value for field, value, needed in triples)

    def _values(self, obj: Any) -> Any:
        if isinstance(obj, dict):
            return [obj.get(name) for name in self.names]
        if isinstance(obj, tuple) and getattr(obj, "__from_dict__", False):
            return [obj[name] for name in self.names]  # type: ignore[call-overload]
        if isinstance(obj, (tuple, list)):
            return obj
        if hasattr(obj, "__dict__"):
            return [vars(obj).get(name) for name in self.names]
        parameters = {"tuple": str(obj)}
        raise PySparkValueError(errorClass="UNEXPECTED_TUPLE_WITH_STRUCT", messageParameters=parameters)

    def fromInternal(self, obj: Any) -> Any:
        """Return the Row of what Spark keeps."""
        if obj is None or hasattr(obj, "__fields__"):
            return obj
        if not self._needSerializeAnyField:
            return _create_row(self.names, obj)
        triples = zip(self.fields, obj, self._needConversion, strict=False)
        values = [field.fromInternal(value) if needed else value for field, value, needed in triples]
        return _create_row(self.names, values)


def _no_type(name: str, value: Any) -> str:
    return f"{name} {value} should be an instance of {DataType}"


def _path(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def _nullable(data_type: DataType) -> DataType:
    return data_type.toNullable() if isinstance(data_type, (ArrayType, MapType, StructType)) else data_type


def _json_value(data_type: DataType) -> Any:
    # The collation of a field's string is in the field's metadata.
    return "string" if isinstance(data_type, StringType) else data_type.jsonValue()


def _collations(data_type: DataType, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data_type, ArrayType):
        yield from _collations(data_type.elementType, f"{path}.element")
    elif isinstance(data_type, MapType):
        yield from _collations(data_type.keyType, f"{path}.key")
        yield from _collations(data_type.valueType, f"{path}.value")
    elif isinstance(data_type, StringType) and not data_type.isUTF8BinaryCollation():
        yield path, f"{StringType.collationProvider(data_type.collation)}.{data_type.collation}"


def _names_of_collations(collations: dict[str, str] | None) -> dict[str, str]:
    return {path: name.partition(".")[2] for path, name in (collations or {}).items()}


def _type_for_field(data_type: str | DataType | None) -> DataType:
    if data_type is None:
        parameters = {"arg_name": "data_type", "condition": "passing name of struct_field to create"}
        raise PySparkValueError(errorClass="ARGUMENT_REQUIRED", messageParameters=parameters)
    if isinstance(data_type, DataType):
        return data_type
    from firesteel.sql._types.json_types import parse_json_value

    return parse_json_value(data_type)


def _tree_of_struct(struct: StructType, prefix: str, depth: int) -> Iterator[str]:
    if depth <= 0:
        return
    for field in struct.fields:
        yield f"{prefix}-- {field.name}: {_tree_name(field.dataType)} (nullable = {_flag(field.nullable)})"
        yield from _tree_of_parts(field.dataType, f"{prefix}    |", depth - 1)


def _tree_of_parts(data_type: DataType, prefix: str, depth: int) -> Iterator[str]:
    if depth <= 0:
        return
    if isinstance(data_type, StructType):
        yield from _tree_of_struct(data_type, prefix, depth)
    elif isinstance(data_type, ArrayType):
        element = data_type.elementType
        yield f"{prefix}-- element: {_tree_name(element)} (containsNull = {_flag(data_type.containsNull)})"
        yield from _tree_of_parts(element, f"{prefix}    |", depth - 1)
    elif isinstance(data_type, MapType):
        yield f"{prefix}-- key: {_tree_name(data_type.keyType)}"
        yield from _tree_of_parts(data_type.keyType, f"{prefix}    |", depth - 1)
        value, flag = data_type.valueType, _flag(data_type.valueContainsNull)
        yield f"{prefix}-- value: {_tree_name(value)} (valueContainsNull = {flag})"
        yield from _tree_of_parts(value, f"{prefix}    |", depth - 1)


def _tree_name(data_type: DataType) -> str:
    value = data_type.jsonValue()
    return value if isinstance(value, str) else data_type.typeName()


def _flag(value: bool) -> str:
    return "true" if value else "false"
