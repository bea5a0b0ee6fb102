"""The alias is installed: some programs look for the package of a class by its module's name, PySpark's."""

import sys
from collections.abc import Iterator

import pytest

from firesteel._alias import AliasFinder


@pytest.fixture(autouse=True)
def alias(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `import pyspark` mean Firesteel for one test, here in the driver."""
    monkeypatch.setattr(sys, "meta_path", [AliasFinder(), *sys.meta_path])
    yield
    sys.modules.pop("pyspark", None)
