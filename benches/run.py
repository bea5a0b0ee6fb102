"""Compares programs on Firesteel, on PySpark and as plain Python processes: `benches/run.py --help`.

Invariant: all engines get the same unmodified program, arguments and environment, in a fresh process each,
and they take turns, so that whatever else the machine does hits all of them. Nothing is compared across two
calls.
"""

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from catalogue import Program, all_programs
from machine import describe_machine, describe_python
from measure import Measurement, run
from report import THEIRS_BY_SOCKETS, Comparison, table

REPOSITORY = Path(__file__).resolve().parents[1]
DEFAULT_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "firesteel-benches"
PLAIN = "plain"
LIMIT = 1800.0
"""Seconds after which a run is given up."""

EXAMPLES = """
examples:
  python benches/run.py                                        Firesteel alone
  python benches/run.py --reference ~/pyspark/bin/python       both, three runs each
  python benches/run.py --scale 0.01 --runs 1 word_count       does it work at all?
  FIRESTEEL_REFERENCE=~/pyspark/bin/python make bench          the same through make

The reference is a Python with pyspark==4.3.0; it needs a Java:
  python3 -m venv ~/pyspark && ~/pyspark/bin/pip install pyspark==4.3.0
"""


class BenchmarkFailed(Exception):
    """A program failed, or the engines disagree about its result."""


@dataclass(frozen=True)
class Engine:
    """What runs the programs: the words in front of a program's path, and what it adds to the environment."""

    name: str
    python: str
    command: list[str]
    environment: dict[str, str]
    master: str = "local"

    def can_run(self, program: Program) -> bool:
        """Whether it has the packages that a program needs; plain processes run only what has a twin."""
        if self.master == PLAIN and program.of_plain is None:
            return False
        return program.needs is None or bool(describe_python(self.python, program.needs))


def main() -> int:
    options = parse_arguments()
    try:
        engines = find_engines(options)
        comparisons = [compare(program, engines, options) for program in options.programs]
    except BenchmarkFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    machine = describe_machine() | {
        engine.name: version_of(engine) for engine in engines if engine.master != PLAIN
    }
    print(table([comparison for comparison in comparisons if comparison.values]))
    print("\n" + "\n".join(f"{name}: {value}" for name, value in machine.items()))
    if options.json:
        write_json(options, machine, comparisons)
    return 0


