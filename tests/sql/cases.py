"""Expressions about pyspark.sql whose outcomes are recorded on the reference and compared here.

An expression sees the names of `names(package)`, made of the reference or of Firesteel. Invariant: it leaves
nothing behind that another one could see, and its outcome does not depend on the machine.
"""

# ruff: noqa: E501  an expression is a line

import collections
import contextlib
import datetime
import decimal
import io
import json
import pickle
import re
from importlib import import_module
from typing import Any

TYPES = """
[t() for t in (NullType, BinaryType, BooleanType, DateType, TimestampType, TimestampNTZType, DoubleType, FloatType)]
[t().simpleString() for t in (NullType, StringType, BinaryType, BooleanType, DateType, TimestampType, TimestampNTZType)]
[t().simpleString() for t in (DoubleType, FloatType, ByteType, ShortType, IntegerType, LongType, VariantType)]
[t.typeName() for t in (NullType, StringType, BinaryType, BooleanType, DateType, TimestampType, TimestampNTZType)]
[t.typeName() for t in (DoubleType, FloatType, ByteType, ShortType, IntegerType, LongType, VariantType, CharType)]
[t.typeName() for t in (VarcharType, DecimalType, ArrayType, MapType, StructType, DayTimeIntervalType)]
[t.typeName() for t in (YearMonthIntervalType, CalendarIntervalType, TimeType, GeographyType, GeometryType, UserDefinedType)]
[t.json(t()) for t in (NullType, StringType, BinaryType, DateType, TimestampNTZType, DecimalType, VariantType)]
StructField.typeName(StructField("a", StringType()))
DecimalType(), DecimalType(5, 2), DecimalType(5, 2).simpleString(), DecimalType(5, 2).jsonValue()
DecimalType(5, 2) == DecimalType(5, 2), DecimalType(5, 2) == DecimalType(5, 3), DecimalType(5).hasPrecisionInfo
CharType(3), VarcharType(4), CharType(3).simpleString(), VarcharType(4).json(), CharType(3) == CharType(4)
StringType(), StringType("UTF8_LCASE"), StringType("UTF8_LCASE").simpleString(), StringType().isUTF8BinaryCollation()
StringType("UTF8_LCASE").jsonValue(), StringType() == StringType("UTF8_BINARY"), StringType.collationProvider("UNICODE")
TimeType(), TimeType(3), TimeType(3).simpleString(), TimeType() == TimeType(6)
DayTimeIntervalType(), DayTimeIntervalType(0), DayTimeIntervalType(0, 2), DayTimeIntervalType(0, 2).simpleString()
DayTimeIntervalType(1, 1).simpleString(), DayTimeIntervalType().jsonValue(), DayTimeIntervalType(7)
YearMonthIntervalType(), YearMonthIntervalType(0), YearMonthIntervalType(0).simpleString(), YearMonthIntervalType(5)
CalendarIntervalType(), CalendarIntervalType().simpleString(), CalendarIntervalType().json()
VariantType(), VariantType() == VariantType(), VariantType().simpleString()
GeometryType(4326), GeometryType("ANY"), GeometryType(4326).simpleString(), GeometryType("ANY").simpleString()
GeometryType(4326).jsonValue(), GeographyType(4326).jsonValue(), GeographyType(4326), GeographyType("ANY").simpleString()
GeometryType(-5)
GeographyType(1)
GeographyType("x")
ArrayType(IntegerType()), ArrayType(IntegerType(), False), ArrayType(IntegerType(), False).simpleString()
ArrayType(IntegerType(), False).json(), ArrayType(ArrayType(StringType())).jsonValue(), ArrayType(IntegerType()).containsNull
ArrayType(IntegerType()) == ArrayType(IntegerType(), False), hash(ArrayType(IntegerType())) == hash(ArrayType(IntegerType()))
ArrayType("int")
MapType(StringType(), IntegerType()), MapType(StringType(), IntegerType(), False), MapType(StringType(), LongType()).simpleString()
MapType(StringType(), IntegerType()).json(), MapType(StringType(), IntegerType()).valueContainsNull
MapType("a", "b")
StructField("a", StringType()), StructField("a", StringType(), False), StructField("a", StringType(), True, {"k": 1}).json()
StructField("a", StringType()).simpleString(), StructField("a", StringType()).needConversion()
StructField("a", "int")
StructField(1, StringType())
StructField("a", StringType()) == StructField("a", StringType(), metadata={"x": 1})
StructType(), StructType([]), StructType().json(), StructType().simpleString()
StructType().add("a", "int").add("b", StringType(), False).add(StructField("c", DateType()))
StructType().add("a")
StructType().add(StructField("a", DateType()), "int")
StructType().add("a", "nonsense")
StructType().add("a", "array<int>")
StructType([1])
S = StructType([StructField("a", IntegerType()), StructField("b", StringType(), False)])
S.names, S.fieldNames(), len(S), [f.name for f in S], S["a"], S[1], S[0:1], S["b"].nullable
S["z"]
S[5]
S[1.5]
S.json(), S.simpleString(), S.jsonValue(), S.toDDL() if hasattr(S, "toDDL") else None
S.treeString() if hasattr(S, "treeString") else None
S == StructType.fromJson(json.loads(S.json())), S == DataType.fromDDL("a int, b string not null")
S != StructType(), hash(S) == hash(StructType(S.fields)), repr(S)
S.toNullable() if hasattr(S, "toNullable") else None
S.needConversion(), S.toInternal((1, "x")), S.toInternal(Row(a=1, b="y")), S.toInternal({"a": 1}), S.fromInternal((1, "x"))
S.toInternal([1, "x"]), S.toInternal(None), S.fromInternal(None)
S.toInternal(5)
StructType([StructField("d", DateType())]).toInternal({"d": datetime.date(2020, 1, 2)})
StructType([StructField("d", DateType())]).fromInternal((18263,))
DateType().toInternal(datetime.date(1969, 12, 31)), DateType().fromInternal(-1), DateType().needConversion(), DateType().toInternal(None)
TimestampType().toInternal(datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)), TimestampType().needConversion()
TimestampType().fromInternal(TimestampType().toInternal(datetime.datetime(2020, 1, 1, 2, 3, 4, 567)))
TimestampNTZType().toInternal(datetime.datetime(2020, 1, 1, 1, 1, 1, 5)), TimestampNTZType().fromInternal(1577840461000005)
DayTimeIntervalType().toInternal(datetime.timedelta(1, 2, 3)), DayTimeIntervalType().fromInternal(86402000003)
TimeType().toInternal(datetime.time(1, 2, 3, 4)), TimeType().fromInternal(3723000004000), TimeType().needConversion()
YearMonthIntervalType().toInternal(1)
CalendarIntervalType().fromInternal(1)
ArrayType(DateType()).toInternal([datetime.date(1970, 1, 3), None]), ArrayType(DateType()).fromInternal([1]), ArrayType(IntegerType()).needConversion()
MapType(StringType(), DateType()).toInternal({"a": datetime.date(1970, 1, 3)}), MapType(StringType(), DateType()).fromInternal({"a": 2})
DataType.fromDDL("b: string, a: int")
DataType.fromDDL("int")
DataType.fromDDL("array<map<string, struct<x: int, `y z`: decimal(5,2)>>>")
DataType.fromDDL("a int comment 'it''s', b tinyint, c smallint, d bigint, e float, f double, g boolean, h binary")
DataType.fromDDL("a date, b timestamp, c timestamp_ntz, d timestamp_ltz, e decimal, f dec(3), g numeric(4,1), h void")
DataType.fromDDL("a byte, b short, c integer, d long, e real, f char(3), g varchar(4), h character(5), i string not null")
DataType.fromDDL("a interval day to second, b interval year to month, c interval day, d interval, e variant, f time(3)")
DataType.fromDDL("a string collate UTF8_LCASE")
StructType.fromDDL("x: struct<y: array<int>>")
StructType.fromDDL("a int comment 'it''s', `b c` string not null, c array<struct<x: int not null, y: map<string, decimal(5,2)>>>").toDDL()
[DataType.fromDDL(t).toDDL() for t in ("a interval day, b timestamp_ntz", "a string collate UTF8_LCASE, b varchar(3), c void")]
DataType.fromDDL("a")
DataType.fromDDL("a int,")
DataType.fromDDL("array<int")
DataType.fromDDL("a foo")
DataType.fromDDL("a int b int")
DataType.fromDDL("a decimal(x)")
DataType.fromDDL("")
DataType.fromDDL("a int, b ?")
DataType.fromDDL("a varchar")
DataType.fromDDL("A INT, a_1 Int, `select` int, date date, interval int, struct int")
VariantVal.parseJson('{"b": 1, "a": [1, 2.5, "x", null, true, false], "c": {"d": 1e3, "e": 12345678901, "f": -7}}')
VariantVal.parseJson('{"b": 1, "a": [1, 2.5, "x", null, true, false], "c": {"d": 1e3, "e": 12345678901, "f": -7}}').toPython()
str(VariantVal.parseJson('{"b": 1, "a": [1, 2.5, "x", null, 300, 70000, 12345678901234567890]}'))
VariantVal.parseJson('"%s"' % ("x" * 70)), VariantVal.parseJson("[]"), VariantVal.parseJson("{}"), VariantVal.parseJson("3.14159265358979323846")
Geometry(b"ab", 4326), Geometry(b"ab", 4326) == Geometry.fromWKB(b"ab", 4326), Geometry(b"ab", 0).getBytes(), Geography(b"ab", 4326).getSrid()
_parse_datatype_string("a INT, B String"), _parse_datatype_string("struct<>"), _parse_datatype_string("decimal(38, 18)")
_parse_datatype_json_string('"integer"'), _parse_datatype_json_string('"decimal(10,2)"'), _parse_datatype_json_string('"decimal"')
_parse_datatype_json_string('{"type":"array","elementType":"integer","containsNull":false}')
_parse_datatype_json_string('{"type":"map","keyType":"string","valueType":"interval day to second","valueContainsNull":true}')
[_parse_datatype_json_string('"%s"' % n) for n in ("char(3)", "varchar(5)", "timestamp_ntz", "interval", "interval year to month", "variant", "void", "time(3)")]
_parse_datatype_json_string('"nonsense"')
_parse_datatype_json_string(StructType([StructField("a", StringType("UTF8_LCASE")), StructField("b", ArrayType(StringType("UNICODE")))]).json())
StructType([StructField("a", StringType("UTF8_LCASE")), StructField("b", ArrayType(StringType("UNICODE")))]).json()
pickle.loads(pickle.dumps(S)) == S, pickle.loads(pickle.dumps(DecimalType(3, 1)))
IntegerType() is IntegerType(), StringType() is StringType(), {IntegerType(): 1}[IntegerType()], IntegerType() == LongType()
isinstance(IntegerType(), NumericType), isinstance(DecimalType(), FractionalType), issubclass(LongType, IntegralType), issubclass(CharType, AtomicType)
"""

