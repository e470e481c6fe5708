"""Read PicoDet's answer: scores per cell, and four distances as distributions.

Outputs per stride s of 8, 16, 32, 64, as `models/convert.py` makes them: `s<s>` (1, classes, h, w)
final scores, `d<s>` (1, 4 * bins, h, w) logits. Only cells above the threshold are decoded.

Source: Yu et al., "PP-PicoDet" (2021); the distances after Li et al., "Generalized Focal Loss" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from edge.vision.nms import Candidates, Floats, Ints, nothing

STRIDES = (8, 16, 32, 64)
_SIDES = 4              # left, top, right, bottom of the cell's centre


def check(outputs: Mapping[str, Floats], classes: int, input_px: int) -> None:
    """Raise ValueError, saying what was wanted and found, if these are not PicoDet's outputs."""
    wanted = sorted(f"{letter}{stride}" for letter in "sd" for stride in STRIDES)
    if sorted(outputs) != wanted:
        raise ValueError(f"want outputs {wanted}, found {sorted(outputs)}")
    for stride in STRIDES:
        cells = -(-input_px // stride)
        scores, distances = outputs[f"s{stride}"].shape, outputs[f"d{stride}"].shape
        if scores != (1, classes, cells, cells):
            raise ValueError(f"want output 's{stride}' {(1, classes, cells, cells)}, found {scores}")
        if len(distances) != 4 or distances[1] % _SIDES or distances[2:] != (cells, cells):
            raise ValueError(f"want output 'd{stride}' (1, 4 x bins, {cells}, {cells}), found {distances}")


def decode(outputs: Mapping[str, Floats], threshold: float, wanted: Ints | None = None) -> Candidates:
    """Boxes in input pixels of every cell and class with a score above `threshold`, unsorted.

    Args:
        wanted: indices of the classes to look at; None looks at all.
    """
    scores, classes, logits, centres = [], [], [], []
    for stride in STRIDES:
        grid = outputs[f"s{stride}"][0]
        rows, columns = grid.shape[1:]
        grid = grid if wanted is None else grid[wanted]
        flat = grid.reshape(-1)
        hits = np.flatnonzero(flat > threshold)
        if not hits.size:
            continue
        cell = hits % (rows * columns)
        scores.append(flat[hits])
        classes.append(hits // (rows * columns))
        logits.append(outputs[f"d{stride}"].reshape(-1, rows * columns)[:, cell])
        centres.append(_centres(rows, columns, stride)[:, cell])
    if not scores:
        return nothing()
    boxes = _boxes(np.concatenate(logits, axis=1), np.concatenate(centres, axis=1))
    found = np.concatenate(classes)
    return Candidates(boxes, np.concatenate(scores), found if wanted is None else wanted[found])


def _boxes(logits: Floats, centres: Floats) -> Floats:
    """Boxes (n, 4) of logits (4 * bins, n), sides first, around `centres` (3, n): x, y, stride."""
    spread = logits.reshape(_SIDES, -1, logits.shape[1])
    weights = np.exp(spread - spread.max(axis=1, keepdims=True))
    bins = np.arange(spread.shape[1], dtype=np.float32)
    x, y, stride = centres
    left, top, right, bottom = np.matmul(bins, weights) / weights.sum(axis=1) * stride
    boxes: Floats = np.stack([x - left, y - top, x + right, y + bottom], axis=1)
    return boxes


@cache
def _centres(rows: int, columns: int, stride: int) -> npt.NDArray[np.float32]:
    """Of each cell, row by row: x and y of its middle in input pixels, and the stride; (3, cells)."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    middles = np.stack([(column + 0.5) * stride, (row + 0.5) * stride, np.full(rows * columns, stride)])
    return middles.astype(np.float32)
