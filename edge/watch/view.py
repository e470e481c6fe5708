"""Whether a camera's pictures follow on one another, or nobody knows what happened between two of them.

Pure: pictures and time come in as arguments.
"""

from __future__ import annotations

from edge.base.values import NS_PER_S, Frame
from edge.watch.capture.timing import MAX_DRIFT_NS
from edge.watch.vision.interval import UsualInterval

_UNSEEN_NS = 3 * NS_PER_S // 4      # in less nobody who walks gets far


class View:
    """One camera's view, from picture to picture. One thread.

    A pause is a hole when it is longer than `lost_s`, for which an object may be hidden, and longer than
    pictures usually are apart, as on a slow camera or a busy box. A shorter one that still is unusual breaks
    no view, but what happened in it was not seen: `unseen_ns`.
    """

    def __init__(self, lost_s: float, *, is_file: bool) -> None:
        """`is_file`: the source's own time can be trusted. A camera may set its clock at any moment."""
        self._lost_ns, self._is_file = round(lost_s * NS_PER_S), is_file
        self._usual = UsualInterval()
        self._mono_ns: int | None = None        # of the last picture
        self._media_s = 0.0
        self.passed_over_ns = 0     # until then pictures came that nobody wanted, since nothing moved
        self.unseen_ns = 0          # of the pause before the last picture; 0 where it was a usual one

    def begins(self, frame: Frame) -> bool:
        """Whether `frame` is the first picture of a view: the very first, one after a hole or a new opening.

        A file that plays again from its start, and a camera that was opened again, count `media_s` anew.
        """
        last_ns, last_s = self._mono_ns, self._media_s
        self._mono_ns, self._media_s = frame.mono_ns, frame.media_s
        if last_ns is None:
            return True
        pause_ns = frame.mono_ns - max(last_ns, min(self.passed_over_ns, frame.mono_ns))
        if self._is_file:       # one that plays live is not waited for through hours
            pause_ns = max(pause_ns, round((frame.media_s - last_s) * NS_PER_S))
        hole = self._usual.is_hole(pause_ns, self._lost_ns)
        self.unseen_ns = pause_ns if self._usual.is_hole(pause_ns, _UNSEEN_NS) else 0
        if pause_ns > 0:
            self._usual.note(pause_ns)
        return hole or frame.media_s < last_s

    def is_over(self, now_ns: int) -> bool:
        """Whether the pause since the last picture is a hole for certain, whatever may still be on its way.

        Args:
            now_ns: CLOCK_MONOTONIC; a picture that comes later is at most MAX_DRIFT_NS older than that.
        """
        if self._mono_ns is None:
            return False
        pause_ns = now_ns - MAX_DRIFT_NS - max(self._mono_ns, self.passed_over_ns)
        return self._usual.is_hole(pause_ns, self._lost_ns)
