"""Pixels on their way into a network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from edge.base.testing import ArrayFrame
from edge.base.values import Rect
from edge.watch.vision.pixels import InputPicture, Resize

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def noise(width: int, height: int) -> ArrayFrame:
    return ArrayFrame(np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_every_pixel_is_scaled_and_ordered() -> None:
    """
    (value / 255 - mean) / std, channels first, for every pixel, in both orders of colour.
    """
    frame = noise(32, 32)
    expected = (frame.pixels / 255 - MEAN) / STD
    swapped = (frame.pixels[:, :, ::-1] / 255 - MEAN) / STD

    rgb = InputPicture("rgb", "stretch", 1 / 255, MEAN, STD).fill(frame, (32, 32))
    bgr = InputPicture("bgr", "stretch", 1 / 255, MEAN, STD).fill(frame, (32, 32))

    np.testing.assert_allclose(rgb[0], expected.transpose(2, 0, 1), atol=1e-5)
    np.testing.assert_allclose(bgr[0], swapped.transpose(2, 0, 1), atol=1e-5)
    assert ((1, 3, 32, 32), "float32") == (rgb.shape, rgb.dtype.name)


def test_letterbox_pads_right_and_below() -> None:
    """
    A picture twice as wide as high fills the upper half; below it is grey 114, after scaling.
    """
    frame = noise(64, 32)

    batch = InputPicture("rgb", "letterbox", 1.0, (0, 0, 0), (1, 1, 1)).fill(frame, (32, 32))

    np.testing.assert_array_equal(batch[0, :, :16], frame.rgb((32, 16)).transpose(2, 0, 1))
    assert {114.0} == set(batch[0, :, 16:].ravel().tolist())


@given(st.integers(1, 4000), st.integers(1, 4000), st.sampled_from(["stretch", "letterbox"]))
def test_factors_lead_back_to_the_frame(width: int, height: int, resize: Resize) -> None:
    """
    The picture's lower right corner in the square, times the factors, is the frame's.
    """
    picture = InputPicture("rgb", resize, 1.0, (0, 0, 0), (1, 1, 1))
    seen: list[tuple[int, int]] = []

    class Watched:
        """A frame that notes what it is asked for."""

        def __init__(self) -> None:
            self.width, self.height = width, height

        def rgb(self, size_px: tuple[int, int]) -> npt.NDArray[np.uint8]:
            seen.append(size_px)
            return np.zeros((size_px[1], size_px[0], 3), np.uint8)

    picture.fill(Watched(), (416, 416))  # type: ignore[arg-type]

    x_factor, y_factor = picture.factors((416, 416), width, height)
    np.testing.assert_allclose((seen[0][0] * x_factor, seen[0][1] * y_factor), (width, height))
    assert max(seen[0]) <= 416


def test_a_window_enters_alone() -> None:
    """
    Of a window only its own pixels are in the input, whatever was there before, in any shape.
    """
    frame = noise(200, 100)
    picture = InputPicture("rgb", "stretch", 1.0, (0, 0, 0), (1, 1, 1))
    picture.fill(frame, (96, 64))

    batch = picture.fill(frame, (64, 32), Rect(20, 10, 84, 42))

    np.testing.assert_array_equal(batch[0], frame.pixels[10:42, 20:84].transpose(2, 0, 1))
