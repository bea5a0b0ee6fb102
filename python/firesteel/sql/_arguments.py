"""What functions say of an argument that they cannot take."""

from typing import Any

from firesteel.errors import PySparkTypeError


def wrong_type(name: str, expected: str, value: Any) -> PySparkTypeError:
    """Return the error for an argument of another type than it should be."""
    parameters = {"arg_name": name, "expected_type": expected, "arg_type": type(value).__name__}
    return PySparkTypeError(errorClass="NOT_EXPECTED_TYPE", messageParameters=parameters)
