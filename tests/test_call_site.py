"""Call sites: the user's line, and the method it called."""

import inspect

from firesteel import _call_site


def test_a_call_from_outside_the_package_is_its_own_site() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    site = _call_site.here()
    assert site.place == f"test_call_site.py:{frame.f_lineno - 1}"


def test_only_the_package_is_ours() -> None:
    assert _call_site.is_ours(_call_site.__file__)
    assert not _call_site.is_ours(__file__)