ROWS = """
Row(name="Alice", age=11), Row("name", "age"), Row("name", "age")("Alice", 11), Row(), Row(1, "x", None), Row(b=1, a=2)
Row(name="Alice", age=11).name, Row(name="Alice", age=11)["name"], Row(name="Alice", age=11)[0], Row(name="A", age=11)[0:1]
"name" in Row(name="Alice", age=11), "Alice" in Row(name="Alice", age=11), "wrong" in Row(name="Alice"), 1 in Row(1, 2)
Row(a=1).wrong
Row(a=1)["wrong"]
Row(a=1)[3]
Row(1, a=2)
Row("a", "b")(1)
Row("a", "b")(1, 2, 3)
Row("a", "b")(1, 2).asDict(), Row(a=1, b=Row(c=2)).asDict(), Row(a=1, b=Row(c=2)).asDict(True)
Row(a=[Row(x=1)], b={"k": Row(y=2)}, c=(Row(z=1),)).asDict(recursive=True)
Row(1, 2).asDict()
Row(a=1) == Row(a=1), Row(a=1) == Row(b=1), Row(a=1) == (1,), hash(Row(a=1)) == hash((1,)), Row(a=1, b=2) < Row(a=1, b=3)
Row(a=1).__fields__, len(Row(a=1, b=2)), list(Row(a=1, b=2)), tuple(Row(a=1)), Row(a=1) + (2,), Row(count=1).count, Row(1, 2).count(1)
pickle.loads(pickle.dumps(Row(a=1, b="x"))), pickle.loads(pickle.dumps(Row("a", "b")))
Row(a=1).__setattr__("a", 3)
Row(**{"first name": 1, "class": 2}), Row("a b", "c")(1, 2), Row(a=None), Row(a=float("nan")), str(Row(a="x"))
Row(a=1)._asdict() if hasattr(Row, "_asdict") else None
type(Row(a=1)).__mro__[1], Row(a=1).__call__(5)
Row("a", "a")(1, 2), Row("a", "a")(1, 2).asDict()
"""

