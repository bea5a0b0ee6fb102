"""Mergers and sorters: spilled or not, the result is the same, and no file stays."""

from pathlib import Path

import pytest

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


def test_a_forgotten_merger_leaves_no_file(spill_folder: Path) -> None:
    merger = ExternalMerger(LISTS, 1, batch=10)
    merger.mergeValues(PAIRS)
    assert list(spill_folder.iterdir())
    del merger
    assert list(spill_folder.iterdir()) == []


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
