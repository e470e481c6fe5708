"""Read PicoDet's answer: scores per cell, and four distances as distributions.

Outputs per stride s of 8, 16, 32, 64, as `models/convert.py` makes them: `s<s>` (1, classes, h, w)
final scores, `d<s>` (1, 4 * bins, h, w) logits. Only cells above the threshold are decoded.

Source: Yu et al., "PP-PicoDet" (2021); the distances after Li et al., "Generalized Focal Loss" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from edge.vision.nms import Candidates, Floats

STRIDES = (8, 16, 32, 64)
_SIDES = 4              # left, top, right, bottom of the cell's centre


def check(outputs: Mapping[str, npt.NDArray[np.float32]], classes: int, input_px: int) -> None:
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


def decode(outputs: Mapping[str, npt.NDArray[np.float32]], threshold: float) -> Candidates:
    """Boxes in input pixels of every cell and class with a score above `threshold`, unsorted."""
    boxes, scores, classes = [], [], []
    for stride in STRIDES:
        grid = outputs[f"s{stride}"]
        cells = grid.shape[2] * grid.shape[3]
        flat = grid.reshape(-1)
        hits = np.flatnonzero(flat > threshold)
        if not hits.size:
            continue
        kind, cell = np.divmod(hits, cells)
        logits = outputs[f"d{stride}"].reshape(-1, cells)[:, cell]
        boxes.append(_boxes(logits, cell, grid.shape[3], stride))
        scores.append(flat[hits])
        classes.append(kind)
    if not boxes:
        return Candidates(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.intp))
    return Candidates(np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes))


def _boxes(logits: Floats, cell: npt.NDArray[np.intp], columns: int, stride: int) -> Floats:
    """Boxes (n, 4) around the centres of `cell`; `logits` is (4 * bins, n)."""
    spread = logits.reshape(_SIDES, -1, cell.size)
    weights = np.exp(spread - spread.max(axis=1, keepdims=True))
    bins = np.arange(spread.shape[1], dtype=np.float32)
    distances = np.einsum("sbn,b->sn", weights, bins) / weights.sum(axis=1) * stride
    row, column = np.divmod(cell, columns)
    x, y = (column + 0.5) * stride, (row + 0.5) * stride
    left, top, right, bottom = distances
    return np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32)
