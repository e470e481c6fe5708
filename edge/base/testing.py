"""Fakes that tests of every stage share: a clock to move, frames made of arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S, Rect


class FakeClock:
    """Monotonic time that only moves when told to."""

    def __init__(self, start_ns: int = NS_PER_S) -> None:
        self.now_ns = start_ns

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)


@dataclass(frozen=True)
class ArrayFrame:
    """A `Frame` over an RGB array, shape (h, w, 3), uint8. Nearest-neighbour when resized."""

    pixels: npt.NDArray[np.uint8]
    mono_ns: int = 0
    media_s: float = 0.0
    camera_id: str = "test"
    masked: bool = False
    drifts: bool = False

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def luma(self) -> npt.NDArray[np.uint8]:
        return np.asarray(self.pixels @ np.array([0.299, 0.587, 0.114]), dtype=np.uint8)

    def rgb(self, size_px: tuple[int, int] | None = None,
            crop: Rect | None = None) -> npt.NDArray[np.uint8]:
        pixels = self.pixels
        if crop is not None:
            part = crop.clipped(self.width, self.height)
            pixels = pixels[int(part.y0):int(np.ceil(part.y1)), int(part.x0):int(np.ceil(part.x1))]
        if size_px is not None:
            rows = np.arange(size_px[1]) * pixels.shape[0] // size_px[1]
            columns = np.arange(size_px[0]) * pixels.shape[1] // size_px[0]
            pixels = pixels[rows[:, None], columns]
        return np.ascontiguousarray(pixels)

    def copy(self, size_px: tuple[int, int] | None = None, crop: Rect | None = None) -> ArrayFrame:
        return replace(self, pixels=self.rgb(size_px, crop).copy())
