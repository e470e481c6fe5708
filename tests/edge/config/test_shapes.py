"""An area that can be used encloses something and does not cross itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.shapes import Point, area, line_fault, polygon_fault

SQUARE: list[Point] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


@st.composite
def stars(draw: st.DrawFn) -> list[Point]:
    """Corners seen in order from one point inside: simple by construction, convex or not."""
    count = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(0.05, 0.5), min_size=count, max_size=count))
    start = draw(st.floats(0, math.tau))
    return [(0.5 + radius * math.cos(start + math.tau * i / count),
             0.5 + radius * math.sin(start + math.tau * i / count)) for i, radius in enumerate(radii)]


@settings(deadline=None)
@given(stars(), st.integers(0, 11), st.booleans())
def test_a_simple_polygon_is_taken_however_it_is_drawn(
        points: list[Point], first: int, mirrored: bool) -> None:
    """
    From whichever corner it starts, and either way around.
    """
    turned = points[first % len(points):] + points[:first % len(points)]

    assert polygon_fault(turned[::-1] if mirrored else turned) is None


@settings(deadline=None)
@given(stars().filter(lambda points: len(points) >= 4), st.data())
def test_two_corners_swapped_cross(points: list[Point], data: st.DataObject) -> None:
    """
    Neighbouring corners of a convex polygon drawn in the wrong order make edges meet.
    """
    count = len(points)
    circle = [(0.5 + 0.4 * math.cos(math.tau * i / count), 0.5 + 0.4 * math.sin(math.tau * i / count))
              for i in range(count)]
    i = data.draw(st.integers(0, count - 2))
    circle[i], circle[i + 1] = circle[i + 1], circle[i]

    fault = polygon_fault(circle)

    assert fault is not None
    assert "meets the edge" in fault


@pytest.mark.parametrize(("points", "told"), [
    ([(0, 0), (1, 1), (1, 0), (0, 1)], "the edge from point 1 meets the edge from point 3"),
    ([(0, 0), (0.5, 0.5), (1, 1)], "enclose no area"),
    ([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.7, 0.7)], "no area"),
    ([(0, 0), (1e-4, 0), (1e-4, 1e-4)], "enclose no area"),
    ([*SQUARE, (0, 0)], "the last point repeats the first"),
    ([(0, 0), (0, 0), (1, 0), (1, 1)], "points 1 and 2 are the same"),
    ([(0, 0), (1, 0), (0, 0)], "points 3 and 1 are the same"),
    ([(0, 0), (1, 0), (0.5, 0), (0.5, 1)], "the edge from point 1 meets the edge from point 2"),
    ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "the edge from point 1 meets the edge from point 3"),
    ([(0, 0), (1, 0), (1, 1), (0.5, 0.5), (0.5, 1), (0.25, 0.5), (0.5, 0.5), (0, 0.5)], "meets the edge"),
])
def test_what_cannot_be_used_is_told_by_corner(points: list[Point], told: str) -> None:
    """
    Corners are counted from 1, and the text says what to change.
    """
    fault = polygon_fault(points)

    assert fault is not None
    assert told in fault


def test_a_square_has_its_area_and_a_line_its_length() -> None:
    """
    The usual ones are taken.
    """
    assert (1.0, -1.0) == (area(SQUARE), area(SQUARE[::-1]))
    assert polygon_fault(SQUARE) is None
    assert line_fault([(0, 0), (0, 1)]) is None
    assert "both points are the same; want two ends" == line_fault([(0.5, 0.5), (0.5, 0.5)])
