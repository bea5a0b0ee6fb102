"""Plain pickle writes PySpark's names and finds them, in a program that knows of no alias.

`data/pickled/plain.pickle` is from the real PySpark's `pickle.dumps`: see `data/make_pickled_names.py`.
"""

import json
import pickle
import sys
from pathlib import Path
from types import ModuleType

import cloudpickle
import pytest

import firesteel
from data.public_objects import names_in, public_objects, steps_of
from firesteel._public_names import Finder, is_free, is_public
from firesteel.sql import Row
from support.programs import Programs

DATA = Path(__file__).parent / "data" / "pickled"
OURS = public_objects(firesteel)
SAID = json.loads((DATA / "said.json").read_text())
NAMES = json.loads((DATA / "names.json").read_text())


@pytest.mark.parametrize("key", OURS)
def test_plain_pickles_are_named_as_the_reference_names_them(key: str) -> None:
    assert is_free()
    assert names_in(pickle.dumps(OURS[key], 4)) == NAMES[key]


@pytest.mark.parametrize("key", OURS)
def test_plain_pickles_say_what_those_of_the_reference_say(key: str) -> None:
    assert steps_of(pickle.dumps(OURS[key], 4)) == SAID[key]


# What a program sees that only imports Firesteel. It says so by what it prints.
PLAIN = """
    import pickle, pickletools, sys
    import firesteel
    assert not [name for name in sys.modules if name.startswith("pyspark")]
"""


def test_a_plain_program_reads_what_the_reference_has_written(programs: Programs) -> None:
    done = programs.python(f"""{PLAIN}
    loaded = pickle.load(open({str(DATA / "plain.pickle")!r}, "rb"))
    print(loaded["row"], loaded["storage level"] == firesteel.StorageLevel.DISK_ONLY_2)
    print(loaded["settings"].getAll(), loaded["statistics"].mean())
    print(loaded["classes"][1] is firesteel.SparkConf)
    """)
    row = "Row(a=1, b=[<Row('x')>])"
    assert (done.stdout, done.stderr) == (f"{row} True\n[('spark.a', 'b')] 2.3333333333333335\nTrue\n", "")


@pytest.mark.parametrize(
    "loads", ["pickle.loads", "pickle._loads", "__import__('cloudpickle').loads", "pickle.Unpickler"]
)
def test_every_pickle_finds_them(programs: Programs, loads: str) -> None:
    done = programs.python(f"""{PLAIN}
    import io
    data = b"cpyspark.sql.types\\nRow\\n."
    loads = {loads}
    print(loads(io.BytesIO(data)).load() if isinstance(loads, type) else loads(data))
    function = b"cpyspark.cloudpickle.cloudpickle\\ndumps\\n."
    print(pickle.loads(function).__module__, pickle._dumps(firesteel.StorageLevel, 0)[:13])
    """)
    expected = "<class 'pyspark.sql.types.Row'>\ncloudpickle.cloudpickle b'cpyspark.stor'\n"
    assert (done.stdout, done.stderr) == (expected, "")


IMPORTS = [
    "import pyspark",
    "import pyspark.storagelevel",
    "from pyspark import StorageLevel",
    "import pyspark.sql.types as types",
    "__import__('pyspark')",
    "importlib.import_module('pyspark')",
    "importlib.import_module('pyspark.statcounter')",
    "assert importlib.util.find_spec('pyspark') is not None",
]


def test_nobody_else_finds_a_pyspark(programs: Programs) -> None:
    done = programs.python(f"""{PLAIN}
    import importlib.util
    from firesteel.sql import Row
    for _ in range(2):
        for statement in {IMPORTS!r}:
            try:
                exec(statement)
            except (ImportError, AssertionError):
                continue
            print(statement)
        # Pickle has been there now, and is found the next time, too.
        assert pickle.loads(pickle.dumps([Row(a=1), firesteel.StorageLevel.NONE]))[0].a == 1
    print("pyspark" in sys.modules)
    """)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_what_there_is_not_is_said_in_one_line(programs: Programs) -> None:
    done = programs.python(f"""{PLAIN}
    try:
        pickle.loads(b"cpyspark.ml.linalg\\nVector\\n.")
    except ImportError as error:
        print(str(error).splitlines()[0][:36])
    """)
    assert (done.stdout, done.stderr) == ("pyspark.ml is not part of Firesteel: \n".replace(": ", ":"), "")


