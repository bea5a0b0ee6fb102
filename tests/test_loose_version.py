"""LooseVersion: parts are compared in order, numbers as numbers."""

import pytest

from firesteel.loose_version import LooseVersion


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.5.1", [1, 5, 1]),
        ("1.2.3beta", [1, 2, 3, "beta"]),
        ("2g6", [2, "g", 6]),
        ("0.960923", [0, 960923]),
        ("1.5.2b2", [1, 5, 2, "b", 2]),
    ],
)
def test_parts(text: str, parts: list[object]) -> None:
    version = LooseVersion(text)
    assert (version.version, str(version), repr(version)) == (parts, text, f"LooseVersion ('{text}')")


def test_order() -> None:
    assert LooseVersion("1.2") < "1.10" < LooseVersion("1.10.1")
    assert LooseVersion("1.10") >= LooseVersion("1.10")
    assert LooseVersion("1.2") != LooseVersion("1.2.0")
    assert LooseVersion("1.2") == "1.2"
    assert LooseVersion("1.2") != 5
    with pytest.raises(TypeError):
        assert LooseVersion("1.2") < "1.a"
    with pytest.raises(TypeError):
        assert LooseVersion("1.2") < 5  # type: ignore[operator]
    assert vars(LooseVersion(None)) == {}