INFERENCE = """
[_infer_type(v) for v in (None, True, 1, 2**40, 1.5, "s", b"b", bytearray(b"b"))]
[_infer_type(v) for v in (decimal.Decimal("1.5"), datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), datetime.timedelta(1), datetime.time(1))]
_infer_type([1, 2]), _infer_type([]), _infer_type([None, 1]), _infer_type({"a": 1}), _infer_type({}), _infer_type({None: None})
_infer_type((1, "a")), _infer_type(Row(a=1, b="x")), _infer_type([Row(a=1)]), _infer_type([[1], [2.5]])
_infer_type([1, "a"])
_infer_type({"a": 1, "b": "x"})
_infer_type(object())
_infer_type(1j)
_infer_type({1, 2})
_infer_schema({"b": 1, "a": "x"}), _infer_schema((1, 2)), _infer_schema((1, 2), ["x", "y"]), _infer_schema((1, 2), ["x"])
_infer_schema(Row(z=1, a=2)), _infer_schema(Point(1, 2)), _infer_schema([1, 2]), _infer_schema(Plain())
_infer_schema(5)
_infer_schema("abc")
_infer_schema(None)
_infer_schema(Row(a=object()))
_merge_type(LongType(), LongType()), _merge_type(NullType(), LongType()), _merge_type(LongType(), NullType())
_merge_type(LongType(), DoubleType())
_merge_type(LongType(), StringType())
_merge_type(StringType(), BooleanType())
_merge_type(DateType(), BooleanType())
_merge_type(ArrayType(LongType()), ArrayType(DoubleType()))
_merge_type(ArrayType(LongType()), ArrayType(DateType()))
_merge_type(MapType(StringType(), LongType()), MapType(StringType(), DateType()))
_merge_type(StructType([StructField("a", LongType())]), StructType([StructField("b", StringType())]))
_merge_type(StructType([StructField("a", LongType())]), StructType([StructField("a", DateType())]))
_merge_type(DateType(), TimestampType())
_has_nulltype(ArrayType(NullType())), _has_nulltype(LongType()), _has_nulltype(StructType([StructField("a", NullType())]))
[_make_type_verifier(t)(v) for t, v in ((LongType(), 1), (StringType(), 1), (StringType(), "x"), (StringType(), []), (LongType(), None))]
_make_type_verifier(LongType())("x")
_make_type_verifier(LongType())(1.0)
_make_type_verifier(LongType())(True)
_make_type_verifier(LongType())(2**63)
_make_type_verifier(ByteType())(128)
_make_type_verifier(ShortType())(-32769)
_make_type_verifier(IntegerType())(2**31)
_make_type_verifier(IntegerType(), name="x")(2**31)
_make_type_verifier(DoubleType())(1)
_make_type_verifier(FloatType())("1")
_make_type_verifier(BooleanType())(1)
_make_type_verifier(DecimalType())(1)
_make_type_verifier(DecimalType())(decimal.Decimal(1))
_make_type_verifier(DateType())(datetime.datetime(2020, 1, 1))
_make_type_verifier(DateType())("2020-01-01")
_make_type_verifier(TimestampType())(datetime.date(2020, 1, 1))
_make_type_verifier(BinaryType())(b"x")
_make_type_verifier(BinaryType())("x")
_make_type_verifier(LongType(), nullable=False)(None)
_make_type_verifier(LongType(), nullable=False, name="a")(None)
_make_type_verifier(ArrayType(LongType()))([1, "x"])
_make_type_verifier(ArrayType(LongType(), False))([None])
_make_type_verifier(ArrayType(LongType()))((1, 2))
_make_type_verifier(ArrayType(LongType()))(5)
_make_type_verifier(MapType(StringType(), LongType()))({"a": "b"})
_make_type_verifier(MapType(StringType(), LongType()))({None: 1})
_make_type_verifier(MapType(StringType(), LongType()))([1])
_make_type_verifier(S)((1, "x"))
_make_type_verifier(S)((1,))
_make_type_verifier(S, name="row")((1,))
_make_type_verifier(S)({"a": 1})
_make_type_verifier(S)({"a": "x", "b": "y"})
_make_type_verifier(S)(Row(b="x", a=1))
_make_type_verifier(S)(Row(a=1, b=None))
_make_type_verifier(S)((1, None))
_make_type_verifier(S)(5)
_make_type_verifier(S)("ab")
_make_type_verifier(StructType([StructField("s", StructType([StructField("x", LongType())]))]))(((1,),))
_make_type_verifier(StructType([StructField("s", StructType([StructField("x", LongType())]))]))((("1",),))
_make_type_verifier(StructType([StructField("a", ArrayType(MapType(StringType(), LongType())))]))(([{"k": "v"}],))
"""

