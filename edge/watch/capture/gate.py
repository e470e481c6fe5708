"""Keep still scenes away from the detector.

When to look, given what moves: `edge.watch.capture.motion` finds the motion, this adds time. Pure: the
caller supplies pixels and time, so a test can play a whole night in a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import MotionSettings
from edge.watch.capture.motion import MIN_SIDE_PX, Found, MotionFinder

_BELIEVED_NS = NS_PER_S    # what moves in pictures that drift, and no key frame has come
_SETTLE_NS = NS_PER_S      # after another light or scene every frame is looked at for this long


@dataclass(frozen=True, slots=True)
class Motion:
    """What the gate says about one frame."""

    passes: bool                   # worth inference: first frame, motion and after it, idle look
    moved: bool                    # motion in this very frame
    regions: tuple[Rect, ...]      # the moving parts, pixels of the luma given; at most 16
    light_changed: bool            # the whole picture changed at once; the background was made to fit
    small: tuple[Rect, ...] = ()   # parts that move and are too small to open the gate; at most 16
    is_open: bool = True           # it passes for more than an idle look
    suspected_ns: int | None = None     # since when something moves that may be drift alone; not counted yet


class MotionGate:
    """Say, frame by frame, whether one camera's picture is worth inference, and where it moves.

    Not thread-safe: one gate belongs to one capture thread. A camera that changes its resolution
    needs a new gate.
    """

    def __init__(self, settings: MotionSettings) -> None:
        self._min_area_ratio = settings.min_area_ratio
        self._hold_ns = round(settings.hold_s * NS_PER_S)
        self._idle_ns = round(settings.idle_interval_s * NS_PER_S)
        self._shape: tuple[int, ...] | None = None
        self._finder: MotionFinder | None = None
        self._hold_until_ns = 0
        self._passed_ns = 0
        self._suspected_ns: int | None = None

    def look(self, luma: npt.NDArray[np.uint8], mono_ns: int, *, drifts: bool = False) -> Motion:
        """Fold `luma` into the background; return what moves in it and whether to keep the frame.

        Args:
            luma: uint8, shape (h, w), at least 16 x 16, any strides; read only, not kept.
            mono_ns: start of exposure, CLOCK_MONOTONIC nanoseconds; decreasing where what led to a picture
                is looked at after it.
            drifts: as `Frame.drifts`. Motion in such a picture is suspected: it opens the gate where it
                changes from one to the next as well, or lasts for a second.

        Returns:
            `passes` on the first frame; while connected blocks of at least `min_area_ratio` of
            the picture move, and `hold_s` after; for a second after the light or the scene changed
            at once; and once per `idle_interval_s`, so that someone standing still is looked at
            again. What stops moving is motion for 12 to 20 s more, then background.

        Raises:
            ValueError: `luma` is not uint8 of the first frame's shape, or too small.
        """
        self._check(luma)
        if self._finder is None:
            self._finder = MotionFinder(luma, mono_ns, self._min_area_ratio)
            self._hold_until_ns = self._passed_ns = mono_ns
            return Motion(passes=True, moved=False, regions=(), light_changed=False)
        found = self._finder.find(luma, mono_ns, drifts=drifts)
        if self._suspects(found, mono_ns):
            found = Found((), found.light_changed, found.small)
        passes = self._decide(found, mono_ns)
        return Motion(passes, bool(found.regions), found.regions, found.light_changed, found.small,
                      is_open=mono_ns <= self._hold_until_ns, suspected_ns=self._suspected_ns)

    def passes(self, luma: npt.NDArray[np.uint8], mono_ns: int) -> bool:
        """`look`, for who only needs to know whether to keep the frame."""
        return self.look(luma, mono_ns).passes

    def _suspects(self, found: Found, mono_ns: int) -> bool:
        """Whether what moves may be drift alone, for now."""
        if found.changes or not found.regions or mono_ns <= self._hold_until_ns:
            self._suspected_ns = None
            return False
        if self._suspected_ns is None:
            self._suspected_ns = mono_ns
        return mono_ns - self._suspected_ns < _BELIEVED_NS

    def _decide(self, found: Found, mono_ns: int) -> bool:
        if found.regions:
            self._hold_until_ns = max(self._hold_until_ns, mono_ns + self._hold_ns)
        if found.light_changed:
            self._hold_until_ns = max(self._hold_until_ns, mono_ns + _SETTLE_NS)
        if mono_ns <= self._hold_until_ns or mono_ns - self._passed_ns >= self._idle_ns:
            self._passed_ns = mono_ns
            return True
        return False

    def _check(self, luma: npt.NDArray[np.uint8]) -> None:
        got = f"got {luma.dtype} {luma.shape}"
        if self._shape is None:
            if luma.dtype != np.uint8 or luma.ndim != 2 or min(luma.shape) < MIN_SIDE_PX:
                raise ValueError(f"luma: want uint8 (h, w) of at least {MIN_SIDE_PX} x {MIN_SIDE_PX}, {got}")
            self._shape = luma.shape
        elif luma.dtype != np.uint8 or luma.shape != self._shape:
            raise ValueError(f"luma: want uint8 {self._shape}, {got}")
