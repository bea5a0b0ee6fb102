"""Texts of error classes, origins, and what exceptions know about themselves."""

import io
import sys
import threading

from programs.registry import module_of, outcome, program

CLASSES = [
    "ATTRIBUTE_NOT_SUPPORTED",
    "BROADCAST_VARIABLE_NOT_LOADED",
    "CALL_BEFORE_INITIALIZE",
    "CONTEXT_ONLY_VALID_ON_DRIVER",
    "INCORRECT_CONF_FOR_PROFILE",
    "NOT_IN_BARRIER_STAGE",
    "PYTHON_VERSION_MISMATCH",
    "STOP_ITERATION_OCCURRED",
    "VALUE_NOT_ACCESSIBLE",
]


def _on_one_line(text):
    """The words of a text, which the reference spreads over lines."""
    return " ".join(text.split())


@program(1, 2)
def errors_texts_of_classes(sc, n):
    utils = module_of(sc, "errors.utils")
    reader = utils.ErrorClassesReader()
    value = {"value": "x"}
    versions = {"worker_version": "3.9", "driver_version": "3.10"}
    return {
        "templates": [_on_one_line(reader.get_message_template(name)) for name in CLASSES],
        "the map": [utils.ERROR_CLASSES_MAP[name] == reader.error_info_map[name] for name in CLASSES],
        "an entry": "\n".join(utils.ERROR_CLASSES_MAP["VALUE_NOT_ACCESSIBLE"]["message"]),
        "the same map": reader.error_info_map is utils.ERROR_CLASSES_MAP,
        "filled in": [
            reader.get_error_message("VALUE_NOT_ACCESSIBLE", value),
            _on_one_line(reader.get_error_message("PYTHON_VERSION_MISMATCH", versions)),
            reader.get_error_message("NOT_IN_BARRIER_STAGE", {}),
        ],
        "states": [reader.get_sqlstate(name) for name in [*CLASSES, None, "NO_SUCH_CLASS"]],
        "changes": [reader.get_breaking_change_info(name) for name in [*CLASSES, None]],
        "unknown": [
            outcome(lambda: reader.get_message_template("NO_SUCH_CLASS")),
            outcome(lambda: reader.get_error_message("NO_SUCH_CLASS", {})),
            outcome(lambda: reader.get_breaking_change_info("NO_SUCH_CLASS")),
        ],
        "missing": outcome(
            lambda: reader.get_error_message("VALUE_NOT_ACCESSIBLE", {}), "VALUE_NOT_ACCESSIBLE"
        ),
        "too many": outcome(lambda: reader.get_error_message("NOT_IN_BARRIER_STAGE", value), "value"),
    }


@program(1, 2)
def errors_origins(sc, n):
    utils = module_of(sc, "errors.utils")
    before = (utils.current_origin().fragment, utils.current_origin().call_site)
    utils.set_current_origin("fragment", "place")
    seen = []

    def look():
        seen.append((utils.current_origin().fragment, utils.current_origin().call_site))

    other = threading.Thread(target=look)
    other.start()
    other.join()
    look()
    utils.set_current_origin(None, None)
    look()

    class Noted:
        def __init__(self, value):
            self.value = value

        def told(self):
            return self.value

    decorated = utils.with_origin_to_class(Noted)
    later = utils.with_origin_to_class(["told"])(Noted)
    return {
        "before": before,
        "seen": seen,
        "debugging": utils.is_debugging_enabled(),
        "classes": [decorated is Noted, later is Noted, decorated(n).told(), Noted.told.__name__],
    }


@program(1, 2)
def errors_know_themselves(sc, n):
    errors, base = module_of(sc, "errors"), module_of(sc, "errors.exceptions.base")
    captured = module_of(sc, "errors.exceptions.captured").CapturedException
    assertion = errors.PySparkAssertionError("differs", data=[1, "a"])
    plain, with_class = errors.PySparkException("said"), _with_a_class(errors)
    raised = outcome(lambda: base.recover_python_exception(ValueError("cold")))
    return {
        "data": [assertion.data, str(assertion), errors.PySparkAssertionError("no data").data],
        "changes": [error.getBreakingChangeInfo() for error in (assertion, plain, with_class)],
        "recovered": (raised[0], repr(raised[1])),
        "captured": _captured(captured),
        "message of captured": captured("it broke", "at place").getMessage(),
        "context": _context_of_ones_own(errors),
        "abstract": outcome(errors.QueryContext, "abstract class QueryContext"),
    }


def _with_a_class(errors):
    return errors.PySparkValueError(errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "x"})


def _captured(captured):
    error = captured("it broke", "at place")
    told = [error.getCondition(), error.getMessageParameters(), error.getSqlState()]
    return [str(error).partition("\n")[0], *told, error.getQueryContext()]


def _context_of_ones_own(errors):
    class Own(errors.QueryContext):
        def contextType(self):
            return errors.QueryContextType.DataFrame

        def objectType(self):
            return super().objectType()

        def objectName(self):
            return super().objectName()

        def startIndex(self):
            return super().startIndex()

        def stopIndex(self):
            return super().stopIndex()

        def fragment(self):
            return super().fragment()

        def callSite(self):
            return super().callSite()

        def summary(self):
            return super().summary()

    own = Own()
    told = [own.objectType(), own.objectName(), own.startIndex(), own.stopIndex()]
    return [own.contextType().name, *told, own.fragment(), own.callSite(), own.summary()]


def _failing():
    raise ValueError("cold")


@program(1, 2)
def errors_as_workers_tell_them(sc, n):
    util = module_of(sc, "util")
    stream, hidden = io.BytesIO(), io.BytesIO()
    try:
        _failing()
    except ValueError as error:
        util.handle_worker_exception(error, stream)
        util.handle_worker_exception(error, hidden, True)
        trace = error.__traceback__
    text = stream.getvalue()[8:].decode()
    return {
        "mark and length": (
            stream.getvalue()[:4],
            int.from_bytes(stream.getvalue()[4:8], "big") == len(text),
        ),
        "lines": [text.splitlines()[0], text.splitlines()[-1], text.endswith("\n"), "_failing" in text],
        "hidden": hidden.getvalue(),
        "walked": _functions(util, trace),
        "nothing to walk": list(util.walk_tb(None)),
        "ours": _functions(util, util.try_simplify_traceback(trace)),
        "stopped": _simplified(util, util.fail_on_stopiteration(_stopping)),
        "through it": _simplified(util, util.fail_on_stopiteration(_passing_on(util))),
    }


def _functions(util, trace):
    return [entry.tb_frame.f_code.co_name for entry in util.walk_tb(trace)]


def _stopping():
    raise StopIteration


def _passing_on(util):
    stopping = util.fail_on_stopiteration(_stopping)

    def passing_on():
        return stopping()

    return passing_on


def _simplified(util, function):
    """The functions of a traceback without the engine's, of the whole and of what is inside the call."""
    try:
        function()
    except Exception:
        trace = sys.exc_info()[2]
    whole = util.try_simplify_traceback(trace)
    inside = util.try_simplify_traceback(trace.tb_next)
    return [_users(_functions(util, part)) for part in (whole, inside)]


def _users(functions):
    """Without the wrappers, which the engines name as they like."""
    return [name for name in functions if name[0] == "_" or name == "passing_on"]
