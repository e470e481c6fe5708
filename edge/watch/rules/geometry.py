"""Where a point stands to a polygon and to a line, in ratios of the picture. Pure.

Points are (x, y), 0..1, origin at the top left, y growing downwards. Lengths mix ratios of the
width with ratios of the height; they serve as margins only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

Point = tuple[float, float]
Segment = tuple[Point, Point]

# Ratios come from divisions, so a foot on an edge misses it by rounding: far below a pixel.
_TOUCH_RATIO = 1e-9


class Side(IntEnum):
    """Where a point lies for someone who looks from a line's first point to its second."""

    LEFT = -1
    RIGHT = 1


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether `point` is in `polygon`, which may be concave; points on its edge are.

    The config refuses outlines that cross themselves; here, parts inside twice would be outside.

    Source: even-odd rule by counting the edges to the right of the point, as in Shimrat,
    "Algorithm 112" (CACM 1962), half-open in y so that a corner counts once.
    """
    if distance_to_outline(polygon, point) <= _TOUCH_RATIO:
        return True
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in _edges(polygon):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def contains_nearly(polygon: Sequence[Point], point: Point, margin_ratio: float) -> bool:
    """Whether `point` is in `polygon` or at most `margin_ratio` away from it."""
    return contains(polygon, point) or distance_to_outline(polygon, point) <= margin_ratio


def distance_to_outline(polygon: Sequence[Point], point: Point) -> float:
    return min(distance_to_segment(edge, point) for edge in _edges(polygon))


def distance_to_segment(segment: Segment, point: Point) -> float:
    """The distance from `point` to the nearest point of `segment`, ends included; both ends may be equal."""
    (ax, ay), (bx, by) = segment
    along = min(1.0, max(0.0, _along(segment, point)))
    return math.hypot(point[0] - (ax + along * (bx - ax)), point[1] - (ay + along * (by - ay)))


def side_of(segment: Segment, point: Point) -> Side:
    """The side of the whole straight line through `segment`; RIGHT for a point on it.

    With y growing downwards, a positive cross product lies clockwise of the view: on the right.
    """
    (ax, ay), (bx, by) = segment
    return Side.RIGHT if _cross(ax, ay, bx, by, *point) >= 0 else Side.LEFT


def crossing(segment: Segment, start: Point, end: Point) -> Side | None:
    """The side onto which the straight path from `start` to `end` crosses `segment`, None if it does not.

    A path that passes the segment's ends by does not cross. Two paths that share an end point give
    one crossing together, never two, since a point on the line belongs to the right side.
    """
    before, after = side_of(segment, start), side_of(segment, end)
    if before is after:
        return None
    (ax, ay), (bx, by) = segment
    start_cross, end_cross = _cross(ax, ay, bx, by, *start), _cross(ax, ay, bx, by, *end)
    travelled = start_cross / (start_cross - end_cross)
    meets = (start[0] + travelled * (end[0] - start[0]), start[1] + travelled * (end[1] - start[1]))
    return after if -_TOUCH_RATIO <= _along(segment, meets) <= 1 + _TOUCH_RATIO else None


def _edges(polygon: Sequence[Point]) -> list[Segment]:
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def _along(segment: Segment, point: Point) -> float:
    """Where `point` projects onto `segment`: 0 at its first end, 1 at its second."""
    (ax, ay), (bx, by) = segment
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    return ((point[0] - ax) * dx + (point[1] - ay) * dy) / square if square > 0 else 0.0


def _cross(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> float:
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)
