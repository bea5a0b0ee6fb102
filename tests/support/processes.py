"""A look at the processes, threads, descriptors and files that the engine has, through /proc.

Every process that descends from a test carries the test's mark in its environment, so that the engine's
processes are found wherever they hang in the process tree, and those of a neighbour on this machine are not.
"""

import fcntl
import ipaddress
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

MARK = "FIRESTEEL_TEST_MARK"
"""The environment variable that daemon and workers inherit from the driver."""
RUN_DIRECTORY = re.compile(r"^(.*/firesteel-run-[^/]+)/")
_LISTEN = "0A"
SHARED_MEMORY = Path("/dev/shm")


def _read(path: str) -> bytes:
    """Return a file of /proc, or nothing if the process has gone."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def processes() -> list[int]:
    """Return the ids of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def stat_of(pid: int) -> list[str]:
    """Return what /proc/pid/stat says after the process's name: state, parent, process group, ..."""
    return _read(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].split()


def parent_of(pid: int) -> int:
    """Return a process's parent, 0 if it has gone."""
    fields = stat_of(pid)
    return int(fields[1]) if fields else 0


def group_of(pid: int) -> int:
    """Return a process's process group, 0 if it has gone."""
    fields = stat_of(pid)
    return int(fields[2]) if fields else 0


def exists(pid: int) -> bool:
    """Tell whether a process is there and not just waiting to be reaped."""
    fields = stat_of(pid)
    return bool(fields) and fields[0] not in "ZX"


def marked(mark: str) -> set[int]:
    """Return the processes that inherited a mark."""
    line = f"{MARK}={mark}".encode()
    return {pid for pid in processes() if line in _read(f"/proc/{pid}/environ").split(b"\0")}


def children() -> set[int]:
    """Return the direct children of this process, also those that nobody has reaped."""
    return {pid for pid in processes() if parent_of(pid) == os.getpid()}


def children_of(pid: int) -> set[int]:
    """Return the direct children of a process."""
    return {child for child in processes() if parent_of(child) == pid}


def listening(pid: int) -> list[tuple[str, int]]:
    """Return the addresses and ports of TCP at which a process listens, those of IPv6 as of IPv4."""
    sockets = {target[8:-1] for target in descriptors(pid).values() if target.startswith("socket:[")}
    found = []
    for table in ("tcp", "tcp6"):
        for line in _read(f"/proc/{pid}/net/{table}").decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in sockets:
                address, _, port = fields[1].partition(":")
                found.append((_address(address), int(port, 16)))
    return found


def _address(shown: str) -> str:
    """Return an address of a table of the kernel's, whose words are in the byte order of the machine."""
    words = [int(shown[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(shown), 8)]
    return str(getattr(ip := ipaddress.ip_address(b"".join(words)), "ipv4_mapped", None) or ip)


def threads() -> set[int]:
    """Return the threads of this process."""
    return {int(name) for name in os.listdir("/proc/self/task")}


def descriptors(pid: int | str = "self") -> dict[int, str]:
    """Return the open descriptors of a process and what they are."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue  # the descriptor of this very listing
    return found


def run_directories(pid: int | str = "self") -> set[Path]:
    """Return the run directories that a process holds open by their lock."""
    matches = (RUN_DIRECTORY.match(target) for target in descriptors(pid).values())
    return {Path(match.group(1)) for match in matches if match}


def abandoned_directories(parent: Path = SHARED_MEMORY) -> set[Path]:
    """Return the run directories whose owner has ended: nobody holds their lock."""
    return {path for path in parent.glob("firesteel-run-*") if _is_abandoned(path)}


def _is_abandoned(directory: Path) -> bool:
    try:
        with open(directory / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return directory.exists()
    return True


@dataclass(frozen=True)
class Footprint:
    """What this process holds at one moment."""

    processes: frozenset[int]
    threads: frozenset[int]
    descriptors: tuple[str, ...]
    directories: frozenset[Path]

    @classmethod
    def now(cls) -> "Footprint":
        """Look."""
        mark = os.environ.get(MARK, "")
        return cls(
            frozenset((marked(mark) if mark else set()) | children()) - {os.getpid()},
            frozenset(threads()),
            tuple(sorted(descriptors().values())),
            frozenset(run_directories()),
        )

    def exceeds(self, allowed: "Footprint") -> str:
        """Say what there is more of than allowed; nothing if all is well."""
        excess = [
            f"{len(mine)} {name}, allowed are {len(theirs)}: {sorted(map(str, mine))}"
            for name, mine, theirs in (
                ("processes", self.processes, allowed.processes),
                ("threads", self.threads, allowed.threads),
                ("open descriptors", self.descriptors, allowed.descriptors),
                ("run directories", self.directories, allowed.directories),
            )
            if len(mine) > len(theirs)
        ]
        return "; ".join(excess)
