"""Which Python runs a program, and what an interpreter says about itself.

Invariant: an interpreter that is asked imports nothing from the folder it is started in.
"""

import os
import subprocess
from collections.abc import Mapping

WITHOUT_FOLDER = "import sys; sys.path[:] = [entry for entry in sys.path if entry]; "
"""Begins code for an interpreter that is not to import from the folder it is started in."""


def wanted_interpreter(settings: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the driver's interpreter that settings or variables name, in Spark's order of precedence."""
    return (
        settings.get("spark.pyspark.driver.python")
        or settings.get("spark.pyspark.python")
        or environ.get("PYSPARK_DRIVER_PYTHON")
        or environ.get("PYSPARK_PYTHON")
        or None
    )


def ask(python: str, code: str) -> str | None:
    """Return what an interpreter prints for a line of code, or None if it fails."""
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
