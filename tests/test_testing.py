"""What programs import from pyspark.testing."""

import unittest
from typing import Any

import pytest

from firesteel import SparkContext, testing
from firesteel.errors import PySparkNotImplementedError
from firesteel.testing.utils import PySparkTestCase, QuietTest, ReusedPySparkTestCase, eventually
from support.contexts import SharedContext
from support.programs import Programs


@pytest.mark.parametrize("name", ["assertDataFrameEqual", "assertSchemaEqual"])
def test_what_needs_data_frames_says_so(name: str) -> None:
    with pytest.raises(PySparkNotImplementedError, match=f"{name} is not part of Firesteel yet"):
        getattr(testing, name)([], [], checkRowOrder=True)


def test_the_names_import_under_the_alias(programs: Programs) -> None:
    source = """
        from pyspark.testing import assertDataFrameEqual, assertSchemaEqual, main
        from pyspark.testing.utils import ReusedPySparkTestCase

        class SumTest(ReusedPySparkTestCase):
            def test_sum(self):
                self.assertEqual(self.sc.parallelize([1, 2]).sum(), 3)

        if __name__ == "__main__":
            main()
    """
    ended = programs.firesteel(source)
    assert ended.returncode == 0
    assert "test_sum (__main__.SumTest.test_sum) ... ok" in ended.stderr


@pytest.mark.parametrize("case", [PySparkTestCase, ReusedPySparkTestCase])
def test_cases_have_a_context(case: type[Any], shared: SharedContext) -> None:
    shared.close()
    contexts: list[SparkContext] = []

    class Cases(case):  # type: ignore[misc]
        def test_one(self) -> None:
            assert self.sc.range(3).count() == 3
            contexts.append(self.sc)

        def test_two(self) -> None:
            contexts.append(self.sc)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Cases).run(result)
    assert (result.testsRun, result.failures, result.errors) == (2, [], [])
    assert (contexts[0] is contexts[1]) == (case is ReusedPySparkTestCase)
    assert [context._engine for context in contexts] == [None, None]


def test_quiet_is_what_it_is(sc2: SparkContext) -> None:
    with QuietTest(sc2):
        assert sc2.range(3).count() == 3


def test_eventually_repeats() -> None:
    outcomes = [False, AssertionError("not yet"), KeyError("later"), True]

    @eventually(catch_assertions=True, interval=0, expected_exceptions=(KeyError,))
    def condition() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return bool(outcome)

    condition()
    assert outcomes == []


def test_eventually_gives_up() -> None:
    @eventually(timeout=0, interval=0)
    def never() -> bool:
        return False

    with pytest.raises(AssertionError, match="the last attempt returned False"):
        never()

    @eventually(timeout=60, interval=0)
    def wrong() -> None:
        raise AssertionError("wrong")

    with pytest.raises(AssertionError, match="wrong"):
        wrong()
