"""Read PicoDet's answer: scores per cell, and four distances as distributions.

Outputs per stride s of 8, 16, 32, 64, as `models/convert.py` makes them: `s<s>` (1, classes, h, w)
final scores, `d<s>` (1, 4 * bins, h, w) logits. Only cells above the threshold are decoded.

Source: Yu et al., "PP-PicoDet" (2021); the distances after Li et al., "Generalized Focal Loss" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge.watch.vision.nms import MAX_CANDIDATES, Candidates, Floats, Ints

STRIDES = (8, 16, 32, 64)
_SIDES = 4              # left, top, right, bottom of the cell's centre


def check(outputs: Mapping[str, Floats], classes: int, input_px: tuple[int, int]) -> None:
    """Raise ValueError, saying what was wanted and found, if these are not PicoDet's outputs."""
    wanted = sorted(f"{letter}{stride}" for letter in "sd" for stride in STRIDES)
    if sorted(outputs) != wanted:
        raise ValueError(f"want outputs {wanted}, found {sorted(outputs)}")
    for stride in STRIDES:
        columns, rows = (-(-side // stride) for side in input_px)
        scores, distances = outputs[f"s{stride}"].shape, outputs[f"d{stride}"].shape
        if scores != (1, classes, rows, columns):
            raise ValueError(f"want output 's{stride}' {(1, classes, rows, columns)}, found {scores}")
        if len(distances) != 4 or distances[1] % _SIDES or distances[2:] != (rows, columns):
            raise ValueError(f"want output 'd{stride}' (1, 4 x bins, {rows}, {columns}), found {distances}")


def decode(outputs: Mapping[str, Floats], threshold: float, wanted: Ints | None = None,
           most: int = MAX_CANDIDATES) -> Candidates:
    """Boxes in input pixels of the cells and classes with a score above `threshold`, highest score first.

    Args:
        wanted: indices of the classes to look at; None looks at all.
        most: decode no more than so many; reading distances out of the answer is what costs.
    """
    grids = [outputs[f"s{stride}"][0] for stride in STRIDES]
    flat = [(grid if wanted is None else grid[wanted]).reshape(-1) for grid in grids]
    hits = [np.flatnonzero(scores > threshold) for scores in flat]
    scores = np.concatenate([grid[hit] for grid, hit in zip(flat, hits, strict=True)])
    best = np.argsort(-scores, kind="stable")[:most]
    level = np.repeat(np.arange(len(STRIDES)), [len(hit) for hit in hits])[best]
    area = np.array([grid[0].size for grid in grids])[level]
    kind, cell = np.divmod(np.concatenate(hits)[best], area)
    logits, centres = _gather(outputs, level, cell)
    return Candidates(_boxes(logits, centres), scores[best], kind if wanted is None else wanted[kind])


def _gather(outputs: Mapping[str, Floats], level: Ints, cell: Ints) -> tuple[Floats, Floats]:
    """Logits (4 * bins, n) and centres (3, n) of cells, given by the index of their stride and their own."""
    n, bins = len(level), outputs["d8"].shape[1]
    logits, centres = np.empty((bins, n), np.float32), np.empty((3, n), np.float32)
    for index, stride in enumerate(STRIDES):
        here = np.flatnonzero(level == index)
        if here.size:
            answer = outputs[f"d{stride}"][0]
            logits[:, here] = answer.reshape(bins, -1)[:, cell[here]]
            centres[:, here] = _centres(*answer.shape[1:], stride)[:, cell[here]]
    return logits, centres


def _boxes(logits: Floats, centres: Floats) -> Floats:
    """Boxes (n, 4) of logits (4 * bins, n), sides first, around `centres` (3, n): x, y, stride."""
    spread = logits.reshape(_SIDES, len(logits) // _SIDES, logits.shape[1])
    weights = np.exp(spread - spread.max(axis=1, keepdims=True))
    bins = np.arange(spread.shape[1], dtype=np.float32)
    x, y, stride = centres
    # Not by matmul: for so little, numpy's BLAS costs more to wake than to multiply.
    left, top, right, bottom = (weights * bins[:, None]).sum(axis=1) / weights.sum(axis=1) * stride
    boxes: Floats = np.stack([x - left, y - top, x + right, y + bottom], axis=1)
    return boxes


@lru_cache(maxsize=64)        # looks at windows come in many shapes
def _centres(rows: int, columns: int, stride: int) -> npt.NDArray[np.float32]:
    """The middle of each cell, row by row, x and y in input pixels, and its stride: (3, cells)."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    middles = np.stack([(column + 0.5) * stride, (row + 0.5) * stride, np.full(rows * columns, stride)])
    return middles.astype(np.float32)
