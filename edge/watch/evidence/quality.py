"""How good a picture of an object is, so that two of one track can be compared however far apart they lie.

Wanted: the whole object, large, sharp, and with nothing in front of it or beside it.
Assumed: on the ground, who stands lower in the picture is nearer; an object keeps its shape for a second.
Cannot: see what no track tells of, a post in front of a man, unless the rect changes its shape for it.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from edge.base.values import Frame, Rect

CUT_FACTOR = 0.4          # what being cut by the border costs: half a person is little evidence
_EDGE_RATIO = 0.004       # of width and height: a rect this near the border is cut by it
_EDGE_PX = 2.0            # and this near in any case
_SHARP_VARIANCE = 400.0   # variance of the Laplacian at which more sharpness shows no more
_LEAST_SHARP = 0.3        # of what shows no edge at all
_INNER_RATIO = -0.15      # what is looked at for sharpness: the object, not what is behind it
_BEHIND = 0.35            # of what somebody in front costs, costs somebody behind: they hide nothing
_BESIDE = 0.3             # and who is only in the margin
_LEAST_FREE = 0.05
_SHAPES = 9               # measured pictures that say what is usual: two seconds or less
_USUAL = 1.3              # times as wide or narrow as usual: gait, a turn
_STRANGE = 1.9            # times: another object is in the rect, or half of this one is hidden
_USUAL_SIZE = 1.15        # times as large or small as its growth lets expect
_STRANGE_SIZE = 1.45
_STRANGE_FACTOR = 0.3
TWO_FACTOR = 0.4          # what a second object in the rect costs
_INSIDE, _PART_RATIO = 0.7, 0.15       # of its own area within the rect, and of the rect's, is a part of it
_SAME_IOU, _APART_IOU = 0.75, 0.25     # a part that overlaps the rect more is all of it; two are apart below
_USUAL_STATURE = 1.2      # times as tall as people were at that place
_STRANGE_STATURE = 1.5
_CLEARER = 1.8            # times as free and usual: a smaller picture may be the better one
_NO_WORSE = 0.8           # what an update must keep of the first picture in every respect


@dataclass(frozen=True, slots=True)
class Quality:
    """What one picture of an object is worth, and why."""

    side_px: float         # root of the area that is seen
    sharpness: float       # 0.3..1
    freedom: float         # 0.05..1: from other objects
    shape: float           # 0.3..1: as it was of late
    whole: bool            # not cut by the border

    @property
    def worth(self) -> float:
        """One number to compare by, within one track only."""
        return (self.side_px * self.sharpness * self.freedom ** 2 * self.shape
                * (1.0 if self.whole else CUT_FACTOR))

    def keeps(self, other: Quality) -> bool:
        """Whether this picture is in no single respect much worse than `other`."""
        is_clearer = (self.whole > other.whole
                      or self.freedom * self.shape >= _CLEARER * other.freedom * other.shape)
        return (self.whole >= other.whole and self.sharpness >= _NO_WORSE * other.sharpness
                and self.freedom >= _NO_WORSE * other.freedom and self.shape >= _NO_WORSE * other.shape
                and (is_clearer or self.side_px >= _NO_WORSE * other.side_px))


NOTHING = Quality(0.0, _LEAST_SHARP, _LEAST_FREE, _STRANGE_FACTOR, False)


class Shapes:
    """Width by height of one object, and its size, as measured of late."""

    def __init__(self) -> None:
        self._rects: deque[Rect] = deque(maxlen=_SHAPES)

    def note(self, rect: Rect) -> None:
        """Take in a measured rect."""
        self._rects.append(rect)

    def usual(self) -> float:
        """1 where the latest rect is shaped and sized as those before it, down to 0.3 where it is not."""
        aspects = [math.log(max(rect.width, 1.0) / max(rect.height, 1.0)) for rect in self._rects]
        sizes = [math.log(max(rect.area, 1.0)) / 2 for rect in self._rects]
        return min(_as_usual(abs(aspects[-1] - median(aspects)), _USUAL, _STRANGE),
                   _as_usual(abs(sizes[-1] - _expected(sizes)), _USUAL_SIZE, _STRANGE_SIZE))


def usual_stature(times: float) -> float:
    """1 for a person who is as tall as others, or smaller; down to 0.3 for two who are taken for one."""
    return _as_usual(math.log(max(1.0, times)), _USUAL_STATURE, _STRANGE_STATURE)


def _as_usual(log_times: float, usual: float, strange: float) -> float:
    strangeness = (math.exp(log_times) - usual) / (strange - usual)
    return 1.0 - (1.0 - _STRANGE_FACTOR) * min(1.0, max(0.0, strangeness))


def _expected(values: Sequence[float]) -> float:
    """What follows on all but the last: by their median growth, which a single jump does not move.

    Source: Sen, "Estimates of the regression coefficient based on Kendall's tau" (JASA 63, 1968).
    """
    earlier = values[:-1]
    if len(earlier) < 2:
        return values[-1]
    growth = median((earlier[j] - earlier[i]) / (j - i)
                    for i, j in itertools.combinations(range(len(earlier)), 2))
    return median(value + growth * (len(earlier) - i) for i, value in enumerate(earlier))


def is_whole(rect: Rect, width: int, height: int) -> bool:
    """Whether the border of the picture does not cut it."""
    dx, dy = max(_EDGE_PX, _EDGE_RATIO * width), max(_EDGE_PX, _EDGE_RATIO * height)
    return rect.x0 >= dx and rect.y0 >= dy and rect.x1 <= width - dx and rect.y1 <= height - dy


def holds_two(rect: Rect, alike: Sequence[Rect]) -> bool:
    """Whether two objects are in the one rect.

    `alike` are the rects of all detections of its label: a detector that takes two for one finds each of them
    beside it, with a lower score.
    """
    parts = [part for part in alike
             if part.area >= _PART_RATIO * rect.area and rect.shared_area(part) >= _INSIDE * part.area
             and rect.iou(part) < _SAME_IOU]
    return any(one.iou(other) < _APART_IOU for one, other in itertools.combinations(parts, 2))


def freedom_of(rect: Rect, margin_ratio: float, others: Iterable[Rect]) -> float:
    """1 where nobody else is in the picture of `rect`, down to 0.05 where it is hidden."""
    crop = rect.grown(margin_ratio)
    lost = 0.0
    for other in others:
        near = crop.shared_area(other)
        if near > 0.0:
            over = rect.shared_area(other)
            weight = 1.0 if other.y1 >= rect.y1 else _BEHIND
            lost += weight * over / max(rect.area, 1.0) + _BESIDE * (near - over) / max(crop.area, 1.0)
    return max(_LEAST_FREE, 1.0 - lost)


def sharpness_of(frame: Frame, rect: Rect) -> float:
    """0.3..1 by the variance of the Laplacian within `rect`.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    part = rect.grown(_INNER_RATIO).clipped(frame.width, frame.height)
    step = max(1, int(part.width) // 96)       # enough to tell sharp from smeared, at a bounded cost
    patch = frame.luma[int(part.y0):math.ceil(part.y1):step, int(part.x0):math.ceil(part.x1):step]
    if min(patch.shape) < 3:
        return _LEAST_SHARP
    return _LEAST_SHARP + (1.0 - _LEAST_SHARP) * min(1.0, _laplacian_variance(patch) / _SHARP_VARIANCE)


def _laplacian_variance(patch: npt.NDArray[np.uint8]) -> float:
    grey = patch.astype(np.int16)
    laplacian = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
                 - 4 * grey[1:-1, 1:-1])
    return float(laplacian.var())
