"""RowsDataFrame: an RDD of tuples with a schema, for what needs no query engine.

Invariant: the tuples hold stored values (see `_types.stored`) in the order of the schema's fields. They are
plain tuples, which travel in typed frames; Rows are made of them where programs see them.
"""

import functools
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from firesteel.errors import PySparkAttributeError
from firesteel.errors.exceptions.captured import AnalysisException
from firesteel.errors.missing import refuse
from firesteel.sql._arguments import wrong_type
from firesteel.sql._errors import engine_error
from firesteel.sql._expressions import Alias, Attribute
from firesteel.sql._rows.text import table
from firesteel.sql._types.nested import StructField, StructType
from firesteel.sql._types.row import Row, _create_row
from firesteel.sql.column import Column
from firesteel.sql.dataframe import DataFrame
from firesteel.storagelevel import StorageLevel

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD
    from firesteel.sql.session import SparkSession

SHOWN = 20
"""How many rows, and how many characters of a value, `show` prints."""


class RowsDataFrame(DataFrame):
    """A DataFrame of rows that are there, or that an RDD computes."""

    def __init__(self, session: "SparkSession", tuples: "RDD[tuple[Any, ...]]", schema: StructType) -> None:
        self._session = session
        self._tuples = tuples
        self._schema = schema

    # What it is.

    @property
    def schema(self) -> StructType:
        """Names and types of the columns."""
        return self._schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [field.name for field in self._schema.fields]

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        """Names and types of the columns, as texts."""
        return [(field.name, field.dataType.simpleString()) for field in self._schema.fields]

    @functools.cached_property
    def rdd(self) -> "RDD[Row]":
        """The rows as an RDD."""
        return self._tuples.map(functools.partial(_create_row, self.columns))

    @property
    def isStreaming(self) -> bool:
        """False: it is no stream."""
        return False

    def isLocal(self) -> bool:
        """Return False: rows are computed by jobs."""
        return False

    def __repr__(self) -> str:
        return f"DataFrame[{', '.join(f'{name}: {kind}' for name, kind in self.dtypes)}]"

    def printSchema(self, level: int | None = None) -> None:
        """Print the columns as a tree, down to a level."""
        print(self._schema.treeString(level) if level else self._schema.treeString())

    # Actions.

    def collect(self) -> list[Row]:
        """Return all rows."""
        return self._rows(self._tuples.collect())

    def take(self, num: int) -> list[Row]:
        """Return the first rows."""
        return self._rows(self._tuples.take(_checked_limit(num)))

    def head(self, n: int | None = None) -> Any:
        """Return the first row or None, or so many in a list."""
        return self.first() if n is None else self.take(n)

    def first(self) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self.take(1)), None)

    def tail(self, num: int) -> list[Row]:
        """Return the last rows."""
        limit = _checked_limit(num)
        ends = self._tuples.mapPartitions(lambda rows: _last(rows, limit)).collect()
        return self._rows(ends[-limit:] if limit else [])

    def count(self) -> int:
        """Return how many rows there are."""
        return self._tuples.count()

    def isEmpty(self) -> bool:
        """Tell whether there is no row."""
        return not self._tuples.take(1)

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[Row]:
        """Go through the rows, one partition in memory at a time."""
        return map(
            functools.partial(_create_row, self.columns), self._tuples.toLocalIterator(prefetchPartitions)
        )

    def foreach(self, f: Callable[[Row], None]) -> None:
        """Call a function with each row."""
        self.rdd.foreach(f)

    def foreachPartition(self, f: Callable[[Any], None]) -> None:
        """Call a function with the rows of each partition."""
        self.rdd.foreachPartition(f)

    def show(self, n: int = SHOWN, truncate: bool | int = True, vertical: bool = False) -> None:
        """Print the first rows as a table, or each as a list of its values."""
        print(self._show_string(n, truncate, vertical))

    def _show_string(self, n: int, truncate: bool | int, vertical: bool) -> str:
        if not isinstance(n, int) or isinstance(n, bool):
            raise wrong_type("n", "int", n)
        if not isinstance(vertical, bool):
            raise wrong_type("vertical", "bool", vertical)
        length = _checked_length(truncate)
        shown = max(n, 0)
        rows = self._tuples.take(shown + 1)
        return table(self._schema, rows[:shown], len(rows) > shown, length, vertical)

    def toPandas(self) -> Any:
        """Return the rows as a DataFrame of pandas, which has to be installed."""
        from firesteel.sql._rows.pandas_frames import to_pandas

        return to_pandas(self._tuples.collect(), self._schema)

    def toJSON(self, use_unicode: bool = True) -> "RDD[str]":
        """Return an RDD with a line of JSON for each row."""
        from firesteel.sql._rows.json_lines import make_json

        return self._tuples.map(make_json(self._schema))

    # Other DataFrames of the same rows.

    def select(self, *cols: Any) -> "DataFrame":
        """Return some of the columns, given by their names; `*` stands for all."""
        given = cols[0] if len(cols) == 1 and isinstance(cols[0], list) else cols
        return self._with_columns([place for column in given for place in self._places(column)])

    def drop(self, *cols: Any) -> "DataFrame":
        """Return the other columns; a name that is none is passed over."""
        dropped = {_plain_name(column, "DataFrame.drop") for column in cols}
        kept = [(i, name) for i, name in enumerate(self.columns) if name not in dropped]
        return self._with_columns(kept)

    def toDF(self, *cols: str) -> "DataFrame":
        """Return the same columns under other names."""
        if any(not isinstance(name, str) for name in cols):
            raise wrong_type("cols", "a list of strings", cols)
        if len(cols) != len(self.columns):
            raise engine_error(
                AnalysisException,
                "[ASSIGNMENT_ARITY_MISMATCH] The number of columns or variables assigned or aliased: "
                f"{len(self.columns)} does not match the number of source expressions: {len(cols)}. "
                "SQLSTATE: 42802",
                "ASSIGNMENT_ARITY_MISMATCH",
            )
        return self._renamed(list(cols))

    def withColumnRenamed(self, existing: str, new: str) -> "DataFrame":
        """Return the same columns, one of them under another name."""
        return self._renamed([new if name == existing else name for name in self.columns])

    def withColumnsRenamed(self, colsMap: dict[str, str]) -> "DataFrame":
        """Return the same columns, some of them under other names."""
        if not isinstance(colsMap, dict):
            raise wrong_type("colsMap", "dict", colsMap)
        return self._renamed([colsMap.get(name, name) for name in self.columns])

    def limit(self, num: int) -> "DataFrame":
        """Return the first rows, as one partition."""
        limit = _checked_limit(num)

        def cut(rows: Iterable[Any]) -> Iterator[Any]:
            return itertools.islice(rows, limit)

        return self._same(self._tuples.mapPartitions(cut).coalesce(1).mapPartitions(cut))

    def coalesce(self, numPartitions: int) -> "DataFrame":
        """Return the same rows in fewer partitions."""
        return self._same(self._tuples.coalesce(numPartitions))

    def alias(self, alias: str) -> "DataFrame":
        """Return the same rows: names of DataFrames matter to queries alone."""
        assert isinstance(alias, str), "alias should be a string"
        return self._same(self._tuples)

    def transform(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> "DataFrame":
        """Return what a function makes of the DataFrame."""
        result = func(self, *args, **kwargs)
        assert isinstance(result, DataFrame), f"Func returned an instance of type [{type(result)}]"
        return result

    # Keeping rows.

    def cache(self) -> "RowsDataFrame":
        """Keep the rows once they are computed."""
        return self.persist()

    def persist(self, storageLevel: StorageLevel = StorageLevel.MEMORY_AND_DISK_DESER) -> "RowsDataFrame":
        """Keep the rows once they are computed, at a level."""
        self._tuples.persist(storageLevel)
        return self

    def unpersist(self, blocking: bool = False) -> "RowsDataFrame":
        """Forget the rows that are kept."""
        self._tuples.unpersist(blocking)
        return self

    @property
    def is_cached(self) -> bool:
        """Whether rows are kept."""
        return self._tuples.is_cached

    @property
    def storageLevel(self) -> StorageLevel:
        """The level at which rows are kept."""
        return self._tuples.getStorageLevel()

    # Columns by name.

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_") or name not in self.columns:
            parameters = {"attr_name": name}
            raise PySparkAttributeError(errorClass="ATTRIBUTE_NOT_SUPPORTED", messageParameters=parameters)
        return Column(Attribute(name))

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            self._place(item)
            return Column(Attribute(item))
        if isinstance(item, int) and not isinstance(item, bool):
            return Column(Attribute(self.columns[item]))
        if isinstance(item, (list, tuple)):
            return self.select(*item)
        if isinstance(item, Column):
            refuse("DataFrame.filter")
        raise wrong_type("item", "Column, float, integer, list or string", item)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self.columns if name.isidentifier())})

    # Below here nothing is public.

    def _rows(self, tuples: list[Any]) -> list[Row]:
        names = self.columns
        return [_create_row(names, values) for values in tuples]

    def _same(self, tuples: "RDD[Any]") -> "RowsDataFrame":
        return RowsDataFrame(self._session, tuples, self._schema)

    def _renamed(self, names: list[str]) -> "RowsDataFrame":
        return RowsDataFrame(self._session, self._tuples, _renamed_schema(self._schema, names))

    def _with_columns(self, places: list[tuple[int, str]]) -> "RowsDataFrame":
        indices = [index for index, _ in places]
        chosen = StructType([self._schema.fields[index] for index in indices])
        tuples = self._tuples.map(lambda row: tuple([row[index] for index in indices]))
        return RowsDataFrame(self._session, tuples, _renamed_schema(chosen, [name for _, name in places]))

    def _places(self, column: Any) -> list[tuple[int, str]]:
        """Return where the columns are that are meant, and how they are to be called."""
        if isinstance(column, Column):
            return self._places_of_expression(column._expression)
        if not isinstance(column, str):
            raise wrong_type("cols", "Column or str", column)
        return self._places_of_expression(Attribute(column))

    def _places_of_expression(self, expression: Any) -> list[tuple[int, str]]:
        if isinstance(expression, Alias) and len(expression.names) == 1:
            [(index, _)] = self._places_of_expression(expression.child)
            return [(index, expression.names[0])]
        if not isinstance(expression, Attribute):
            refuse(f"DataFrame.select of the expression {expression}")
        if expression.name == "*":
            return list(enumerate(self.columns))
        return [(self._place(expression.name), str(expression))]

    def _place(self, name: str) -> int:
        wanted = str(Attribute(name))
        for compare in (str, str.lower):
            found = [i for i, known in enumerate(self.columns) if compare(known) == compare(wanted)]
            if len(found) == 1:
                return found[0]
            if found:
                raise _ambiguous(name, [self.columns[i] for i in found])
        suggestions = ", ".join(f"`{known}`" for known in self.columns)
        raise engine_error(
            AnalysisException,
            "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name "
            f"`{name}` cannot be resolved. Did you mean one of the following? [{suggestions}]. "
            "SQLSTATE: 42703",
            "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        )


# As PySpark's own siblings are called.
RowsDataFrame.__name__ = RowsDataFrame.__qualname__ = "DataFrame"


def _renamed_schema(schema: StructType, names: list[str]) -> StructType:
    pairs = zip(schema.fields, names, strict=True)
    return StructType([StructField(name, f.dataType, f.nullable, f.metadata) for f, name in pairs])


def _last(rows: Iterable[Any], limit: int) -> Iterator[Any]:
    return iter(deque(rows, maxlen=limit))


def _plain_name(column: Any, what: str) -> str:
    if isinstance(column, Column):
        if not isinstance(column._expression, Attribute):
            refuse(what)
        return str(column._expression)
    if not isinstance(column, str):
        raise wrong_type("col", "Column or str", column)
    return column


def _checked_limit(num: int) -> int:
    if num < 0:
        raise engine_error(
            AnalysisException,
            f'[INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE] The limit like expression "{num}" is invalid. '
            f"The limit expression must be equal to or greater than 0, but got {num}. SQLSTATE: 42K0E",
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
        )
    return num


def _checked_length(truncate: bool | int) -> int:
    if isinstance(truncate, bool):
        return SHOWN if truncate else 0
    try:
        return int(truncate)
    except ValueError:
        raise wrong_type("truncate", "bool", truncate) from None


def _ambiguous(name: str, found: list[str]) -> AnalysisException:
    candidates = ", ".join(f"`{known}`" for known in found)
    return engine_error(
        AnalysisException,
        f"[AMBIGUOUS_REFERENCE] Reference `{name}` is ambiguous, could be: [{candidates}]. SQLSTATE: 42704",
        "AMBIGUOUS_REFERENCE",
    )
