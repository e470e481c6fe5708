"""Whether packets that come become pictures: no key frame yet, or nothing but garbage. Pure: time comes in.

That no packets come at all is told by who reads them (packets.py).
"""

from __future__ import annotations

from enum import Enum

from edge.base.values import NS_PER_S

NO_KEY_S = 5.0              # packets without a key frame: told, and waited on, as one is on its way
LONGEST_NO_KEY_S = 60.0     # no camera has such an interval: opened anew, it may begin with one


class Blindness(Enum):
    """Why packets are no pictures."""

    NO_KEY_FRAME = "no-key-frame"
    HOPELESS = "hopeless"           # no key frame, and none to be expected
    GARBLED = "garbled"


class PictureClock:
    """Of one opening of a camera. Each method takes CLOCK_MONOTONIC in nanoseconds."""

    def __init__(self, stall_s: float) -> None:
        self._stall_ns = round(stall_s * NS_PER_S)
        self._no_key_ns = round(min(stall_s, NO_KEY_S) * NS_PER_S)
        self._first_ns: int | None = None           # of the packets
        self._keyed = False
        self._said = False
        self._bad_ns: int | None = None             # the first in vain since the last picture,
        self._still_bad_ns = 0                      # and the last: what is not decoded is no garbage

    def arrived(self, is_key: bool, now_ns: int) -> bool:
        """A packet came. Returns whether there was a key frame, so that it can be decoded."""
        if self._first_ns is None:
            self._first_ns = now_ns
        self._keyed = self._keyed or is_key
        return self._keyed

    def decoded(self, pictures: int, now_ns: int) -> None:
        """A packet was decoded into so many good pictures."""
        if pictures:
            self._bad_ns = None
            return
        self._still_bad_ns = now_ns
        if self._bad_ns is None:
            self._bad_ns = now_ns

    def blindness(self, now_ns: int) -> tuple[Blindness, float] | None:
        """What to say now, and for how many seconds it has been so; a missing key frame once."""
        waited_ns = 0 if self._keyed or self._first_ns is None else now_ns - self._first_ns
        if waited_ns >= LONGEST_NO_KEY_S * NS_PER_S:
            return Blindness.HOPELESS, waited_ns / NS_PER_S
        if waited_ns >= self._no_key_ns and not self._said:
            self._said = True
            return Blindness.NO_KEY_FRAME, waited_ns / NS_PER_S
        if self._bad_ns is not None and self._still_bad_ns - self._bad_ns >= self._stall_ns:
            return Blindness.GARBLED, (now_ns - self._bad_ns) / NS_PER_S
        return None
