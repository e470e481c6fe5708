"""What one look of the detector can tell: of which objects, and which of its boxes are whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edge.base.values import Detection, Rect
from edge.watch.vision.association import Floats, Mask

_COVERED_RATIO = 0.8        # so much of an object must lie in the window for a miss to mean something
_EDGE_RATIO = 0.01          # of the side: a box that is cut ends as close to the edge
_CLOSER = 1.25              # so many times the enlargement of this look is a closer one
_ENOUGH_INPUT_PX = 40.0     # high in the detector's input: found about as well as closer by


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one look at a picture, or at a window of it, could show."""

    window: Rect | None = None                      # pixels of the picture; None is all of it
    enlargement: float = 1.0                        # pixels of the input a pixel of the picture, in height
    picture_px: tuple[int, int] | None = None       # without it every edge of a window is an inner one

    def covers(self, rects: Floats) -> Mask:
        """Whether this look could show that nothing is there, for each of `rects` (n, 4): bool (n,)."""
        if self.window is None:
            return np.ones(len(rects), dtype=bool)
        w, seen = self.window, rects
        if self.picture_px is not None:         # what has gone beyond the border is nowhere to be looked at
            seen = np.clip(rects, 0, np.tile(np.asarray(self.picture_px, dtype=np.float64), 2))
        inside = np.clip(seen, (w.x0, w.y0, w.x0, w.y0), (w.x1, w.y1, w.x1, w.y1))
        sides, shown = seen[:, 2:] - seen[:, :2], inside[:, 2:] - inside[:, :2]
        return np.asarray(shown.prod(axis=1) >= _COVERED_RATIO * sides.prod(axis=1))

    def misses(self, height_px: float, enlargement_before: float) -> bool:
        """Whether an object that it did not find, looked at with `enlargement_before` last, may be there.

        Small ones are found in a close look and not in a far one. The far look after that counts.
        """
        return (enlargement_before >= _CLOSER * self.enlargement
                and height_px * self.enlargement < _ENOUGH_INPUT_PX)

    def cuts(self, rect: Rect) -> bool:
        """Whether the picture's own edge cuts it; never where the picture's size is not known."""
        if self.picture_px is None:
            return False
        width, height = self.picture_px
        picture = Rect(0, 0, width, height).grown(-_EDGE_RATIO)
        return not _within(rect, picture)

    def whole(self, detections: Iterable[Detection]) -> list[Detection]:
        """Those that no inner edge of the window cuts."""
        if self.window is None:
            return list(detections)
        inner = _inner(self.window, self.picture_px)
        return [found for found in detections if _within(found.rect, inner)]


def _inner(window: Rect, picture_px: tuple[int, int] | None) -> Rect:
    """What a whole box does not reach beyond; without limit where the window ends with the picture."""
    dx, dy = _EDGE_RATIO * window.width, _EDGE_RATIO * window.height
    width, height = picture_px or (float("inf"), float("inf"))
    first = -1.0 if picture_px is None else 0.0
    return Rect(window.x0 + dx if window.x0 > first else -np.inf,
                window.y0 + dy if window.y0 > first else -np.inf,
                window.x1 - dx if window.x1 < width else np.inf,
                window.y1 - dy if window.y1 < height else np.inf)


def _within(rect: Rect, limits: Rect) -> bool:
    return (rect.x0 > limits.x0 and rect.y0 > limits.y0 and rect.x1 < limits.x1 and rect.y1 < limits.y1)
