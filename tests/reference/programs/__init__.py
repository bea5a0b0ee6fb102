"""Recorded programs by theme. Importing the package fills `PROGRAMS`."""

from programs import (
    actions,
    aggregation,
    algorithms,
    approximate,
    barriers,
    checkpoints,
    constants,
    creation,
    ids,
    joins,
    modules,
    narrow,
    pairing,
    piping,
    placement,
    sampling,
    shared,
    sorting,
    statistics,
    text,
    threads,
)
from programs.registry import PROGRAMS, Program

THEMES = (
    actions,
    aggregation,
    algorithms,
    approximate,
    barriers,
    checkpoints,
    constants,
    creation,
    ids,
    joins,
    modules,
    narrow,
    pairing,
    piping,
    placement,
    sampling,
    shared,
    sorting,
    statistics,
    text,
    threads,
)

__all__ = ["PROGRAMS", "THEMES", "Program"]
