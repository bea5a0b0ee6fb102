"""pipe: what differs from the reference, where it hangs or says less."""

import subprocess

import pytest

from firesteel.core import rdd
from firesteel.errors import JobError


def test_the_words_of_a_command(sc2):
    assert sc2.parallelize(["a"], 1).pipe(["sed", "s/^/it is /"]).collect() == ["it is a"]


def test_an_error_shows_what_the_command_said(sc2):
    with pytest.raises(JobError, match=r"exited with error code 3\. It said: no such luck"):
        sc2.parallelize(["a"], 1).pipe("sh -c 'echo no such luck >&2; exit 3'", checkCode=True).collect()


def test_a_signal_counts_as_in_subprocess(sc2):
    with pytest.raises(JobError, match="exited with error code -9"):
        sc2.parallelize(["a"], 1).pipe("sh -c 'kill -9 $$'", checkCode=True).collect()


def test_an_error_upstream_is_the_error_of_the_job(sc2):
    with pytest.raises(JobError, match="ZeroDivisionError"):
        sc2.parallelize([1], 1).map(lambda x: 1 // 0).pipe("cat").collect()


def test_what_cannot_be_encoded_is_an_error(sc2):
    with pytest.raises(JobError, match="UnicodeEncodeError"):
        sc2.parallelize(["\ud800"], 1).pipe("cat").collect()


def test_endless_input_and_output_end_with_their_consumer(sc2):
    numbers = sc2.range(1, numSlices=1).mapPartitions(lambda _: iter(int, 1))
    assert numbers.pipe("cat").take(2) == ["0", "0"]
    assert numbers.pipe("head -n 2").count() == 2
    assert sc2.range(1).pipe("yes").take(3) == ["y", "y", "y"]


def test_the_name_for_a_pipe_is_that_of_subprocess() -> None:
    assert rdd.PIPE == subprocess.PIPE
