"""A picture in a terminal: two pixels a letter, the upper half block in one colour on another. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MIN_COLUMNS, MAX_COLUMNS = 20, 240


def size_for(columns: int, rows: int, width: int, height: int) -> tuple[int, int]:
    """The size in pixels, even in height, in which a picture of `width` x `height` fits columns and rows."""
    scale = min(max(MIN_COLUMNS, min(columns, MAX_COLUMNS)) / width, max(4, 2 * (rows - 2)) / height)
    return max(1, round(width * scale)), max(2, 2 * round(height * scale / 2))


def half_blocks(rgb: npt.NDArray[np.uint8]) -> str:
    """`rgb`, of shape (h, w, 3) with an even h, as h / 2 lines with 24-bit colours."""
    lines = []
    for upper, lower in zip(rgb[::2].tolist(), rgb[1::2].tolist(), strict=True):
        cells = "".join(f"\x1b[38;2;{a};{b};{c};48;2;{d};{e};{f}m\u2580"
                        for (a, b, c), (d, e, f) in zip(upper, lower, strict=True))
        lines.append(cells + "\x1b[0m")
    return "\n".join(lines)
