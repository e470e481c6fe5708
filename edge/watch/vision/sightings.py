"""The boxes of one picture become sightings: one an object, whatever a detector takes it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.base.values import TWO_WHEELERS, Detection, Rect
from edge.watch.vision.association import Floats, Mask, Rows, iou_matrix, nesting_matrix

# A detector takes these for one another.
COMPATIBLE = (
    frozenset({"car", "truck", "bus", "train"}),
    TWO_WHEELERS,
    frozenset({"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}),
)
FOUR, TWO = 0, 1                # groups, as indices of COMPATIBLE

DUPLICATE_IOU = 0.7             # two boxes that overlap more show one object
NESTED_RATIO = 0.8              # so much of the smaller box lies in the larger: a part of it
_SAME_GROUND = 0.2              # of the height: so close are the lower edges of a machine and its whole
_SAME_WIDTH = 0.5               # so wide is a machine beside its whole, at least


@dataclass(frozen=True, slots=True)
class Sightings:
    """The n objects of one picture, best score first."""

    found: list[Detection]
    also: list[list[Detection]]     # beside each what else was found in its place; it counts for the label
    rects: Floats                   # (n, 4)
    groups: Rows                    # (n,), see `related`


def sightings(detections: Sequence[Detection], groups: dict[str, int]) -> Sightings:
    """One of each object: the best box of its place. The order of `detections` does not matter.

    Args:
        groups: by label; one that is missing is added as a group of its own.
    """
    ordered = sorted(detections, key=lambda d: (
        -d.score, d.rect.x0, d.rect.y0, d.rect.x1, d.rect.y1, d.label))
    rects = as_array([d.rect for d in ordered])
    group = np.array([groups.setdefault(d.label, len(groups) + len(COMPATIBLE)) for d in ordered],
                     dtype=np.intp)
    same = _same(rects, group)
    also: dict[int, list[Detection]] = {}
    for i, found in enumerate(ordered):
        better = next((j for j in np.flatnonzero(same[i, :i]).tolist() if j in also), None)
        if better is None:
            also[i] = []
        else:
            also[better].append(found)
    kept = list(also)
    return Sightings([ordered[i] for i in kept], list(also.values()), rects[kept], group[kept])


def _same(rects: Floats, group: Rows) -> Mask:
    """Which boxes show one object, bool (n, n).

    A machine is found twice, with who rides it and without; a headlight makes half a car of it.
    """
    same = (iou_matrix(rects, rects) > DUPLICATE_IOU) & related(group, group)
    two = group == TWO
    if two.sum() > 1:
        same |= two[:, None] & two & _machine_and_whole(rects)
    return np.asarray(same)


def related(a: Rows, b: Rows) -> Mask:
    """Which groups (n,) and (m,) one object may be taken for where boxes coincide: bool (n, m)."""
    four_and_two = ((a == FOUR)[:, None] & (b == TWO)) | ((a == TWO)[:, None] & (b == FOUR))
    return np.asarray((a[:, None] == b) | four_and_two)


def _machine_and_whole(rects: Floats) -> Mask:
    """Which of two boxes lies within the other and stands on its ground, as wide: bool (n, n)."""
    width, height = rects[:, 2] - rects[:, 0], rects[:, 3] - rects[:, 1]
    tallest, widest = np.maximum(height[:, None], height), np.maximum(width[:, None], width)
    ground = abs(rects[:, None, 3] - rects[:, 3]) < _SAME_GROUND * tallest
    wide = np.minimum(width[:, None], width) > _SAME_WIDTH * widest
    return np.asarray((nesting_matrix(rects, rects) > NESTED_RATIO) & ground & wide)


def as_array(rects: Sequence[Rect]) -> Floats:
    """float64 (n, 4): x0, y0, x1, y1."""
    return np.array([(r.x0, r.y0, r.x1, r.y1) for r in rects], dtype=np.float64).reshape(-1, 4)
