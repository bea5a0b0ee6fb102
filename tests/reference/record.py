"""Records programs on the reference, PySpark: those of `programs/` into `recorded.json`, and those that
`generated/` makes into `generated.json`.

Set up once, outside this repository, with a Java 17 on the PATH:

    python3 -m venv /path/to/reference && /path/to/reference/bin/pip install pyspark==4.3.0

Then, from anywhere, with that environment's Python:

    /path/to/reference/bin/python tests/reference/record.py                  # all written programs
    /path/to/reference/bin/python tests/reference/record.py --only coalesce  # some; the others stay
    /path/to/reference/bin/python tests/reference/record.py --generated      # all generated programs

Every written program runs three times, in three processes side by side, on `local[2]` twice and on
`local[4]` once; only what was the same each time is written, the rest is named on stdout. Every generated
program runs once, on `local[4]`: its test runs it on `local[2]` and `local[1]`, so that what depends on
that or on the run cannot pass. Invariant: the files depend on the programs and the version of the reference
alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "recorded.json"
GENERATED = HERE / "generated.json"
MASTERS = ("local[2]", "local[2]", "local[4]")

# Thousands of tiny jobs: compiling quickly halves the recording, and an optimising compiler would take the
# cores from the workers. No context, those of the programs included, shows its progress or a web interface.
SUBMIT_ARGUMENTS = (
    "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' "
    "--conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false pyspark-shell"
)

Results = dict[str, dict[str, Any]]


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.run_once:
        print(json.dumps(run_once(arguments.run_once, arguments.only, arguments.generated)))
        return
    started = time.monotonic()
    masters = MASTERS[-1:] if arguments.generated else MASTERS
    with ThreadPoolExecutor() as side_by_side:
        futures = [
            side_by_side.submit(run_in_process, master, arguments.only, arguments.generated)
            for master in masters
        ]
        runs = [future.result() for future in futures]
    stable = keep_stable(runs)
    recorded = GENERATED if arguments.generated else RECORDED
    kept = {
        case: result
        for case, result in read_recorded(recorded).items()
        if arguments.only and not is_chosen(case, arguments.only)
    }
    output = arguments.output or recorded
    write_recorded(output, kept | stable)
    print(
        f"{len(stable)} of {len(runs[0])} cases are stable, "
        f"recorded in {time.monotonic() - started:.0f} s: {output}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="TEXT", help="record only programs with a TEXT in their name"
    )
    parser.add_argument("--generated", action="store_true", help="record the generated programs")
    parser.add_argument("--output", type=Path, help="the file to write, if not the one that tests read")
    parser.add_argument(
        "--run-once",
        metavar="MASTER",
        help="run the programs on MASTER in this process and print the results",
    )
    return parser


def run_in_process(master: str, only: list[str], generated: bool) -> Results:
    """All results of one fresh process, whose Python hash seed is the one that PySpark gives its workers."""
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(HERE),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": SUBMIT_ARGUMENTS,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, str(HERE / "record.py"), "--run-once", master]
    command += ["--only", *only] if only else []
    command += ["--generated"] if generated else []
    finished = subprocess.run(command, env=environment, capture_output=True, text=True)
    if finished.returncode:
        sys.exit(f"recording on {master} failed:\n{finished.stderr[-5000:]}")
    return json.loads(finished.stdout)


def run_once(master: str, only: list[str], generated: bool) -> Results:
    """Run the programs on one context of the reference, and afterwards those that start their own."""
    from pyspark import SparkContext

    chosen = [program for program in programs(generated).values() if is_chosen(program.name, only)]
    starting = [program for program in chosen if getattr(program, "starts_contexts", False)]
    with SparkContext(master, "record") as sc:
        sc.setLogLevel("OFF")
        results = run_all(sc, [program for program in chosen if program not in starting])
    return results | run_all(SparkContext, starting)


def is_chosen(name: str, only: list[str]) -> bool:
    return not only or any(text in name for text in only)


def run_all(sc: Any, chosen: list[Any]) -> Results:
    return {f"{program.name}:{n}": run_case(sc, program, n) for program in chosen for n in program.partitions}


def programs(generated: bool) -> dict[str, Any]:
    """The programs to record."""
    if generated:
        from generated.generator import PROGRAMS
    else:
        from programs import PROGRAMS
    return PROGRAMS


def run_case(sc: Any, program: Any, n: int) -> dict[str, Any]:
    """What one program gave; one that raises is reported by `keep_stable` and costs the others nothing."""
    from canonical import summary

    with tempfile.TemporaryDirectory() as folder:
        try:
            return summary(program.run(sc, n, Path(folder)))
        except Exception as error:
            return {"exception": f"{type(error).__name__}: {error}"[:500]}


def keep_stable(runs: list[Results]) -> Results:
    """The cases whose results are the same in every run; each of the others is printed with what differed."""
    from canonical import difference

    stable = {}
    for case, result in runs[0].items():
        reason = result.get("exception") or next(
            (found for run in runs[1:] if (found := difference(result, run[case]))), None
        )
        if reason is None:
            stable[case] = result
        else:
            print(f"dropped {case}: {reason}")
    return stable


def read_recorded(path: Path) -> Results:
    return json.loads(path.read_text())["cases"] if path.exists() else {}


def write_recorded(path: Path, cases: Results) -> None:
    """One line per case, sorted, so that a changed program is a few changed lines; labels keep order."""
    lines = ",\n".join(
        f"{json.dumps(case)}: {json.dumps(cases[case], separators=(',', ':'))}" for case in sorted(cases)
    )
    path.write_text(f'{{"reference": "pyspark {reference_version()}", "cases": {{\n{lines}\n}}}}\n')


def reference_version() -> str:
    import pyspark

    return pyspark.__version__


if __name__ == "__main__":
    main()
