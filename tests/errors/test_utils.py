"""errors.utils: texts of error classes, and origins."""

import threading

import pytest

from firesteel.errors import utils


def test_error_classes_are_looked_up() -> None:
    reader = utils.ErrorClassesReader()
    message = reader.get_error_message("VALUE_NOT_ACCESSIBLE", {"value": "x"})
    assert message == "Value `x` cannot be accessed inside tasks."
    for look_up in (reader.get_message_template, lambda name: reader.get_error_message(name, {})):
        with pytest.raises(ValueError, match="Cannot find main error class 'NOPE'"):
            look_up("NOPE")
    with pytest.raises(AssertionError, match=r"VALUE_NOT_ACCESSIBLE needs the parameters \{'value'\}"):
        reader.get_error_message("VALUE_NOT_ACCESSIBLE", {})
    states = [reader.get_sqlstate(name) for name in ("VALUE_NOT_ACCESSIBLE", "NOT_IMPLEMENTED", None)]
    assert states == [None, "0A000", None]
    assert reader.get_breaking_change_info(None) is None


def test_an_origin_belongs_to_its_thread() -> None:
    utils.set_current_origin("a", "b")
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(utils.current_origin().fragment))
    thread.start()
    thread.join()
    assert (utils.current_origin().call_site, seen) == ("b", [None])
    utils.set_current_origin(None, None)


def test_classes_stay_as_they_are() -> None:
    assert utils.with_origin_to_class(int) is int
    assert utils.with_origin_to_class(["ignored"])(int) is int  # type: ignore[operator]
    assert not utils.is_debugging_enabled()


def test_the_texts_of_error_classes_are_a_dict() -> None:
    assert utils.ErrorClassesReader().error_info_map is utils.ERROR_CLASSES_MAP
    assert utils.ERROR_CLASSES_MAP["VALUE_NOT_ACCESSIBLE"]["message"]
