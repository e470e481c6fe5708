"""Whether a drawn area or line can be used. Pure; works in ratios of the picture.

A polygon that crosses itself has no agreed inside: the even-odd and the winding rule differ on it,
so a technician would draw one area and watch another. It is refused while it can still be redrawn.
"""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]

MIN_AREA_RATIO = 1e-6          # a tenth of a percent of the width, squared: below it nobody can stand
_NO_AREA = "the points lie on one line and enclose no area; want at least 3 corners around an area"


def polygon_fault(points: Sequence[Point]) -> str | None:
    """What is wrong with a closed polygon, corners in order; None when it is simple and has an area.

    Corners are counted from 1 in the text. O(n²) in the corners.
    """
    count = len(points)
    if count > 3 and points[0] == points[-1]:
        return "the last point repeats the first; leave it out, the area closes by itself"
    for i in range(count):
        if points[i] == points[(i + 1) % count]:
            return f"points {i + 1} and {(i + 1) % count + 1} are the same; leave one out"
    if all(_turn(points[0], points[1], point) == 0 for point in points):
        return _NO_AREA
    for i in range(count):
        for j in range(i + 1, count):
            if _edges_clash(points, i, j):
                return (f"the edge from point {i + 1} meets the edge from point {j + 1}; "
                        "give the corners in order, around the area")
    return _NO_AREA if abs(area(points)) < MIN_AREA_RATIO else None     # last: a bow tie's areas cancel


def line_fault(points: Sequence[Point]) -> str | None:
    """What is wrong with a line of two points; None when it has a length."""
    return "both points are the same; want two ends" if points[0] == points[1] else None


def area(points: Sequence[Point]) -> float:
    """Signed area of a closed polygon by the shoelace formula; positive when clockwise on a screen."""
    turned = [*points[1:], points[0]]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, turned, strict=True)) / 2


def _edges_clash(points: Sequence[Point], i: int, j: int) -> bool:
    """Whether edges i < j share a point that the outline of a simple polygon would not share."""
    count = len(points)
    a, b = points[i], points[(i + 1) % count]
    c, d = points[j], points[(j + 1) % count]
    if j == i + 1:                          # they share b == c: clash only when d folds back over a-b
        return _folds_back(a, b, d)
    if (j + 1) % count == i:                # they share a == d
        return _folds_back(c, a, b)
    return _touch(a, b, c, d)


def _folds_back(start: Point, corner: Point, end: Point) -> bool:
    if _turn(start, corner, end) != 0:
        return False
    return ((start[0] - corner[0]) * (end[0] - corner[0])
            + (start[1] - corner[1]) * (end[1] - corner[1])) > 0


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether segments a-b and c-d share any point.

    Source: the orientation test in Cormen et al., "Introduction to Algorithms", computational geometry.
    """
    side_c, side_d = _turn(a, b, c), _turn(a, b, d)
    side_a, side_b = _turn(c, d, a), _turn(c, d, b)
    if side_c * side_d < 0 and side_a * side_b < 0:
        return True
    return ((side_c == 0 and _within(a, b, c)) or (side_d == 0 and _within(a, b, d))
            or (side_a == 0 and _within(c, d, a)) or (side_b == 0 and _within(c, d, b)))


def _turn(a: Point, b: Point, c: Point) -> int:
    """The sign of the turn a-b-c; a sign, since a product of two tiny areas would underflow to 0."""
    twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (twice > 0) - (twice < 0)


def _within(a: Point, b: Point, p: Point) -> bool:
    """Whether `p`, known to be on the line through a and b, lies between them."""
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
