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
    rivals = np.triu(rivals, 1)                 # row i: the worse boxes that i would drop
    alive = np.ones(len(found.scores), bool)
    for i in np.flatnonzero(rivals.any(axis=1)):
        if alive[i]:
            alive &= ~rivals[i]
    return found.take(np.flatnonzero(alive))


def iou_matrix(boxes: Floats) -> Floats:
    """Intersection over union of each with each, (n, n); 0 where both are empty."""
    corner, far = boxes[:, :2], boxes[:, 2:]
    sides = np.clip(far - corner, 0, None)
    areas = sides[:, 0] * sides[:, 1]
    shared = np.minimum(far[:, None], far) - np.maximum(corner[:, None], corner)
    np.clip(shared, 0, None, out=shared)
    intersection = shared[..., 0] * shared[..., 1]
    union = areas[:, None] + areas - intersection
    ratios: Floats = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return ratios
