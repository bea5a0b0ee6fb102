"""Where Spark is installed: nowhere, for the engine is inside this package.

`python -m firesteel.find_spark_home` prints nothing and exits with 1, so that a script which looks for
Spark's folder sees that there is none.
"""

import sys
from typing import NoReturn

from firesteel import _public_names
from firesteel.errors import PySparkNotImplementedError


def _find_spark_home() -> NoReturn:
    """Raise: there is no folder with Spark's programs; the command `firesteel` stands for them."""
    raise PySparkNotImplementedError(
        "there is no SPARK_HOME: the engine is in the firesteel package; see `firesteel --help`"
    )


if __name__ == "__main__":
    sys.exit(1)


_public_names.publish(__name__)
