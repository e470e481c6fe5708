"""The best shot of a track."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.evidence.jpeg import encode
from edge.evidence.shot import BestShots, Shot
from edge.testing import ArrayFrame
from edge.values import NS_PER_S, Rect, Track

RNG = np.random.default_rng(1)
SHARP = RNG.integers(0, 255, (240, 320, 3), dtype=np.uint8)
BLURRED = np.full((240, 320, 3), 128, np.uint8)


def track(rect: Rect, score: float = 0.8, track_id: int = 1) -> Track:
    return Track(track_id, "person", score, rect, 0, 0, True, ())


def offered(*frames_and_tracks: tuple[npt.NDArray[np.uint8], Track]) -> Shot:
    shots = BestShots(max_px=200, margin_ratio=0.25)
    for index, (pixels, seen) in enumerate(frames_and_tracks):
        shots.offer(ArrayFrame(pixels, mono_ns=index * NS_PER_S, media_s=float(index)), seen)
    best = shots.best(1)
    assert best is not None
    return best


SMALL, LARGE, CUT = Rect(100, 100, 120, 140), Rect(100, 60, 160, 180), Rect(0, 60, 60, 180)


@pytest.mark.parametrize(("worse", "better"), [
    ((SHARP, track(SMALL)), (SHARP, track(LARGE))),
    ((SHARP, track(CUT)), (SHARP, track(LARGE))),
    ((BLURRED, track(LARGE)), (SHARP, track(LARGE))),
    ((SHARP, track(LARGE, 0.4)), (SHARP, track(LARGE, 0.9))),
], ids=["larger", "whole", "sharper", "surer"])
def test_the_better_picture_is_kept(worse: tuple[npt.NDArray[np.uint8], Track],
                                    better: tuple[npt.NDArray[np.uint8], Track]) -> None:
    """
    Larger, not cut by the edge, sharper, surer: whichever order they come in, the better one stays.
    """
    assert 1.0 == offered(worse, better).media_s
    assert 0.0 == offered(better, worse).media_s


def test_a_standing_object_costs_one_crop() -> None:
    """
    A picture that is not clearly better is not cut again.
    """
    assert 0.0 == offered(*[(SHARP, track(LARGE))] * 50).media_s


def test_a_shot_has_margin_and_stays_in_the_picture() -> None:
    """
    A quarter of the object's size is added on each side, as far as the picture goes.
    """
    shots = BestShots(max_px=1000, margin_ratio=0.25)
    assert (180, 90, 3) == shots.cut(ArrayFrame(SHARP), LARGE).rgb.shape
    assert (180, 75, 3) == shots.cut(ArrayFrame(SHARP), CUT).rgb.shape


@pytest.mark.parametrize(("rect", "size_px"), [
    (Rect(100, 60, 160, 180), None), (Rect(0, 0, 160, 180), (178, 200)), (Rect(0, 0, 136, 158), (170, 198)),
    (Rect(100, 100, 108, 150), (16, 75))])
def test_a_shot_is_stretched_only_where_it_must_be(rect: Rect, size_px: tuple[int, int] | None) -> None:
    """
    What fits max_px is taken as it is, but for a hair's breadth, and but for what is too small to show.
    """
    asked: list[tuple[int, int] | None] = []

    class Watched(ArrayFrame):
        def rgb(self, size_px: tuple[int, int] | None = None,
                crop: Rect | None = None) -> npt.NDArray[np.uint8]:
            asked.append(size_px)
            return super().rgb(size_px, crop)

    BestShots(max_px=200, margin_ratio=0.25).cut(Watched(SHARP), rect)

    assert [size_px] == asked


def test_gone_tracks_are_forgotten() -> None:
    """
    Memory follows the tracks that are still of use.
    """
    shots = BestShots(max_px=200, margin_ratio=0.0)
    for track_id in (1, 2, 3):
        shots.offer(ArrayFrame(SHARP), track(LARGE, track_id=track_id))
    shots.keep_only({2})
    assert [None, False, None] == [shots.best(1), shots.best(2) is None, shots.best(3)]


@given(st.integers(16, 480), st.integers(16, 480), st.integers(4096, 40_000), st.booleans())
def test_a_thumbnail_fits_its_bound(width: int, height: int, max_bytes: int, noisy: bool) -> None:
    """
    Whatever the pixels, the JPEG is at most max_bytes, decodes, and its hash is of those very bytes.
    """
    pixels = (RNG.integers(0, 255, (height, width, 3), dtype=np.uint8) if noisy
              else np.zeros((height, width, 3), np.uint8))
    made = encode(Shot(pixels, LARGE, 1.0, 5, 0.5, True), max_bytes)

    assert len(made.jpeg) <= max_bytes
    with Image.open(io.BytesIO(made.jpeg)) as picture:
        assert (made.width, made.height) == picture.size
        assert not picture.getexif()
    assert (made.masked, made.mono_ns, made.media_s) == (True, 5, 0.5)
