"""The texts of the error classes that Firesteel raises, with `<placeholders>`."""

from typing import Final

ERROR_CLASSES: Final[dict[str, str]] = {
    "ARGUMENT_REQUIRED": "Argument `<arg_name>` is required when <condition>.",
    "ATTRIBUTE_NOT_SUPPORTED": "Attribute `<attr_name>` is not supported.",
    "BROADCAST_VARIABLE_NOT_LOADED": "Broadcast variable `<variable>` not loaded.",
    "CALL_BEFORE_INITIALIZE": "Not supported to call `<func_name>` before initializing <object>.",
    "CANNOT_ACCESS_TO_DUNDER": "Dunder(double underscore) attribute is for internal use only.",
    "CANNOT_APPLY_IN_FOR_COLUMN": (
        "Cannot apply 'in' operator against a column: please use 'contains' in a string column or "
        "'array_contains' function for an array column."
    ),
    "CANNOT_BE_EMPTY": "At least one <item> must be specified.",
    "CANNOT_CONVERT_COLUMN_INTO_BOOL": (
        "Cannot convert column into bool (offending column: <column>): please use '&' for 'and', '|' "
        "for 'or', '~' for 'not' when building DataFrame boolean expressions."
    ),
    "CANNOT_CONVERT_TYPE": "Cannot convert <from_type> into <to_type>.",
    "CANNOT_DETERMINE_TYPE": "Some of types cannot be determined after inferring.",
    "CANNOT_INFER_EMPTY_SCHEMA": "Can not infer schema from an empty dataset.",
    "CANNOT_INFER_SCHEMA_FOR_TYPE": "Can not infer schema for type: `<data_type>`.",
    "CANNOT_INFER_TYPE_FOR_FIELD": "Unable to infer the type of the field `<field_name>`.",
    "CANNOT_MERGE_TYPE": "Can not merge type `<data_type1>` and `<data_type2>`.",
    "CANNOT_PARSE_DATATYPE": "Unable to parse datatype. <msg>.",
    "CANNOT_SET_TOGETHER": "<arg_list> should not be set together.",
    "CANNOT_SPECIFY_RETURN_TYPE_FOR_UDF": (
        "returnType can not be specified when `<arg_name>` is a user-defined function, but got <return_type>."
    ),
    "CONTEXT_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
        "transformation. SparkContext can only be used on the driver, not in code that runs on workers. "
        "For more information, see SPARK-5063."
    ),
    "FIELD_DATA_TYPE_UNACCEPTABLE": "<data_type> can not accept object <obj> in type <obj_type>.",
    "FIELD_DATA_TYPE_UNACCEPTABLE_WITH_NAME": (
        "<field_name>: <data_type> can not accept object <obj> in type <obj_type>."
    ),
    "FIELD_NOT_NULLABLE": "Field is not nullable, but got None.",
    "FIELD_NOT_NULLABLE_WITH_NAME": "<field_name>: This field is not nullable, but got None.",
    "FIELD_STRUCT_LENGTH_MISMATCH": (
        "Length of object (<object_length>) does not match with length of fields (<field_length>)."
    ),
    "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME": (
        "<field_name>: Length of object (<object_length>) does not match with length of fields "
        "(<field_length>)."
    ),
    "FIELD_TYPE_MISMATCH": "<obj> is not an instance of type <data_type>.",
    "FIELD_TYPE_MISMATCH_WITH_NAME": "<field_name>: <obj> is not an instance of type <data_type>.",
    "HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN": (
        "Function `<func_name>` should return Column, got <return_type>."
    ),
    "INCORRECT_CONF_FOR_PROFILE": (
        "`spark.python.profile` or `spark.python.profile.memory` configuration must be set to `true` to "
        "enable Python profile."
    ),
    "INDEX_OUT_OF_RANGE": "<arg_name> index out of range, got '<index>'.",
    "INVALID_INTERVAL_CASTING": "Interval <start_field> to <end_field> is invalid.",
    "INVALID_JSON_DATA_TYPE_FOR_COLLATIONS": (
        "Collations can only be applied to string types, but the JSON data type is <jsonType>."
    ),
    "INVALID_NDARRAY_DIMENSION": "NumPy array input should be of <dimensions> dimensions.",
    "INVALID_TYPE": "Argument `<arg_name>` should not be a <arg_type>.",
    "INVALID_TYPENAME_CALL": (
        "StructField does not have typeName. Use typeName on its type explicitly instead."
    ),
    "INVALID_UDF_EVAL_TYPE": "Eval type for UDF must be <eval_type>.",
    "KEY_NOT_EXISTS": "Key `<key>` does not exist.",
    "KEY_VALUE_PAIR_REQUIRED": "Key-value pair or a list of pairs is required.",
    "MISSING_LIBRARY_FOR_PROFILER": (
        "Install the 'memory_profiler' library in the cluster to enable memory profiling."
    ),
    "NOT_IN_BARRIER_STAGE": "It is not in a barrier stage.",
    "NOT_EXPECTED_TYPE": "Argument `<arg_name>` should be <expected_type>, got <arg_type>.",
    "NOT_IMPLEMENTED": "<feature> is not implemented.",
    "NOT_ITERABLE": "<objectName> is not iterable.",
    "NOT_SAME_TYPE": (
        "Argument `<arg_name1>` and `<arg_name2>` should be the same type, got <arg_type1> and <arg_type2>."
    ),
    "NO_ACTIVE_OR_DEFAULT_SESSION": (
        "No active or default Spark session found. Please create a new Spark session before running the code."
    ),
    "ONLY_ALLOWED_FOR_SINGLE_COLUMN": "Argument `<arg_name>` can only be provided for a single column.",
    "ONLY_SUPPORTED_WITH_SPARK_CONNECT": (
        "<feature> is only supported with Spark Connect; however, the current Spark session does not "
        "use Spark Connect."
    ),
    "PIPE_FUNCTION_EXITED": "Pipe function `<func_name>` exited with error code <error_code>.<stderr>",
    "PROTOCOL_ERROR": (
        "<failure>. This usually indicates that the message does not conform to the protocol."
    ),
    "PYTHON_HASH_SEED_NOT_SET": (
        "Randomness of hash of string should be disabled via PYTHONHASHSEED, for example by running the "
        "program with `firesteel run`."
    ),
    "PYTHON_VERSION_MISMATCH": (
        "Python in worker has different version: <worker_version> than that in driver: <driver_version>, "
        "PySpark cannot run with different minor versions. Please check environment variables PYSPARK_PYTHON "
        "and PYSPARK_DRIVER_PYTHON are correctly set."
    ),
    "RDD_TRANSFORM_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to broadcast an RDD or reference an RDD from an action or "
        "transformation. RDD transformations and actions can only be invoked by the driver, not inside of "
        "other transformations; for example, rdd1.map(lambda x: rdd2.values.count() * x) is invalid because "
        "the values transformation and count action cannot be performed inside of the rdd1.map "
        "transformation. "
        "For more information, see SPARK-5063."
    ),
    "READ_ONLY": "<object> is read-only.",
    "SLICE_WITH_STEP": "Slice with step is not supported.",
    "STOP_ITERATION_OCCURRED": "Caught StopIteration thrown from user's code; failing the task: <exc>",
    "ST_INVALID_ALGORITHM_VALUE": "Invalid or unsupported edge interpolation algorithm value: '<alg>'.",
    "ST_INVALID_CRS_VALUE": "Invalid or unsupported CRS (coordinate reference system) value: '<crs>'.",
    "ST_INVALID_SRID_VALUE": "Invalid or unsupported SRID (spatial reference identifier) value: <srid>.",
    "TOO_MANY_VALUES": "Expected <expected> values for `<item>`, got <actual>.",
    "UNEXPECTED_TUPLE_WITH_STRUCT": "Unexpected tuple <tuple> with StructType.",
    "UNSUPPORTED_DATA_TYPE": "Unsupported DataType `<data_type>`.",
    "UNSUPPORTED_PARAM_TYPE_FOR_HIGHER_ORDER_FUNCTION": (
        "Function `<func_name>` should use only POSITIONAL or POSITIONAL OR KEYWORD arguments."
    ),
    "VALUE_NOT_ACCESSIBLE": "Value `<value>` cannot be accessed inside tasks.",
    "VALUE_OUT_OF_BOUNDS": (
        "Value for `<arg_name>` must be between <lower_bound> and <upper_bound> (inclusive), got <actual>"
    ),
    "WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION": (
        "Function `<func_name>` should take between 1 and 3 arguments, but the provided function takes "
        "<num_args>."
    ),
}


