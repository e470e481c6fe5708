"""Which camera's picture is looked at next: one inference thread, shared by need.

Wanted: where a rule may call for help, and where something has just begun to move, nobody waits behind
others; no track breaks for want of a look; and nobody who moves waits longer than WAIT_MOST_S. Assumed: a
look cannot be broken off, and lasts about as long as the longest of late. Cannot: keep that limit where one
look at each camera that waits takes longer together; then the oldest goes first, which nothing beats.
Pure: time comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from edge.base.values import NS_PER_S, Rect
from edge.watch.capture.gate import Motion

WAIT_MOST_S = 2.0
_WAIT_MOST_NS = round(WAIT_MOST_S * NS_PER_S)


class Urgency(IntEnum):
    """How urgent a look at a camera's picture is; the least is the most urgent."""

    URGENT = 0      # it moves where a rule asks for the alarm, or has just begun to move
    LOSING = 1      # the last look missed a track, which the next may find again
    MOVING = 2      # it moves
    RESTING = 3     # nothing moves: a look now and then, or a picture that the gate held back


@dataclass(frozen=True, slots=True)
class Claim:
    """What one camera that waits has to say for itself."""

    urgency: Urgency
    since_ns: int       # when the first picture came that it has had no look for
    served_ns: int      # when it had its last look; 0: never


def urgency_of(motion: Motion, alarm_places: Sequence[Rect], size_px: tuple[int, int], *,
            fresh: bool, losing: bool) -> Urgency:
    """How urgent a picture is.

    Args:
        alarm_places: where rules ask for the alarm, in ratios of the picture; what moves near counts, too.
        size_px: width and height of the picture, in which `motion` has its regions.
        fresh: something has begun to move within the last half second.
        losing: the last look missed a track.
    """
    if fresh or any(region.shared_area(place.scaled(*size_px)) > 0.0
                    for region in motion.regions for place in alarm_places):
        return Urgency.URGENT
    if losing:
        return Urgency.LOSING
    return Urgency.MOVING if motion.moved else Urgency.RESTING


def next_camera(claims: Mapping[str, Claim], service_ns: int, now_ns: int) -> str | None:
    """Who is served next; None where nobody waits.

    The most urgent goes first, of equals whoever had no look for the longest. But before the wait of any
    could pass WAIT_MOST_S the oldest goes first, whatever its need: as long as a look takes `service_ns` at
    most, nobody waits longer than that, or than one look at each of those that wait.
    """
    if not claims:
        return None
    spare_ns = max(0, _WAIT_MOST_NS - len(claims) * service_ns)
    due = [name for name, claim in claims.items() if now_ns - claim.since_ns >= spare_ns]
    if due:
        return min(due, key=lambda name: (claims[name].since_ns, claims[name].urgency, name))
    return min(claims, key=lambda name: (claims[name].urgency, claims[name].served_ns, name))
