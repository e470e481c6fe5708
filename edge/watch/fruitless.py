"""Places where something moves again and again and no look finds anything: leaves, washing, reflections.

Pure: time and places come in as arguments.

Wanted: what was looked at for seconds in vain is looked at once a second, not at every picture; so is what
has not changed since the last look found nothing there, like blotches that an encoder makes of noise, which
stand from one key frame to the next. Assumed: who comes in moves somewhere else as well, or is found by one
of those looks; then all pictures count at once. Cannot: tell a tree from somebody whom the detector never
finds; both get their look a second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.base.values import NS_PER_S, Frame, Rect

EVERY_NS = NS_PER_S             # a look at such places at least so often
_ROWS, _COLUMNS = 18, 32
_IN_VAIN = 10                   # looks, after which a place is such a one
_MOST = 20                      # count no further: so long it takes to forget
_FORGET_NS = 30 * NS_PER_S      # one look in vain less
_SAME = 1.5                     # grey levels, on average over a region: it is as it was
_SAME_PLACE = 0.5               # of two regions' union
_SHARE = 0.7                    # of a region that lies in such places


class Fruitless:
    """Of one camera. One thread notes, another may ask."""

    def __init__(self) -> None:
        self._in_vain = np.zeros((_ROWS, _COLUMNS), np.float32)
        self._noted_ns: int | None = None
        self._passed_ns = 0
        self._looked: tuple[Frame, tuple[Rect, ...]] | None = None      # at last, if in vain

    def note(self, frame: Frame, regions: Sequence[Rect], found: Sequence[Rect]) -> None:
        """A look at `frame`, in which `regions` moved, and what is followed in it after that; pixels."""
        size_px, mono_ns = (frame.width, frame.height), frame.mono_ns
        self._looked = (frame, tuple(regions)) if regions and not found else None
        if self._noted_ns is not None:
            self._in_vain -= np.float32((mono_ns - self._noted_ns) / _FORGET_NS)
            np.maximum(self._in_vain, 0, out=self._in_vain)
        self._noted_ns = mono_ns
        moved = np.zeros(self._in_vain.shape, np.bool_)
        for region in regions:
            moved[_cells(region, size_px)] = True
        self._in_vain[moved] = np.minimum(self._in_vain[moved] + 1, _MOST)
        for rect in found:
            self._in_vain[_cells(rect.grown(0.5), size_px)] = 0

    def is_worth_it(self, frame: Frame, regions: Sequence[Rect]) -> bool:
        """Whether `frame`, in which `regions` move, is to be looked at now."""
        vain, size_px = self._in_vain >= _IN_VAIN, (frame.width, frame.height)
        looked = self._looked
        if regions and 0 <= frame.mono_ns - self._passed_ns < EVERY_NS and all(
                float(vain[_cells(region, size_px)].mean()) >= _SHARE or _is_as_then(frame, region, looked)
                for region in regions):
            return False
        self._passed_ns = frame.mono_ns
        return True


def _is_as_then(frame: Frame, region: Rect, looked: tuple[Frame, tuple[Rect, ...]] | None) -> bool:
    """Whether a region has not changed since a look that found nothing."""
    if looked is None:
        return False
    then, regions = looked
    if then.luma.shape != frame.luma.shape or not any(region.iou(each) >= _SAME_PLACE for each in regions):
        return False
    rows, columns = (slice(round(low), round(high), 2) for low, high in
                     ((region.y0, region.y1), (region.x0, region.x1)))
    now, before = (each.luma[rows, columns].astype(np.int16) for each in (frame, then))
    return now.size > 0 and float(np.abs(now - before).mean()) < _SAME


def _cells(rect: Rect, size_px: tuple[int, int]) -> tuple[slice, slice]:
    """The cells that a rect touches, one at least."""
    x0, x1 = (min(_COLUMNS - 1, max(0, int(x * _COLUMNS / size_px[0]))) for x in (rect.x0, rect.x1 - 1e-6))
    y0, y1 = (min(_ROWS - 1, max(0, int(y * _ROWS / size_px[1]))) for y in (rect.y0, rect.y1 - 1e-6))
    return slice(y0, y1 + 1), slice(x0, x1 + 1)