FRAMES = """
spark.createDataFrame([(1, "a"), (2, None)], ["n", "s"])
spark.createDataFrame([(1, "a"), (2, None)], ["n", "s"]).collect()
spark.createDataFrame([(1, "a"), (2, None)]).collect()
spark.createDataFrame([(1, "a")], ["n"]).schema
spark.createDataFrame([(1, "a")], ["n", "s", "x"])
spark.createDataFrame([(1, "a")], ("n", "s")).columns
spark.createDataFrame([(1, "a")], "n int, s string").collect()
spark.createDataFrame([(1, "a")], "n int").collect()
spark.createDataFrame([("x", "a")], "n int, s string").collect()
spark.createDataFrame([("x", "a")], "n int, s string", verifySchema=False).collect()
spark.createDataFrame([1, 2], "int").collect()
spark.createDataFrame([1, 2], IntegerType()).schema
spark.createDataFrame(["a", None], "string").collect()
spark.createDataFrame([1, 2], ["a"]).collect()
spark.createDataFrame([1, 2]).collect()
spark.createDataFrame([], ["a"]).collect()
spark.createDataFrame([], "a int").collect()
spark.createDataFrame([], "a int").schema
spark.createDataFrame([(None,)], ["a"])
spark.createDataFrame([{"b": 1, "a": "x"}, {"a": "y"}]).collect()
spark.createDataFrame([{"b": 1, "a": "x"}], ["p", "q"]).collect()
spark.createDataFrame([{"b": 1, "a": "x"}], "a string, b int").collect()
spark.createDataFrame([Row(z=1, a=2), Row(z=3, a=4)]).collect()
spark.createDataFrame([Row(z=1, a=2)], "a int, z int").collect()
spark.createDataFrame([Row(z=1, a=2)], ["x", "y"]).collect()
spark.createDataFrame([Point(1, 2)]).collect()
spark.createDataFrame([[1, 2], [3, 4]], ["a", "b"]).collect()
spark.createDataFrame([(1, [1, 2], {"k": 1.5}, Row(x=1, y="z"))], ["i", "a", "m", "r"]).collect()
spark.createDataFrame([(1, [1, 2], {"k": 1.5}, Row(x=1, y="z"))], ["i", "a", "m", "r"]).schema
spark.createDataFrame([(1, (2, "x"))], ["a", "b"]).collect()
spark.createDataFrame([(decimal.Decimal("1.50"), datetime.date(2020, 2, 3), datetime.datetime(2020, 2, 3, 4, 5, 6, 789))], ["d", "t", "ts"]).collect()
spark.createDataFrame([(b"ab", True, 1.5, bytearray(b"x"))], ["a", "b", "c", "d"]).collect()
spark.createDataFrame([(datetime.timedelta(1, 2),)], ["i"]).collect()
spark.createDataFrame([(datetime.datetime(2020, 2, 3, 4, 5, 6),)], "a timestamp_ntz").collect()
spark.createDataFrame([(1.1, decimal.Decimal("2.345"))], "a float, b decimal(5,2)").collect()
spark.createDataFrame([(1, 2.5)], ["a", "b"]).dtypes
spark.createDataFrame([(1,), (2.5,)], ["a"]).collect()
spark.createDataFrame([(1,), ("x",)], ["a"])
spark.createDataFrame([(1,), ("x",)], "a int")
spark.createDataFrame([(1, 2), (3,)], ["a", "b"])
spark.createDataFrame(5)
spark.createDataFrame(None)
spark.createDataFrame("ab", ["a"])
spark.createDataFrame([(1,)], 5)
spark.createDataFrame([(1,)], schema="nonsense")
spark.createDataFrame(spark.createDataFrame([(1,)]))
spark.createDataFrame([(1,)], ["a"]).rdd.collect()
spark.createDataFrame([(i,) for i in range(10)], ["a"]).rdd.glom().collect()
spark.createDataFrame(sc.parallelize([(1, "a"), (2, "b")], 2), ["n", "s"]).rdd.glom().collect()
spark.createDataFrame(sc.parallelize([(1, "a"), (2, "b")], 2)).schema
spark.createDataFrame(sc.parallelize([Row(a=1), Row(a=2)])).collect()
spark.createDataFrame(sc.parallelize([Row(a=1), Row(a=2)]), samplingRatio=1.0).schema
spark.createDataFrame(sc.parallelize([(None,), (1,)], 1), ["a"]).schema
spark.createDataFrame(sc.parallelize([]), ["a"])
spark.createDataFrame(sc.parallelize([1, 2, 3], 2), "int").rdd.glom().collect()
spark.createDataFrame(sc.parallelize([{"a": 1}])).collect()
sc.parallelize([(1, "a"), (2, "b")]).toDF().columns
sc.parallelize([(1, "a"), (2, "b")]).toDF(["x", "y"]).collect()
sc.parallelize([(1, "a")]).toDF("x: int, y: string").schema
sc.parallelize([1, 2]).toDF("int").collect()
sc.parallelize([1, 2]).toDF()
spark.createDataFrame([(1, "a"), (2, "b")], ["x", "y"]).toDF("p", "q").collect()
spark.createDataFrame([(1, "a"), (2, "b")], ["x", "y"]).toDF("p").collect()
spark.range(5)
spark.range(5).collect()
spark.range(1, 7, 2, 2).rdd.glom().collect()
spark.range(3, numPartitions=1).schema
spark.range(10, 0, -3, 1).collect()
D.count(), D.first(), D.head(), D.head(1), D.head(2), D.take(2), D.tail(2), D.isEmpty(), D.limit(2).collect(), D.limit(0).collect()
D.columns, D.dtypes, D.schema, D.isLocal(), D.isStreaming, D.is_cached
list(D.toLocalIterator()), D.foreach(lambda r: None), D.foreachPartition(lambda rows: None)
D.printSchema()
D.show()
D.show(2)
D.show(0)
D.show(1, False)
D.show(1, 3)
D.show(truncate=2)
D.show(vertical=True)
D.show(2, 5, True)
D.show(vertical=True, truncate=False, n=1)
D.show("x")
D.show(True)
D.show(truncate="x")
D.show(vertical=3)
D.select("a").collect(), D.select("b", "a").columns, D.select("*").columns, D.select(["a", "b"]).first(), D.select(D.a, D["b"]).first()
D.select("nope")
D.drop("a").columns, D.drop("nope").columns, D.drop("a", "b").columns, D.drop(D.a).columns
D.withColumnRenamed("a", "z").columns, D.withColumnRenamed("nope", "z").columns
D.nope
D["nope"]
D[1.5]
D.first().a, [r.b for r in D.collect()], D.coalesce(1).rdd.getNumPartitions()
spark.createDataFrame([], "a int").first(), spark.createDataFrame([], "a int").head(1), spark.createDataFrame([], "a int").isEmpty()
spark.createDataFrame([], "a int, b string").show()
spark.createDataFrame([], "a int, b string").show(vertical=True)
spark.createDataFrame([], StructType()).show()
spark.createDataFrame([()], StructType()).show()
spark.createDataFrame([(1,)], StructType([StructField("a", LongType(), False), StructField("m", StringType(), True)])).collect()
spark.createDataFrame([([1, None], {"j": 2, "k": None}, (1, "x", None), ["a", ""], [[1], []])], "a array<int>, b map<string,int>, c struct<x:int,y:string,z:double>, d array<string>, e array<array<int>>").show(truncate=False)
spark.createDataFrame([("tab\\there", "new\\nline", "back\\\\slash", "", None)], "a string, b string, c string, d string, e string").show(truncate=False)
spark.createDataFrame([(0.001, 0.000999, 123456.789, 1e21, 1.7976931348623157e308, 2.5e-320, 100.0, 1e6, 0.0)], list("abcdefghi")).show()
spark.createDataFrame([(0.001, 3.4e38, 1.5e-30, 16777216.0, 0.3, 33554432.0, 123456.79)], "a float, b float, c float, d float, e float, f float, g float").show()
spark.createDataFrame([(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 1, 2, 3, 456000), decimal.Decimal("1.50"), b"ab", [1], {"k": 1.5}, Row(x=None, y=1))], "a date, b timestamp, c decimal(5,2), d binary, e array<int>, f map<string,double>, g struct<x:int,y:int>").toJSON().first()
spark.createDataFrame([Plain(), Plain()]).collect()
spark.createDataFrame([Row("p", "q")(1, 2)]).collect()
spark.createDataFrame([Plain()], "a string, b int").collect()
spark.createDataFrame([{"s": {"x": 1, "y": 2}}], "s struct<y:int,x:int>").collect()
spark.createDataFrame([(1, 2.5, True, "x")], "a string, b int, c double, d boolean", verifySchema=False).collect()
spark.createDataFrame([(300, 2**40, 1.5, decimal.Decimal("123456.7"))], "a tinyint, b int, c float, d decimal(5,1)", verifySchema=False).collect()
spark.createDataFrame([(datetime.datetime(2020, 5, 6, 7), datetime.datetime(2020, 5, 6, 7, tzinfo=datetime.timezone.utc))], "a date, b timestamp").collect()
spark.createDataFrame([(None, None, None)], "a struct<x:int>, b array<int>, c map<int,int>").collect()
spark.createDataFrame([((1, 2), [(3, 4)])], "a array<int>, b array<struct<x:int,y:int>>").collect()
spark.createDataFrame([([1, 2],), ([3],)], ["a"]).select("a").collect()
spark.createDataFrame([{1: 2}], MapType(IntegerType(), IntegerType())).collect()
spark.createDataFrame([[1, 2]], ArrayType(IntegerType())).collect()
spark.createDataFrame([("a",)], ["x"]).rdd.first().asDict(), spark.createDataFrame([(1, 2)], ["x", "y"]).rdd.map(lambda r: r.x + r.y).sum()
spark.createDataFrame([("x",), (5,)], "a: string").collect()
D.alias("x").columns, D.transform(lambda d: d.select("b")).columns, D.withColumnsRenamed({"a": "p", "b": "q"}).columns
D.select(D.a.alias("z"), "b").columns, D.select("A", "`b`").columns, D[["a"]].columns, D["a", "b"].columns, D[0], D.a, D["b"]
spark.createDataFrame([(1, 2)], ["a", "a"]).select("a")
D.cache().is_cached, D.storageLevel, D.unpersist().is_cached
D.head(5), D.tail(5), D.limit(5).count(), D.limit(1).rdd.getNumPartitions()
spark.createDataFrame([(True, 1, 1.0, 1e10, 1e-5, float("nan"), float("inf"), -0.0, 123456789.0)], list("abcdefghi")).show()
spark.createDataFrame([(1.5, 0.1, 1e7, 9999999.0, 0.001, 0.0001, 1.0E-10, 3.4028235e38)], "a float, b float, c float, d float, e float, f float, g float, h float").show()
spark.createDataFrame([(decimal.Decimal("1.5"), decimal.Decimal("1E+3"), decimal.Decimal("0.0000001"))], list("abc")).show(truncate=False)
spark.createDataFrame([(decimal.Decimal("1.5"), decimal.Decimal("0.0000001"), decimal.Decimal(0))], "a decimal(10,2), b decimal(10,7), c decimal(10,7)").show(truncate=False)
spark.createDataFrame([(datetime.date(2020, 2, 3), datetime.datetime(2020, 2, 3, 4, 5, 6, 780000), datetime.datetime(1, 1, 2, 0, 0))], list("abc")).show(truncate=False)
spark.createDataFrame([([1, None], {"k": None, "j": 2}, (1, "x", None), ["a", ""], [[1], []])], list("abcde")).show(truncate=False)
spark.createDataFrame([(Row(x=1, y=[1.0, 2.5], z={"a": True}), b"ab\\x00\\xff", bytearray(b""))], list("abc")).show(truncate=False)
spark.createDataFrame([("tab\\there", "new\\nline", "back\\\\slash", "", None)], list("abcde")).show(truncate=False)
spark.createDataFrame([("x" * 30, "日本語テキスト", "ééé")], list("abc")).show()
spark.createDataFrame([("日本語テキスト日本語テキスト日本語テキスト", 1)], ["日本", "b"]).show()
spark.createDataFrame([(datetime.timedelta(1, 3723, 5), datetime.timedelta(-1, 5))], list("ab")).show(truncate=False)
spark.createDataFrame([(datetime.timedelta(1, 3723),)], "a interval day to minute").show(truncate=False)
spark.createDataFrame([(datetime.timedelta(0, 3723),)], "a interval hour").show(truncate=False)
spark.createDataFrame([(datetime.datetime(2020, 2, 3, 4, 5, 6),)], "a timestamp_ntz").show(truncate=False)
spark.createDataFrame([({"a": datetime.date(2020, 1, 1)}, [datetime.datetime(2020, 1, 1)], [b"a"])], list("abc")).show(truncate=False)
spark.createDataFrame([("a", i) for i in range(25)], ["x", "y"]).show()
spark.createDataFrame([("a", i) for i in range(25)], ["x", "y"]).show(21)
spark.createDataFrame([("a", i) for i in range(25)], ["x", "y"]).show(1)
spark.createDataFrame([("a", 1)], ["a long column name beyond twenty", "y"]).show()
spark.createDataFrame([("a\\tb", 1)], ["a\\nb", "y"]).show()
spark.createDataFrame([(1, [1], {"a": (1, "x")}, [(1,)])], list("abcd")).printSchema()
spark.createDataFrame([(1, [1], {"a": (1, "x")}, [(1,)])], list("abcd")).printSchema(1)
spark.createDataFrame([(1, [1], {"a": (1, "x")}, [(1,)])], list("abcd")).printSchema(2)
spark.createDataFrame([(1, [1], {"a": (1, "x")})], list("abc"))
spark.createDataFrame([], "a int not null, b decimal(5,2), d timestamp_ntz, e interval day, f binary").printSchema()
spark.createDataFrame([(1, "x")], "a struct<x: int>, b string")
spark.createDataFrame([((1,), "x")], "a struct<x: int>, b string").collect()
spark.createDataFrame([({"x": 1}, "x")], "a struct<x: int>, b string").collect()
spark.createDataFrame([(2**31,)], "a int")
spark.createDataFrame([(2**70,)], ["a"]).collect()
spark.createDataFrame([(1, 2)], ["a", "a"]).collect()
spark.createDataFrame([(5, 1.0, "x")], "a string, b string, c string").collect()
spark.createDataFrame([(True, [1, 2], None)], "a string, b string, c string").collect()
spark.createDataFrame([(None,)], StructType([StructField("a", LongType(), False)]))
spark.createDataFrame([Row(a=1, b=Row(c=[Row(d=1)]))]).collect()
D.rdd.map(lambda r: r.a).collect(), D.rdd.map(lambda r: r["b"]).collect(), D.rdd.map(tuple).collect()
D.toJSON().collect()
D.storageLevel, D.sparkSession is spark
D.take(0), D.tail(0), D.head(0)
D.take(-1)
D.limit(-1)
isinstance(D, DataFrame), type(D).__name__, DataFrame.__name__
"""

