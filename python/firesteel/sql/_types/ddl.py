"""Types as SQL writes them: `a int not null, b array<struct<x: date>>`.

A scanner cuts the text into tokens and a recursive descent follows the grammar. Invariant: a text is read to
its end, or it is a ParseException that shows the place.
"""

import re
from collections.abc import Callable
from typing import NoReturn

from firesteel.errors.exceptions.captured import ParseException
from firesteel.sql._errors import engine_error
from firesteel.sql._types import data_type as plain
from firesteel.sql._types.data_type import DataType, DayTimeIntervalType, YearMonthIntervalType
from firesteel.sql._types.nested import ArrayType, MapType, StructField, StructType
from firesteel.sql._types.spatial import GeographyType, GeometryType
from firesteel.sql._types.variant import VariantType

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>`(?:[^`]|``)*`)|(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>\w+)|(?P<mark>[<>(),:.\-]))"
)
_PLAIN: dict[str, Callable[[], DataType]] = {
    "boolean": plain.BooleanType,
    "tinyint": plain.ByteType,
    "byte": plain.ByteType,
    "smallint": plain.ShortType,
    "short": plain.ShortType,
    "int": plain.IntegerType,
    "integer": plain.IntegerType,
    "bigint": plain.LongType,
    "long": plain.LongType,
    "float": plain.FloatType,
    "real": plain.FloatType,
    "double": plain.DoubleType,
    "date": plain.DateType,
    "timestamp": plain.TimestampType,
    "timestamp_ltz": plain.TimestampType,
    "timestamp_ntz": plain.TimestampNTZType,
    "binary": plain.BinaryType,
    "void": plain.NullType,
    "variant": VariantType,
}
_SIZED: dict[str, Callable[..., DataType]] = {
    "decimal": plain.DecimalType,
    "dec": plain.DecimalType,
    "numeric": plain.DecimalType,
    "char": plain.CharType,
    "character": plain.CharType,
    "varchar": plain.VarcharType,
    "time": plain.TimeType,
}
_NEEDS_SIZE = {"char", "character", "varchar"}
_INTERVALS = (DayTimeIntervalType, YearMonthIntervalType)


def parse_type_or_columns(text: str) -> DataType:
    """Return one type, or the struct of a list of columns.

    >>> parse_type_or_columns("decimal(5, 2)"), parse_type_or_columns("a: int")
    (DecimalType(5,2), StructType([StructField('a', IntegerType(), True)]))
    """
    try:
        return _Parser(text).whole(_Parser.type)
    except ParseException:
        pass  # columns, or an error that says what is wrong with them
    return _Parser(text).whole(_Parser.columns)


def columns_as_ddl(struct: StructType) -> str:
    """Return columns as SQL defines them."""
    return ",".join(_column_as_ddl(field) for field in struct.fields)


def _column_as_ddl(field: StructField) -> str:
    name = field.name if re.fullmatch(r"[A-Za-z_]\w*", field.name) else _quoted(field.name)
    comment = field.metadata.get("comment")
    note = "" if comment is None else " COMMENT '{}'".format(comment.replace("'", "\\'"))
    return f"{name} {type_as_ddl(field.dataType)}{'' if field.nullable else ' NOT NULL'}{note}"


def type_as_ddl(data_type: DataType) -> str:
    """Return a type as SQL writes it, in capitals.

    >>> type_as_ddl(ArrayType(plain.LongType()))
    'ARRAY<BIGINT>'
    """
    if isinstance(data_type, ArrayType):
        return f"ARRAY<{type_as_ddl(data_type.elementType)}>"
    if isinstance(data_type, MapType):
        return f"MAP<{type_as_ddl(data_type.keyType)}, {type_as_ddl(data_type.valueType)}>"
    if isinstance(data_type, StructType):
        fields = (
            f"{field.name}: {type_as_ddl(field.dataType)}{'' if field.nullable else ' NOT NULL'}"
            for field in data_type.fields
        )
        return f"STRUCT<{', '.join(fields)}>"
    if isinstance(data_type, plain.StringType) and not data_type.isUTF8BinaryCollation():
        return f"STRING COLLATE {data_type.collation}"
    return data_type.simpleString().upper()


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


class _Parser:
    """Reads one text, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan())
        self._next = 0

    def _scan(self) -> list[tuple[str, str, int]]:
        tokens, position = [], 0
        end = len(self._text.rstrip())
        while position < end:
            match = _TOKEN.match(self._text, position)
            if match is None:
                position += len(self._text[position:]) - len(self._text[position:].lstrip())
                self._fail(position, f"'{self._text[position]}'")
            kind = match.lastgroup or ""
            tokens.append((kind, match[kind], match.start(kind)))
            position = match.end()
        return [*tokens, ("end", "", len(self._text))]

    def whole(self, rule: Callable[["_Parser"], DataType]) -> DataType:
        """Read the whole text by a rule."""
        found = rule(self)
        if self._tokens[self._next][0] != "end":
            self._unexpected()
        return found

    def type(self) -> DataType:
        """Read a type."""
        name = self._name().lower()
        if name in _PLAIN:
            return _PLAIN[name]()
        if name in _SIZED:
            return self._sized(name)
        if name == "string":
            return plain.StringType(self._name()) if self._accept("collate") else plain.StringType()
        if name == "interval":
            return self._interval()
        if name in ("array", "map", "struct"):
            return self._nested(name)
        if name in ("geometry", "geography"):
            return self._spatial(name)
        self._next -= 1
        return self._unsupported(name)

    def _sized(self, name: str) -> DataType:
        sizes = self._sizes()
        if not sizes and name in _NEEDS_SIZE:
            self._missing_size(name)
        return _SIZED[name](*sizes)

    def _sizes(self) -> list[int]:
        if not self._accept("("):
            return []
        sizes = [self._number()]
        while self._accept(","):
            sizes.append(self._number())
        self._expect(")")
        return sizes

    def _number(self) -> int:
        sign = -1 if self._accept("-") else 1
        kind, text, _ = self._tokens[self._next]
        if kind != "word" or not text.isdigit():
            self._unexpected()
        self._next += 1
        return sign * int(text)

    def _interval(self) -> DataType:
        unit = self._tokens[self._next][1].lower()
        for kind in _INTERVALS:
            numbers = {name: number for number, name in kind._fields.items()}
            if unit in numbers:
                self._next += 1
                end = self._name().lower() if self._accept("to") else unit
                if end not in numbers:
                    self._unexpected()
                return kind(numbers[unit], numbers[end])
        return plain.CalendarIntervalType()

    def _nested(self, name: str) -> DataType:
        self._expect("<")
        found: DataType
        if name == "array":
            found = ArrayType(self.type())
        elif name == "map":
            key = self.type()
            self._expect(",")
            found = MapType(key, self.type())
        else:
            found = StructType([]) if self._tokens[self._next][1] == ">" else self._fields()
        self._expect(">")
        return found

    def _spatial(self, name: str) -> DataType:
        self._expect("(")
        word = self._name()
        self._expect(")")
        srid = int(word) if word.isdigit() else word.upper()
        return GeometryType(srid) if name == "geometry" else GeographyType(srid)

    def columns(self) -> StructType:
        """Read columns."""
        return StructType([]) if self._tokens[self._next][0] == "end" else self._fields()

    def _fields(self) -> StructType:
        fields = [self._column()]
        while self._accept(","):
            fields.append(self._column())
        return StructType(fields)

    def _column(self) -> StructField:
        name = self._name()
        self._accept(":")
        data_type = self.type()
        nullable = True
        if self._accept("not"):
            self._expect("null")
            nullable = False
        metadata = {"comment": self._string()} if self._accept("comment") else None
        return StructField(name, data_type, nullable, metadata)

    def _name(self) -> str:
        kind, text, _ = self._tokens[self._next]
        if kind not in ("word", "quoted"):
            self._unexpected()
        self._next += 1
        return text[1:-1].replace("``", "`") if kind == "quoted" else text

    def _string(self) -> str:
        kind, text, _ = self._tokens[self._next]
        if kind != "text":
            self._unexpected()
        self._next += 1
        quote = text[0]
        return re.sub(r"\\(.)", r"\1", text[1:-1].replace(quote * 2, quote))

    def _accept(self, wanted: str) -> bool:
        kind, text, _ = self._tokens[self._next]
        found = kind in ("word", "mark") and text.lower() == wanted
        self._next += found
        return found

    def _expect(self, wanted: str) -> None:
        if not self._accept(wanted):
            self._unexpected()

    def _unexpected(self) -> NoReturn:
        kind, text, position = self._tokens[self._next]
        self._fail(position, "end of input" if kind == "end" else f"'{text}'")

    def _missing_size(self, name: str) -> NoReturn:
        shown = f'"{name.upper()}"'
        problem = (
            f"[DATATYPE_MISSING_SIZE] DataType {shown} requires a length parameter, for example {shown}(10). "
            "Please specify the length. SQLSTATE: 42K01"
        )
        position = self._tokens[self._next - 1][2]
        raise engine_error(ParseException, self._located(problem, position), "DATATYPE_MISSING_SIZE")

    def _unsupported(self, name: str) -> NoReturn:
        position = self._tokens[self._next][2]
        problem = f'[UNSUPPORTED_DATATYPE] Unsupported data type "{name.upper()}". SQLSTATE: 0A000'
        raise engine_error(ParseException, self._located(problem, position), "UNSUPPORTED_DATATYPE")

    def _fail(self, position: int, near: str) -> NoReturn:
        problem = f"[PARSE_SYNTAX_ERROR] Syntax error at or near {near}. SQLSTATE: 42601"
        raise engine_error(ParseException, self._located(problem, position), "PARSE_SYNTAX_ERROR")

    def _located(self, problem: str, position: int) -> str:
        line = self._text.count("\n", 0, position) + 1
        column = position - (self._text.rfind("\n", 0, position) + 1)
        shown = self._text.split("\n")
        shown.insert(line, f"{'-' * column}^^^")
        return f"\n{problem} (line {line}, pos {column})\n\n== SQL ==\n" + "\n".join(shown) + "\n"
