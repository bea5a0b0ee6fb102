"""The settings that a program was started with, by `firesteel submit`.

As in PySpark they become the defaults of new settings when the process makes its first context, so that what
a program sets itself counts more. Invariant: they are read once in a process.
"""

import json
import os

from firesteel._module_files import put_on_path
from firesteel.conf import system_properties

VARIABLE = "FIRESTEEL_SUBMITTED"
"""What `firesteel submit` hands to the program that it starts: the settings, as JSON."""

_handed_over: dict[str, str] | None = None
_loaded = False


def import_py_files() -> None:
    """Take what `firesteel submit` handed over, and let the program import its --py-files."""
    global _handed_over
    given = os.environ.pop(VARIABLE, None)
    if given is not None:
        settings: dict[str, str] = json.loads(given)
        files = settings.get("spark.submit.pyFiles", "").split(",")
        put_on_path([file for file in files if file])
        _handed_over = settings


def load() -> bool:
    """Make the settings defaults, for the first context of this process; tell whether this is the first."""
    global _loaded
    if _loaded:
        return False
    settings = _handed_over or {}
    for key, value in settings.items():
        system_properties.setdefault(key, value)
    _loaded = True
    return True
