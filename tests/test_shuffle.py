"""Mergers and sorters: spilled or not, the result is the same, and no file stays."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from firesteel import SparkContext
from firesteel.serializers import CPickleSerializer
from firesteel.shuffle import (
    Aggregator,
    ExternalGroupBy,
    ExternalList,
    ExternalListOfList,
    ExternalMerger,
    ExternalSorter,
    GroupByKey,
    Merger,
    SimpleAggregator,
)
from support.processes import descriptors

LISTS = Aggregator(lambda x: [x], lambda xs, x: [*xs, x], lambda xs, ys: xs + ys)
PAIRS = [(n % 7, n) for n in range(100)]
GROUPED = {key: [n for k, n in PAIRS if k == key] for key in range(7)}


@pytest.fixture(autouse=True)
def spill_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("merger_class", [ExternalMerger, ExternalGroupBy])
@pytest.mark.parametrize(("limit", "spills"), [(1 << 20, 0), (1, 15)])
def test_merged_values_keep_their_order(
    merger_class: type[ExternalMerger], limit: int, spills: int, spill_folder: Path
) -> None:
    merger = merger_class(LISTS, limit, batch=7)
    merger.mergeValues(PAIRS)
    # The last spill comes with items(), for what is left.
    merged = merger.items()
    assert {key: list(values) for key, values in merged} == GROUPED
    assert merger.spills == spills
    assert list(spill_folder.iterdir()) == []


def test_merged_combiners_spill_unless_told_not_to(spill_folder: Path) -> None:
    merger = ExternalMerger(SimpleAggregator(lambda x, y: x + y), 1, batch=10, localdirs=[str(spill_folder)])
    merger.mergeCombiners(PAIRS, limit=0)
    assert merger.spills == 0
    merger.mergeCombiners(PAIRS)
    assert merger.spills == 10
    assert dict(merger.items()) == {key: 2 * sum(values) for key, values in GROUPED.items()}
    assert spill_folder.exists()


def spill_files(*folders: Path) -> list[str]:
    """Return the files that this process has open in the folders, also those without a name."""
    open_files = descriptors().values()
    return [name for name in open_files if any(name.startswith(f"{folder}/") for folder in folders)]


def test_a_forgotten_merger_leaves_no_file(spill_folder: Path) -> None:
    merger = ExternalMerger(LISTS, 1, batch=10)
    merger.mergeValues(PAIRS)
    assert len(spill_files(spill_folder)) == 1
    assert list(spill_folder.iterdir()) == []
    del merger
    assert spill_files(spill_folder) == []


def test_all_local_directories_are_used_but_those_that_fail(
    spill_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [spill_folder / name for name in ("first", "second", "third")]
    folders[1].touch()
    monkeypatch.setenv("SPARK_LOCAL_DIRS", ", ".join(map(str, folders)))
    merger = ExternalMerger(LISTS, 1, batch=10)
    merger.mergeValues(PAIRS)
    elements = ExternalSorter(1).sorted(range(1000), reverse=True)
    assert len(spill_files(folders[0])) == len(spill_files(folders[2])) == 2
    assert dict(merger.items()) == GROUPED
    assert list(elements) == list(range(1000))[::-1]


def test_without_any_directory_it_is_the_systems_error(
    spill_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spill_folder / "file").touch()
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(spill_folder / "file"))
    with pytest.raises(OSError, match="file"):
        ExternalMerger(LISTS, 1, batch=10).mergeValues(PAIRS)


SECRET = "nobody may read this "


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_task_spills_into_the_local_directories_encrypted_if_the_rest_is(
    start_context: Callable[..., SparkContext],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    encrypted: bool,
) -> None:
    monkeypatch.delenv("SPARK_LOCAL_DIRS")
    local = [tmp_path / "one", tmp_path / "two"]
    sc = start_context(
        "local[1]",
        {"spark.local.dir": ",".join(map(str, local)), "spark.io.encryption.enabled": str(encrypted).lower()},
    )

    def spill(_: int) -> tuple[list[str], bool]:
        merger = ExternalMerger(LISTS, 1, CPickleSerializer(), batch=10)
        merger.mergeValues((SECRET + str(number), number) for number in range(100))
        found = {}
        for descriptor, name in descriptors().items():
            if name.startswith(str(tmp_path)) and name.endswith("(deleted)"):
                found[name] = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        assert sorted(dict(merger.items())) == sorted(SECRET + str(number) for number in range(100))
        return sorted({Path(name).parent.name for name in found}), SECRET.encode() in b"".join(found.values())

    assert sc.parallelize([0], 1).map(spill).first() == (["one", "two"], not encrypted)


def test_lists_on_disk_are_pickled_as_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExternalList, "LIMIT", 4)
    lists = ExternalListOfList([[0]])
    for n in range(1, 10):
        lists.append([n, -n])
    again = pickle.loads(pickle.dumps(lists))
    assert (list(again), len(again)) == (list(lists), 19)


def test_the_base_merges_nothing() -> None:
    merger = Merger(LISTS)
    for call in (lambda: merger.mergeValues([]), lambda: merger.mergeCombiners([]), merger.items):
        with pytest.raises(NotImplementedError):
            call()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 1 << 20])
def test_a_sorter_is_stable(limit: int, reverse: bool) -> None:
    elements = [(n * 7919 % 5, n) for n in range(1000)]
    found = ExternalSorter(limit, CPickleSerializer()).sorted(elements, key=lambda e: e[0], reverse=reverse)
    assert list(found) == sorted(elements, key=lambda e: e[0], reverse=reverse)


def test_lists_go_to_disk_and_can_be_read_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExternalList, "LIMIT", 4)
    numbers, lists = ExternalList([0]), ExternalListOfList([[0]])
    for n in range(1, 10):
        numbers.append(n)
        lists.append([n, -n])
    assert len(numbers.values) < 4
    assert [a * b for a, b in zip(numbers, numbers, strict=True)] == [n * n for n in range(10)]
    assert list(lists) == [0, *(x for n in range(1, 10) for x in (n, -n))]
    assert (len(numbers), len(lists)) == (10, 19)


def test_neighbours_with_one_key_are_joined() -> None:
    grouped = GroupByKey([("a", [1]), ("a", [2, 3]), ("b", [4]), ("a", [5])])
    assert [(key, list(values)) for key, values in grouped] == [("a", [1, 2, 3]), ("b", [4]), ("a", [5])]
