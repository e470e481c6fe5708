"""Which detection belongs to which track: overlap of rects, and the cheapest one-to-one assignment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


def iou_matrix(a: Floats, b: Floats) -> Floats:
    """Intersection over union of rects (n, 4) and (m, 4): float64 (n, m), 0..1."""
    shared = _shared(a, b)
    union = _area(a)[:, None] + _area(b) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def nesting_matrix(a: Floats, b: Floats) -> Floats:
    """How far the smaller of two rects lies in the other, by area: float64 (n, m), 0..1; at least the IoU."""
    shared = _shared(a, b)
    smaller = np.minimum(_area(a)[:, None], _area(b))
    return np.asarray(np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0))


def _shared(a: Floats, b: Floats) -> Floats:
    # By side, since numpy is slow where the innermost dimension is short.
    ax0, ay0, ax1, ay1 = a.T[:, :, None]
    bx0, by0, bx1, by1 = np.ascontiguousarray(b.T)
    width = np.minimum(ax1, bx1) - np.maximum(ax0, bx0)
    height = np.minimum(ay1, by1) - np.maximum(ay0, by0)
    return np.asarray(np.maximum(width, 0) * np.maximum(height, 0))


def _area(rects: Floats) -> Floats:
    x0, y0, x1, y1 = rects.T
    return np.asarray(np.maximum(x1 - x0, 0) * np.maximum(y1 - y0, 0))


def assign(cost: Floats, limit: float) -> tuple[Rows, Rows]:
    """Pair rows with columns one to one at the least total cost; a row left alone costs `limit`.

    Args:
        cost: float64 (n, m), >= 0; np.inf where a pair is not allowed.
        limit: > 0; no pair at or above it is made.

    Returns:
        Rows and columns of the pairs, intp (k,) each, k <= min(n, m), rows ascending.

    Source: shortest augmenting paths with dual prices, after Jonker and Volgenant, "A shortest
    augmenting path algorithm for dense and sparse linear assignment problems" (Computing, 1987).
    """
    rows = np.flatnonzero((cost < limit).any(axis=1))
    if not rows.size:
        return rows, rows
    cost = cost[rows]
    favourite = cost.argmin(axis=1)
    if len(set(favourite.tolist())) == len(rows):       # nobody is in anybody's way
        return rows, favourite
    columns = np.flatnonzero((cost < limit).any(axis=0))
    n, m = len(rows), len(columns)
    padded = np.full((n, m + n), np.inf)       # n more columns, one for each row to stay alone in
    padded[:, :m] = cost[:, columns]
    padded[padded >= limit] = np.inf
    padded[np.arange(n), m + np.arange(n)] = limit
    column_of = _shortest_paths(padded)
    paired = column_of < m
    return rows[paired], columns[column_of[paired]]


def _shortest_paths(cost: Floats) -> Rows:
    """The column of each row, intp (n,), in the cheapest assignment of all rows; cost (n, m), m >= n."""
    n, m = cost.shape
    price = np.zeros(m)
    row_of = np.full(m, -1)
    column_of = np.full(n, -1)
    # Nothing is cheaper than its own favourite: only who comes second to one needs a path.
    favourite = cost.argmin(axis=1)
    wanted, first = np.unique(favourite, return_index=True)
    row_of[wanted], column_of[first] = first, wanted
    for start in np.flatnonzero(column_of < 0).tolist():
        reach = np.full(m, np.inf)             # cheapest way from `start` to each column
        before = np.full(m, start)             # the row from which that way comes
        done = np.zeros(m, dtype=bool)
        row, column, spent = start, -1, 0.0
        while True:
            way = cost[row] - price + spent
            if column >= 0:
                way -= cost[row, column] - price[column]
            closer = (way < reach) & ~done
            reach[closer] = way[closer]
            before[closer] = row
            column = int(np.where(done, np.inf, reach).argmin())
            spent = float(reach[column])
            done[column] = True
            row = int(row_of[column])
            if row < 0:
                break
        price[done] += reach[done] - spent
        while True:                            # back along the way: each row moves on by one column
            row = int(before[column])
            row_of[column] = row
            column_of[row], column = column, int(column_of[row])
            if row == start:
                break
    return column_of
