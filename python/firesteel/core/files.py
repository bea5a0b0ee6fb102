"""SparkFiles: where the files are that `SparkContext.addFile` and `addArchive` have shipped."""

import os
from typing import NoReturn

from firesteel import _public_names
from firesteel.core._includes import FILES_VARIABLE
from firesteel.errors import PySparkRuntimeError
from firesteel.taskcontext import TaskContext

__all__ = ["SparkFiles"]


class SparkFiles:
    """Finds shipped files, on the driver and in tasks. It has class methods only.

    Examples
    --------
    >>> import os, tempfile
    >>> from firesteel import SparkFiles
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "ratio.txt")
    ...     with open(path, "w") as file:
    ...         _ = file.write("3")
    ...     sc.addFile(path)
    >>> sc.parallelize([2]).map(lambda x: x * int(open(SparkFiles.get("ratio.txt")).read())).collect()
    [6]
    """

    def __init__(self) -> NoReturn:
        raise NotImplementedError("Do not construct SparkFiles objects")

    @classmethod
    def get(cls, filename: str) -> str:
        """Return the path of a file by the name that it was added under."""
        return os.path.abspath(os.path.join(cls.getRootDirectory(), filename))

    @classmethod
    def getRootDirectory(cls) -> str:
        """Return the folder that all shipped files are in."""
        if TaskContext.get() is not None:
            return os.environ[FILES_VARIABLE]
        from firesteel.core.context import SparkContext

        context = SparkContext._active()
        if context is None:
            raise PySparkRuntimeError("SparkFiles needs a running SparkContext")
        return context._shipped.root


_public_names.publish(__name__)