SQL_STATES: Final[dict[str, str]] = {
    "ATTRIBUTE_NOT_SUPPORTED": "0A000",
    "CANNOT_INFER_EMPTY_SCHEMA": "42K09",
    "CANNOT_INFER_SCHEMA_FOR_TYPE": "42K09",
    "CANNOT_INFER_TYPE_FOR_FIELD": "42K09",
    "CANNOT_MERGE_TYPE": "42K09",
    "NOT_EXPECTED_TYPE": "42K09",
    "NOT_IMPLEMENTED": "0A000",
    "NOT_ITERABLE": "42K09",
    "NOT_SAME_TYPE": "42K09",
    "NO_ACTIVE_OR_DEFAULT_SESSION": "08003",
    "ONLY_SUPPORTED_WITH_SPARK_CONNECT": "0A000",
    "ST_INVALID_ALGORITHM_VALUE": "22023",
    "ST_INVALID_CRS_VALUE": "22023",
    "ST_INVALID_SRID_VALUE": "22023",
}
"""The states of SQL of those error classes that have one."""


def error_text(error_class: str, parameters: dict[str, str]) -> str:
    """Return the text of an error class with its placeholders filled in."""
    text = ERROR_CLASSES.get(error_class, ", ".join(f"{key}={value}" for key, value in parameters.items()))
    for key, value in parameters.items():
        text = text.replace(f"<{key}>", str(value))
    return text
