"""What the station's watchdog found last: a small file that it replaces every second, and the page reads.

The file also holds how full the disk was in the last days, so that a watchdog that is started again still
knows how fast it fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.base import durable
from edge.base.findings import Finding
from ward.station_health import FreeSpace

REPORT = Path("/run/edgebox-ward-watchdog/station.json")
_MAX_BYTES = 64 * 1024
_SAMPLE_MS, _SAMPLES = 3_600_000, 7 * 24       # one an hour, for a week


@dataclass(frozen=True, slots=True)
class StationReport:
    """What was found at `at_ms`, by the wall clock; `judge_watchdog` says whether it is too old."""

    at_ms: int
    findings: tuple[Finding, ...]
    space: tuple[FreeSpace, ...] = ()


_FORM = TypeAdapter(StationReport)


def read_report(path: Path) -> StationReport | None:
    """None where there is none that can be read: no watchdog runs here, or another version's."""
    try:
        return _FORM.validate_json(durable.read(path, _MAX_BYTES))
    except (OSError, ValidationError):
        return None


def write_report(path: Path, report: StationReport) -> None:
    """Raises OSError."""
    durable.write(path, _FORM.dump_json(report), durable.SHARED, lasting=False)


def with_sample(space: Sequence[FreeSpace], now: FreeSpace) -> tuple[FreeSpace, ...]:
    """`space` with `now` as its last: what is older than an hour is kept as one sample an hour, for a week.

    Samples of a time to come are of a clock that was set back, and go.
    """
    older = [it for it in space if it.at_ms < now.at_ms]
    if len(older) > 1 and older[-1].at_ms - older[-2].at_ms < _SAMPLE_MS:
        older.pop()                     # the last one was but the newest of its hour
    return (*older[-_SAMPLES:], now)
