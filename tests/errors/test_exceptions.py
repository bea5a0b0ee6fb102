"""PySpark's exception classes."""

import pickle

import pytest

from firesteel import errors
from firesteel.errors import PySparkException, PySparkValueError
from firesteel.errors.exceptions import base, captured


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("PySparkValueError", ValueError),
        ("PySparkTypeError", TypeError),
        ("PySparkIndexError", IndexError),
        ("PySparkAttributeError", AttributeError),
        ("PySparkRuntimeError", RuntimeError),
        ("PySparkAssertionError", AssertionError),
        ("PySparkNotImplementedError", NotImplementedError),
        ("PySparkKeyError", KeyError),
        ("PySparkImportError", ImportError),
    ],
)
def test_builtins_catch_them(name: str, builtin: type[Exception]) -> None:
    error = getattr(errors, name)("text")
    assert isinstance(error, builtin)
    assert isinstance(error, PySparkException)
    assert (str(error), error.getMessage()) == ("text", "[None] text")
    assert error.getCondition() is None


def test_an_error_class_has_a_text() -> None:
    error = PySparkValueError(errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "x"})
    assert str(error) == "[VALUE_NOT_ACCESSIBLE] Value `x` cannot be accessed inside tasks."
    assert error.getCondition() == error.getErrorClass() == "VALUE_NOT_ACCESSIBLE"
    assert error.getMessageParameters() == {"value": "x"}


def test_an_error_class_stands_before_a_text() -> None:
    error = PySparkValueError("text", errorClass="NEW", messageParameters={"a": "b"})
    for same in (error, pickle.loads(pickle.dumps(error))):
        assert str(same) == same.getMessage() == "[NEW] text"
        assert (same.getCondition(), same.getMessageParameters()) == ("NEW", {"a": "b"})


def test_an_unknown_error_class_shows_its_parameters() -> None:
    assert str(PySparkValueError(errorClass="NEW", messageParameters={"a": "b"})) == "[NEW] a=b"


def test_captured_classes_derive_from_the_base_ones() -> None:
    assert issubclass(captured.PythonException, base.PythonException)
    assert errors.PythonException is base.PythonException
    for name in captured.__all__:
        if name.endswith("Exception") and name != "CapturedException":
            assert issubclass(getattr(captured, name), getattr(base, name)), name


def test_what_an_assertion_error_is_about() -> None:
    error = errors.PySparkAssertionError("differs", data=[1])
    assert (error.data, error.getBreakingChangeInfo()) == ([1], None)


def test_a_query_context_is_for_others_to_define() -> None:
    with pytest.raises(TypeError, match="abstract"):
        errors.QueryContext()  # type: ignore[abstract]
    assert [kind.name for kind in errors.QueryContextType] == ["SQL", "DataFrame"]


def test_what_reads_exceptions_of_a_jvm_says_that_there_is_none() -> None:
    for call in (
        lambda: captured.convert_exception(None),
        lambda: captured.capture_sql_exception(len),
        captured.unwrap_spark_exception,
        captured.install_exception_handler,
        lambda: captured.SQLQueryContext(None),
        lambda: captured.DataFrameQueryContext(None),
    ):
        with pytest.raises(errors.PySparkNotImplementedError, match=r"catch firesteel\.errors\.JobError"):
            call()
