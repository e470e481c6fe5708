"""Tell another scene from another light: a cut in a recording, a camera that was turned.

Pure: pixels come in as arguments. The motion gate knows another scene too, but takes a street that is busy
all over for one, and its answer may be left out while it rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge.watch.capture.blocks import Grid, Mask, Plane
from edge.watch.capture.tiles import COLUMNS, ROWS, tiles_of

_LEAST_POWER = 1.0                  # grey levels, squared: flatter tiles say nothing
_LEAST_NOISE = 0.5                  # of the square of a pixel's noise; of a cell's, which is the mean of 8, 4
_SAME, _OTHER = 0.5, 0.4            # correlation of a tile's texture: at least, and below
_SUDDEN_SHARE = 0.4                 # of the textured tiles: as before until now, and another at once
_CUT_SHARE = 0.7                    # of the textured tiles: another, if only for what moves there anyway


@dataclass(frozen=True, slots=True)
class _Texture:
    """What light leaves as it is: a row of cells for each tile, without mean and slope."""

    tiles: Grid
    power: Grid                     # mean square of each tile
    shown: Mask                     # which tiles have more of it than noise makes


class SceneCut:
    """One camera's pictures, each compared with the one before. One thread; some 0.2 ms a picture.

    Lamps, infra-red, exposure and headlights keep most of the texture, noise none that lasts, and both are
    passed over. So is what covers the view bit by bit, be it all of it. What it cannot tell:

    - what comes to fill the view within two pictures, as a lorry close by may at 2 a second, is a cut;
    - where everything moves, as before a camera on a boat, no cut is told at less than 2 pictures a second;
    - a jump in time on the same place is none: what stands there stands there still;
    - nor is a cut to or from a view that is flat or black all over. Black between two scenes is passed over,
      and they are compared.
    """

    def __init__(self) -> None:
        self._before: _Texture | None = None
        self._same = np.zeros(0, np.bool_)      # tiles that were the same at the last comparison

    def look(self, luma: Plane) -> bool:
        """Whether `luma`, uint8 (h, w), of any size, shows another scene than the picture before it."""
        now = _texture(*_thinned(luma))
        if now.shown.mean() < 1 / 4:
            return False
        before, self._before = self._before, now
        if before is None:
            self._same = np.zeros_like(now.shown)
            return False
        told = before.shown & now.shown
        powers = np.sqrt(np.maximum(before.power * now.power, 1e-6))
        likeness = _mean_product(before.tiles, now.tiles) / powers
        other = told & (likeness < _OTHER)
        sudden = other & self._same
        self._same = told & (likeness >= _SAME)
        textured = max(float(np.count_nonzero(told)), len(told) / 4)
        return bool(np.count_nonzero(other) > _CUT_SHARE * textured
                    and np.count_nonzero(sudden) > _SUDDEN_SHARE * textured)


@lru_cache(maxsize=16)
def _samples(height: int, width: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Two rows and four columns of each cell, in the middle of their parts."""
    rows = (np.arange(2 * ROWS) * 2 + 1) * height // (4 * ROWS)
    columns = (np.arange(4 * COLUMNS) * 2 + 1) * width // (8 * COLUMNS)
    return rows, columns


def _thinned(luma: Plane) -> tuple[Grid, float]:
    """The cells, and the square of a pixel's noise: what neighbours differ by, most of which are alike."""
    rows, columns = _samples(*luma.shape)
    some = luma[rows]
    few = some.take(columns, axis=1)
    pairs = np.add(few[::2], few[1::2], dtype=np.uint16)
    cells: Grid = (pairs[:, ::4] + pairs[:, 1::4] + pairs[:, 2::4] + pairs[:, 3::4]).astype(np.float32)
    cells /= 8
    beside = some[::2].take(columns[::2] - 1, axis=1)
    steps = np.abs(np.subtract(few[::2, ::2], beside, dtype=np.int16)).ravel()
    middle = int(np.searchsorted(np.cumsum(np.bincount(steps)), steps.size / 2))
    return cells, (middle / 0.954) ** 2             # of two normal values the median of |difference|


def _texture(cells: Grid, noise: float) -> _Texture:
    """The cells less the mean of the nine around each."""
    wide = cells.copy()
    wide[:, 1:] += cells[:, :-1]
    wide[:, :-1] += cells[:, 1:]
    wide[:, 0] += cells[:, 0]
    wide[:, -1] += cells[:, -1]
    nine = wide.copy()
    nine[1:] += wide[:-1]
    nine[:-1] += wide[1:]
    nine[0] += wide[0]
    nine[-1] += wide[-1]
    nine /= 9
    rest: Grid = cells - nine
    tiles = tiles_of(rest)
    power = _mean_product(tiles, tiles)
    return _Texture(tiles, power, power >= max(_LEAST_POWER, _LEAST_NOISE * noise))


def _mean_product(one: Grid, other: Grid) -> Grid:
    product: Grid = np.einsum("ij,ij->i", one, other) / one.shape[1]
    return product
