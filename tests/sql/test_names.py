"""Every public name of pyspark.sql imports, with PySpark's parameters; what cannot run says so when it runs.

`data/api_sql.csv` is the catalogue, made by `data/make_api_sql.py`.
"""

import csv
import inspect
import itertools
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import firesteel.sql
from data.make_api_sql import Name, parameters
from firesteel.errors import NeedsQueryEngineError, PySparkNotImplementedError
from firesteel.sql import functions as F
from firesteel.sql._surface import sections

CALLABLE = ("function", "method", "staticmethod", "classmethod")
CATALOGUE = Path(__file__).parents[1] / "data" / "api_sql.csv"


def rows() -> list[Name]:
    with CATALOGUE.open(newline="") as file:
        found = [Name(*row) for row in itertools.islice(csv.reader(file), 1, None)]
    assert len(found) > 2000
    return found


MODULES = sorted({row.module for row in rows()})


def problem(row: Name) -> str | None:
    """Return what is wrong with a name here, or None."""
    module = import_module(row.module.replace("pyspark", "firesteel", 1))
    owner = getattr(module, row.owner, None) if row.owner else module
    if owner is None:
        return "no such class"
    if not row.member:
        return None if isinstance(owner, type) else "no class"
    if row.kind == "property" and row.owner and "tuple" in str(owner.__bases__):
        return None if hasattr(owner, row.member) else "missing"
    try:
        found = inspect.getattr_static(owner, row.member) if row.owner else getattr(owner, row.member)
    except AttributeError:
        return "missing"
    if row.kind not in CALLABLE:
        return None
    return difference(row.signature, getattr(found, "__func__", found))


def difference(wanted: str, function: Any) -> str | None:
    actual = parameters(function)
    if normal(wanted) == normal(actual):
        return None
    return f"has {actual}, not {wanted}"


def normal(signature: str) -> str:
    return signature.replace("=Ellipsis", "=...").replace("=...", "=")


@pytest.mark.parametrize("module", MODULES)
def test_every_name_is_here_with_its_parameters(module: str) -> None:
    mine = [row for row in rows() if row.module == module]
    wrong = {f"{row.owner}.{row.member}": found for row in mine if (found := problem(row))}
    assert not wrong


@pytest.mark.parametrize("module", [found.name for found in pkgutil.walk_packages(firesteel.sql.__path__)])
def test_modules_offer_what_they_say(module: str) -> None:
    found = import_module(f"firesteel.sql.{module}")
    assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


def test_star_imports_give_every_function() -> None:
    namespace: dict[str, Any] = {}
    exec("from firesteel.sql.functions import *\nfrom firesteel.sql.types import *", namespace)
    assert len(namespace) > 550
    assert namespace["col"] is F.col
    assert namespace["abs"]("a")._expression is not None


def test_functions_build_expressions_of_whatever_they_are_given() -> None:
    built = 0
    for member in sections()["pyspark.sql.functions.builtin"].members.values():
        function = getattr(F, member.name)
        needed = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        ]
        if any(name in member.name for name in ("udf", "udtf", "broadcast", "when")):
            continue
        arguments = [(lambda x: x) if parameter.name in ("f", "merge") else "a" for parameter in needed]
        assert repr(function(*arguments)).startswith("Column<'"), member.name
        built += 1
    assert built > 500


def test_what_needs_a_query_engine_says_so_in_one_class() -> None:
    from firesteel.sql.catalog import Catalog
    from firesteel.sql.readwriter import DataFrameReader
    from firesteel.sql.streaming import StreamingQueryManager

    for run, what in (
        (lambda: Catalog(None).listTables(), "Catalog.listTables"),
        (lambda: DataFrameReader(None).parquet("x"), "DataFrameReader.parquet"),  # type: ignore[arg-type]
        (
            lambda: StreamingQueryManager(None).awaitAnyTermination(),
            "StreamingQueryManager.awaitAnyTermination",
        ),
    ):
        with pytest.raises(PySparkNotImplementedError, match=f"^{what} needs a query engine: ") as caught:
            run()
        assert type(caught.value) is NeedsQueryEngineError


def test_a_wrong_number_of_arguments_is_a_type_error_as_ever() -> None:
    from firesteel.sql.catalog import Catalog

    with pytest.raises(TypeError, match="tableName"):
        Catalog(None).cacheTable()
    with pytest.raises(TypeError):
        F.upper()


def test_classes_can_be_derived_from() -> None:
    from firesteel.sql.datasource import DataSource, EqualTo, InputPartition
    from firesteel.sql.streaming import StreamingQueryListener

    class Listener(StreamingQueryListener):
        def onQueryStarted(self, event: Any) -> str:
            return "started"

    class Source(DataSource):
        @classmethod
        def name(cls) -> str:
            return "mine"

    assert Listener().onQueryStarted(None) == "started"
    assert (Source.name(), Source({"a": "b"}).options) == ("mine", {"a": "b"})
    assert (InputPartition(3).value, EqualTo(("a",), 1).attribute) == (3, ("a",))