def test_workers_know_the_names(programs: Programs) -> None:
    done = programs.python(f"""{PLAIN}
    from firesteel import SparkContext
    from firesteel.sql import Row
    data = pickle.dumps(Row(a=1))
    with SparkContext("local[2]", "names") as sc:
        made = sc.parallelize([data], 1).map(lambda x: (pickle.loads(x), pickle.dumps(Row(b=2))))
        row, pickled = made.collect()[0]
        types = sc.parallelize([row], 1).map(type).collect()
        print(row, pickle.loads(pickled), types, "pyspark" in sys.modules)
    """)
    printed = "Row(a=1) Row(b=2) [<class 'pyspark.sql.types.Row'>] False\n"
    assert (done.stdout, done.stderr) == (printed, "")


def real_pyspark(programs: Programs) -> str:
    """Install a package named pyspark, as a real one beside us, and return the folder to import it from."""
    programs.write("REAL = True\n", "beside/pyspark/__init__.py")
    programs.write("class StorageLevel:\n    pass\n", "beside/pyspark/storagelevel.py")
    return str(programs.folder / "beside")


def test_beside_a_real_pyspark_our_names_stay(programs: Programs) -> None:
    environment = programs.environment(PYTHONPATH=real_pyspark(programs))
    source = f"""{PLAIN}
    level = firesteel.StorageLevel.NONE
    print(level.__module__, pickle.loads(pickle.dumps(level)) == level, "pyspark" in sys.modules)
    from pyspark.storagelevel import StorageLevel
    print(pickle.loads(pickle.dumps(StorageLevel)) is StorageLevel is not firesteel.StorageLevel)
    """
    done = programs.python(source, env=environment)
    assert (done.stdout, done.stderr) == ("firesteel.storagelevel True False\nTrue\n", "")


def test_the_alias_gives_the_names_beside_a_real_pyspark(programs: Programs) -> None:
    done = programs.python(
        f"""{PLAIN}
    before = firesteel.StorageLevel.NONE.__module__
    firesteel.install()
    level = firesteel.StorageLevel.NONE
    import pyspark
    print(before, level.__module__, pyspark is firesteel, pickle.loads(pickle.dumps(level)) == level)
    """,
        env=programs.environment(PYTHONPATH=real_pyspark(programs)),
    )
    assert (done.stdout, done.stderr) == ("firesteel.storagelevel pyspark.storagelevel True True\n", "")


def test_a_real_pyspark_that_comes_later_gets_its_names(programs: Programs) -> None:
    folder = real_pyspark(programs)
    done = programs.python(f"""{PLAIN}
    level = firesteel.StorageLevel.NONE
    print(level.__module__, pickle.loads(pickle.dumps(level)) == level)
    sys.path.append({folder!r})
    import pyspark
    from pyspark.storagelevel import StorageLevel
    print(pyspark.REAL, StorageLevel is firesteel.StorageLevel, level.__module__)
    theirs = pickle.loads(pickle.dumps(StorageLevel))
    print(pickle.loads(pickle.dumps(level)) == level, theirs is StorageLevel)
    """)
    assert (done.stdout, done.stderr) == (
        "pyspark.storagelevel True\nTrue False firesteel.storagelevel\nTrue True\n",
        "",
    )


def test_cloudpickle_goes_by_name() -> None:
    assert names_in(cloudpickle.dumps(Row, 4)) == ["pyspark.sql.types.Row"]
    assert pickle.loads(cloudpickle.dumps(Row)) is Row


def test_a_module_has_both_names() -> None:
    module = sys.modules["pyspark.sql.types"]
    assert isinstance(module, ModuleType)
    assert module is firesteel.sql.types
    assert (module.__name__, Row.__module__) == ("firesteel.sql.types", "pyspark.sql.types")


def test_the_finder_leaves_others_alone() -> None:
    assert Finder.find_spec("numpy") is None
    assert sys.meta_path.count(Finder) == 1
    assert not is_public("sparkling")
