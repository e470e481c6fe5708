"""Pictures that are known to the pixel, made without a codec."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

from edge.watch.capture.frame import LAYOUTS, AvFrame, plane_views

Matrix = tuple[float, float]           # Kr, Kb
BT601: Matrix = (0.299, 0.114)
BT709: Matrix = (0.2126, 0.0722)


def yuv(rgb: tuple[int, int, int], matrix: Matrix = BT601, full: bool = False) -> tuple[int, int, int]:
    """One colour by the formulas of ITU-R BT.601 and BT.709, 8 bits."""
    kr, kb = matrix
    r, g, b = (value / 255 for value in rgb)
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    if full:
        return round(y * 255), min(255, round(128 + u * 255)), min(255, round(128 + v * 255))
    return round(16 + y * 219), round(128 + u * 224), round(128 + v * 224)


def flat(width: int, height: int, colour: tuple[int, int, int], name: str = "yuv420p") -> av.VideoFrame:
    """A picture of one YUV colour in any of our layouts."""
    picture = av.VideoFrame(width, height, name)
    views = plane_views(picture)
    views[0][:] = colour[0]
    if LAYOUTS[name].chroma == (2,):
        first, second = (1, 2) if name != "nv21" else (2, 1)
        views[1][:, 0::2], views[1][:, 1::2] = colour[first], colour[second]
    elif len(views) == 3:
        views[1][:], views[2][:] = colour[1], colour[2]
    return picture


def quarters(width: int, height: int, colours: list[tuple[int, int, int]],
             name: str = "yuv420p") -> av.VideoFrame:
    """Four YUV colours: top left, top right, bottom left, bottom right. Sizes are multiples of 4."""
    picture = flat(width, height, (0, 0, 0), name)
    for index, colour in enumerate(colours):
        patch = flat(width // 2, height // 2, colour, name)
        for target, source in zip(plane_views(picture), plane_views(patch), strict=True):
            rows, columns = source.shape
            top, left = (index // 2) * rows, (index % 2) * columns
            target[top:top + rows, left:left + columns] = source
    return picture


def frame(picture: av.VideoFrame) -> AvFrame:
    return AvFrame(picture, camera_id="test", mono_ns=1, media_s=0.0)


def gradient(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Luma that tells every pixel from its neighbours."""
    rows, columns = np.mgrid[:height, :width]
    luma: npt.NDArray[np.uint8] = ((rows * 7 + columns * 3) % 220 + 16).astype(np.uint8)
    return luma
