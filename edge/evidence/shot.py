"""Choose the picture that shows an object best, and keep only that one.

Pure apart from asking a frame for a crop. A crop is made when it is clearly better than the kept
one, so a car that stands for an hour costs one crop, and nothing is encoded before an event asks.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.values import Frame, Rect, Track

BETTER = 1.2              # a new crop must beat the kept one by this factor to be worth its cost
_EDGE_PX = 2.0            # a rect this near the border of the picture is cut by it
_CUT_FACTOR = 0.4         # what being cut costs: half a person is little evidence
_LEAST_PX = 16            # a smaller picture shows nothing, and no encoder likes it
_ROUNDED_PX = 3           # a frame rounds a crop outwards to even numbers
_SHARP_VARIANCE = 400.0   # variance of the Laplacian at which more sharpness shows no more


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels of one object, not yet encoded."""

    rgb: npt.NDArray[np.uint8]     # (h, w, 3), with margin
    rect: Rect                     # of the object, in pixels of the frame
    quality: float                 # comparable within one track only
    mono_ns: int
    media_s: float
    masked: bool


class BestShots:
    """The best shot of every track of one camera. Not thread-safe."""

    def __init__(self, max_px: int, margin_ratio: float) -> None:
        """`max_px` bounds the longest side of a shot; `margin_ratio` is added around the object."""
        self._max_px, self._margin_ratio = max_px, margin_ratio
        self._best: dict[int, Shot] = {}

    def offer(self, frame: Frame, track: Track) -> None:
        """Keep this picture of `track`, matched in `frame`, if it beats the kept one."""
        kept = self._best.get(track.track_id)
        bar = kept.quality * BETTER if kept else 0.0
        ceiling = _framing(track.rect, track.score, frame.width, frame.height)
        if kept and ceiling < bar:         # not even perfect sharpness would do
            return
        quality = ceiling * _sharpness(frame.luma, track.rect)
        if kept is None or quality >= bar:
            self._best[track.track_id] = self.cut(frame, track.rect, quality)

    def cut(self, frame: Frame, rect: Rect, quality: float = 0.0) -> Shot:
        """A shot of any part of a frame."""
        crop = rect.grown(self._margin_ratio).clipped(frame.width, frame.height)
        short, long = sorted((crop.width, crop.height))
        size_px = None              # as it is: stretching it by a rounding error costs more than all the rest
        if short < _LEAST_PX or long > self._max_px - _ROUNDED_PX:
            shrink = min(1.0, self._max_px / max(long, 1.0))
            size_px = (max(_LEAST_PX, round(crop.width * shrink)),
                       max(_LEAST_PX, round(crop.height * shrink)))
        return Shot(frame.rgb(size_px=size_px, crop=crop), rect, quality,
                    frame.mono_ns, frame.media_s, frame.masked)

    def best(self, track_id: int) -> Shot | None:
        return self._best.get(track_id)

    def keep_only(self, track_ids: Collection[int]) -> None:
        """Forget the shots of all other tracks."""
        for gone in self._best.keys() - set(track_ids):
            del self._best[gone]


def _framing(rect: Rect, score: float, width: int, height: int) -> float:
    """How well it is in the picture: large, confident, whole. The scale has no meaning of its own."""
    seen = rect.clipped(width, height)
    cut = (seen.x0 < _EDGE_PX or seen.y0 < _EDGE_PX
           or seen.x1 > width - _EDGE_PX or seen.y1 > height - _EDGE_PX)
    return score * math.sqrt(seen.area) * (_CUT_FACTOR if cut else 1.0)


def _sharpness(luma: npt.NDArray[np.uint8], rect: Rect) -> float:
    """0.3..1 by the variance of the Laplacian within `rect`.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    height, width = luma.shape
    part = rect.clipped(width, height)
    step = max(1, int(part.width) // 96)       # enough to tell sharp from smeared, at a bounded cost
    patch = luma[int(part.y0):math.ceil(part.y1):step, int(part.x0):math.ceil(part.x1):step]
    if min(patch.shape) < 3:
        return 0.3
    grey = patch.astype(np.int16)
    laplacian = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
                 - 4 * grey[1:-1, 1:-1])
    return 0.3 + 0.7 * min(1.0, float(laplacian.var()) / _SHARP_VARIANCE)
