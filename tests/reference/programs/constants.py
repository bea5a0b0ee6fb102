"""Constants and attributes of the public modules, each by its name, and what small classes hold."""

import importlib
import io
import logging

from programs.registry import module_of, outcome, program


@program(1, 2)
def constants_of_kinds_of_functions(sc, n):
    kinds = module_of(sc, "util").PythonEvalType
    return [
        kinds.NON_UDF,
        kinds.SQL_ARROW_BATCHED_UDF,
        kinds.SQL_ARROW_TABLE_UDF,
        kinds.SQL_ARROW_UDTF,
        kinds.SQL_BATCHED_UDF,
        kinds.SQL_COGROUPED_MAP_ARROW_UDF,
        kinds.SQL_COGROUPED_MAP_PANDAS_UDF,
        kinds.SQL_GROUPED_AGG_ARROW_ITER_UDF,
        kinds.SQL_GROUPED_AGG_ARROW_UDF,
        kinds.SQL_GROUPED_AGG_PANDAS_ITER_UDF,
        kinds.SQL_GROUPED_AGG_PANDAS_UDF,
        kinds.SQL_GROUPED_MAP_ARROW_ITER_UDF,
        kinds.SQL_GROUPED_MAP_ARROW_UDF,
        kinds.SQL_GROUPED_MAP_PANDAS_ITER_UDF,
        kinds.SQL_GROUPED_MAP_PANDAS_UDF,
        kinds.SQL_GROUPED_MAP_PANDAS_UDF_WITH_STATE,
        kinds.SQL_MAP_ARROW_ITER_UDF,
        kinds.SQL_MAP_PANDAS_ITER_UDF,
        kinds.SQL_SCALAR_ARROW_ITER_UDF,
        kinds.SQL_SCALAR_ARROW_UDF,
        kinds.SQL_SCALAR_PANDAS_ITER_UDF,
        kinds.SQL_SCALAR_PANDAS_UDF,
        kinds.SQL_TABLE_UDF,
        kinds.SQL_TRANSFORM_WITH_STATE_PANDAS_INIT_STATE_UDF,
        kinds.SQL_TRANSFORM_WITH_STATE_PANDAS_UDF,
        kinds.SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_INIT_STATE_UDF,
        kinds.SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_UDF,
        kinds.SQL_WINDOW_AGG_ARROW_UDF,
        kinds.SQL_WINDOW_AGG_PANDAS_UDF,
    ]


@program(1, 2)
def constants_of_errors(sc, n):
    module = module_of(sc, "errors.exceptions.base")
    classes = [
        module.AnalysisException,
        module.ArithmeticException,
        module.ArrayIndexOutOfBoundsException,
        module.DateTimeException,
        module.IllegalArgumentException,
        module.NumberFormatException,
        module.ParseException,
        module.PickleException,
        module.PySparkAssertionError,
        module.PySparkAttributeError,
        module.PySparkException,
        module.PySparkImportError,
        module.PySparkIndexError,
        module.PySparkKeyError,
        module.PySparkNotImplementedError,
        module.PySparkPicklingError,
        module.PySparkRuntimeError,
        module.PySparkTypeError,
        module.PySparkValueError,
        module.PythonException,
        module.QueryExecutionException,
        module.SessionNotSameException,
        module.SparkNoSuchElementException,
        module.SparkRuntimeException,
        module.SparkUpgradeException,
        module.StreamingPythonRunnerInitializationException,
        module.StreamingQueryException,
        module.TempTableAlreadyExistsException,
        module.UnknownException,
        module.UnsupportedOperationException,
    ]
    kinds = module.QueryContextType
    context = module.QueryContext
    return {
        "caught": [outcome(_raising(cls)) for cls in classes],
        "bases": [[base.__name__ for base in cls.__mro__] for cls in classes],
        "kinds": [kinds.SQL.value, kinds.DataFrame.value],
        "abstract": sorted(context.__abstractmethods__),
        "to be defined": [
            method.__isabstractmethod__
            for method in (
                context.contextType,
                context.objectType,
                context.objectName,
                context.startIndex,
                context.stopIndex,
                context.fragment,
                context.callSite,
                context.summary,
            )
        ],
    }


def _raising(cls):
    def fail():
        raise cls("said")

    return fail


@program(1, 2)
def constants_of_modules(sc, n):
    serializers, shuffle = module_of(sc, "serializers"), module_of(sc, "shuffle")
    accumulators, logger = module_of(sc, "accumulators"), module_of(sc, "logger")
    pickled = serializers.CPickleSerializer()
    cloud = serializers.CloudPickleSerializer()
    sizes = serializers.BatchedSerializer
    pairs = serializers.PairDeserializer(pickled, cloud)
    product = serializers.CartesianDeserializer(pickled, cloud)
    adding = shuffle.SimpleAggregator(max)
    merger, sorter = shuffle.ExternalMerger(adding, 7), shuffle.ExternalSorter(9)
    whole, ratio = accumulators.INT_ACCUMULATOR_PARAM, accumulators.FLOAT_ACCUMULATOR_PARAM
    turn, ids = accumulators.COMPLEX_ACCUMULATOR_PARAM, accumulators.SpecialAccumulatorIds
    custom = sc.accumulator(0, _Sum())
    return {
        "batches": [sizes.UNKNOWN_BATCH_SIZE, sizes.UNLIMITED_BATCH_SIZE],
        "best": serializers.AutoBatchedSerializer(pickled).bestSize,
        "names": [pickled.allowed_names, cloud.allowed_names],
        "sides": [repr(side) for side in (pairs.key_ser, pairs.val_ser, product.key_ser, product.val_ser)],
        "limits": [
            shuffle.ExternalGroupBy.SORT_KEY_LIMIT,
            shuffle.ExternalList.LIMIT,
            shuffle.ExternalMerger.MAX_TOTAL_PARTITIONS,
        ],
        "merger": [merger.memory_limit, merger.scale, merger.pdata, merger.agg is adding, merger.partitions],
        "sorter": [sorter.memory_limit, len(sorter.local_dirs) > 0],
        "params": [(param.zero(1), param.addInPlace(1, 2)) for param in (whole, ratio, turn)],
        "profiles": [ids.SQL_UDF_PROFIER, ids.SQL_UDF_PROFIER_V2],
        "custom": [type(custom.accum_param).__name__, custom.value],
        "context": sorted(module_of(sc, "core.context").DEFAULT_CONFIGS.items()),
        "time": module_of(sc, "logger.logger").JSONFormatter.default_msec_format,
        "schema": logger.SPARK_LOG_SCHEMA.split(",")[0],
    }


class _Sum:
    def zero(self, value):
        return 0

    def addInPlace(self, value1, value2):
        return value1 + value2


@program(1, 2)
def constants_logged(sc, n):
    cls = module_of(sc, "logger").PySparkLogger
    stream = io.StringIO()
    logger = cls.getLogger(f"programs.{n}")
    logger.handlers.clear()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(module_of(sc, "logger.logger").JSONFormatter())
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.debug("a", x=1)
    logger.info("b", x="y")
    logger.warning("c")
    logger.error("d", x=None)
    logger.critical("e")
    logger.fatal("f")
    logger.log(logging.INFO, "g", y=2)
    try:
        raise ValueError("v")
    except ValueError:
        logger.exception("h")
    lines = [importlib.import_module("json").loads(line) for line in stream.getvalue().splitlines()]
    return [
        [(key, str(line[key])) for key in ("level", "logger", "msg", "context") if key in line]
        for line in lines
    ]
