"""Pickles cross between Firesteel and PySpark, whatever `import pyspark` means in the process.

`data/pickled` is written by the real PySpark with `data/make_pickled_names.py`.
"""

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

import firesteel
from data.public_objects import names_in, public_objects, steps_of
from firesteel import SparkContext, StorageLevel
from firesteel._pickled_names import as_pyspark, loads
from firesteel.core.rdd import BoundedFloat
from firesteel.serializers import AutoSerializer, CloudPickleSerializer, PickleSerializer
from support.values import assert_same

DATA = Path(__file__).parent / "data" / "pickled"
OURS = public_objects(firesteel)
NAMES = json.loads((DATA / "names.json").read_text())


def contents(value: Any) -> Any:
    """Return what makes an object what it is, also of those that cannot be compared."""
    return steps_of(pickle.dumps(value, 4))


def in_another_process(program: str, *arguments: str, **environment: str) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("key", OURS)
def test_objects_are_named_as_the_reference_names_them(key: str) -> None:
    assert names_in(as_pyspark(pickle.dumps(OURS[key], 4))) == NAMES[key]


@pytest.mark.parametrize("key", OURS)
def test_objects_pickled_by_the_reference(key: str) -> None:
    theirs = loads((DATA / "plain.pickle").read_bytes())[key]
    assert contents(theirs) == contents(OURS[key])


def test_pickle_file_of_the_reference(sc: SparkContext) -> None:
    objects = dict(sc.pickleFile(str(DATA / "file")).collect())
    assert objects.pop("function")(1) == 2
    assert {key: contents(value) for key, value in objects.items()} == {
        key: contents(value) for key, value in OURS.items()
    }


def test_pickle_file_for_the_reference(sc: SparkContext, tmp_path: Path) -> None:
    path = str(tmp_path / "out")
    sc.parallelize([StorageLevel.DISK_ONLY, lambda x: x + 1], 1).saveAsPickleFile(path)
    written = (tmp_path / "out" / "part-00000").read_bytes()
    assert b"pyspark.storagelevel" in written
    assert b"pyspark.cloudpickle.cloudpickle" in written
    level, function = sc.pickleFile(path).collect()
    assert (level, function(1)) == (StorageLevel.DISK_ONLY, 2)


@pytest.mark.parametrize("serializer", [PickleSerializer(), CloudPickleSerializer(), AutoSerializer()])
def test_serializers_write_the_names_of_the_reference(serializer: Any) -> None:
    pickled = serializer.dumps(StorageLevel.DISK_ONLY)
    assert b"pyspark.storagelevel" in pickled
    assert serializer.loads(pickled) == StorageLevel.DISK_ONLY


def test_allowed_names_are_those_of_the_reference() -> None:
    pickled = CloudPickleSerializer().dumps(StorageLevel)
    allowed = CloudPickleSerializer({("pyspark.storagelevel", "StorageLevel")})
    assert allowed.loads(pickled) is StorageLevel
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        CloudPickleSerializer(set()).loads(pickled)


@pytest.mark.parametrize("protocol", [4, 5])
def test_data_of_the_user_stays(protocol: int) -> None:
    # The very string that pickle keeps for the class's module, before and behind it.
    module = StorageLevel.__module__
    value = [module, StorageLevel, module, "cloudpickle.cloudpickle", "x" * 70_000, StorageLevel]
    assert_same(loads(as_pyspark(pickle.dumps(value, protocol))), value)


def test_many_kept_strings() -> None:
    value = [[str(number) for number in range(1000)], StorageLevel.NONE, OURS, StorageLevel.NONE]
    assert loads(as_pyspark(pickle.dumps(value, 5)))[3] == StorageLevel.NONE


def test_what_is_not_pyspark_s_is_written_as_it_is() -> None:
    for value in (1, "firesteel", [firesteel._pickling.dumps]):
        assert names_in(as_pyspark(cloudpickle.dumps(value, 4))) == names_in(cloudpickle.dumps(value, 4))


def test_approximate_numbers_come_back() -> None:
    # PySpark names them so, too, but cannot read them.
    pickled = as_pyspark(pickle.dumps(BoundedFloat(1.5, 0.9, 1.0, 2.0), 4))
    assert names_in(pickled) == ["pyspark.core.rdd.BoundedFloat"]
    assert (loads(pickled), loads(pickled).low) == (1.5, 1.0)


def test_plain_pickle_reads_what_it_has_written() -> None:
    assert pickle.loads(pickle.dumps(StorageLevel.DISK_ONLY)) == StorageLevel.DISK_ONLY


READ = """
    import sys
    from firesteel import SparkContext, StorageLevel
    sc = SparkContext("local[1]", "names")
    level = dict(sc.pickleFile(sys.argv[1]).collect())["storage level"]
    print(level == StorageLevel.DISK_ONLY_2, sc.pickleFile(sys.argv[1]).count(), "pyspark" in sys.modules)
"""


def test_reading_with_the_alias() -> None:
    program = f"import firesteel._alias\nfiresteel._alias.install()\n{textwrap.dedent(READ)}"
    assert in_another_process(program, str(DATA / "file")).split()[:2] == ["True", str(len(OURS) + 1)]


def test_reading_beside_a_real_pyspark(tmp_path: Path) -> None:
    (tmp_path / "pyspark").mkdir()
    (tmp_path / "pyspark" / "__init__.py").write_text("raise RuntimeError('loaded')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    printed = in_another_process(READ, str(DATA / "file"), PYTHONPATH=path)
    assert printed.split() == ["True", str(len(OURS) + 1), "False"]
