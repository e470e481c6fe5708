"""What the lights of a box say, first boot's and guard's alike: no two things may look the same. Pure.

    lit, with a wink every 3 s          all is well; the wink shows that something lives behind the light
    even blinking, half a second        first boot is at work
    long flashes, then short ones       first boot's faults, to be counted: `edge.upkeep.firstboot.signals`
    dark, two short flashes every 3 s   guard goes on, and something needs a technician
    quick blinking                      an alarm
    dark, or lit without a wink         no power, or nothing alive
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.values import NS_PER_S

Flashes = tuple[tuple[float, float], ...]       # seconds on, seconds off, played over and over

STEADY: Flashes = ()                            # simply on; an output may be so, a light that tells never
WELL: Flashes = ((2.8, 0.2),)
AT_WORK: Flashes = ((0.5, 0.5),)
UNWELL: Flashes = ((0.2, 0.3), (0.2, 2.3))
QUICK: Flashes = ((0.25, 0.25),)


@dataclass(frozen=True, slots=True)
class Moment:
    """What is played at one moment."""

    on: bool
    rounds: int                 # how often all of it was played before
    next_ns: int | None         # so long until it may change; None: never


def played(flashes: Flashes, elapsed_ns: int) -> Moment:
    """What `flashes` show so long after they began. They begin with on."""
    if not flashes:
        return Moment(True, 0, None)
    parts = [(is_on, round(each_s * NS_PER_S)) for pair in flashes
             for is_on, each_s in zip((True, False), pair, strict=True)]
    rounds, left_ns = divmod(elapsed_ns, sum(length_ns for _, length_ns in parts))
    for is_on, length_ns in parts:
        if left_ns < length_ns:
            return Moment(is_on, rounds, length_ns - left_ns)
        left_ns -= length_ns
    raise AssertionError("the rest of a round is shorter than all of its parts")
