"""The processes that descend from this one, as `/proc` shows them.

Invariant: a process that ends while we look counts as one that is not there, never as an error.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

CLOCK_TICK = 1 / os.sysconf("SC_CLK_TCK")

Process = tuple[int, int]
"""Process id and start time, for ids are given again."""


def descendants() -> dict[Process, float]:
    """Every descendant of ours and the processor time that it has used itself."""
    table = {pid: stat for pid in process_ids() if (stat := read_stat(pid))}
    children: dict[int, list[int]] = {}
    for pid, stat in table.items():
        children.setdefault(stat.parent, []).append(pid)
    found, ahead = {}, [os.getpid()]
    while ahead:
        for pid in children.get(ahead.pop(), []):
            found[pid, table[pid].started] = table[pid].cpu
            ahead.append(pid)
    return found


def process_ids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdecimal())


@dataclass
class Stat:
    """The fields of `/proc/PID/stat` that matter here."""

    parent: int
    cpu: float
    started: int


def read_stat(pid: int) -> Stat | None:
    # The command's name stands in parentheses and may itself contain any character.
    _, _, rest = read(f"/proc/{pid}/stat").rpartition(")")
    fields = rest.split()
    if not fields:
        return None
    return Stat(
        parent=int(fields[1]),
        cpu=(int(fields[11]) + int(fields[12])) * CLOCK_TICK,
        started=int(fields[19]),
    )


def read(path: str) -> str:
    """The content of a file of `/proc`; nothing if the process has ended."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""
