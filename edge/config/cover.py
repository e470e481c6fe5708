"""How much of an area or a line is left when masks lie over it. Pure; works in ratios of the picture.

By lines drawn through the area, which is exact enough to tell "all of it" from "some of it".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.config.shapes import Point
from edge.config.spans import Span, merged, without

Polygon = Sequence[Point]

PICTURE: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_SAMPLES = 400


def area_left(area: Polygon, masks: Sequence[Polygon]) -> float:
    """The share of `area` that no mask covers, 0..1; none of the polygons crosses itself."""
    top, bottom = min(y for _, y in area), max(y for _, y in area)
    whole = left = 0.0
    for sample in range(_SAMPLES):
        y = top + (bottom - top) * (sample + 0.5) / _SAMPLES
        covered = merged(span for mask in masks for span in _spans_at(mask, y))
        for span in _spans_at(area, y):
            whole += span[1] - span[0]
            left += sum(end - start for start, end in without(span, covered))
    return left / whole if whole else 0.0


def line_left(line: Sequence[Point], masks: Sequence[Polygon]) -> float:
    """The share of a line of two points that no mask covers, 0..1."""
    (ax, ay), (bx, by) = line
    steps = [(sample + 0.5) / _SAMPLES for sample in range(_SAMPLES)]
    points = [(ax + step * (bx - ax), ay + step * (by - ay)) for step in steps]
    return sum(not _is_under(point, masks) for point in points) / _SAMPLES


def _is_under(point: Point, masks: Sequence[Polygon]) -> bool:
    x, y = point
    return any(start <= x <= end for mask in masks for start, end in _spans_at(mask, y))


def _spans_at(polygon: Polygon, y: float) -> Iterator[Span]:
    """The spans of the level `y` that lie inside; an edge counts from its upper end, so that a corner counts
    once. The picture's last line belongs to what reaches it.

    The picture's last line belongs to what reaches it.
    """
    level = min(y, 1.0 - 1e-9)
    edges = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    crossed = sorted(ax + (level - ay) * (bx - ax) / (by - ay)
                     for (ax, ay), (bx, by) in edges if (ay > level) != (by > level))
    return zip(crossed[::2], crossed[1::2], strict=True)
