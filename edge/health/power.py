"""How hard power and heat press the board now: what the firmware's bits and the kernel's files mean.

The bits are those of `get_throttled`: 0 under-voltage, 1 frequency capped, 2 throttled, 3 soft limit of
temperature; 16 to 19 the same at any time since the board started.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.health.system import System

WARM_C, HOT_C = 75.0, 83.0      # a Pi slows down from 80, hard from 85

_UNDERVOLTED, _SLOWED = 0b0001, 0b1110
_SINCE_START = 16               # how far up the same bits stand for "since the start"


@dataclass(frozen=True, slots=True)
class BoardStrain:
    """One look at the board. None: this board does not tell."""

    undervolted: bool | None = None     # now
    slowed: bool | None = None          # now: the firmware holds the frequency down, whatever for
    was_undervolted: bool = False       # since the board started
    was_slowed: bool = False
    temperature_c: float | None = None  # of the hottest zone

    @property
    def is_hot(self) -> bool:
        """Whether it is as hot as slows it down, or is slowed down already."""
        return bool(self.slowed) or (self.temperature_c or 0.0) >= HOT_C

    @property
    def is_warm(self) -> bool:
        """Whether it is hot, nearly so, or was slowed down since it started."""
        return self.is_hot or self.was_slowed or (self.temperature_c or 0.0) >= WARM_C


def strain_of(undervolted: bool | None, throttled: int | None, temperature_c: float | None) -> BoardStrain:
    """What was read as one value. Pure.

    Args:
        undervolted: as the kernel's sensor `rpi_volt` tells it.
        throttled: the firmware's bits, see above.
    """
    if throttled is None:
        return BoardStrain(undervolted, temperature_c=temperature_c)
    before = throttled >> _SINCE_START
    return BoardStrain(
        bool(undervolted) or bool(throttled & _UNDERVOLTED), bool(throttled & _SLOWED),
        bool(before & _UNDERVOLTED), bool(before & _SLOWED), temperature_c)


def read(system: System) -> BoardStrain:
    """Look now: a few files of the kernel's, some 0.1 ms. Never raises; what is not there is None."""
    return strain_of(system.undervolted(), system.throttled(), system.temperature_c())
