"""A frame becomes what a network eats: (1, 3, h, w) float32, scaled, in its order of colours."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from edge.base.values import Frame, Rect

Colour = Literal["rgb", "bgr"]
Resize = Literal["stretch", "letterbox"]
Size = tuple[int, int]          # width and height, pixels

_PAD = 114              # grey behind a letterboxed picture; YOLOX was trained with it


class InputPicture:
    """One buffer, filled anew for each look, as large as the largest yet. Not thread-safe."""

    def __init__(self, colour: Colour, resize: Resize, scale: float,
                 mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        """A pixel enters as (value * scale - mean) / std; mean and std in the order of `colour`."""
        self._resize = resize
        self._order = (0, 1, 2) if colour == "rgb" else (2, 1, 0)
        # (v * scale - mean) / std = v * gain + shift: one product and one sum a pixel
        self._gain = [np.float32(scale / s) for s in std]
        self._shift = [np.float32(-m / s) for m, s in zip(mean, std, strict=True)]
        self._memory = np.empty(0, np.float32)
        self._padded: tuple[Size, Size] | None = None   # input and picture within it, as last laid out

    def blank(self, input_px: Size) -> npt.NDArray[np.float32]:
        """The buffer, all grey, shape (1, 3, h, w) of `input_px` (w, h); valid until the next call."""
        batch = self._batch(input_px)
        for channel in range(3):
            batch[0, channel] = _PAD * self._gain[channel] + self._shift[channel]
        self._padded = None
        return batch

    def fill(self, frame: Frame, input_px: Size, window: Rect | None = None) -> npt.NDArray[np.float32]:
        """The buffer with `frame` in it, or `window` of it: (1, 3, h, w); valid until the next call."""
        size = self._inside(input_px, *_size(frame, window))
        batch = self._batch(input_px)
        if size != input_px and self._padded != (input_px, size):
            self.blank(input_px)
        self._padded = (input_px, size)
        pixels = frame.rgb(size_px=size) if window is None else frame.rgb(size_px=size, crop=window)
        width, height = size
        for channel in range(3):
            plane = batch[0, channel, :height, :width]
            np.copyto(plane, pixels[:, :, self._order[channel]])
            plane *= self._gain[channel]
            plane += self._shift[channel]
        return batch

    def factors(self, input_px: Size, width: float, height: float) -> tuple[float, float]:
        """What a box in input pixels is multiplied by, in x and y, to lie in a picture of this size."""
        inside = self._inside(input_px, width, height)
        return width / inside[0], height / inside[1]

    def _batch(self, input_px: Size) -> npt.NDArray[np.float32]:
        width, height = input_px
        if self._memory.size < 3 * width * height:
            self._memory = np.empty(3 * width * height, np.float32)
        return self._memory[:3 * width * height].reshape(1, 3, height, width)

    def _inside(self, input_px: Size, width: float, height: float) -> Size:
        if self._resize == "stretch":
            return input_px
        ratio = min(input_px[0] / width, input_px[1] / height)
        return max(1, int(width * ratio)), max(1, int(height * ratio))


def _size(frame: Frame, window: Rect | None) -> tuple[float, float]:
    return (frame.width, frame.height) if window is None else (window.width, window.height)
