"""How much masks leave of an area or a line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from edge.config.cover import PICTURE, area_left, line_left
from edge.config.shapes import Point
from tests.edge.config.test_shapes import stars

Polygon = list[Point]


def box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


@pytest.mark.parametrize(("area", "masks", "left"), [
    (box(0.2, 0.2, 0.8, 0.8), [], 1.0),
    (box(0.2, 0.2, 0.8, 0.8), [box(0, 0, 1, 1)], 0.0),
    (box(0.2, 0.2, 0.8, 0.8), [box(0, 0, 0.5, 1)], 0.5),
    (box(0.2, 0.2, 0.8, 0.8), [box(0, 0, 0.6, 1), box(0.4, 0, 1, 1)], 0.0),
    (box(0.2, 0.2, 0.8, 0.8), [box(0.4, 0.4, 0.6, 0.6)], 8 / 9),
    (PICTURE, [[(0, 0), (1, 0), (0, 1)]], 0.5),
    # round a corner, with the mask in what is spared
    ([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 0.5), (0, 0.5)], [box(0, 0.5, 0.5, 1)], 1.0),
])
def test_what_is_left_of_an_area(area: Polygon, masks: list[Polygon], left: float) -> None:
    """
    Masks that overlap count once, and one beside an area counts for nothing.
    """
    assert area_left(area, masks) == pytest.approx(left, abs=0.01)


@settings(deadline=None)
@given(stars(), stars())
def test_a_share_is_a_share(area: Polygon, mask: Polygon) -> None:
    """
    Nothing is left of an area under itself, all of it under nothing, and never more than that.
    """
    assert area_left(area, [area, mask]) == pytest.approx(0.0, abs=1e-9)
    assert 0 <= area_left(area, [mask]) <= area_left(area, []) == pytest.approx(1.0)


@pytest.mark.parametrize(("line", "masks", "left"), [
    ([(0.1, 0.5), (0.9, 0.5)], [], 1.0), ([(0.1, 0.5), (0.9, 0.5)], [box(0, 0.4, 0.5, 0.6)], 0.5),
    ([(0.5, 0.0), (0.5, 1.0)], [box(0.4, 0, 0.6, 1)], 0.0), ([(0, 1), (1, 1)], [box(0, 0.9, 1, 1)], 0.0)])
def test_what_is_left_of_a_line(line: Polygon, masks: list[Polygon], left: float) -> None:
    """
    Level, upright, and along the picture's border.
    """
    assert line_left(line, masks) == pytest.approx(left, abs=0.01)
