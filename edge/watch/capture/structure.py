"""The structure of a view: where its edges lie and which way they run, coarsely. Pure.

It is what light leaves as it is. Each cell has the direction of the edges in it, doubled, so that dark
against bright is the same as bright against dark: infra-red turns many a contrast round. It is scaled by what
lies around it, so that shade, lamps and exposure change little. No picture can be made from it, only lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.watch.capture.blocks import Grid, Plane, grown
from edge.watch.capture.tiles import COLUMNS, ROWS, TILE_COLUMNS, TILE_ROWS, TILES, tiles_of

_FINE_ROWS = 48                     # rows of the picture in which fine detail is looked for
_PLAIN_SHARE = 0.1                  # of the tiles have no detail of their own: a wall, the sky, the road
_NOISE = 1.5                        # grey levels between two quarters of a cell: what noise leaves there


@dataclass(frozen=True, slots=True)
class Structure:
    """One look at a picture, or the mean of many."""

    field: Grid         # (ROWS, COLUMNS, 2): edges by twice their direction; length 0 to 1
    coarse: Grid        # (TILES,): mean square of the differences between quarters of cells
    fine: Grid          # (TILES,): mean square of the differences between neighbouring pixels

    def mixed(self, other: Structure, share: float) -> Structure:
        """With `share` of `other`."""
        return Structure(*(mine + np.float32(share) * (its - mine) for mine, its in (
            (self.field, other.field), (self.coarse, other.coarse), (self.fine, other.fine))))

    @property
    def sharpness(self) -> float:
        """Fine detail by coarse: what blur takes away, and light does not."""
        return float(self.detail.sum() / max(float(self.coarse.sum()), _NOISE))

    @property
    def detail(self) -> Grid:
        """Fine detail of each tile above what the plainest tiles have, which is noise; (TILES,)."""
        rest: Grid = np.maximum(self.fine - np.quantile(self.fine, _PLAIN_SHARE), np.float32(0))
        return rest

    @property
    def power(self) -> Grid:
        """How much structure stands out in each tile, 0 to 1; (TILES,)."""
        tiles = tiles_of(self.field)
        power: Grid = np.einsum("ij,ij->i", tiles, tiles) / (TILE_ROWS * TILE_COLUMNS)
        return power


def structure_of(luma: Plane, masked: bool = False) -> Structure:
    """Of a picture, uint8 (h, w), of any size; read only, not kept.

    Args:
        masked: what is exactly black is a privacy mask: neither it nor its border is structure.
    """
    quarters = _quarters(luma)
    across, down = _gradients(quarters)
    if masked:
        seen = ~grown(quarters == 0)
        across *= seen
        down *= seen
    square = across * across + down * down
    strength = np.sqrt(square) + np.float32(1e-6)
    doubled = np.stack([(across * across - down * down) / strength, 2 * across * down / strength], axis=-1)
    field = doubled.reshape(ROWS, 2, COLUMNS, 2, 2).mean(axis=(1, 3))
    around = _smoothed(_cells(strength)) + np.float32(_NOISE)
    return Structure(field / around[..., None], tiles_of(_cells(square)).mean(axis=1), _fine(luma, masked))


def likeness(one: Structure, other: Structure) -> Grid:
    """Of each tile, the correlation of the two fields, -1 to 1; (TILES,). Where one is flat it is about 0.

    What all of a tile has in common is left out: in a street most edges are upright anyway, and where they
    are is what makes a view.
    """
    mine, its = _centred(one.field), _centred(other.field)
    both = np.sqrt(np.einsum("ij,ij->i", mine, mine) * np.einsum("ij,ij->i", its, its))
    alike: Grid = np.einsum("ij,ij->i", mine, its) / np.maximum(both, np.float32(1e-3))
    return alike


def _centred(field: Grid) -> Grid:
    tiles = tiles_of(field).reshape(TILES, -1, 2)
    rest: Grid = (tiles - tiles.mean(axis=1, keepdims=True)).reshape(TILES, -1)
    return rest


def _cells(quarters: Grid) -> Grid:
    mean: Grid = quarters.reshape(ROWS, 2, COLUMNS, 2).mean(axis=(1, 3))
    return mean


def _bounds(length: int, parts: int) -> npt.NDArray[np.intp]:
    return np.arange(parts) * length // parts


def _sums(values: npt.NDArray[np.int32], parts: int) -> npt.NDArray[np.int32]:
    """Of each of `parts` groups of columns, next to one another."""
    return np.add.reduceat(values, _bounds(values.shape[1], parts), axis=1)


def _quarters(luma: Plane) -> Grid:
    """Means of the quarters of cells, (2 ROWS, 2 COLUMNS), by four rows of each."""
    height, width = luma.shape
    rows = (np.arange(8 * ROWS) * 2 + 1) * height // (16 * ROWS)
    bands = luma[rows].reshape(2 * ROWS, 4, width).sum(axis=1, dtype=np.int32)
    counts = np.maximum(np.diff(_bounds(width, 2 * COLUMNS), append=width), 1)
    means: Grid = (_sums(bands, 2 * COLUMNS) / (4 * counts)).astype(np.float32)
    return means


def _gradients(quarters: Grid) -> tuple[Grid, Grid]:
    """Across and down, grey levels from one quarter to the next."""
    padded = np.pad(quarters, 1, mode="edge")
    across: Grid = (padded[1:-1, 2:] - padded[1:-1, :-2]) * np.float32(0.5)
    down: Grid = (padded[2:, 1:-1] - padded[:-2, 1:-1]) * np.float32(0.5)
    return across, down


def _smoothed(cells: Grid) -> Grid:
    """The mean of the 25 around each."""
    wide = np.lib.stride_tricks.sliding_window_view(np.pad(cells, 2, mode="edge"), (5, 5))
    mean: Grid = wide.mean(axis=(2, 3))
    return mean


def _fine(luma: Plane, masked: bool) -> Grid:
    """Differences to the right neighbour and to the one below, in some rows."""
    height, width = luma.shape
    rows = np.minimum((np.arange(_FINE_ROWS) * 2 + 1) * height // (2 * _FINE_ROWS), height - 2)
    here, below = luma[rows].astype(np.int32), luma[rows + 1].astype(np.int32)
    aside = np.append(here[:, 1:], here[:, -1:], axis=1)
    square = np.square(aside - here) + np.square(below - here)
    if masked:
        square[(here == 0) | (below == 0) | (aside == 0)] = 0
    parts = COLUMNS // TILE_COLUMNS
    sums = _sums(square, parts).reshape(ROWS // TILE_ROWS, -1, parts)
    tiles: Grid = (sums.mean(axis=1) / (width / parts)).ravel().astype(np.float32)
    return tiles
