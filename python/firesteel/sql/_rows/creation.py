"""From data to DataFrames: schemas are inferred or checked, and values become those that Spark would keep.

Invariant: local data is checked before a DataFrame is made of it, and the elements of an RDD when they are
computed; with the same result and the same errors.
"""

from collections.abc import Callable, Iterable, Sized
from functools import reduce
from typing import TYPE_CHECKING, Any

from firesteel.core.rdd import RDD
from firesteel.errors import PySparkTypeError, PySparkValueError
from firesteel.sql._rows import pandas_frames
from firesteel.sql._rows.dataframe import RowsDataFrame
from firesteel.sql._types.data_type import DataType
from firesteel.sql._types.ddl import parse_type_or_columns
from firesteel.sql._types.inference import has_null_type, infer_schema, merge_type
from firesteel.sql._types.nested import StructField, StructType
from firesteel.sql._types.stored import make_stored_tuple
from firesteel.sql._types.verification import make_verifier
from firesteel.sql.dataframe import DataFrame

if TYPE_CHECKING:
    from firesteel.sql.session import SparkSession

INFERRED_FROM = 100
"""How many elements of an RDD are looked at, at most, when the first leaves a type open."""
WHOLE_SAMPLE = 0.99
"""From this ratio on, types are inferred from all elements."""
VALUE = "value"
"""The name of the one column of what are no rows."""
Schema = DataType | str | list[str] | tuple[str, ...] | None


def create(
    session: "SparkSession", data: Any, schema: Schema, ratio: float | None, verify: bool
) -> RowsDataFrame:
    """Return the DataFrame of data."""
    if isinstance(data, DataFrame):
        parameters = {"arg_name": "data", "arg_type": "DataFrame"}
        raise PySparkTypeError(errorClass="INVALID_TYPE", messageParameters=parameters)
    if isinstance(schema, str):
        schema = parse_type_or_columns(schema)
    data, schema = _rows_of_other_frames(data, schema)
    if isinstance(schema, DataType) and not isinstance(schema, StructType):
        return _of_values(session, data, schema, verify)
    flags = _inference_flags(session)
    if not isinstance(data, RDD):
        data = list(data)
    struct = _checked_schema(schema)
    if struct is not None:
        return RowsDataFrame(session, _prepared(session, data, _preparer(struct, verify)), struct)
    names = _names(schema)
    infer: Callable[..., StructType] = _infer_rdd if isinstance(data, RDD) else _infer_local
    struct = infer(data, names, ratio, flags)
    # Dicts and objects are read by the names that they have.
    rows = _prepared(session, data, make_stored_tuple(struct))
    return RowsDataFrame(session, rows, _renamed(struct, names))


def _of_values(session: "SparkSession", data: Any, data_type: DataType, verify: bool) -> RowsDataFrame:
    struct = StructType().add(VALUE, data_type)
    verifier = make_verifier(data_type, name=f"field {VALUE}") if verify else _accept
    convert = make_stored_tuple(struct)

    def prepare(value: Any) -> Any:
        verifier(value)
        return convert((value,))

    return RowsDataFrame(session, _prepared(session, data, prepare), struct)


def _prepared(session: "SparkSession", data: Any, prepare: Callable[[Any], Any]) -> RDD[Any]:
    if isinstance(data, RDD):
        return data.map(prepare)
    return session.sparkContext.parallelize([prepare(element) for element in data])


def _accept(value: Any) -> None:
    pass


def _preparer(struct: StructType, verify: bool) -> Callable[[Any], Any]:
    convert = make_stored_tuple(struct)
    if not verify:
        return convert
    verifier = make_verifier(struct)

    def prepare(row: Any) -> Any:
        verifier(row)
        return convert(row)

    return prepare


def _rows_of_other_frames(data: Any, schema: Schema) -> tuple[Any, Schema]:
    """Return rows of what other libraries hold in columns, with the names of those."""
    if pandas_frames.is_pandas(data):
        names, rows = pandas_frames.from_pandas(data)
    elif pandas_frames.is_arrow(data):
        names, rows = pandas_frames.from_arrow(data)
    elif type(data).__module__ == "numpy" and type(data).__name__ == "ndarray":
        names, rows = _rows_of_array(data)
    else:
        return data, schema
    return rows, names if schema is None else schema


def _rows_of_array(data: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    if data.ndim not in (1, 2):
        parameters = {"dimensions": "1 or 2"}
        raise PySparkValueError(errorClass="INVALID_NDARRAY_DIMENSION", messageParameters=parameters)
    if data.ndim == 1:
        return [VALUE], [(value,) for value in data.tolist()]
    return [f"_{number}" for number in range(1, data.shape[1] + 1)], [tuple(row) for row in data.tolist()]


def _checked_schema(schema: Schema) -> StructType | None:
    """Return a schema that is given as one; None where it is to be inferred."""
    if schema is None or isinstance(schema, (list, tuple)):
        return None
    if isinstance(schema, StructType):
        return schema
    parameters = {
        "arg_name": "schema",
        "expected_type": "list, None or StructType",
        "arg_type": type(schema).__name__,
    }
    raise PySparkTypeError(errorClass="NOT_EXPECTED_TYPE", messageParameters=parameters)


def _names(schema: Schema) -> list[str] | None:
    return list(schema) if isinstance(schema, (list, tuple)) else None


def _inference_flags(session: "SparkSession") -> tuple[bool, bool, bool, bool]:
    def is_true(key: str) -> bool:
        return session.conf.get(key, "false") == "true"

    return (
        is_true("spark.sql.pyspark.inferNestedDictAsStruct.enabled"),
        is_true("spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled"),
        is_true("spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled"),
        session.conf.get("spark.sql.timestampType", "TIMESTAMP_LTZ") == "TIMESTAMP_NTZ",
    )


def _infer_local(data: list[Any], names: list[str] | None, ratio: float | None, flags: Any) -> StructType:
    if not data:
        raise _empty()
    return _determined(reduce(merge_type, (infer_schema(row, names, *flags) for row in data)))


def _infer_rdd(rdd: Any, names: list[str] | None, ratio: float | None, flags: Any) -> StructType:
    first = rdd.first()
    if isinstance(first, Sized) and len(first) == 0:
        raise _empty()
    if ratio is not None:
        sample = rdd if ratio >= WHOLE_SAMPLE else rdd.sample(False, float(ratio))
        return sample.map(lambda row: infer_schema(row, names, *flags)).reduce(merge_type)
    struct: Any = infer_schema(first, names, *flags)
    if has_null_type(struct):
        struct = _completed(struct, rdd.take(INFERRED_FROM)[1:], names, flags)
    return _determined(struct)


def _completed(struct: Any, rows: Iterable[Any], names: list[str] | None, flags: Any) -> Any:
    for row in rows:
        struct = merge_type(struct, infer_schema(row, names, *flags))
        if not has_null_type(struct):
            break
    return struct


def _determined(struct: Any) -> StructType:
    if has_null_type(struct):
        raise PySparkValueError(errorClass="CANNOT_DETERMINE_TYPE", messageParameters={})
    return struct


def _renamed(struct: StructType, names: list[str] | None) -> StructType:
    """Return a struct with its first fields under the names of a list."""
    fields = list(struct.fields)
    for place, name in enumerate(names or ()):
        fields[place] = StructField(name, fields[place].dataType, fields[place].nullable)
    return StructType(fields)


def _empty() -> PySparkValueError:
    return PySparkValueError(errorClass="CANNOT_INFER_EMPTY_SCHEMA", messageParameters={})
