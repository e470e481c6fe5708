"""Read YOLOX's answer: its standard export, one output (1, cells, 5 + classes), cells not yet decoded.

Per cell: x, y, width and height relative to the cell, objectness, then the classes; the last two are
0..1 already. The cells of strides 8, 16, 32 stand one behind the other, row by row.

Source: Ge et al., "YOLOX" (2021), section 2.1; the export's layout is that of its makers' ONNX files.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge.watch.vision.nms import MAX_CANDIDATES, Candidates, Floats, Ints, best_first

STRIDES = (8, 16, 32)
_BOX = 5                # x, y, w, h, objectness


def check(outputs: Mapping[str, npt.NDArray[np.float32]], classes: int, input_px: tuple[int, int]) -> None:
    """Raise ValueError, saying what was wanted and found, if this is not YOLOX's output."""
    wanted = (1, len(_grid(*input_px)[0]), _BOX + classes)
    shapes = {name: array.shape for name, array in outputs.items()}
    if list(shapes.values()) != [wanted]:
        raise ValueError(f"want one output {wanted}, found {shapes}")


def decode(outputs: Mapping[str, npt.NDArray[np.float32]], threshold: float, input_px: tuple[int, int],
           wanted: Ints | None = None, most: int = MAX_CANDIDATES) -> Candidates:
    """Boxes in input pixels of the cells and classes with a score above `threshold`, highest score first.

    Args:
        wanted: indices of the classes to look at; None looks at all.
        most: no more than so many.
    """
    (answer,) = outputs.values()
    cells = answer[0]
    likely = np.flatnonzero(cells[:, 4] > threshold)        # a score is at most the objectness
    found = cells[likely]
    classes = found[:, _BOX:] if wanted is None else found[:, _BOX + wanted]
    scores = found[:, 4:5] * classes
    row, column = np.nonzero(scores > threshold)
    origins, strides = _grid(*input_px)
    cell = likely[row]
    stride = strides[cell, None]
    centre = (found[row, 0:2] + origins[cell]) * stride
    half = np.exp(found[row, 2:4]) * stride / 2
    return best_first(Candidates(np.concatenate([centre - half, centre + half], axis=1), scores[row, column],
                                 column if wanted is None else wanted[column]), most)


@lru_cache(maxsize=64)
def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """The column and row (n, 2) of each cell, and its stride in pixels (n,)."""
    origins, strides = [], []
    for stride in STRIDES:
        columns, rows = width // stride, height // stride
        row, column = np.divmod(np.arange(rows * columns), columns)
        origins.append(np.stack([column, row], axis=1))
        strides.append(np.full(rows * columns, stride))
    return (np.concatenate(origins).astype(np.float32), np.concatenate(strides).astype(np.float32))
