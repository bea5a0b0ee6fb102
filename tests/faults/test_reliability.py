"""docs/reliability.md is what its writer makes, and says all that the tests of this folder see."""

import os

import ledger
import pytest

being_made = pytest.mark.skipif(ledger.WRITTEN_TO in os.environ, reason="the page is being made")


@being_made
def test_the_page_is_made_by_its_writer() -> None:
    said = ledger.read_page()
    assert set(said) == set(ledger.SECTIONS)
    assert ledger.PAGE.read_text(encoding="utf-8") == ledger.page(said)


@being_made
def test_the_page_says_no_more_than_was_seen(request: pytest.FixtureRequest) -> None:
    ran = {item.path.name for item in request.session.items}
    if not {path.name for path in ledger.HERE.glob("test_*.py")} <= ran or request.config.option.keyword:
        pytest.skip("only some of the tests have run")
    if request.session.testsfailed or hasattr(request.config, "workerinput"):
        pytest.skip("not all of the tests have run here")
    for section, faults in ledger.read_page().items():
        for fault, points in faults.items():
            unseen = set(points) - set(ledger.seen.get(section, {}).get(fault, {}))
            assert unseen <= ledger.skipped.get((section, fault), set()), (section, fault, unseen)
