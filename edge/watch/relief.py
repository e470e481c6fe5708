"""What watch gives up while the board is too hot or its supply too weak: in a fixed order, and told.

A Pi that slows itself down starves all cameras alike, those that guard a gate too. So work is given up before
that, where it is missed least:

    1 idle      still scenes of cameras without an alarm rule are looked at four times less often
    2 smaller   and each look at these cameras has half the pixels
    3 fewer     and they have half as many looks a second
    4 all       cameras with an alarm rule have two thirds of theirs, no fewer than 2.5 a second, no smaller

Pure: what the board says and the time come in. Cannot: cool a box that hangs in the sun without any load.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from edge.base.values import NS_PER_S
from edge.health.power import WARM_C, BoardStrain
from edge.watch.capture.gate import Motion

WORSE_AFTER_S, BETTER_AFTER_S = 10.0, 60.0      # at each step: heat follows load slowly, and so does relief
LEAST_LOOKS_PER_S = 2.5         # of an alarm rule's camera: at 1.25 tracks break


class Relief(IntEnum):
    """How much is given up; each step has all of those before it."""

    NONE = 0
    IDLE = 1
    SMALLER = 2
    FEWER = 3
    ALL = 4


@dataclass(frozen=True, slots=True)
class LookAllowance:
    """What one camera may have, as factors of what it is set to."""

    idle: float = 1.0       # of the time between two looks at a still scene
    pixels: float = 1.0     # of each look
    looks: float = 1.0      # of the looks a second


def allowance(relief: Relief, fps: float, *, asks_alarm: bool) -> LookAllowance:
    """Of a camera set to `fps` looks a second; `asks_alarm`: one of its rules may ask for the alarm."""
    if asks_alarm:
        least = min(1.0, LEAST_LOOKS_PER_S / fps)
        return LookAllowance(looks=max(2 / 3, least) if relief >= Relief.ALL else 1.0)
    return LookAllowance(idle=4.0 if relief >= Relief.IDLE else 1.0,
                     pixels=0.5 if relief >= Relief.SMALLER else 1.0,
                     looks=0.5 if relief >= Relief.FEWER else 1.0)


class ReliefGovernor:
    """One step at a time: up while the board is strained, down once it has been well for a while."""

    def __init__(self) -> None:
        self.relief = Relief.NONE
        self._changed_s = self._strained_s = -BETTER_AFTER_S

    def look(self, strain: BoardStrain, now_s: float) -> bool:
        """Whether `relief` has changed. `now_s` is CLOCK_MONOTONIC, never falling."""
        is_strained = strain.is_hot or bool(strain.undervolted)
        is_well = not is_strained and (strain.temperature_c or 0.0) < WARM_C
        if not is_well:
            self._strained_s = now_s
        before = self.relief
        if is_strained and now_s - self._changed_s >= WORSE_AFTER_S:
            self.relief = Relief(min(before + 1, Relief.ALL))
        elif now_s - max(self._changed_s, self._strained_s) >= BETTER_AFTER_S:
            self.relief = Relief(max(before - 1, Relief.NONE))
        if self.relief is before:
            return False
        self._changed_s = now_s
        return True


class IdleLooks:
    """Which looks at a still scene of one camera are left out."""

    def __init__(self, hold_s: float, interval_s: float) -> None:
        """As its gate has them: how long it stays open after a motion, and how often it opens anyway."""
        self.factor = 1.0
        self._hold_ns, self._interval_ns = round(hold_s * NS_PER_S), round(interval_s * NS_PER_S)
        self._woken_ns = self._looked_ns = 0

    def takes(self, motion: Motion, mono_ns: int) -> bool:
        """Whether a picture that passed the gate is looked at."""
        if motion.moved or motion.light_changed:
            self._woken_ns = mono_ns
        is_idle = mono_ns - self._woken_ns > self._hold_ns
        if is_idle and self.factor > 1.0 and mono_ns - self._looked_ns < self.factor * self._interval_ns:
            return False
        self._looked_ns = mono_ns
        return True
