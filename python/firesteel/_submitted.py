"""The settings that a program was started with, by `firesteel submit` or by PYSPARK_SUBMIT_ARGS.

As in PySpark they become the defaults of new settings when the process makes its first context, so that what
a program sets itself counts more. Invariant: they are read once in a process.
"""

import os
import sys

VARIABLE = "FIRESTEEL_SUBMITTED"
"""What `firesteel submit` hands to the program that it starts: the settings, as JSON."""
SUBMIT_ARGS = "PYSPARK_SUBMIT_ARGS"
"""The options of spark-submit for a context that plain Python makes."""

_handed_over: dict[str, str] | None = None
_loaded = False


def receive_handed_over() -> None:
    """Take what `firesteel submit` handed over, if it started this process."""
    given = os.environ.pop(VARIABLE, None)
    if given is not None:
        import json  # `firesteel run` looks here before every program, which should start at once

        receive(json.loads(given))


def receive(settings: dict[str, str]) -> None:
    """Keep settings for the first context, and let the program import its --py-files before that."""
    from firesteel._module_files import put_on_path

    global _handed_over
    _handed_over = settings
    put_on_path([file for file in settings.get("spark.submit.pyFiles", "").split(",") if file])


def load() -> bool:
    """Make the settings defaults, for the first context of this process; tell whether this is the first."""
    from firesteel.conf import system_properties

    global _loaded
    if _loaded:
        return False
    settings = _handed_over if _handed_over is not None else _of_submit_args()
    for key, value in settings.items():
        system_properties.setdefault(key, value)
    _loaded = True
    return True


def _of_submit_args() -> dict[str, str]:
    text = os.environ.get(SUBMIT_ARGS)
    if not text:
        return {}
    from firesteel._cli.parsing import UsageError
    from firesteel._cli.submit_settings import settings_of_submit_args
    from firesteel.errors import PySparkValueError

    try:
        settings, warnings = settings_of_submit_args(text)
    except UsageError as error:
        raise PySparkValueError(f"{SUBMIT_ARGS}: {error}") from None
    for warning in warnings:
        print(f"{SUBMIT_ARGS}: {warning}", file=sys.stderr)
    return settings
