"""`firesteel run`: runs what python would run, in the same way: arguments, exit code, sys.path, tracebacks.

Equal strings must hash alike in the driver and in all workers, so Python is started anew with fixed hashes
unless the user has fixed them. Invariant: the program sees no module and no frame of this command's.
"""

import builtins
import os
import runpy
import sys
import zipfile
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

from firesteel._cli.parsing import Parser, UsageError

INTERRUPTED = 130

_USAGE = "firesteel run [-m MODULE | -c CODE | PROGRAM | -] [ARGUMENT ...]"
_EXAMPLES = """\
examples:
  firesteel run app.py input.txt       run a program with arguments
  firesteel run -m pytest tests        run a module, as python -m does
  firesteel run -c 'import pyspark'    run one line
  firesteel run - < app.py             run what comes on standard input
"""


def main(arguments: list[str]) -> int:
    """Run a program as python does; return its exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        _parser().print_help()
        return 0
    if not arguments:
        raise UsageError(f"say what to run: {_USAGE}")
    first, rest = arguments[0], arguments[1:]
    if first in ("-m", "-c") and not rest:
        raise UsageError(f"{first} needs a {'module' if first == '-m' else 'line of code'}")
    if first.startswith("-") and first not in ("-m", "-c", "-"):
        raise UsageError(f"unknown option {first}: {_USAGE}")
    fix_hashes()
    from firesteel import _alias, _submitted

    _alias.install()
    _submitted.receive_handed_over()
    if first == "-m":
        return _run_module(rest[0], rest[1:])
    if first == "-c":
        return _run_code(rest[0], "<string>", ["-c", *rest[1:]], "")
    if first == "-":
        return _run_code(sys.stdin.read(), "<stdin>", arguments, "")
    return _run_file(first, arguments)


def _parser() -> Parser:
    return Parser(
        prog="firesteel run",
        usage=_USAGE,
        description="Runs what python would run, in the same way: arguments, exit code, sys.path.",
        epilog=_EXAMPLES,
    )


def fix_hashes() -> None:
    """Start Python anew with PYTHONHASHSEED=0, unless the user has set it."""
    if "PYTHONHASHSEED" in os.environ:
        return
    os.environ["PYTHONHASHSEED"] = "0"
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _run_file(path: str, arguments: list[str]) -> int:
    if os.path.isdir(path) or zipfile.is_zipfile(path):
        return _run_container(path, arguments)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        raise UsageError(f"can't open file {os.path.abspath(path)!r}: {reason}") from None
    folder = os.path.dirname(os.path.realpath(path))
    return _run_code(source, os.path.abspath(path), arguments, folder, __file__=path)


def _run_container(path: str, arguments: list[str]) -> int:
    """Run the `__main__` inside a folder or a zip file."""
    prepare(arguments, path)
    return _guarded(lambda: runpy.run_path(path, run_name="__main__"))


def _run_module(name: str, arguments: list[str]) -> int:
    prepare(["-m", *arguments], os.getcwd())
    new_main()
    # What `python -m` itself calls: the module runs as the real __main__, so that pickle finds its classes.
    run_as_main: Callable[[str], Any] = runpy._run_module_as_main  # type: ignore[attr-defined]
    return _guarded(lambda: run_as_main(name))


def _run_code(source: str | bytes, file: str, arguments: list[str], folder: str, **names: str) -> int:
    prepare(arguments, folder)
    main_module = new_main()
    main_module.__dict__.update(names)

    def execute() -> None:
        exec(compile(source, file, "exec"), main_module.__dict__)

    return _guarded(execute)


def prepare(arguments: list[str], folder: str) -> None:
    """Set what a program sees first: its arguments, and its folder in front of the import path."""
    sys.argv[:] = arguments
    if not sys.flags.safe_path:
        sys.path[0] = folder


def new_main() -> ModuleType:
    """Put a fresh `__main__` in place of this command's."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = module
    return module


def _guarded(action: Callable[[], Any]) -> int:
    """Run the user's program; report what it raises as python does, without frames of ours."""
    try:
        action()
    except SystemExit:
        raise
    except BaseException as error:
        users = _without_ours(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(users), users)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package, and of runpy before the program begins."""
    from firesteel._call_site import is_ours

    kept: list[TracebackType] = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not is_ours(file) and (kept or file not in ("<frozen runpy>", runpy.__file__)):
            kept.append(trace)
        trace = trace.tb_next
    for entry, following in zip(kept, [*kept[1:], None], strict=True):
        entry.tb_next = following
    return kept[0] if kept else None
