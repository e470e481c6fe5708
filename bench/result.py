"""What a benchmark hands back: figures with a target and a reference, and how they are shown."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `target` is what the project promises; `reference` was measured in the same run.

    `better` is "lower" or "higher"; a figure without a target only informs.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    better: str = "lower"
    reference: float | None = None
    reference_name: str = ""

    @property
    def holds(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Result:
    """All figures of one benchmark, and what a reader must know to believe them."""

    name: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {"bench": self.name, "notes": list(self.notes),
                "figures": [asdict(figure) | {"holds": figure.holds} for figure in self.figures]}

    def as_table(self) -> str:
        rows = [("figure", "value", "target", "reference", "")]
        for f in self.figures:
            sign = "<=" if f.better == "lower" else ">="
            rows.append((
                f.name, f"{f.value:.4g} {f.unit}",
                "" if f.target is None else f"{sign} {f.target:.4g}",
                "" if f.reference is None else f"{f.reference:.4g} ({f.reference_name})",
                {True: "holds", False: "MISSED", None: ""}[f.holds]))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                 for row in rows]
        return "\n".join([f"bench {self.name}", *lines, *(f"note: {note}" for note in self.notes)])


def median_ms(call: Callable[[], object], repeats: int = 50, warm_up: int = 3) -> float:
    """Median wall time of `call`, milliseconds. The median, since the machine is shared."""
    for _ in range(warm_up):
        call()
    times_ns = []
    for _ in range(repeats):
        start_ns = time.perf_counter_ns()
        call()
        times_ns.append(time.perf_counter_ns() - start_ns)
    return statistics.median(times_ns) / 1e6


class LeftOutError(Exception):
    """This benchmark cannot run here; the text says what it needs."""


def need_shared(args: argparse.Namespace) -> Path:
    """The evaluation folder (`--shared`). Raises LeftOutError where it was not named."""
    if args.shared is None or not Path(args.shared).is_dir():
        raise LeftOutError("needs the evaluation data: pass --shared DIR or set EDGEBOX_SHARED")
    return Path(args.shared)
