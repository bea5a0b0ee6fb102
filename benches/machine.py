"""The machine and the versions, without which a number is worth nothing.

Invariant: nothing here identifies the machine.
"""

import os
import platform
import subprocess

VERSIONS = """
import importlib.metadata, platform, sys
print(importlib.metadata.version(sys.argv[1]), "on CPython", platform.python_version())
"""


def describe_machine() -> dict[str, str]:
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "java": java(),
    }


def processor() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


def java() -> str:
    lines = output(["java", "-version"]).splitlines()
    return lines[0] if lines else "none"


def describe_python(python: str, package: str) -> str:
    """Versions of package and interpreter; nothing if the package is not installed there."""
    return output([python, "-c", VERSIONS, package]).strip()


def output(command: list[str]) -> str:
    """What a command prints, on either stream; nothing if it fails or does not exist."""
    try:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run(command, **streams, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
