"""Pictures of bounded size."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.watch.evidence.jpeg import encode

RNG = np.random.default_rng(1)


@given(st.integers(16, 480), st.integers(16, 480), st.integers(4096, 40_000), st.booleans(),
       st.sampled_from([0, 320, 640]))
def test_a_picture_fits_its_bound(width: int, height: int, max_bytes: int, noisy: bool, keep_px: int) -> None:
    """
    Whatever the pixels, the JPEG is at most max_bytes, decodes, and its hash is of those very bytes.
    """
    pixels = (RNG.integers(0, 255, (height, width, 3), dtype=np.uint8) if noisy
              else np.zeros((height, width, 3), np.uint8))
    made = encode(pixels, max_bytes, keep_px)

    assert len(made.content) <= max_bytes
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()
    with Image.open(io.BytesIO(made.content)) as picture:
        assert (made.width, made.height) == picture.size
        assert not picture.getexif()


@pytest.mark.parametrize(("keep_px", "width"), [(0, 600), (640, 800)])
def test_a_picture_that_must_stay_large_becomes_coarse_first(keep_px: int, width: int) -> None:
    """
    Before it is made smaller than asked for, its quality goes below what is otherwise the least.
    """
    pixels = RNG.integers(90, 160, (600, 800, 3), dtype=np.uint8)
    largest = len(encode(pixels, 10_000_000).content)

    assert width == encode(pixels, round(0.22 * largest), keep_px).width
