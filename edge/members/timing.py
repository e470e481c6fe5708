"""How time is counted where it must hold over restarts and wrong clocks.

Within one boot CLOCK_MONOTONIC alone counts; a wall clock that jumps changes nothing. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S


def invite_left_s(made: Stamp, lasts_s: float, now: Stamp) -> float:
    """How long an invite is good for yet; 0 once it has expired.

    Over a restart the wall clock tells, and only if it was synchronised then and is now: a box that cannot
    know how long it was off lets nobody in. It may know a minute later, when its clock is.
    """
    if now.boot_id == made.boot_id:
        return max(0.0, lasts_s - (now.mono_ns - made.mono_ns) / NS_PER_S)
    if not (now.clock_synchronised and made.clock_synchronised):
        return 0.0
    gone = now.utc - made.utc
    return max(0.0, lasts_s - gone.total_seconds()) if gone >= timedelta(0) else 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait of `ns` from `mono_ns` of the boot `boot_id` on.

    In another boot it begins anew with all of `ns`, since how long the box was off is unknown: whoever
    pulls the plug gains nothing.
    """

    ns: int = 0
    mono_ns: int = 0
    boot_id: str = ""

    @classmethod
    def until(cls, seconds: float, now: Stamp) -> Wait:
        return cls(round(seconds * NS_PER_S), now.mono_ns, now.boot_id)

    def left_ns(self, now: Stamp) -> int:
        gone_ns = now.mono_ns - self.mono_ns if now.boot_id == self.boot_id else 0
        return max(0, self.ns - max(0, gone_ns))

    def left_s(self, now: Stamp) -> float:
        return self.left_ns(now) / NS_PER_S

    def begun_in(self, now: Stamp) -> Wait:
        """The same, counted from `now` where it was of another boot."""
        return self if now.boot_id == self.boot_id else Wait(self.ns, now.mono_ns, now.boot_id)
