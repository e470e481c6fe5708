"""A picture in a terminal."""

from __future__ import annotations

import numpy as np
import pytest

from edge.upkeep.camera.half_blocks import half_blocks, size_for


@pytest.mark.parametrize(("terminal", "picture", "size"), [
    ((80, 24), (1920, 1080), (78, 44)), ((200, 20), (640, 360), (64, 36)), ((80, 100), (640, 360), (80, 44)),
    ((1, 1), (640, 360), (7, 4)), ((5000, 5000), (320, 240), (240, 180))])
def test_it_fits(terminal: tuple[int, int], picture: tuple[int, int], size: tuple[int, int]) -> None:
    """
    Two pixels a line, two lines to spare, in the picture's own shape; neither nothing nor endless.
    """
    assert size == size_for(*terminal, *picture)


def test_two_pixels_a_letter() -> None:
    """
    The upper one is the letter's colour, the lower one that behind it; each line ends its colours.
    """
    rgb = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[10, 11, 12]]], np.uint8)
    assert ("\x1b[38;2;1;2;3;48;2;4;5;6m\u2580\x1b[0m\n\x1b[38;2;7;8;9;48;2;10;11;12m\u2580\x1b[0m"
            == half_blocks(rgb))
