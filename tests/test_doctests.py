"""The examples in the documentation run."""

import doctest
import sys
from importlib import import_module
from types import ModuleType

import pytest

from firesteel import SparkContext

MODULES = [
    "firesteel",
    "firesteel._alias",
    "firesteel._jvm",
    "firesteel._jvm.hadoop_conf",
    "firesteel._jvm.hadoop_fs",
    "firesteel._jvm.java_net",
    "firesteel._jvm.log4j",
    "firesteel._jvm.objects",
    "firesteel._jvm.spark",
    "firesteel._py4j.java_collections",
    "firesteel._py4j.java_gateway",
    "firesteel.accumulators",
    "firesteel.conf",
    "firesteel.core._hadoop",
    "firesteel.core._master",
    "firesteel.core._pools",
    "firesteel.core._settings",
    "firesteel.core.broadcast",
    "firesteel.core.context",
    "firesteel.core.files",
    "firesteel.core.rdd",
    "firesteel.core.status",
    "firesteel.errors",
    "firesteel.errors.exceptions.base",
    "firesteel.errors.exceptions.captured",
    "firesteel.errors.missing",
    "firesteel.errors.utils",
    "firesteel.logger.logger",
    "firesteel.loose_version",
    "firesteel.profiler",
    "firesteel.resource.information",
    "firesteel.resource.profile",
    "firesteel.resource.requests",
    "firesteel.join",
    "firesteel.rddsampler",
    "firesteel.resultiterable",
    "firesteel.serializers",
    "firesteel.shuffle",
    "firesteel.sql._absent",
    "firesteel.sql._rows.json_lines",
    "firesteel.sql._rows.text",
    "firesteel.sql._surface",
    "firesteel.sql._types.ddl",
    "firesteel.sql._types.inference",
    "firesteel.sql._types.json_types",
    "firesteel.sql._types.stored",
    "firesteel.sql._types.verification",
    "firesteel.sql.column",
    "firesteel.sql.conf",
    "firesteel.sql.context",
    "firesteel.sql.datasource",
    "firesteel.sql.functions",
    "firesteel.sql.functions.builtin",
    "firesteel.sql.pandas.functions",
    "firesteel.sql.readwriter",
    "firesteel.sql.session",
    "firesteel.sql.types",
    "firesteel.sql.udf",
    "firesteel.sql.utils",
    "firesteel.sql.variant_utils",
    "firesteel.sql.window",
    "firesteel.statcounter",
    "firesteel.storagelevel",
    "firesteel.taskcontext",
    "firesteel.traceback_utils",
    "firesteel.util",
    "firesteel.worker",
    "firesteel.worker_util",
]


class Finder(doctest.DocTestFinder):
    """Knows that a class is from a module also where it calls it as PySpark does."""

    def _from_module(self, module: ModuleType, object: object) -> bool:
        return super()._from_module(module, object) or (
            isinstance(object, type) and sys.modules.get(object.__module__) is module
        )


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, sc2: SparkContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in Finder().find(import_module(name), extraglobs={"sc": sc2}):
        runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0
