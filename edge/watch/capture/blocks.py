"""Arithmetic on a picture cut into square blocks: differences, texture, connected parts.

Pure and without state, numpy alone (and no BLAS, whose threads would take a core from the
detector). A picture here is uint8, contiguous, with sides that are multiples of `BLOCK_PX`;
a grid has one value a block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BLOCK_PX = 8
MAX_CLIP = 31          # eight of these still fit a byte: rows are added in uint8
_SATURATED = 245       # four pixels this bright on average: at least one of them is clipped
_ROUNDS = 6
_GAIN_RANGE = (0.4, 2.5)   # of light on a surface; a flat thing before texture would be a gain of 0

_FREEDOM = BLOCK_PX * BLOCK_PX - 4     # samples of a window less what is fitted to them

_EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
_LANES = np.uint64(0x0001000100010001)
_8 = np.uint64(8)
_48 = np.uint64(48)
_LOW_BYTE = np.uint16(0x00FF)
_8_OF_16 = np.uint16(8)


def block_view(picture: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The same memory as (block row, block column, row, column)."""
    height, width = picture.shape
    return picture.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX).swapaxes(1, 2)


def clear_blocks(values: npt.NDArray[np.int16], where: Mask) -> None:
    """Set the blocks in `where` to zero; `values` is contiguous. A row of a block is two words."""
    keep = np.where(where, np.uint64(0), ~np.uint64(0)).repeat(2, axis=1)
    rows = values.view(np.uint64).reshape(where.shape[0], BLOCK_PX, -1)
    np.bitwise_and(rows, keep[:, None], out=rows)


def mean_difference(one: Plane, other: Plane, clip: int, scratch: tuple[Plane, Plane]) -> Grid:
    """Mean absolute difference of each block, every pixel's share clipped at `clip` grey levels.

    The clip makes a few strongly changed pixels (rain, codec specks) count less than many.
    Rows are added in uint8, columns eight at a time inside a 64-bit word.
    """
    assert 0 < clip <= MAX_CLIP
    high, low = scratch
    np.maximum(one, other, out=high)
    np.minimum(one, other, out=low)
    np.subtract(high, low, out=high)
    np.minimum(high, clip, out=high)
    rows = high.reshape(-1, BLOCK_PX, high.shape[1])
    sums = rows[:, 0] + rows[:, 1]
    for row in range(2, BLOCK_PX):
        sums += rows[:, row]
    words = sums.view(np.uint64)
    pairs = (words & _EVEN_BYTES) + ((words >> _8) & _EVEN_BYTES)
    totals: Grid = ((pairs * _LANES) >> _48).astype(np.float32)
    totals /= BLOCK_PX * BLOCK_PX
    return totals


def _plane_basis() -> Grid:
    """Orthonormal constant, horizontal and vertical slope over one window, shape (64, 3)."""
    slope = np.arange(BLOCK_PX) - (BLOCK_PX - 1) / 2
    flat = np.ones(BLOCK_PX)
    basis = np.stack([np.outer(flat, flat), np.outer(flat, slope), np.outer(slope, flat)]).reshape(3, -1)
    unit: Grid = (basis / np.linalg.norm(basis, axis=1, keepdims=True)).T.astype(np.float32)
    return unit


_PLANE = _plane_basis()


