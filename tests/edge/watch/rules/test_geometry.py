"""Points, polygons and lines."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.watch.rules.geometry import (
    Point,
    Side,
    contains,
    contains_nearly,
    crossing,
    distance_to_outline,
    distance_to_segment,
    side_of,
)

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
HORSESHOE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.6, 0.9), (0.6, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9))
UP = ((0.5, 0.9), (0.5, 0.1))
ratios = st.floats(0, 1)
points = st.tuples(ratios, ratios)


@pytest.mark.parametrize(("point", "inside"), [
    ((0.25, 0.8), True), ((0.75, 0.8), True), ((0.5, 0.2), True), ((0.5, 0.8), False), ((0.05, 0.5), False),
    ((0.5, 0.40001), False), ((0.5, 0.39999), True)])
def test_concave_polygon(point: Point, inside: bool) -> None:
    """The gap of a horseshoe is outside, its arms and its bow are inside."""
    assert inside is contains(HORSESHOE, point)


@pytest.mark.parametrize("point", [(0.2, 0.2), (0.8, 0.8), (0.5, 0.2), (0.2, 0.5), (0.8, 0.4), (0.3, 0.8)])
def test_points_on_the_edge_are_inside(point: Point) -> None:
    """Corners and all four sides belong to the polygon; a thousandth further does not."""
    assert contains(SQUARE, point)
    outwards = tuple(p + math.copysign(0.001, p - 0.5) for p in point)
    assert not contains(SQUARE, (outwards[0], outwards[1]))


@given(st.lists(st.floats(0.05, 0.45), min_size=3, max_size=12), points)
def test_star_shaped_polygon_is_the_union_of_its_fan(radii: list[float], point: Point) -> None:
    """A polygon around a centre, however jagged, holds just what the triangles from that centre hold."""
    turns = [2 * math.pi * i / len(radii) for i in range(len(radii))]
    polygon = [(0.5 + r * math.cos(a), 0.5 + r * math.sin(a)) for r, a in zip(radii, turns, strict=True)]
    assume(distance_to_outline(polygon, point) > 1e-6)
    fan = [((0.5, 0.5), a, b) for a, b in zip(polygon, [*polygon[1:], polygon[0]], strict=True)]

    assert any(in_triangle(triangle, point) for triangle in fan) is contains(polygon, point)


def in_triangle(triangle: tuple[Point, Point, Point], point: Point) -> bool:
    a, b, c = triangle
    return len({side_of(edge, point) for edge in ((a, b), (b, c), (c, a))}) == 1


def test_margin_reaches_beyond_the_edge() -> None:
    """Nearly inside ends at the margin, measured from the nearest point of the outline."""
    assert contains_nearly(SQUARE, (0.81, 0.5), 0.011)
    assert not contains_nearly(SQUARE, (0.81, 0.5), 0.009)
    assert not contains_nearly(SQUARE, (0.808, 0.808), 0.011)     # 0.0113 from the corner


def test_distance_ends_with_the_segment() -> None:
    """Beside a segment it is the perpendicular, beyond it the way to its end; a point has a distance too."""
    assert 0.2 == pytest.approx(distance_to_segment(UP, (0.7, 0.5)))
    assert 0.05 == pytest.approx(distance_to_segment(UP, (0.53, 0.94)))
    assert 0.5 == pytest.approx(distance_to_segment(((0.5, 0.5), (0.5, 0.5)), (0.2, 0.9)))


@pytest.mark.parametrize(("line", "point", "side"), [
    (((0.5, 0.9), (0.5, 0.1)), (0.6, 0.5), Side.RIGHT),      # looking up the picture
    (((0.5, 0.1), (0.5, 0.9)), (0.6, 0.5), Side.LEFT),       # looking down: all is the other way around
    (((0.1, 0.5), (0.9, 0.5)), (0.5, 0.6), Side.RIGHT),      # looking right: below is on the right
    (((0.9, 0.5), (0.1, 0.5)), (0.5, 0.6), Side.LEFT),
    (((0.5, 0.9), (0.5, 0.1)), (0.5, 0.5), Side.RIGHT)])     # by convention
def test_sides_are_those_of_someone_on_the_line(line: tuple[Point, Point], point: Point, side: Side) -> None:
    """Right is clockwise of the view, as on the screen, though y grows downwards."""
    assert side is side_of(line, point)


def test_crossing_needs_the_segment() -> None:
    """A path through the segment crosses it; one past its end, or along one side, does not."""
    assert crossing(UP, (0.1, 0.5), (0.9, 0.5)) is Side.RIGHT
    assert crossing(UP, (0.9, 0.4), (0.1, 0.6)) is Side.LEFT
    assert crossing(UP, (0.1, 0.95), (0.9, 0.95)) is None
    assert crossing(UP, (0.1, 0.2), (0.4, 0.8)) is None
    assert crossing(UP, (0.4, 0.95), (0.6, 0.85)) is Side.RIGHT      # just through its end


@given(points, points, points, points)
def test_there_and_back_cancel(a: Point, b: Point, start: Point, end: Point) -> None:
    """The way back crosses what the way there crossed, in the other direction."""
    assume(math.dist(a, b) > 1e-3)
    there, back = crossing((a, b), start, end), crossing((a, b), end, start)

    assert 0 == (there or 0) + (back or 0)


@given(st.lists(points, min_size=2, max_size=10))
def test_a_path_cut_into_pieces_crosses_as_often(path: list[Point]) -> None:
    """Across a line through the whole picture, the crossings of a path sum up to its change of side."""
    line = ((0.5, 1.5), (0.5, -0.5))
    net = sum(crossing(line, a, b) or 0 for a, b in pairwise(path))

    assert net == (side_of(line, path[-1]) - side_of(line, path[0])) / 2
