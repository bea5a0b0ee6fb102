"""Public classes are named as PySpark's: plain pickle writes what PySpark reads, and reads what it writes.

A module of PySpark's ends with `publish(__name__)`: its classes and functions say from then on that they are
from `pyspark.x`, and `sys.modules` has the module under that name, where pickle and cloudpickle look for it.
Pickle imports `pyspark` for every name, too, and to it alone a finder answers: for everybody else
there still is no `pyspark`, unless the alias is installed. Beside a real PySpark nothing is renamed.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

THEIRS = "pyspark"
_OURS = "firesteel"
_BOOTSTRAP = "importlib._bootstrap"
"""The module whose frames stand between a finder and whoever imports."""

_published: dict[str, str] = {}
"""Modules that have asked to be published: our name, and PySpark's."""
_is_free: bool | None = None
"""Whether PySpark's names are ours to give; None until somebody needs to know."""


def publish(module: str, theirs: str | None = None) -> None:
    """Name what a module defines as PySpark does.

    Parameters
    ----------
    module : str
        Its `__name__`.
    theirs : str, optional
        The module of PySpark's that has these names, where that is more than another root.
    """
    _published[module] = theirs or module.replace(_OURS, THEIRS, 1)
    if is_free():
        _rename(sys.modules[module], module, _published[module])


def publish_all() -> None:
    """Name what was loaded as PySpark does, now that `pyspark` means Firesteel whatever is installed."""
    global _is_free
    if not _is_free:
        _is_free = True
        for ours, theirs in _published.items():
            _rename(sys.modules[ours], ours, theirs)


def is_free() -> bool:
    """Tell whether there is no other PySpark, so that these names are ours."""
    global _is_free
    if _is_free is None:
        _is_free = THEIRS not in sys.modules and _real_spec() is None
    return _is_free


def is_public(module: str) -> bool:
    """Tell whether this is the name of one of our modules, as they are called here or in PySpark.

    >>> is_public("firesteel.conf"), is_public("pyspark.conf"), is_public("numpy")
    (True, True, False)
    """
    return module.partition(".")[0] in (_OURS, THEIRS)


def _rename(module: ModuleType, old: str, new: str) -> None:
    if sys.modules.setdefault(new, module) is not module:
        return
    for value in vars(module).values():
        # Only what is public, and defined there.
        if isinstance(value, (type, FunctionType)) and value.__module__ == old:
            value.__module__ = new


def _withdraw() -> None:
    """Give the names back: a real PySpark has come into sight, and its modules need their places."""
    global _is_free
    _is_free = False
    for ours, theirs in _published.items():
        _rename_back(sys.modules[ours], ours, theirs)
    for name in [name for name in sys.modules if name.startswith(f"{THEIRS}.")]:
        del sys.modules[name]


def _rename_back(module: ModuleType, ours: str, theirs: str) -> None:
    for value in vars(module).values():
        if isinstance(value, (type, FunctionType)) and value.__module__ == theirs:
            value.__module__ = ours


def _real_spec() -> ModuleSpec | None:
    """Look for a PySpark that is installed; nothing of it is loaded."""
    for finder in sys.meta_path:
        spec = None if finder is Finder else finder.find_spec(THEIRS, None, None)
        if spec is not None:
            return spec
    return None


class Finder:
    """Finds `pyspark` for pickle alone, which throws it away and takes what `sys.modules` has.

    It stands first, for pickle asks again for every name. What is found is not kept as `pyspark`, so that
    a library that asks whether there is a PySpark gets the same answer at all times.
    """

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return an empty module for pickle, with the modules that it wants in their places."""
        if fullname != THEIRS:
            return None
        wanted, asking = _question(sys._getframe(1))
        if not _is_pickle(asking):
            if is_free() and _published and _real_spec() is not None:
                _withdraw()
            return None
        if not is_free():
            return None
        for name in wanted:
            sys.modules[name] = _module(name)
        return _NOTHING


class _Loader:
    """Makes the one module that stands for `pyspark` in the import system's hands."""

    _module = ModuleType(f"{_OURS}._nothing", __doc__)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        pass


# Under this name the import system keeps the module, and not under the one that it has asked for.
_NOTHING = ModuleSpec(f"{_OURS}._nothing", _Loader())  # type: ignore[arg-type]  # needs no base class


def _question(frame: FrameType | None) -> tuple[list[str], FrameType | None]:
    """Return the modules inside `pyspark` that are being imported, outer ones first, and who imports them."""
    wanted: list[str] = []
    while frame is not None and frame.f_globals.get("__name__") == _BOOTSTRAP:
        if frame.f_code.co_name == "_find_and_load_unlocked":
            wanted.append(frame.f_locals["name"])
        frame = frame.f_back
    return wanted[1:], frame


def _is_pickle(asking: FrameType | None) -> bool:
    """Tell whether pickle imports, which is no frame itself unless it is the one written in Python.

    Everybody else is at an import statement, in importlib, or calls `__import__`.
    """
    if asking is None:
        return True
    module, code = str(asking.f_globals.get("__name__")), asking.f_code
    if module == "pickle":
        return True
    import opcode

    return not (
        code.co_code[asking.f_lasti] == opcode.opmap["IMPORT_NAME"]
        or module.startswith("importlib")
        or ("__import__" in code.co_names and _calls_import(code, asking.f_lasti))
    )


def _calls_import(code: CodeType, offset: int) -> bool:
    """Tell whether `__import__` is called there: the longest expression that begins where the call does."""
    import dis

    instructions = {instruction.offset: instruction for instruction in dis.get_instructions(code)}
    call = instructions[offset].positions
    begun = [
        (instruction.positions.end_lineno, instruction.positions.end_col_offset, instruction.argval)
        for instruction in instructions.values()
        if call is not None
        and instruction.opname.startswith("LOAD")
        and instruction.positions is not None
        and instruction.positions[:1] + instruction.positions[2:3] == call[:1] + call[2:3]
        and instruction.positions != call
    ]
    return bool(begun) and max(begun, key=lambda end: end[:2])[2] == "__import__"


def _module(name: str) -> ModuleType:
    """Return our module of a name of PySpark's."""
    from firesteel import _alias

    home = _alias.home_of(name)
    if home is None:
        raise _alias.missing(name)
    return import_module(home)


if Finder not in sys.meta_path:
    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]  # a class is as good as an object
