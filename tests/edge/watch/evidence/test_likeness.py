"""Whether an object is found again in the large picture of another stream."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.testing import ArrayFrame
from edge.base.values import Rect
from edge.watch.evidence.likeness import SAME, likeness

PART = Rect(40, 20, 70, 80)
TIMES = 3


def scenery(seed: int = 1) -> npt.NDArray[np.uint8]:
    """A view of 160x120 with shapes of all sizes, soft as a lens makes them."""
    rng = np.random.default_rng(seed)
    view = np.zeros((120, 160))
    for cells in (6, 12, 24):
        coarse = rng.normal(0, 30, (cells, cells))
        rows, columns = np.linspace(0, cells - 1.001, 120), np.linspace(0, cells - 1.001, 160)
        top, left = rows.astype(int), columns.astype(int)
        down, right = (rows - top)[:, None], columns - left
        upper = coarse[top][:, left] * (1 - right) + coarse[top][:, left + 1] * right
        lower = coarse[top + 1][:, left] * (1 - right) + coarse[top + 1][:, left + 1] * right
        view += upper * (1 - down) + lower * down
    return np.clip(view + 128, 0, 255).astype(np.uint8)


def frame(luma: npt.NDArray[np.uint8], times: int = 1) -> ArrayFrame:
    return ArrayFrame(np.repeat(luma.repeat(times, 0).repeat(times, 1)[..., None], 3, 2))


def alike(small: npt.NDArray[np.uint8], large: npt.NDArray[np.uint8], part: Rect = PART) -> float:
    return likeness(frame(small), part, frame(large, TIMES), part.scaled(TIMES, TIMES))


@given(st.floats(0.5, 1.5), st.integers(-40, 40), st.integers(0, 99))
def test_light_and_contrast_do_not_matter(gain: float, offset: int, seed: int) -> None:
    """
    The same view is found again however bright, dull or noisy the other stream shows it.
    """
    view = scenery()
    other = view * gain * 0.6 + 60 + offset + np.random.default_rng(seed).normal(0, 3, view.shape)
    assert alike(view, np.clip(other, 0, 255).astype(np.uint8)) >= SAME


def test_another_thing_at_that_place_is_not_it() -> None:
    """
    Where somebody else stands, or nobody, the large picture is not taken.
    """
    here, gone = scenery(), scenery()
    gone[20:80, 40:70] = scenery(7)[20:80, 40:70]
    assert alike(here, gone) < SAME


@pytest.mark.parametrize(("moved_px", "found"), [(0, True), (2, True), (15, False)])
def test_it_is_found_at_its_place_alone(moved_px: int, found: bool) -> None:
    """
    A rounding error of the streams' sizes is allowed, half of the object's width is not.
    """
    here, moved = scenery(), scenery(3)
    moved[20:80, 40 + moved_px:70 + moved_px] = here[20:80, 40:70]
    assert found is (alike(here, moved) >= SAME)


def test_what_shows_nothing_is_like_nothing() -> None:
    """
    Of an even part, or one of a few pixels, nobody can tell whether it is the same.
    """
    even = np.full((120, 160), 90, np.uint8)
    assert alike(even, even) == 0.0
    assert alike(scenery(), even) == 0.0
    assert alike(scenery(), scenery(), Rect(10, 10, 15, 40)) == 0.0


def test_streams_of_another_shape_are_compared_by_ratios() -> None:
    """
    A view that one stream shows stretched is found again in it: 704x576 beside 1920x1080.
    """
    view = scenery()
    squeezed = view[:, ::2]
    part = PART.scaled(0.5, 1)
    assert likeness(frame(squeezed), part, frame(view, TIMES), PART.scaled(TIMES, TIMES)) >= SAME
