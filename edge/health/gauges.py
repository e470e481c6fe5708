"""How the box itself is, as numbers for the metrics of each minute."""

from __future__ import annotations

from pathlib import Path

from edge.base import clock
from edge.health import power
from edge.health.system import System, space


def box_gauges(folder: Path, system: System) -> dict[str, float]:
    """Of the board, the clock and the disk of `folder`; what the board does not tell is left out."""
    strain = power.read(system)
    told = {"temperature_c": strain.temperature_c, "undervolted": strain.undervolted,
            "throttled": strain.slowed, "clock_synchronised": clock.clock_synchronised(),
            "card_used_ratio": max((tenths / 10 for tenths in system.life_used().values()), default=None),
            "disk_free_ratio": _free_ratio(folder)}
    return {name: round(float(value), 3) for name, value in told.items() if value is not None}


def _free_ratio(folder: Path) -> float | None:
    try:
        found = space(folder)
    except OSError:
        return None
    return found.free_bytes / max(1, found.total_bytes)
