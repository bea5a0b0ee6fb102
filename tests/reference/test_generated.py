"""Generated programs give here what they gave on the reference, in every partition, order and exact type.

`record.py --generated` makes `generated.json`. Invariant: a program runs here exactly as it ran there, on one
context that it shares with the programs before it.
"""

import csv
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from canonical import difference, summary
from generated.generator import KINDS, PROGRAMS, generate
from generated.operations import ACTIONS, TRANSFORMATIONS

from support.contexts import Mode

RECORDED = json.loads(Path(__file__).with_name("generated.json").read_text())["cases"]
CASES = {f"{program.name}:{program.source.partitions}": program for program in PROGRAMS.values()}
TWO_WORKERS = Mode("local[2]")
# Batches and frames of three elements cross every limit many times; results may not show it.
SMALL_FRAMES = Mode("local[1]", (("firesteel.frame.elements", "3"),))
# What might run without calling Python calls it.
WITHOUT_NATIVE = Mode("local[2]", (("firesteel.native", "false"),))

# Public names of RDD that no generated program uses, and where they are compared or tested instead.
ELSEWHERE = {
    "tests/core/test_rdd_hadoop_files.py": [
        "saveAsHadoopDataset", "saveAsHadoopFile", "saveAsNewAPIHadoopDataset", "saveAsNewAPIHadoopFile",
        "saveAsSequenceFile",
    ],
    "state without elements": [
        "context", "id", "name", "setName", "toDebugString", "getStorageLevel", "isCheckpointed",
        "isLocallyCheckpointed", "getCheckpointFile", "getResourceProfile", "withResources",
        "cleanShuffleDependencies",
    ],
    "tests of their own": ["barrier", "toDF"],
}  # fmt: skip

# Results that differ, on purpose or by nature: see docs/compatibility.md. One that no longer differs fails.
DIFFERENT: dict[tuple[str, str], str] = {}


def compare(case, sc, folder):
    if os.environ.get("PYTHONHASHSEED", "0") != "0":
        pytest.skip("the reference was recorded with PYTHONHASHSEED=0, by which words land in partitions")
    program, expected = CASES[case], dict(RECORDED[case])
    found = summary(program.run(sc, program.source.partitions, folder))
    for label in [label for different, label in DIFFERENT if different == case]:
        assert expected.pop(label) != found.pop(label), f"{case}: {label} does not differ any more"
    different = difference(expected, found)
    assert different is None, f"{case}\n\n{program.code}\n\n{different}"


@pytest.mark.filterwarnings("ignore::FutureWarning")  # deprecated names are part of the API
@pytest.mark.parametrize("case", RECORDED)
def test_result_equals_the_reference(shared, case, tmp_path):
    compare(case, shared.get(TWO_WORKERS), tmp_path)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", list(RECORDED)[::4])
def test_small_frames_change_no_result(shared, case, tmp_path):
    compare(case, shared.get(SMALL_FRAMES), tmp_path)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", list(RECORDED)[2::4])
def test_native_paths_change_no_result(shared, case, tmp_path):
    compare(case, shared.get(WITHOUT_NATIVE), tmp_path)


def test_recording_and_programs_belong_together():
    assert set(RECORDED) == set(CASES), "record the programs again: see record.py"
    assert {case: row["code"] for case, row in RECORDED.items()} == {
        case: summary({"code": program.code.splitlines()})["code"] for case, program in CASES.items()
    }


def test_the_same_programs_are_generated_every_time():
    assert [program.code for program in generate().values()] == [
        program.code for program in PROGRAMS.values()
    ]


def uses():
    """By operation, the sources of the programs that use it."""
    sources = defaultdict(list)
    for program in PROGRAMS.values():
        for step in program.steps + program.actions:
            sources[step.operation].append(program.source)
    return sources


def test_every_operation_is_in_twenty_programs():
    assert {operation.name for operation in TRANSFORMATIONS + ACTIONS} == set(uses())
    assert {name: len(sources) for name, sources in uses().items() if len(sources) < 20} == {}


def test_every_operation_meets_kinds_partitions_and_sizes():
    for name, sources in uses().items():
        assert len({source.kind for source in sources}) >= min(10, len(KINDS)), name
        assert {source.partitions for source in sources} >= {0, 1, 7}, name
        assert any(0 < source.size < source.partitions or source.size == 0 for source in sources), name
        assert any(source.size > 1024 and source.partitions for source in sources), name


def test_every_public_operation_of_rdd_is_here_or_elsewhere():
    table = Path(__file__).parents[1] / "data" / "api_rdd.csv"
    with table.open(newline="") as lines:
        rows = [row for row in csv.reader(lines) if row[1] == "RDD"]
    public = {row[2] for row in rows if row[3] in ("method", "property") and not row[2].startswith("_")}
    assert len(public) > 90
    elsewhere = {name for names in ELSEWHERE.values() for name in names}
    assert public - set(uses()) == elsewhere


def test_few_programs_fail_and_some_do():
    failing = [case for case, row in RECORDED.items() if any("'job failed'" in str(row[k]) for k in row)]
    assert 10 < len(failing) < len(RECORDED) / 5
