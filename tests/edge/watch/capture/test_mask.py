from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.camera_model import CameraSettings
from edge.watch.capture.frame import LAYOUTS, plane_views
from edge.watch.capture.mask import PrivacyMask, touched
from edge.watch.capture.stream import open_stream
from tests.edge.watch.capture.pictures import flat, frame, gradient
from tests.media import make_clip, moving_block

Corners = tuple[tuple[float, float], ...]

STAR = ((0.5, 0.05), (0.75, 0.95), (0.1, 0.4), (0.9, 0.4), (0.25, 0.95))
HOOK = ((0.4, 0.3), (0.9, 0.35), (0.9, 0.9), (0.8, 0.9), (0.77, 0.5), (0.4, 0.55))
CORNER = ((0.0, 0.0), (0.33, 0.0), (0.31, 0.47), (0.0, 0.5))

coordinates = st.floats(-3, 13, allow_nan=False).map(lambda value: round(value, 3))
triangles = st.tuples(*[st.tuples(coordinates, coordinates)] * 3)


def _overlaps(triangle: tuple[tuple[float, float], ...], column: int, row: int, slack: float) -> bool:
    """Separating axes: whether a cell, grown by `slack` on each side, meets a triangle."""
    cell = [(column - slack, row - slack), (column + 1 + slack, row - slack),
            (column + 1 + slack, row + 1 + slack), (column - slack, row + 1 + slack)]
    edges = [(triangle[i], triangle[(i + 1) % 3]) for i in range(3)]
    axes = [(1.0, 0.0), (0.0, 1.0)] + [(a[1] - b[1], b[0] - a[0]) for a, b in edges if a != b]
    for x, y in axes:
        ours = [x * px + y * py for px, py in cell]
        theirs = [x * px + y * py for px, py in triangle]
        if max(ours) <= min(theirs) or max(theirs) <= min(ours):
            return False
    return True


@given(triangles)
def test_every_touched_cell_is_covered(triangle: tuple[tuple[float, float], ...]) -> None:
    """
    A cell that shares any area with a triangle is covered; one that does not even border on it is not.
    """
    cells = touched(triangle, 10, 10)
    for row in range(10):
        for column in range(10):
            if _overlaps(triangle, column, row, -1e-6):
                assert cells[row, column], (column, row)
            if not _overlaps(triangle, column, row, 1e-6):
                assert not cells[row, column], (column, row)


def test_the_heart_of_a_star_is_covered() -> None:
    """
    Where a polygon crosses itself, what it goes around twice is inside.
    """
    cells = touched([(x * 100, y * 100) for x, y in STAR], 100, 100)

    assert cells[45, 50]
    assert not cells[5, 5]
    assert not cells[95, 50]


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@pytest.mark.parametrize("size", [(64, 48), (65, 47), (854, 480)])
def test_masks_are_black_and_the_rest_untouched(name: str, size: tuple[int, int]) -> None:
    """
    In every layout and size: luma 0 and neutral chroma inside, every byte as it was outside.
    """
    width, height = size
    picture = flat(width, height, (0, 90, 200), name)
    plane_views(picture)[0][:] = gradient(width, height)
    before = [view.copy() for view in plane_views(picture)]
    mask = PrivacyMask([CORNER, STAR])

    burnt = mask.burn(picture)

    inside = mask.covered(name, width, height)
    layout = LAYOUTS[name]
    assert 0.2 < inside.mean() < 0.6
    for index, (was, source, view) in enumerate(
            zip(before, plane_views(picture), plane_views(burnt), strict=True)):
        assert np.array_equal(was, source), "the decoder's own picture was written to"
        step_x, step_y = (1 << layout.x_shift, 1 << layout.y_shift) if index else (1, 1)
        part = inside[::step_y, ::step_x]
        if index:
            part = part.repeat(layout.chroma[index - 1], axis=1)
        assert np.all(view[part] == (128 if index else 0))
        assert np.array_equal(view[~part], was[~part])


def test_rgb_under_a_mask_is_black() -> None:
    """
    What the detector and the thumbnail get of a masked part is black, up to the scaler's soft edge.
    """
    mask = PrivacyMask([((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))])

    rgb = frame(mask.burn(flat(640, 480, (180, 90, 200)))).rgb()

    assert rgb[122:358, 162:478].max() == 0
    assert rgb[:118].min() > 0


def test_without_polygons_nothing_is_copied() -> None:
    """
    A camera without masks costs nothing.
    """
    picture = flat(64, 48, (81, 90, 240))

    assert PrivacyMask([]).burn(picture) is picture


def _planes(source: Path, masks: tuple[Corners, ...]) -> list[list[npt.NDArray[np.uint8]]]:
    with open_stream("yard", CameraSettings(source=str(source), fps=60, masks=masks), live=False) as stream:
        return [[view.copy() for view in plane_views(it.picture)] for it in stream]


def _compare(source: Path, size: tuple[int, int]) -> None:
    bare, masked = _planes(source, ()), _planes(source, (CORNER, HOOK))
    inside = PrivacyMask([CORNER, HOOK]).covered("yuv420p", *size)
    assert len(bare) == len(masked) > 20
    for was, now in zip(bare, masked, strict=True):
        for index, part in enumerate((inside, inside[::2, ::2], inside[::2, ::2])):
            assert np.all(now[index][part] == (128 if index else 0))
            assert np.array_equal(now[index][~part], was[index][~part])


def test_masks_do_not_leak_into_later_pictures(tmp_path: Path) -> None:
    """
    In a video whose pictures are predicted from one another, all that is outside stays bit-exact to the end.
    """
    clip = make_clip(tmp_path / "block.mp4", moving_block(60), gop=60)

    _compare(clip, (320, 240))


def test_masks_on_real_footage(shared: Path) -> None:
    """
    The same on footage of a real camera.
    """
    _compare(shared / "data/mot/TUD-Campus/TUD-Campus.mp4", (640, 480))
