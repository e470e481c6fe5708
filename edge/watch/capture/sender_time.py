"""When a camera took a picture by its own clock, as RTCP's sender reports tell it.

All streams of one camera are stamped by one clock, however long each takes to come: so a moment of one is
found in another. FFmpeg puts the time on each packet after the first report (AVProducerReferenceTime).
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import av

from edge.base.values import NS_PER_S

_WALLCLOCK = struct.Struct("=q")       # microseconds since 1970, at the head of the struct
_NEAR_NS = 3 * NS_PER_S                # further apart, the streams do not share a clock, or one is set


class SenderTime:
    """Of one opening of one stream. Not thread-safe."""

    def __init__(self, time_base: Fraction) -> None:
        """`time_base` is that of the stream's stamps, in seconds."""
        self._units, self._per_s = time_base.numerator * NS_PER_S, time_base.denominator
        self._zero_ns: int | None = None        # the camera's time at stamp 0

    def note(self, packet: av.Packet[Any]) -> None:
        """Take in what a packet tells."""
        if packet.pts is not None and packet.has_sidedata("prft"):
            micros: int = _WALLCLOCK.unpack_from(bytes(packet.get_sidedata("prft")))[0]
            self._zero_ns = micros * 1000 - self._ns(packet.pts)

    def of(self, pts: int | None) -> int | None:
        """The camera's own time of a picture, nanoseconds since 1970 if its clock is right.

        None before the first report, and of what has no stamp.
        """
        return None if pts is None or self._zero_ns is None else self._zero_ns + self._ns(pts)

    def _ns(self, pts: int) -> int:
        return pts * self._units // self._per_s


def shift_ns(ahead_ns: int | None, other_ahead_ns: int | None) -> int | None:
    """What to add to the pipeline time of a picture for that of the same moment in the other stream.

    Args:
        ahead_ns: by how much the camera's clock is ahead of pipeline time, by the one stream.
        other_ahead_ns: the same by the other: its pictures are delayed by the difference.

    None where a stream has told nothing, or they do not tell of one clock.
    """
    if ahead_ns is None or other_ahead_ns is None:
        return None
    shift = ahead_ns - other_ahead_ns
    return shift if abs(shift) <= _NEAR_NS else None
