"""Writes `pickled/`: objects and classes of PySpark's, pickled by the real PySpark 4.3, for the tests.

Run it where PySpark and a JVM are: `python tests/data/make_pickled_names.py`. What there is stands in
`public_objects.py`, which makes the same of `pyspark` and of Firesteel; `names.json` says how each is named.
"""

import json
import pickle
import shutil
from pathlib import Path

import pyspark
from public_objects import names_in, public_objects, steps_of
from pyspark import SparkContext

FOLDER = Path(__file__).parent / "pickled"


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    objects = public_objects(pyspark)
    # With globals of its own, so that the pickle does not say in which folder this file is.
    function = eval("lambda x: x + 1", {"__name__": "__main__"})
    sc = SparkContext("local[1]")
    sc.parallelize([*objects.items(), ("function", function)], 1).saveAsPickleFile(f"{FOLDER}/file")
    sc.stop()
    for path in [*FOLDER.rglob("*.crc"), *FOLDER.rglob("_SUCCESS")]:
        path.unlink()
    (FOLDER / "plain.pickle").write_bytes(pickle.dumps(objects, 4))
    names = {key: names_in(pickle.dumps(value, 4)) for key, value in objects.items()}
    (FOLDER / "names.json").write_text(json.dumps(names, indent=1) + "\n")
    said = {key: steps_of(pickle.dumps(value, 4)) for key, value in objects.items()}
    (FOLDER / "said.json").write_text(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
