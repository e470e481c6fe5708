"""Non-maximum suppression: of boxes that show the same object, keep the best.

Pure and vectorised. Boxes are (n, 4) float32: x0, y0, x1, y1, in any one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

MAX_CANDIDATES = 1000       # of one picture, before suppression
_BLOCK = 96     # boxes that are compared each with each


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a decoder read out of a network: n boxes, each with one score and one class."""

    boxes: Floats       # (n, 4)
    scores: Floats      # (n,), 0..1
    classes: Ints       # (n,), index into the labels

    def take(self, index: Ints) -> Candidates:
        return Candidates(self.boxes[index], self.scores[index], self.classes[index])


def best_first(found: Candidates, most: int) -> Candidates:
    """The best `most` of them, highest score first; equal scores keep their order."""
    order = np.argsort(-found.scores, kind="stable")[:most]
    return found.take(order)


def suppress(found: Candidates, max_iou: float) -> Candidates:
    """Drop each box that overlaps a better kept one of its class by more than `max_iou`.

    Args:
        found: sorted, highest score first.
        max_iou: intersection over union, 0..1.

    Returns:
        A subset in the same order.
    """
    # Block by block: what the best few leave over is far less than what there was.
    sides, left = _Sides.of(found, max_iou), np.arange(len(found.scores))
    kept = []
    while left.size:
        block, left = left[:_BLOCK], left[_BLOCK:]
        best, rest = sides.take(slice(_BLOCK)), sides.take(slice(_BLOCK, None))
        alive = _alive(best.rivals(best))
        kept.append(block[alive])
        free = _none_above(best.take(alive).rivals(rest))
        left, sides = left[free], rest.take(free)
    return found.take(np.concatenate(kept)) if kept else found


@dataclass(frozen=True, slots=True)
class _Sides:
    """Boxes by side, since numpy is slow where the innermost of the dimensions is short."""

    rows: Floats            # (5, n): x0, y0, x1, y1 and the area, times max_iou
    classes: Ints
    factor: np.float32      # 1 + max_iou

    @staticmethod
    def of(found: Candidates, max_iou: float) -> _Sides:
        x0, y0, x1, y1 = found.boxes.T
        areas = np.maximum(x1 - x0, 0) * np.maximum(y1 - y0, 0) * np.float32(max_iou)
        return _Sides(np.stack([x0, y0, x1, y1, areas]), found.classes, np.float32(1 + max_iou))

    def take(self, which: slice | Mask) -> _Sides:
        return _Sides(self.rows[:, which], self.classes[which], self.factor)

    def rivals(self, others: _Sides) -> Mask:
        """Which overlap too much and are of one class, (n, m).

        Intersection over union > max_iou, without the division: (1 + max_iou) * shared
        > max_iou * (area + area).
        """
        x0, y0, x1, y1, area = self.rows[:, :, None]
        other_x0, other_y0, other_x1, other_y1, other_area = others.rows
        shared = np.minimum(x1, other_x1) - np.maximum(x0, other_x0)
        height = np.minimum(y1, other_y1) - np.maximum(y0, other_y0)
        np.maximum(shared, 0, out=shared)
        shared *= np.maximum(height, 0, out=height)
        shared *= self.factor
        return np.asarray((shared > area + other_area) & (self.classes[:, None] == others.classes))


def _alive(rivals: Mask) -> Mask:
    """Which have no better rival that is alive itself, bool (n,), of rivals (n, n) sorted best first.

    Settled from the best on: after k rounds the first k are right, and chains of rivals are short.
    """
    worse = np.triu(rivals, 1)          # rivals that come later
    alive, left = _none_above(worse), np.ones(len(rivals), np.bool_)
    while (alive != left).any():
        alive, left = _none_above(worse & alive[:, None]), alive
    return alive


def _none_above(rivals: Mask) -> Mask:
    """The columns without any rival."""
    return np.asarray(~rivals.any(axis=0))
