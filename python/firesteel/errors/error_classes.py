"""The texts of the error classes that Firesteel raises, with `<placeholders>`."""

from typing import Final

ERROR_CLASSES: Final[dict[str, str]] = {
    "BROADCAST_VARIABLE_NOT_LOADED": "Broadcast variable `<variable>` not loaded.",
    "CALL_BEFORE_INITIALIZE": "Not supported to call `<func_name>` before initializing <object>.",
    "CONTEXT_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
        "transformation. SparkContext can only be used on the driver, not in code that runs on workers. "
        "For more information, see SPARK-5063."
    ),
    "INCORRECT_CONF_FOR_PROFILE": (
        "`spark.python.profile` or `spark.python.profile.memory` configuration must be set to `true` to "
        "enable Python profile."
    ),
    "KEY_VALUE_PAIR_REQUIRED": "Key-value pair or a list of pairs is required.",
    "NOT_IN_BARRIER_STAGE": "It is not in a barrier stage.",
    "PIPE_FUNCTION_EXITED": "Pipe function `<func_name>` exited with error code <error_code>.<stderr>",
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
    "STOP_ITERATION_OCCURRED": "Caught StopIteration thrown from user's code; failing the task: <exc>",
    "VALUE_NOT_ACCESSIBLE": "Value `<value>` cannot be accessed inside tasks.",
}


def error_text(error_class: str, parameters: dict[str, str]) -> str:
    """Return the text of an error class with its placeholders filled in."""
    text = ERROR_CLASSES.get(error_class, ", ".join(f"{key}={value}" for key, value in parameters.items()))
    for key, value in parameters.items():
        text = text.replace(f"<{key}>", str(value))
    return text