def _windows(picture: Plane, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Grid:
    """The 16 x 16 around each block in means of 2 x 2, shape (n, 64): less noise than pixels, and
    an edge that falls between two blocks is inside both windows. `rows` ascend."""
    step, size = BLOCK_PX // 2, BLOCK_PX
    top = np.clip(rows * step - step // 2, 0, picture.shape[0] // 2 - size)
    left = np.clip(columns * step - step // 2, 0, picture.shape[1] // 2 - size)
    above, below = int(top[0]), int(top[-1]) + size
    pairs = picture[2 * above:2 * below].view(np.uint16)
    wide = (pairs & _LOW_BYTE) + (pairs >> _8_OF_16)
    fours = wide[::2] + wide[1::2]
    views = np.lib.stride_tricks.as_strided(
        fours, (fours.shape[0] - size + 1, fours.shape[1] - size + 1, size, size), fours.strides * 2,
        writeable=False)
    means: Grid = views[top - above, left].reshape(len(rows), -1).astype(np.float32)
    means /= 4
    return means


def _power(windows: Grid) -> Grid:
    total: Grid = np.einsum("ij,ij->i", windows, windows)
    return total


def _fit(new: Grid, old: Grid) -> tuple[Grid, Grid]:
    """Fit gain * `old` + plane to `new`, window by window; the fit, and its mean square error."""
    new_plane, old_plane = (np.einsum("ij,jk->ik", side, _PLANE) for side in (new, old))
    new_rest, old_rest = (side - np.einsum("ij,kj->ik", plane, _PLANE)
                          for side, plane in ((new, new_plane), (old, old_plane)))
    shared = np.einsum("ij,ij->i", new_rest, old_rest)
    gain = np.clip(shared / np.maximum(_power(old_rest), 1.0), *_GAIN_RANGE)[:, None]
    error = new_rest - gain * old_rest
    fitted: Grid = new - error
    return fitted, _power(error) / np.float32(_FREEDOM)


def _fit_error(new: Grid, old: Grid) -> Grid:
    """The mean square error of `_fit`, from sums alone: a third of the work."""
    new, old = new - np.float32(128), old - np.float32(128)     # smaller sums, smaller rounding
    new_plane, old_plane = (np.einsum("ij,jk->ik", side, _PLANE) for side in (new, old))
    shared = np.einsum("ij,ij->i", new, old) - np.einsum("ij,ij->i", new_plane, old_plane)
    new_power, old_power = (_power(side) - _power(plane)
                            for side, plane in ((new, new_plane), (old, old_plane)))
    gain = np.clip(shared / np.maximum(old_power, 1.0), *_GAIN_RANGE)
    error: Grid = np.maximum(new_power + gain * (gain * old_power - 2 * shared), 0) / np.float32(_FREEDOM)
    return error


def texture_change(now: Plane, before: Plane, where: Mask) -> tuple[Grid, Grid]:
    """What light cannot explain around each set block of `where`, and how much changed at all.

    Light that falls on a surface scales its texture and adds a slope; so `now` is fitted as
    gain * `before` + plane by least squares. A saturated pixel is at least what it shows: where
    the fit of its surroundings says more, as in the middle of a glow, it is taken at that
    (expectation and maximisation, a few rounds); an overexposed thing with an edge is not
    explained so.

    Returns:
        Two of shape (n,), in the order of `np.nonzero(where)`: root mean square of the rest and
        of the whole change, grey levels.
    """
    rows, columns = np.nonzero(where)
    new, old = _windows(now, rows, columns), _windows(before, rows, columns)
    error = _fit_error(new, old)
    saturated = new >= _SATURATED
    some = np.nonzero(saturated.any(axis=1))[0]
    if some.size:
        seen, under, held = new[some], old[some], saturated[some]
        values, _ = _fit(seen, under)
        for _ in range(_ROUNDS):
            values, error[some] = _fit(np.where(held, np.maximum(seen, values), seen), under)
        error[some[held.all(axis=1)]] = 0      # nothing to go by
    rest: Grid = np.sqrt(error)
    return rest, np.sqrt(_power(new - old) / np.float32(new.shape[1]))


def grown(mask: Mask) -> Mask:
    """With the eight neighbours of every set block."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide


@dataclass(frozen=True, slots=True)
class Patch:
    """Blocks that touch each other, diagonals included."""

    runs: tuple[tuple[int, int, int], ...]      # (row, first column, last column + 1)

    @property
    def blocks(self) -> int:
        return sum(stop - start for _, start, stop in self.runs)

    def bounds(self) -> tuple[int, int, int, int]:
        """Column, row of the first block and column, row after the last one."""
        rows, starts, stops = zip(*self.runs, strict=True)
        return min(starts), min(rows), max(stops), max(rows) + 1

    def holds(self, mask: Mask, least: float) -> bool:
        """Whether at least so many of its blocks are set in `mask`."""
        count = 0
        for row, start, stop in self.runs:
            count += int(np.count_nonzero(mask[row, start:stop]))
            if count >= least:
                return True
        return count >= least

    def draw(self, mask: Mask) -> None:
        for row, start, stop in self.runs:
            mask[row, start:stop] = True


def connected_parts(mask: Mask) -> list[Patch]:
    """Connected components, by union of the horizontal runs that touch a run one row above."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    runs = list(zip(rows.tolist(), starts.tolist(), stops.tolist(), strict=True))
    parent = list(range(len(runs)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    above = 0
    for index, (row, start, stop) in enumerate(runs):
        while runs[above][0] < row - 1 or (runs[above][0] == row - 1 and runs[above][2] < start):
            above += 1
        touching = above
        while runs[touching][0] == row - 1 and runs[touching][1] <= stop:
            parent[root(touching)] = root(index)
            touching += 1
    groups: dict[int, list[tuple[int, int, int]]] = {}
    for index, run in enumerate(runs):
        groups.setdefault(root(index), []).append(run)
    return [Patch(tuple(group)) for group in groups.values()]
