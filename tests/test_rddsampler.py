"""Samplers on plain iterators draw what the engine draws for the same seed."""

import pytest

from firesteel.rddsampler import RDDRangeSampler, RDDSampler, RDDStratifiedSampler


@pytest.mark.parametrize(("replace", "fraction"), [(False, 0.4), (True, 0.4), (True, 2.5), (True, 30.0)])
def test_same_elements_as_the_engine(sc2, replace, fraction):
    numbers = list(range(50))
    for seed in (3, -7):
        sampled = sc2.parallelize(numbers, 1).sample(replace, fraction, seed).collect()
        assert list(RDDSampler(replace, fraction, seed).func(0, numbers)) == sampled


def test_ranges_split_without_overlap():
    halves = [list(RDDRangeSampler(low, low + 0.5, 5).func(2, range(20))) for low in (0.0, 0.5)]
    assert sorted(halves[0] + halves[1]) == list(range(20))


@pytest.mark.parametrize("replace", [False, True])
def test_same_pairs_as_the_engine(sc2, replace):
    pairs = [(key, value) for value in range(40) for key in "ab"]
    fractions = {"a": 0.2, "b": 0.8}
    sampled = sc2.parallelize(pairs, 1).sampleByKey(replace, fractions, 9).collect()
    assert list(RDDStratifiedSampler(replace, fractions, 9).func(0, pairs)) == sampled
