"""Objects and classes of PySpark's that programs pickle, made of whichever package is given."""

import pickletools
from importlib import import_module
from types import ModuleType
from typing import Any


def public_objects(package: ModuleType) -> dict[str, Any]:
    """Return them by the names that the tests know."""

    def module(name: str) -> Any:
        return import_module(f"{package.__name__}.{name}")

    rdd, serializers, resource = module("core.rdd"), module("serializers"), module("resource")
    types = module("sql.types")
    schema = types.StructType([types.StructField("a", types.ArrayType(types.DecimalType(9, 2)), False)])
    return {
        "storage level": package.StorageLevel.DISK_ONLY_2,
        "statistics": module("statcounter").StatCounter([1, 2, 4]),
        "values of a key": module("resultiterable").ResultIterable([1, 2]),
        "partitioner": rdd.Partitioner(3, rdd.portable_hash),
        "serializer": serializers.BatchedSerializer(serializers.CPickleSerializer(), 3),
        "plain serializer": serializers.PickleSerializer(),
        "resource": resource.ResourceInformation("gpu", ["0", "1"]),
        "task's share": resource.TaskResourceRequest("gpu", 0.5),
        "job": package.SparkJobInfo(1, [2], "RUNNING"),
        "settings": package.SparkConf(loadDefaults=False).set("spark.a", "b"),
        "task's shares": resource.TaskResourceRequests().cpus(2),
        "executor's shares": resource.ExecutorResourceRequests().cores(2),
        "row": types.Row(a=1, b=[types.Row("x")]),
        "schema": schema.add("b", types.MapType(types.StringType(), types.VarcharType(3))),
        "version": module("loose_version").LooseVersion("4.3.0"),
        "functions": [rdd.portable_hash, module("sql.functions").col],
        "classes": [
            package.StorageLevel,
            package.SparkConf,
            package.SparkContext,
            package.RDD,
            package.Broadcast,
            package.Accumulator,
            package.AccumulatorParam,
            package.SparkFiles,
            package.TaskContext,
            module("errors").PySparkException,
            resource.ResourceProfile,
        ],
    }


def steps_of(pickled: bytes) -> list[list[str]]:
    """Return what a pickle says, apart from what it keeps in case it comes again."""
    said = [[opcode.name, repr(argument)] for opcode, argument, _ in pickletools.genops(pickled)]
    return [step for step in said if step[0] not in ("FRAME", "MEMOIZE")]


def names_in(pickled: bytes) -> list[str]:
    """Return the globals that a pickle names."""
    names: list[str] = []
    strings: list[Any] = []
    kept: list[Any] = []
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "MEMOIZE":
            kept.append(strings[-1] if strings else None)
        elif opcode.name == "BINGET":
            strings.append(kept[argument or 0])
        elif opcode.name == "STACK_GLOBAL":
            names.append(f"{strings[-2]}.{strings[-1]}")
            strings.append(None)
        elif opcode.name != "FRAME":
            strings.append(argument)
    return names