def parse_arguments() -> argparse.Namespace:
    programs = {program.name: program for program in all_programs()}
    parser = argparse.ArgumentParser(
        description="Runs the same programs on Firesteel and on PySpark; compares time, memory and results.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    option = parser.add_argument
    option("programs", nargs="*", metavar="PROGRAM", help=f"any of {', '.join(programs)} (default: all)")
    option("--reference", metavar="PYTHON", help="a Python with PySpark (default: $FIRESTEEL_REFERENCE)")
    option(
        "--firesteel",
        metavar="COMMAND",
        type=Path,
        default=REPOSITORY / ".venv/bin/firesteel",
        help="the firesteel command (default: the one that `make build` installs)",
    )
    option("--only", choices=["firesteel", "pyspark", "plain"], help="run one engine alone")
    option("--unix-socket", action="store_true", help="PySpark also with its own setting for faster tasks")
    option("--runs", type=int, default=3, help="runs of each program on each engine (default: 3)")
    option("--cores", type=int, default=2, help="the N of local[N] (default: 2)")
    option("--scale", type=float, default=1.0, help="size of the input, 1 being the full size")
    option(
        "--cache",
        metavar="FOLDER",
        type=Path,
        default=DEFAULT_CACHE,
        help="where made input is kept (default: %(default)s)",
    )
    option("--json", type=Path, metavar="FILE", help="write every single measurement there as well")
    options = parser.parse_args()
    unknown = [name for name in options.programs if name not in programs]
    if unknown or options.runs < 1:
        parser.error(f"no such program: {', '.join(unknown)}" if unknown else "--runs must be at least 1")
    options.reference = options.reference or os.environ.get("FIRESTEEL_REFERENCE")
    options.programs = [programs[name] for name in options.programs or programs]
    return options


def find_engines(options: argparse.Namespace) -> list[Engine]:
    """The engines to compare; whichever is not there is left out and the user told so."""
    ours = firesteel(options.firesteel.absolute())
    engines = [ours]
    if options.reference:
        engines.append(reference("pyspark", options.reference))
        if options.unix_socket:
            setting = "--conf spark.python.unix.domain.socket.enabled=true"
            engines.append(reference(THEIRS_BY_SOCKETS, options.reference, setting))
    else:
        print("PySpark is left out, for there is no --reference (see --help).", file=sys.stderr)
    engines.append(Engine("plain", ours.python, [ours.python], {}, PLAIN))
    chosen = [engine for engine in engines if options.only in (None, engine.name)]
    if not chosen:
        raise BenchmarkFailed("nothing to run")
    return chosen


def firesteel(command: Path) -> Engine:
    if not command.exists():
        raise BenchmarkFailed(f"{command} does not exist: run `make build`, or choose --only pyspark")
    return Engine("firesteel", str(command.with_name("python")), [str(command), "run"], {})


def reference(name: str, python: str, setting: str = "") -> Engine:
    found = shutil.which(python)
    if found is None:
        raise BenchmarkFailed(f"the reference, {python}, is not a program")
    # The programs run in another directory. Links stay as they are: a virtual environment's python is one.
    python = os.path.abspath(found)
    environment = {
        # Its default is whichever python3 comes first on the PATH.
        "PYSPARK_PYTHON": python,
        # A web server that Firesteel does not have, so it shall cost nothing here.
        "PYSPARK_SUBMIT_ARGS": f"--conf spark.ui.enabled=false {setting} pyspark-shell",
    }
    return Engine(name, python, [python], environment)


def version_of(engine: Engine) -> str:
    package = "firesteel" if engine.name == "firesteel" else "pyspark"
    version = describe_python(engine.python, package)
    if not version:
        raise BenchmarkFailed(f"{engine.python} has no {package} installed")
    return version


def compare(program: Program, engines: list[Engine], options: argparse.Namespace) -> Comparison:
    """Runs the program on the engines in turn, each as often as asked, and checks that all results agree."""
    comparison = Comparison(program)
    arguments = program.arguments(options.cache.absolute(), options.scale)
    able = [engine for engine in engines if engine.can_run(program)]
    for number in range(1, options.runs + 1):
        for engine in able:
            print(f"{program.name} on {engine.name}, run {number}/{options.runs} ...", file=sys.stderr)
            master = f"{engine.master}[{options.cores}]"
            comparison.add(engine.name, *run_program(program, engine, [master, *arguments]))
        disagreement = comparison.disagreement()
        if disagreement:
            raise BenchmarkFailed(f"{program.name}: results differ: {disagreement}")
    return comparison


def run_program(
    program: Program, engine: Engine, arguments: list[str]
) -> tuple[Measurement, dict[str, object]]:
    """What one run took, and what the program said of it."""
    environment = os.environ | engine.environment | {"PYTHONHASHSEED": "0"}
    measurement = run([*engine.command, str(program.path), *arguments], environment, LIMIT)
    if measurement.exit_code != 0:
        what = f"{program.name} on {engine.name} ended with exit code {measurement.exit_code}"
        raise BenchmarkFailed(f"{what}:\n{measurement.stderr[-4000:]}")
    if measurement.left_behind:
        print(f"  {measurement.left_behind} processes had to be killed", file=sys.stderr)
    return measurement, json.loads(measurement.stdout.splitlines()[-1])


def write_json(options: argparse.Namespace, machine: dict, comparisons: list[Comparison]) -> None:
    settings = {"cores": options.cores, "scale": options.scale, "runs": options.runs}
    content = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine,
        "settings": settings,
        "programs": [comparison.as_json() for comparison in comparisons],
    }
    options.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
