"""Medians, ratios and the table.

Invariant: a ratio above 1 means that Firesteel needs less, whatever the unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from catalogue import MEMORY_TARGET, Program
from measure import Measurement

OURS, THEIRS = "firesteel", "pyspark"
HEADER = ("program", "measure", OURS, THEIRS, "ratio", "target", "")
UNITS = {"memory": (1 / 2**20, "MiB", 0)}
SECONDS = (1.0, "s", 3)


@dataclass
class Comparison:
    """All runs of one program: for every engine and measure, the values in the order of the runs."""

    program: Program
    checksums: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, engine: str, measurement: Measurement, inner_seconds: dict[str, float]) -> None:
        measured = {
            "wall": measurement.wall,
            "cpu": measurement.cpu,
            "memory": measurement.peak_memory,
            **inner_seconds,
        }
        of_engine = self.values.setdefault(engine, {})
        for name, value in measured.items():
            of_engine.setdefault(name, []).append(value)

    def medians(self, measure: str) -> dict[str, float]:
        return {engine: median(values[measure]) for engine, values in self.values.items()}

    def ratio(self, measure: str) -> float | None:
        medians = self.medians(measure)
        if OURS in medians and THEIRS in medians:
            return medians[THEIRS] / medians[OURS]
        return None

    def measures(self) -> list[str]:
        return list(next(iter(self.values.values())))

    def target(self, measure: str) -> float | None:
        return {self.program.judged: self.program.target, "memory": MEMORY_TARGET}.get(measure)

    def as_json(self) -> dict:
        return {
            "program": self.program.name,
            "checksums": {engine: sorted(found) for engine, found in self.checksums.items()},
            "values": self.values,
            "medians": {measure: self.medians(measure) for measure in self.measures()},
            "ratios": {measure: self.ratio(measure) for measure in self.measures()},
            "targets": {measure: self.target(measure) for measure in self.measures()},
        }


def table(comparisons: list[Comparison]) -> str:
    """All programs below one another, in columns; the first two flush left, numbers flush right."""
    rows = [HEADER, *(row for comparison in comparisons for row in rows_of(comparison))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(line(row, widths) for row in rows)


def rows_of(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    name = comparison.program.name
    for measure in comparison.measures():
        medians, ratio = comparison.medians(measure), comparison.ratio(measure)
        target = comparison.target(measure)
        shown = [show(measure, medians.get(engine)) for engine in (OURS, THEIRS)]
        yield name, measure, *shown, times(ratio), times(target), verdict(ratio, target)
        name = ""


def show(measure: str, value: float | None) -> str:
    factor, unit, digits = UNITS.get(measure, SECONDS)
    return "-" if value is None else f"{value * factor:.{digits}f} {unit}"


def times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}x"


def verdict(ratio: float | None, target: float | None) -> str:
    if ratio is None or target is None:
        return ""
    return "met" if ratio >= target else "missed"


def line(row: tuple[str, ...], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[2:-1], widths[2:-1], strict=True)]
    return "  ".join([*left, *right, row[-1]]).rstrip()
