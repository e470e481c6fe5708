"""Whether two pictures of one camera, of different streams, show the same thing at the same place. Pure.

Wanted: an object that the small stream's picture shows is in the large one's, where it is said to be.
Assumed: both streams show one view, maybe stretched in width or height: ratios of the one are ratios of the
other. A camera whose streams are cut differently is not followed; its objects are not found.

`SAME` and more are 99 % of objects at their own moment, and 0.05 % of places that one has left by more than
half of its size (`./run bench evidence`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.base.values import Frame, Rect

SAME = 0.8                # and more: the same thing at the same place
_SIDE_PX = 48             # of what is compared, its longest; more costs time and tells nothing
_LEAST_PX = 8
_SLACK_RATIO = 0.08       # of its sides: streams are scaled with rounding, and are some milliseconds apart
_FLAT_LUMA = 2.0          # standard deviation: what shows nothing is like everything


def likeness(small: Frame, small_part: Rect, large: Frame, large_part: Rect) -> float:
    """How alike two parts are, -1 to 1: normalised correlation of brightness at the best small shift.

    Light and contrast may differ. 0 where either is too small or too even to tell anything.

    Args:
        small_part: in pixels of `small`.
        large_part: the same part, in pixels of `large`.
    """
    if min(small_part.width, small_part.height) < _LEAST_PX:
        return 0.0
    width, height = (max(_LEAST_PX, 2 * round(side / 2)) for side in _fitted(small_part))
    here = small.copy((width, height), small_part).luma.astype(np.float32)
    there = large.copy((width, height), large_part).luma.astype(np.float32)
    dx, dy = (max(1, round(_SLACK_RATIO * side)) for side in (width, height))
    return _best_match(here[dy:height - dy, dx:width - dx], there)


def _fitted(part: Rect) -> tuple[float, float]:
    shrink = min(1.0, _SIDE_PX / max(part.width, part.height, 1.0))
    return part.width * shrink, part.height * shrink


def _best_match(wanted: npt.NDArray[np.float32], within: npt.NDArray[np.float32]) -> float:
    """The highest normalised correlation of `wanted` with any place of `within`."""
    wanted = wanted - wanted.mean()
    strength = float(np.sqrt((wanted * wanted).mean()))
    if strength < _FLAT_LUMA:
        return 0.0
    places = np.lib.stride_tricks.sliding_window_view(within, wanted.shape)
    shared = np.einsum("ijkl,kl->ij", places, wanted) / wanted.size
    spread = places.std(axis=(2, 3))
    return float(np.max(np.where(spread < _FLAT_LUMA, 0.0, shared / np.maximum(spread * strength, 1e-6))))
