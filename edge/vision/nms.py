"""Non-maximum suppression: of boxes that show the same object, keep the best.

Pure and vectorised. Boxes are (n, 4) float32: x0, y0, x1, y1, in any one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a decoder read out of a network: n boxes, each with one score and one class."""

    boxes: Floats       # (n, 4)
    scores: Floats      # (n,), 0..1
    classes: Ints       # (n,), index into the labels

    def take(self, index: Ints) -> Candidates:
        return Candidates(self.boxes[index], self.scores[index], self.classes[index])


def nothing() -> Candidates:
    """No candidate at all."""
    return Candidates(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.intp))


def best_first(found: Candidates, most: int) -> Candidates:
    """At most `most` of them, highest score first; equal scores keep their order."""
    order = np.argsort(-found.scores, kind="stable")[:most]
    return found.take(order)


def suppress(found: Candidates, max_iou: float) -> Candidates:
    """Drop each box that overlaps a better kept one of its class by more than `max_iou`.

    Args:
        found: sorted, highest score first. Memory and time grow with the square of its length.
        max_iou: intersection over union, 0..1.

    Returns:
        A subset in the same order.
    """
    rivals = iou_matrix(found.boxes) > max_iou
    rivals &= found.classes[:, None] == found.classes
    alive = np.ones(len(found.scores), bool)
    for i in np.flatnonzero(np.count_nonzero(rivals, axis=1) > 1):      # each is its own rival
        if alive[i]:
            alive[i + 1:] &= ~rivals[i, i + 1:]
    return found.take(np.flatnonzero(alive))


def iou_matrix(boxes: Floats) -> Floats:
    """Intersection over union of each with each, (n, n); 0 where both are empty."""
    x0, y0, x1, y1 = np.ascontiguousarray(boxes.T)
    areas = np.maximum(x1 - x0, 0) * np.maximum(y1 - y0, 0)
    # By axis, since numpy is slow where the innermost of the dimensions has two elements.
    width = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    height = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0)
    intersection = np.maximum(width, 0) * np.maximum(height, 0)
    union = areas[:, None] + areas - intersection
    ratios: Floats = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return ratios