SESSION = """
spark.conf.get("spark.no.such.key")
spark.conf.get("spark.no.such.key", "x"), spark.conf.get("spark.no.such.key", None)
spark.conf.get(5)
spark.conf.get("spark.no.such.key", 5)
spark.conf.set("spark.a.b", True), spark.conf.get("spark.a.b"), spark.conf.set("spark.a.b", 5), spark.conf.get("spark.a.b"), spark.conf.unset("spark.a.b")
spark.conf.set("spark.a.b", None)
spark.conf.unset("spark.never")
spark.conf.get("spark.sql.shuffle.partitions"), spark.conf.get("spark.sql.session.timeZone") != "", spark.conf.get("spark.sql.ansi.enabled")
spark.conf.get("spark.sql.shuffle.partitions", "7")
spark.conf.isModifiable("spark.sql.shuffle.partitions"), spark.conf.isModifiable("spark.executor.memory"), spark.conf.isModifiable("spark.no")
spark.conf.set("spark.executor.memory", "1g")
spark.conf.set("spark.sql.warehouse.dir", "/x")
spark.conf.get("spark.sql.execution.arrow.pyspark.enabled"), spark.conf.get("spark.sql.caseSensitive"), spark.conf.get("spark.sql.repl.eagerEval.enabled")
spark.newSession() is spark, spark.newSession().sparkContext is sc
SparkSession.getActiveSession() is spark, SparkSession.active() is spark
SparkSession.builder.getOrCreate() is spark
"""

