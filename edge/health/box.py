"""What is wrong with the box itself, as it is told: power, heat, disk, clock. Pure.

What passes is waited for, what flaps is told once and counted (`steady.py`); each with since when it is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.base.clock import Stamp
from edge.base.findings import Finding
from edge.base.values import NS_PER_S
from edge.contract.messages import rfc3339
from edge.health.steady import Notice, Steady

LASTING_NS: Mapping[str, int] = {       # codes that are told, and how long each must have been so
    "power-low": 0, "heat-hot": 30 * NS_PER_S, "disk-full": 0, "disk-read-only": 0, "disk-errors": 0,
    "card-old": 0, "clock-wrong": 60 * NS_PER_S, "clock-stepped": 0,
    "clock-free": 900 * NS_PER_S,       # a box that has just started has no time yet, and need not
}


@dataclass(slots=True)
class _Part:
    """One thing that may be wrong: voltage, a disk."""

    steady: Steady[str]
    code: str = ""          # as it was found last
    since_ns: int = 0       # of that
    finding: Finding | None = None


class BoxHealth:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def look(self, findings: Iterable[Finding], now: Stamp) -> dict[str, Finding | None]:
        """What has changed, by a name for each part: what is wrong with it now; None where nothing is."""
        found = {f"{it.kind}/{it.name}": it for it in findings if it.code in LASTING_NS}
        changed: dict[str, Finding | None] = {}
        for name in self._parts.keys() | found.keys():
            part = self._parts.setdefault(name, _Part(Steady(""), since_ns=now.mono_ns))
            notice = _noticed(part, found.get(name), now.mono_ns)
            if notice is not None and (notice.value or part.finding is not None):
                part.finding = _as_told(found.get(name, part.finding), notice, now)
                changed[name] = part.finding
        return changed


def _noticed(part: _Part, finding: Finding | None, now_ns: int) -> Notice[str] | None:
    """Feed `part` with what was found, once it has lasted."""
    code = "" if finding is None else finding.code
    if code != part.code:
        part.code, part.since_ns = code, now_ns
    if now_ns - part.since_ns < LASTING_NS.get(code, 0):
        return part.steady.look(now_ns)
    return part.steady.report(code, now_ns) or part.steady.look(now_ns)


def _as_told(finding: Finding | None, notice: Notice[str], now: Stamp) -> Finding | None:
    if finding is None or not notice.value:
        return None
    since = now.utc - timedelta(microseconds=(now.mono_ns - notice.since_ns) // 1000)
    return replace(finding, since_utc=rfc3339(since), count=notice.count)
