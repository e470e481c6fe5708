"""Whether somebody moved the clock of a box that had the right time. Pure.

A box without a battery starts with a wrong clock, and setting it then is what shall be. Once the kernel has
called it synchronised, chrony only makes it run faster or slower, so a step is a time server that lies, a
hand, or a program: whoever reads the box's times must hear of it. A step while nothing keeps the clock is not
seen: there is nothing to hold it against.
"""

from __future__ import annotations

from edge.base.clock import Stamp
from edge.base.findings import Finding, Kind, State
from edge.base.values import NS_PER_S

STEP_S = 60                 # less is what chrony's first corrections may still be
TOLD_NS = 24 * 3600 * NS_PER_S


class ClockSteps:
    """Wall time against monotonic time, look by look. Not thread-safe."""

    def __init__(self) -> None:
        self._offset_s: float | None = None         # of a look whose clock was right
        self._moved_s, self._until_ns = 0, 0

    def look(self, now: Stamp, slept: bool = False) -> Finding | None:
        """What was found within the last day: by how many seconds the clock was moved, the last time.

        `slept`: the machine was asleep since the last look, during which monotonic time stands still.
        """
        offset_s = now.utc.timestamp() - now.mono_ns / NS_PER_S
        if self._offset_s is not None and not slept and abs(offset_s - self._offset_s) > STEP_S:
            self._moved_s, self._until_ns = round(offset_s - self._offset_s), now.mono_ns + TOLD_NS
        self._offset_s = offset_s if now.clock_synchronised else None
        if now.mono_ns >= self._until_ns:
            return None
        return Finding(Kind.CLOCK, "", State.WARN, "clock-stepped", {"seconds": self._moved_s})
