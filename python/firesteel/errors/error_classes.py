"""The texts of the error classes that Firesteel raises, with `<placeholders>`."""

from typing import Final

ERROR_CLASSES: Final[dict[str, str]] = {
    "BROADCAST_VARIABLE_NOT_LOADED": "Broadcast variable `<variable>` not loaded.",
    "CONTEXT_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
        "transformation. SparkContext can only be used on the driver, not in code that runs on workers. "
        "For more information, see SPARK-5063."
    ),
    "KEY_VALUE_PAIR_REQUIRED": "Key-value pair or a list of pairs is required.",
    "PYTHON_HASH_SEED_NOT_SET": (
        "Randomness of hash of string should be disabled via PYTHONHASHSEED, for example by running the "
        "program with `firesteel run`."
    ),
    "RDD_TRANSFORM_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to broadcast an RDD or reference an RDD from an action or "
        "transformation. RDD transformations and actions can only be invoked by the driver, not inside of "
        "other transformations; for example, rdd1.map(lambda x: rdd2.values.count() * x) is invalid because "
        "the values transformation and count action cannot be performed inside of the rdd1.map "
        "transformation. "
        "For more information, see SPARK-5063."
    ),
    "VALUE_NOT_ACCESSIBLE": "Value `<value>` cannot be accessed inside tasks.",
}


def error_text(error_class: str, parameters: dict[str, str]) -> str:
    """Return the text of an error class with its placeholders filled in."""
    text = ERROR_CLASSES.get(error_class, ", ".join(f"{key}={value}" for key, value in parameters.items()))
    for key, value in parameters.items():
        text = text.replace(f"<{key}>", str(value))
    return text
