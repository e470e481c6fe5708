"""A frame becomes what a network eats: (1, 3, n, n) float32, scaled, in its order of colours."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from edge.values import Frame

Colour = Literal["rgb", "bgr"]
Resize = Literal["stretch", "letterbox"]

_PAD = 114              # grey behind a letterboxed picture; YOLOX was trained with it


class InputPicture:
    """One buffer, filled anew for each frame. Not thread-safe."""

    def __init__(self, input_px: int, colour: Colour, resize: Resize, scale: float,
                 mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        """A pixel enters as (value * scale - mean) / std; mean and std in the order of `colour`."""
        self._side, self._resize = input_px, resize
        self._order = (0, 1, 2) if colour == "rgb" else (2, 1, 0)
        # (v * scale - mean) / std = v * gain + shift: one product and one sum a pixel
        self._gain = [np.float32(scale / s) for s in std]
        self._shift = [np.float32(-m / s) for m, s in zip(mean, std, strict=True)]
        self._batch = np.empty((1, 3, input_px, input_px), np.float32)
        self._inside = (0, 0)           # (width, height) of the last picture within the square

    def blank(self) -> npt.NDArray[np.float32]:
        """The buffer, all grey, shape (1, 3, n, n); valid until the next call."""
        for channel in range(3):
            self._batch[0, channel] = _PAD * self._gain[channel] + self._shift[channel]
        self._inside = (0, 0)
        return self._batch

    def fill(self, frame: Frame) -> npt.NDArray[np.float32]:
        """The buffer with `frame` in it, shape (1, 3, n, n); valid until the next call."""
        size = self._size(frame.width, frame.height)
        if size != self._inside:
            self.blank()
            self._inside = size
        pixels = frame.rgb(size_px=size)
        width, height = size
        for channel in range(3):
            plane = self._batch[0, channel, :height, :width]
            np.copyto(plane, pixels[:, :, self._order[channel]])
            plane *= self._gain[channel]
            plane += self._shift[channel]
        return self._batch

    def factors(self, width: int, height: int) -> tuple[float, float]:
        """What a box in input pixels is multiplied by, in x and y, to lie in a frame of this size."""
        inside = self._size(width, height)
        return width / inside[0], height / inside[1]

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if self._resize == "stretch":
            return self._side, self._side
        ratio = min(self._side / width, self._side / height)
        return max(1, int(width * ratio)), max(1, int(height * ratio))