COLUMNS = """
F.col("a"), F.col("a") + 1, 1 - F.col("a"), F.col("a") / 2, F.col("a") % 2, 2 % F.col("a"), -F.col("a"), F.col("a") ** 2, 2 ** F.col("a")
F.col("a") == 1, F.col("a") != 1, F.col("a") < 1, F.col("a") >= "x", (F.col("a") > 1) & (F.col("b") < 2), F.col("a") | F.col("b"), ~F.col("a")
F.lit(1), F.lit("x"), F.lit(None), F.lit(1.5), F.lit(True), F.column("x"), F.col("a.b"), F.col("*"), F.col("`a b`")
F.col("a").alias("b"), F.col("a").cast("int"), F.col("a").cast(StringType()), F.col("a").isNull(), F.col("a").isNotNull()
F.col("a").asc(), F.col("a").desc(), F.col("a").asc_nulls_last(), F.desc("a"), F.col("a").desc_nulls_first()
F.col("a").isin(1, 2), F.col("a").isin([1, 2]), F.col("a").between(1, 2), F.col("a").like("x%"), F.col("a").rlike("x"), F.col("a").startswith("x")
F.col("a")["k"], F.col("a")[0], F.col("a").getItem(0), F.col("a").getField("x"), F.col("a").x, F.col("a").substr(1, 2), F.col("a").contains("x")
F.sum("a"), F.count("*"), F.max(F.col("a")), F.upper("a"), F.concat("a", "b"), F.concat_ws("-", "a", "b"), F.coalesce("a", F.lit(1))
F.when(F.col("a") > 1, "x").otherwise("y"), F.when(F.col("a") > 1, "x").when(F.col("b") == 1, 2)
F.avg("a"), F.round("a", 2), F.substring("a", 1, 2), F.date_format("a", "yyyy"), F.to_date("a"), F.split("a", ",")
F.expr("a + 1"), F.array("a", "b"), F.struct("a", "b"), F.explode("a"), F.row_number(), F.current_date(), F.monotonically_increasing_id()
F.sum("a").over(Window.partitionBy("b").orderBy("c"))
bool(F.col("a"))
F.col("a") and F.col("b")
1 in F.col("a")
iter(F.col("a"))
F.col("a").__x
F.col("a").__foo__
F.col("a")[0:2], F.col("a").substr(F.lit(1), F.lit(2))
F.col("a")[0:2:2]
F.col("a").substr(1, F.lit(2))
F.col("a").alias("b", "c"), F.col("a").alias("b", metadata={"x": 1})
F.col("a").alias("b", "c", metadata={"x": 1})
F.col("a").cast(5)
F.when("x", 1)
F.col("a").when("x", 1)
F.col("a").over(5)
F.transform("a", lambda x: x + 1), F.filter("a", lambda x: x > 1), F.aggregate("a", F.lit(0), lambda acc, x: acc + x), F.zip_with("a", "b", lambda x, y: x + y)
F.transform("a", lambda x: 5)
F.transform("a", lambda: 5)
F.transform("a", lambda a, b, c, d: a)
F.udf(lambda x: x, "int").__class__.__name__, F.udf(lambda x: x, "int").returnType, F.udf(lambda x: x).returnType, F.udf(lambda x: x, "int").func(5)
F.udf(lambda x: x + 1, IntegerType()).deterministic, F.udf(lambda x: x).asNondeterministic().deterministic, F.udf(lambda x: x).evalType
F.udf(5)
F.udf(lambda x: x, 5).returnType
F.udf("int")(lambda x: x).returnType, F.udf(returnType="string")(lambda x: x).returnType, F.udf(len, "int").__name__, F.udf(lambda x: x).__name__
Window.partitionBy("a").orderBy(F.desc("b")).rowsBetween(Window.unboundedPreceding, Window.currentRow).__class__.__name__
Window.unboundedPreceding, Window.unboundedFollowing, Window.currentRow, Window._PRECEDING_THRESHOLD
F.udf(lambda x: x, "int")("a").__class__.__name__, F.sum("a").__class__.__name__
spark.udf.register("f", lambda x: x, "int").returnType, spark.udf.register("g", F.udf(lambda x: x, "int")).returnType
spark.udf.register("g", F.udf(lambda x: x, "int"), "string")
F.col("a").name("x"), F.col("a").astype("long"), F.col("a").bitwiseAND(1), F.col("a").eqNullSafe(2), F.col("a").ilike("x"), F.col("a").endswith("x")
F.broadcast(D).columns
F.lit([1, 2]), F.lit(F.col("a")), F.lit(2.0), F.lit(-1), F.lit(1e10), F.lit(datetime.date(2020, 1, 2)), F.lit(datetime.datetime(2020, 1, 2, 3, 4, 5))
F.ntile(2), F.rank(), F.dense_rank(), F.cume_dist(), F.first("a"), F.last("a")
F.regexp_replace("a", "x", "y"), F.regexp_extract("a", "(x)", 1), F.lpad("a", 5, " "), F.trim("a"), F.length("a"), F.lower("a"), F.instr("a", "x"), F.translate("a", "b", "c")
F.date_add("a", 1), F.datediff("a", "b"), F.add_months("a", 1), F.trunc("a", "month"), F.year("a"), F.hour("a"), F.from_unixtime("a"), F.to_timestamp("a", "yyyy")
F.array_contains("a", 1), F.element_at("a", 1), F.size("a"), F.sort_array("a"), F.explode_outer("a"), F.map_keys("a"), F.create_map("a", "b"), F.array_distinct("a")
F.collect_list("a"), F.collect_set("a"), F.stddev("a"), F.corr("a", "b"), F.min("a"), F.mean("a"), F.skewness("a"), F.sum(F.col("a") * 2)
F.abs("a"), F.sqrt("a"), F.exp("a"), F.log("a"), F.pow("a", 2), F.floor("a"), F.greatest("a", "b"), F.least("a", "b"), F.isnull("a"), F.isnan("a"), F.hash("a", "b"), F.md5("a"), F.sha2("a", 256)
F.split("a", ",", 2), F.concat(F.col("a"), F.lit("-"), F.col("b")), F.format_string("%s", "a"), F.json_tuple("a", "x"), F.get_json_object("a", "$.x"), F.nanvl("a", "b")
F.asc("a"), F.desc(F.col("a")), F.asc_nulls_last("a"), F.coalesce(F.col("a"), F.lit(0)).alias("c"), F.call_function("upper", "a"), F.call_udf("f", "a", "b")
Window.orderBy("a").rowsBetween(-1, 1) is not None, F.sum("a").over(Window.partitionBy("a", "b").orderBy("c", F.desc("d")).rowsBetween(-2, Window.currentRow))
F.max("a").over(Window.partitionBy(F.col("a")).rangeBetween(Window.unboundedPreceding, 5)), F.row_number().over(Window.orderBy("a"))
F.exists("a", lambda x: x > 1), F.forall("a", lambda x: x.isNull()), F.map_filter("a", lambda k, v: k > v), F.transform("a", lambda x, i: x + i)
F.col("a").substr(0, 3).alias("s").cast("decimal(5,2)"), F.col("a").try_cast("int"), F.col("a").withField("x", F.lit(1)), F.col("a").dropFields("x", "y")
F.col("a").otherwise(1)
F.col("a").when(F.col("b") > 1, 2)
F.when(F.col("a") > 1, 1).otherwise(2).when(F.col("b") > 1, 2)
F.countDistinct("a"), F.create_map("a", "b"), F.mean("a"), F.isnull("a")
F.when(F.col("a") > 1, 1).otherwise(2).otherwise(3)
F.col("s.x") == F.col("`a.b`"), F.col("a").transform(lambda c: c + 1), (F.col("a") + F.col("b")) * F.lit(2) - 1
"""

