"""What the time stamps of a stream mean: seconds from its first picture. Pure: time comes in as an argument.

A stamp may be missing, repeated, set back, gone astray by hours, or count at another pace than time does.
"""

from __future__ import annotations

from fractions import Fraction

from edge.base.values import NS_PER_S

MAX_DELAY_S = 1.0               # by which pictures of a camera come late at one time and in a heap at another
_MAX_CORRECTION_S = 2.0         # by which a recorder's clock is set back without a word
_MAX_UNSURE_PERIODS = 10        # between two pictures of a recording, where no third one confirms it


class MediaTime:
    """Seconds since the first picture of a recording, always increasing.

    One stamp gone astray is told from a gap or a cut by the stamp that comes after: a stray one moves time by
    one period, a gap by its true length. Where the stamps begin anew, recordings were put together, and how
    long it was between them nobody knows; a clock that was set right by a little is passed over.
    """

    def __init__(self, time_base: Fraction, period_s: float, cut_s: float) -> None:
        """
        Args:
            period_s: what is put between two pictures where their time stamps do not help.
            cut_s: what is put between two recordings.
        """
        self._units, self._per_s = time_base.numerator, time_base.denominator
        self._period_s, self._cut_s = period_s, cut_s
        self.cuts = 0                           # how often the stamps began anew
        self._zero_s: float | None = None       # the stamp that is 0 for us; none before the first stamp
        self._last_s: float | None = None

    def seconds(self, pts: int | None, ahead: int | None = None) -> float:
        """The place of the next picture.

        Args:
            pts: its time stamp; None where it has none.
            ahead: that of the picture after it; None where there is none, or it has none.
        """
        told_s, ahead_s = self._told_s(pts), self._told_s(ahead)
        if self._last_s is None:
            self._zero_s, self._last_s = told_s, 0.0
        else:
            self._last_s = self._next_s(self._last_s, told_s, ahead_s)
        return self._last_s

    def _told_s(self, pts: int | None) -> float | None:
        return None if pts is None else pts * self._units / self._per_s

    def _next_s(self, last_s: float, told_s: float | None, ahead_s: float | None) -> float:
        soon_s = last_s + self._period_s
        if told_s is None:
            return soon_s
        if self._zero_s is not None:
            place_s = told_s - self._zero_s
            after_s = None if ahead_s is None else ahead_s - self._zero_s
            if self._is_stray(last_s, place_s, after_s):
                return soon_s if after_s is None else min(soon_s, (last_s + after_s) / 2)
            if place_s > last_s:
                return place_s
            if last_s - place_s > _MAX_CORRECTION_S:
                self.cuts += 1
                soon_s = last_s + self._cut_s
        self._zero_s = told_s - soon_s      # the stamps begin, or begin anew
        return soon_s

    def _is_stray(self, last_s: float, place_s: float, after_s: float | None) -> bool:
        """Whether a stamp is out of place between the one before and the one after."""
        if after_s is None:
            return place_s > last_s + _MAX_UNSURE_PERIODS * self._period_s
        return last_s < after_s and not last_s < place_s <= after_s


class LiveTime:
    """Seconds since the first picture of a camera, always increasing: its stamps, where they can be true.

    A camera sets its clock, counts wrongly or not at all. Its word on how long it was since the picture
    before is taken unless it is more than what passed here, but for the network's delay.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._units, self._per_s = time_base.numerator, time_base.denominator
        self._pts: int | None = None
        self._came_ns: int | None = None
        self._last_s = 0.0

    def seconds(self, pts: int | None, now_ns: int) -> float:
        """The place of the picture that came just now, with the time stamp `pts`."""
        if self._came_ns is not None:
            self._last_s += self._step_s(pts, max(1, now_ns - self._came_ns))
        self._pts, self._came_ns = pts, now_ns
        return self._last_s

    def _step_s(self, pts: int | None, waited_ns: int) -> float:
        waited_s = waited_ns / NS_PER_S
        if pts is None or self._pts is None:
            return waited_s
        told_s = (pts - self._pts) * self._units / self._per_s
        return told_s if 0 < told_s <= waited_s + MAX_DELAY_S else waited_s


