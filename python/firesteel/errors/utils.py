"""The texts of error classes, and the place in a program that an error of a DataFrame is about."""

import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from firesteel import _public_names
from firesteel.errors.error_classes import ERROR_CLASSES, SQL_STATES, error_text

__all__ = [
    "ERROR_CLASSES_MAP",
    "ErrorClassesReader",
    "current_origin",
    "is_debugging_enabled",
    "set_current_origin",
    "with_origin_to_class",
]

C = TypeVar("C", bound=type)

ERROR_CLASSES_MAP: dict[str, dict[str, Any]] = {
    name: {"message": [text]} | ({"sqlState": SQL_STATES[name]} if name in SQL_STATES else {})
    for name, text in ERROR_CLASSES.items()
}
"""The error classes that Firesteel raises, in the shape of PySpark's list."""

_origin = threading.local()


class ErrorClassesReader:
    """Looks error classes up.

    >>> ErrorClassesReader().get_message_template("VALUE_NOT_ACCESSIBLE")
    'Value `<value>` cannot be accessed inside tasks.'
    """

    def __init__(self) -> None:
        self.error_info_map = ERROR_CLASSES_MAP

    def get_message_template(self, errorClass: str) -> str:
        """Return the text of an error class, with its placeholders."""
        return "\n".join(self._known(errorClass)["message"])

    def get_error_message(self, errorClass: str, messageParameters: dict[str, str]) -> str:
        """Return the text of an error class, with its placeholders filled in.

        Raises
        ------
        AssertionError
            When there are other parameters than placeholders.
        """
        wanted = set(re.findall("<([a-zA-Z0-9_-]+)>", self.get_message_template(errorClass)))
        if wanted != set(messageParameters):
            raise AssertionError(f"{errorClass} needs the parameters {wanted}; got {messageParameters}")
        return error_text(errorClass, messageParameters)

    def get_sqlstate(self, errorClass: str | None) -> str | None:
        """Return the state of SQL that an error class has, if any."""
        return SQL_STATES.get(errorClass or "")

    def get_breaking_change_info(self, errorClass: str | None) -> dict[str, Any] | None:
        """Return None: none of our error classes tells of a change between releases."""
        if errorClass is not None:
            self._known(errorClass)
        return None

    def _known(self, error_class: str) -> dict[str, Any]:
        if error_class not in self.error_info_map:
            raise ValueError(f"Cannot find main error class '{error_class}'")
        return self.error_info_map[error_class]


def current_origin() -> threading.local:
    """Return this thread's `fragment` and `call_site`."""
    if not hasattr(_origin, "fragment"):
        set_current_origin(None, None)
    return _origin


def set_current_origin(fragment: str | None, call_site: str | None) -> None:
    """Set this thread's `fragment` and `call_site`.

    >>> set_current_origin("+", "app.py:3")
    >>> current_origin().fragment
    '+'
    """
    _origin.fragment = fragment
    _origin.call_site = call_site


def is_debugging_enabled() -> bool:
    """Tell whether DataFrames note where they were made: not so, as there are none yet."""
    return False


def with_origin_to_class(
    cls_or_ignores: C | list[str] | None = None, ignores: list[str] | None = None
) -> C | Callable[[C], C]:
    """Return a class as it is: its methods need not note where they were called."""
    if isinstance(cls_or_ignores, type):
        return cls_or_ignores
    return lambda cls: cls


_public_names.publish(__name__)