GROUPS = {
    "types": TYPES,
    "rows": ROWS,
    "inference": INFERENCE,
    "frames": FRAMES,
    "session": SESSION,
    "columns": COLUMNS,
}

Point = collections.namedtuple("Point", ["x", "y"])


class Plain:
    """An object with attributes."""

    def __init__(self) -> None:
        self.b = 1
        self.a = "x"


def cases() -> list[str]:
    """Return the expressions; a line `S = ...` is none, its name is known to all."""
    lines = [line for group in GROUPS.values() for line in group.strip().splitlines()]
    return [line for line in lines if not line.startswith("S = ")]


def names(package: str, spark: Any) -> dict[str, Any]:
    """Return what the expressions see."""
    types = import_module(f"{package}.sql.types")
    functions = import_module(f"{package}.sql.functions")
    window = import_module(f"{package}.sql.window")
    sql = import_module(f"{package}.sql")
    known = {name: getattr(types, name) for name in dir(types) if not name.startswith("__")}
    known |= {
        "F": functions,
        "Window": window.Window,
        "SparkSession": sql.SparkSession,
        "DataFrame": sql.DataFrame,
    }
    known |= {"datetime": datetime, "decimal": decimal, "json": json, "pickle": pickle}
    known |= {"Point": Point, "Plain": Plain}
    known["S"] = types.StructType(
        [
            types.StructField("a", types.IntegerType()),
            types.StructField("b", types.StringType(), False),
        ]
    )
    known |= {"spark": spark, "sc": spark.sparkContext}
    return known


def outcome(expression: str, known: dict[str, Any]) -> str:
    """Return what an expression prints and gives, or what it raises, in one text.

    Addresses, the numbers of parameters, and the query plans of the reference are not part of it.
    """
    known = dict(known)
    if re.search(r"\bD\b", expression):
        rows = [(1, "one"), (2, "two and more"), (3, None)]
        known["D"] = known["spark"].createDataFrame(rows, ["a", "b"])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = repr(eval(expression, known))
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    text = printed.getvalue() + re.sub(r";\n.*", "", result, flags=re.DOTALL)
    text = re.sub(r"\b([xyz])_\d+", r"\1_", text)
    return re.sub(r" at 0x[0-9a-f]+", " at 0x", text.replace("firesteel.", "pyspark."))
