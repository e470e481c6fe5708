"""Privacy masks: parts of the picture that nothing behind the camera may see.

They are burnt in before a frame is passed on. A decoder predicts later pictures from the ones it
handed out, so a mask is never written into those but into a copy, and only of frames that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import av
import numpy as np
import numpy.typing as npt

from edge.watch.capture.frame import LAYOUTS, Layout, plane_views

Polygon = Sequence[tuple[float, float]]
NEUTRAL_CHROMA = 128


@dataclass(frozen=True, slots=True)
class _Planes:
    """What to keep of each plane (0xFF keeps a byte, 0 clears it) and what to put in its place."""

    keep: tuple[npt.NDArray[np.uint8], ...]
    fill: tuple[npt.NDArray[np.uint8] | None, ...]      # none for luma, whose zero is black


class PrivacyMask:
    """Blacks out polygons, given in ratios of the picture. One instance belongs to one camera thread."""

    def __init__(self, polygons: Sequence[Polygon]) -> None:
        self._polygons = tuple(polygons)
        self._planes = lru_cache(maxsize=4)(self._make_planes)      # it changes its size rarely

    @property
    def covers_anything(self) -> bool:
        return bool(self._polygons)

    def burn(self, picture: av.VideoFrame) -> av.VideoFrame:
        """A copy with every pixel that a polygon touches made black; the picture itself without masks.

        Whole chroma blocks are covered, so that a colour from inside cannot tint what is outside,
        and the other pixels stay exactly as they were.

        Args:
            picture: in one of `frame.LAYOUTS`.
        """
        if not self._polygons:
            return picture
        planes = self._planes(picture.format.name, picture.width, picture.height)
        burnt = av.VideoFrame(picture.width, picture.height, picture.format.name)
        burnt.colorspace, burnt.color_range = picture.colorspace, picture.color_range
        for source, target, keep, fill in zip(plane_views(picture), plane_views(burnt), planes.keep,
                                              planes.fill, strict=True):
            np.bitwise_and(source, keep, out=target)
            if fill is not None:
                np.bitwise_or(target, fill, out=target)
        return burnt

    def covered(self, name: str, width: int, height: int) -> npt.NDArray[np.bool_]:
        """Which luma pixels are black in pictures of this format and size; shape (height, width)."""
        return np.asarray(self._planes(name, width, height).keep[0] == 0)

    def _make_planes(self, name: str, width: int, height: int) -> _Planes:
        layout = LAYOUTS[name]
        blocks = self._blocks(layout, width, height)
        keep = np.where(blocks, 0, 0xFF).astype(np.uint8)
        luma = keep.repeat(1 << layout.y_shift, axis=0).repeat(1 << layout.x_shift, axis=1)
        chroma = [keep.repeat(sample_bytes, axis=1) for sample_bytes in layout.chroma]
        return _Planes(
            (np.ascontiguousarray(luma[:height, :width]), *chroma),
            (None, *(np.where(plane == 0, NEUTRAL_CHROMA, 0).astype(np.uint8) for plane in chroma)))

    def _blocks(self, layout: Layout, width: int, height: int) -> npt.NDArray[np.bool_]:
        block_width, block_height = 1 << layout.x_shift, 1 << layout.y_shift
        columns, rows = ceil(width / block_width), ceil(height / block_height)
        blocks = np.zeros((rows, columns), dtype=np.bool_)
        for polygon in self._polygons:
            corners = [(x * width / block_width, y * height / block_height) for x, y in polygon]
            blocks |= touched(corners, columns, rows)
        return blocks


def touched(corners: Polygon, columns: int, rows: int) -> npt.NDArray[np.bool_]:
    """The cells of a grid that a polygon touches, shape (rows, columns).

    Args:
        corners: in cells; a cell spans [column, column + 1) x [row, row + 1).

    A cell is touched when an edge passes through it, or when its centre is inside. Inside means a
    winding number other than zero, so that the heart of a star is covered as well.
    """
    cells = _inside(corners, columns, rows)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        for row in range(max(0, floor(y0)), min(rows - 1, floor(y1)) + 1):
            at_top, at_bottom = _x_at(max(y0, row), x0, y0, x1, y1), _x_at(min(y1, row + 1), x0, y0, x1, y1)
            if y0 == y1:
                at_top, at_bottom = x0, x1
            left, right = floor(min(at_top, at_bottom)), floor(max(at_top, at_bottom))
            cells[row, max(0, left):max(0, right + 1)] = True
    return cells


def _x_at(y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    return x0 if y0 == y1 else x0 + (x1 - x0) * (y - y0) / (y1 - y0)


def _inside(corners: Polygon, columns: int, rows: int) -> npt.NDArray[np.bool_]:
    """The cells whose centre has a winding number other than zero."""
    turns = np.zeros((rows, columns + 1), dtype=np.int32)
    centres = np.arange(rows) + 0.5
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 == y1:
            continue
        crossed = np.flatnonzero((centres >= min(y0, y1)) & (centres < max(y0, y1)))
        x = x0 + (x1 - x0) * (centres[crossed] - y0) / (y1 - y0)
        first = np.clip(np.ceil(x - 0.5), 0, columns).astype(np.intp)     # centres right of the edge
        turns[crossed, first] += 1 if y1 > y0 else -1
    return np.asarray(turns.cumsum(axis=1)[:, :columns] != 0)
