"""ResultIterable: a sized iterable over a list."""

from firesteel.resultiterable import ResultIterable


def test_it_can_be_gone_through_twice() -> None:
    group = ResultIterable([1, 2])
    assert list(group) == list(group) == [1, 2]
    assert len(group) == group.maxindex == 2
    assert group.data == [1, 2]
