"""Medians, ratios and the table.

Invariant: a ratio above 1 means that Firesteel needs less, whatever the unit. With the twin it is the other
way round: there the limit is what Firesteel may take of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from catalogue import BULK, Program
from measure import Measurement

OURS, THEIRS, TWIN = "firesteel", "pyspark", "plain"
THEIRS_BY_SOCKETS = "pyspark-unix"
"""The reference with its own setting for faster tasks."""
UNITS = {"memory": (1 / 2**20, "MiB", 0)}
SECONDS = (1.0, "s", 3)
SHORTEST = {BULK: 0.1, "cpu": 0.1}
"""Processor time comes in hundredths of a second: of less than this no ratio can be told."""

Row = tuple[str, ...]


@dataclass
class Comparison:
    """All runs of one program: for every engine and measure, the values in the order of the runs."""

    program: Program
    checksums: dict[str, set[str]] = field(default_factory=dict)
    contents: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, engine: str, measurement: Measurement, result: dict) -> None:
        measured = {
            **result["seconds"],
            "wall": measurement.wall,
            "cpu": measurement.cpu,
            "memory": measurement.peak_memory,
        }
        of_engine = self.values.setdefault(engine, {})
        for name, value in measured.items():
            of_engine.setdefault(name, []).append(value)
        self.contents.setdefault(engine, set()).add(result["content"])
        if engine != TWIN:
            self.checksums.setdefault(engine, set()).add(result["checksum"])

    def disagreement(self) -> dict[str, set[str]] | None:
        """Results that are not the same: engines share the order too, the twin only what is in them."""
        for results in (self.checksums, self.contents):
            if len(set().union(*results.values())) > 1:
                return results
        return None

    def medians(self, measure: str) -> dict[str, float]:
        return {engine: median(values[measure]) for engine, values in self.values.items()}

    def ratio(self, measure: str, other: str = THEIRS) -> float | None:
        medians = self.medians(measure)
        if not {OURS, other} <= medians.keys() or min(medians[OURS], medians[other]) < SHORTEST.get(
            measure, 0
        ):
            return None
        return medians[other] / medians[OURS]

    def of_twin(self, measure: str) -> float | None:
        ratio = self.ratio(measure, TWIN)
        return None if ratio is None else 1 / ratio

    def measures(self) -> list[str]:
        return list(next(iter(self.values.values()), {}))

    def target(self, measure: str) -> float | None:
        return {self.program.judged: self.program.target, "memory": self.program.memory}.get(measure)

    def limit(self, measure: str) -> float | None:
        """What may be taken of the twin's."""
        return self.program.of_plain if measure == BULK else None

    def as_json(self) -> dict:
        return {
            "program": self.program.name,
            "checksums": {engine: sorted(found) for engine, found in self.checksums.items()},
            "values": self.values,
            "medians": {measure: self.medians(measure) for measure in self.measures()},
            "ratios": {measure: self.ratio(measure) for measure in self.measures()},
            "ratios by sockets": {
                measure: self.ratio(measure, THEIRS_BY_SOCKETS) for measure in self.measures()
            },
            "targets": {measure: self.target(measure) for measure in self.measures()},
            "of the twin": {measure: self.of_twin(measure) for measure in self.measures()},
            "limits": {measure: self.limit(measure) for measure in self.measures()},
        }


def table(comparisons: list[Comparison]) -> str:
    """All programs below one another, in columns; the first two flush left, numbers flush right."""
    engines = list(dict.fromkeys(engine for comparison in comparisons for engine in comparison.values))
    others = [other for other in (THEIRS, THEIRS_BY_SOCKETS) if other == THEIRS or other in engines]
    ratios = ["ratio", "unix ratio"][: len(others)]
    header = ("program", "measure", *engines, *ratios, "target", "", "of plain", "limit", "")
    rows = [header, *(row for each in comparisons for row in rows_of(each, engines, others))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(line(row, widths) for row in rows)


def rows_of(comparison: Comparison, engines: list[str], others: list[str]) -> Iterator[Row]:
    name = comparison.program.name
    for measure in comparison.measures():
        medians = comparison.medians(measure)
        shown = [show(measure, medians.get(engine)) for engine in engines]
        ratios = [times(comparison.ratio(measure, other), 1) for other in others]
        against = *ratios, *versus_target(comparison, measure), *versus_twin(comparison, measure)
        yield name, measure, *shown, *against
        name = ""


def versus_target(comparison: Comparison, measure: str) -> Row:
    ratio, target = comparison.ratio(measure), comparison.target(measure)
    return times(target, 1), verdict(ratio, target)


def versus_twin(comparison: Comparison, measure: str) -> Row:
    taken, limit = comparison.of_twin(measure), comparison.limit(measure)
    # Less is better here.
    return times(taken, 2), times(limit, 2), verdict(limit, taken)


def show(measure: str, value: float | None) -> str:
    factor, unit, digits = UNITS.get(measure, SECONDS)
    return "-" if value is None else f"{value * factor:.{digits}f} {unit}"


def times(ratio: float | None, digits: int) -> str:
    return "" if ratio is None else f"{ratio:.{digits}f}x"


def verdict(larger: float | None, smaller: float | None) -> str:
    if larger is None or smaller is None:
        return ""
    return "met" if larger >= smaller else "missed"


def line(row: Row, widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
