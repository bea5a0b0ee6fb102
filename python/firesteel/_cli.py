"""The command `firesteel`: runs programs written for PySpark, as `python` runs programs.

Nothing heavy is imported here: before a program starts, Python may have to be started anew with fixed
hashes, for equal strings must hash alike in the driver and in all workers.
"""

import argparse
import builtins
import os
import runpy
import sys
import zipfile
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any, NoReturn

USAGE_ERROR = 2
INTERRUPTED = 130

_RUN_USAGE = "firesteel run [-m MODULE | -c CODE | PROGRAM | -] [ARGUMENT ...]"
_DESCRIPTION = """\
Runs programs written for PySpark on an engine inside this process: no Java, no server.
In such a program, `import pyspark` means Firesteel; the program stays as it is."""
_EXAMPLES = """\
examples:
  firesteel run app.py input.txt       run a program with arguments
  firesteel run -m pytest tests        run a module, as python -m does
  firesteel run -c 'import pyspark'    run one line
  firesteel shell                      type commands, with sc and spark ready
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["run"] and not {"-h", "--help"} & set(arguments[1:2]):
        return run(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.command == "shell":
        return shell(options.master)
    _parser().print_help()
    return 0 if options.command is None and not arguments else USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firesteel",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_versions())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(
        "run",
        help="run a program, a module or a line of code",
        usage=_RUN_USAGE,
        description="Runs what python would run, in the same way: arguments, exit code, sys.path.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prompt = commands.add_parser("shell", help="open a prompt with sc and spark")
    prompt.add_argument("--master", help="where to run: local[4], local[*] (default)")
    return parser


def _versions() -> str:
    from firesteel.version import FIRESTEEL_VERSION, __version__

    return f"firesteel {FIRESTEEL_VERSION} (the API of PySpark {__version__})"


# firesteel run


def run(arguments: list[str]) -> int:
    """Run a program as python does."""
    if not arguments:
        return _fail(f"run: say what to run: {_RUN_USAGE}")
    first, rest = arguments[0], arguments[1:]
    if first in ("-m", "-c") and not rest:
        return _fail(f"run: {first} needs a {'module' if first == '-m' else 'line of code'}")
    if first.startswith("-") and first not in ("-m", "-c", "-"):
        return _fail(f"run: unknown option {first}: {_RUN_USAGE}")
    _fix_hashes()
    from firesteel import _alias

    _alias.install()
    if first == "-m":
        return _run_module(rest[0], rest[1:])
    if first == "-c":
        return _run_code(rest[0], "<string>", ["-c", *rest[1:]], "")
    if first == "-":
        return _run_code(sys.stdin.read(), "<stdin>", arguments, "")
    return _run_file(first, arguments)


def _fix_hashes() -> None:
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
        return _fail(f"run: can't open file {os.path.abspath(path)!r}: {reason}")
    folder = os.path.dirname(os.path.realpath(path))
    return _run_code(source, os.path.abspath(path), arguments, folder, __file__=path)


def _run_container(path: str, arguments: list[str]) -> int:
    """Run the `__main__` inside a folder or a zip file."""
    _prepare(arguments, path)
    return _guarded(lambda: runpy.run_path(path, run_name="__main__"))


def _run_module(name: str, arguments: list[str]) -> int:
    _prepare(["-m", *arguments], os.getcwd())
    _new_main()
    # What `python -m` itself calls: the module runs as the real __main__, so that pickle finds its classes.
    run_as_main: Callable[[str], Any] = runpy._run_module_as_main  # type: ignore[attr-defined]
    return _guarded(lambda: run_as_main(name))


def _run_code(source: str | bytes, file: str, arguments: list[str], folder: str, **names: str) -> int:
    _prepare(arguments, folder)
    main_module = _new_main()
    main_module.__dict__.update(names)

    def execute() -> None:
        exec(compile(source, file, "exec"), main_module.__dict__)

    return _guarded(execute)


def _prepare(arguments: list[str], folder: str) -> None:
    """Set what a program sees first: its arguments, and its folder in front of the import path."""
    sys.argv[:] = arguments
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _new_main() -> ModuleType:
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


def _fail(message: str) -> int:
    print(f"firesteel {message}", file=sys.stderr)
    return USAGE_ERROR


# firesteel shell


def shell(master: str | None) -> int:
    """Open a prompt with `sc` and `spark`."""
    _fix_hashes()
    from firesteel import _alias

    _alias.install()
    import code

    from firesteel.sql import SparkSession

    builder = SparkSession.builder.appName("firesteel shell")
    try:
        spark = (builder.master(master) if master else builder).getOrCreate()
    except ValueError as error:
        return _fail(f"shell: {error}")
    _prepare([""], "")
    namespace = _new_main().__dict__
    namespace.update(spark=spark, sc=spark.sparkContext)
    with spark:
        _complete_with_tab(namespace)
        code.interact(banner=_banner(spark.sparkContext.master), local=namespace, exitmsg="")
    return 0


def _complete_with_tab(namespace: dict[str, Any]) -> None:
    try:
        import readline
        import rlcompleter
    except ImportError:
        return  # a Python built without readline still has a prompt
    readline.set_completer(rlcompleter.Completer(namespace).complete)
    readline.parse_and_bind("tab: complete")


def _banner(master: str) -> str:
    return (
        f"{_versions()} on Python {sys.version.split()[0]}, {master}\n"
        "sc and spark are ready. Try: sc.range(10).map(lambda x: x * x).sum()"
    )


def entry() -> NoReturn:
    """Be the console script."""
    sys.exit(main())
