from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from edge.config.camera_model import CameraSettings
from edge.watch.capture.frame import LAYOUTS, plane_views
from edge.watch.capture.stream import open_stream
from edge.watch.capture.upright import EXIF, UPRIGHT, Squarer, Turn, square_size, turned
from tests.edge.watch.capture.pictures import flat, frame, gradient, quarters, yuv
from tests.media import make_clip

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (230, 140, 20)]


def _as_pillow(pixels: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """What Pillow makes of a picture with this note."""
    picture = Image.fromarray(pixels)
    picture.getexif()[0x112] = orientation
    return np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("orientation", sorted(EXIF))
@pytest.mark.parametrize("size", [(64, 48), (65, 47), (1, 7)])
def test_luma_is_turned_as_everybody_turns_it(orientation: int, size: tuple[int, int]) -> None:
    """
    Each of EXIF's eight orientations moves every pixel to where Pillow moves it.
    """
    picture = flat(*size, (0, 128, 128))
    plane_views(picture)[0][:] = gradient(*size)

    luma = plane_views(turned(picture, EXIF[orientation]))[0]

    assert np.array_equal(_as_pillow(gradient(*size), orientation), luma)


@pytest.mark.parametrize("orientation", sorted(EXIF))
@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_colours_turn_with_their_pixels(name: str, orientation: int) -> None:
    """
    In every layout each quarter of a four-coloured picture has its colour after every turn.
    """
    full = name.startswith("yuvj")
    colours = [yuv(colour, full=full) for colour in COLOURS]
    picture = quarters(64, 48, colours, name)
    shown = frame(picture).rgb()

    it = frame(turned(picture, EXIF[orientation]))

    want = _as_pillow(np.ascontiguousarray(shown), orientation)
    assert want.shape == (it.height, it.width, 3)
    inner = np.ix_(*[[side // 4, side * 3 // 4] for side in (it.height, it.width)])
    assert np.abs(want.astype(int) - it.rgb())[inner].max() <= 3


def test_nothing_to_turn_is_no_copy() -> None:
    """
    A picture that is upright stays the very same, its colour tags too after a turn.
    """
    picture = flat(64, 48, (81, 90, 240))
    picture.colorspace, picture.color_range = 1, 2

    assert turned(picture, UPRIGHT) is picture
    made = turned(picture, Turn(exchanged=True))
    assert (1, 2) == (made.colorspace, made.color_range)


def _phone_clip(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """A clip that is red on top as stored, with a display matrix (a, b, c, d) noted."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        a, b, c, d = (value << 16 for value in matrix)
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for k in range(3):
            picture = quarters(96, 64, [yuv(colour) for colour in COLOURS])
            picture.pts, picture.time_base = k, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


MATRICES = {1: (1, 0, 0, 1), 2: (-1, 0, 0, 1), 3: (-1, 0, 0, -1), 4: (1, 0, 0, -1), 5: (0, 1, 1, 0),
            6: (0, 1, -1, 0), 7: (0, -1, -1, 0), 8: (0, -1, 1, 0)}


@pytest.mark.parametrize("orientation", sorted(MATRICES))
def test_a_recording_is_seen_as_it_was_held(tmp_path: Path, orientation: int) -> None:
    """
    Quarter turns and mirrors noted in a recording are applied to the pictures, before its privacy masks.
    """
    source = _phone_clip(tmp_path / "phone.mp4", MATRICES[orientation])
    corner = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1))

    with open_stream("yard", CameraSettings(source=str(source), masks=(corner,)), live=False) as stream:
        it = next(iter(stream))

    stored = np.repeat(np.repeat(np.array(COLOURS, np.uint8).reshape(2, 2, 3), 32, axis=0), 48, axis=1)
    want = _as_pillow(stored, orientation)
    assert want.shape == (it.height, it.width, 3)
    got = it.rgb().astype(int)
    for y, x in ((it.height // 4, it.width // 4), (it.height // 4, it.width * 3 // 4),
                 (it.height * 3 // 4, it.width // 4), (it.height * 3 // 4, it.width * 3 // 4)):
        assert np.abs(got[y, x] - want[y, x]).max() <= 12
    assert it.luma[:4, :4].max() == 0


@pytest.mark.parametrize("name", ["rot90", "rot180", "rot270"])
def test_recordings_of_phones(shared: Path, name: str) -> None:
    """
    The recordings that ffmpeg shows as 320x180, red on top and blue below, are seen so.
    """
    source = shared / f"cases/rotation/{name}.mp4"

    with open_stream("yard", CameraSettings(source=str(source)), live=False) as stream:
        for it in stream:
            assert (320, 180) == (it.width, it.height)
            red, blue = it.rgb()[20, 160].astype(int), it.rgb()[160, 160].astype(int)
            assert red[0] > 150 > red[2]
            assert blue[2] > 150 > blue[0]


@pytest.mark.parametrize(("size", "aspect", "shown"), [
    ((960, 1080), Fraction(2), (1920, 1080)),           # "1080N"
    ((704, 576), Fraction(12, 11), (768, 576)),
    ((704, 288), Fraction(6, 11), (704, 528)),
    ((720, 480), Fraction(10, 11), (720, 528)),
    ((1920, 1080), Fraction(4096, 4095), (1920, 1080)),     # too little to be seen
    ((1920, 1080), None, (1920, 1080)),
    ((1920, 1080), Fraction(0), (1920, 1080)),
    ((1920, 1080), Fraction(1, 100), (1920, 1080)),     # nobody's
    ((1920, 1080), Fraction(100), (1920, 1080)),
])
def test_the_short_side_grows(size: tuple[int, int], aspect: Fraction | None, shown: tuple[int, int]) -> None:
    """
    Pixels that are not square are made so without losing any; no word and absurd ones count as square.
    """
    assert shown == square_size(*size, aspect)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_squared_colours_stay(name: str) -> None:
    """
    In every layout a widened picture has its layout and its colours.
    """
    full = name.startswith("yuvj")
    picture = quarters(64, 48, [yuv(colour, full=full) for colour in COLOURS], name)

    made = Squarer().squared(picture, Fraction(2))

    assert (128, 48, name) == (made.width, made.height, made.format.name)
    want, got = frame(picture).rgb()[::47, ::63].astype(int), frame(made).rgb()[::47, ::127]
    assert np.abs(want - got).max() <= 3


def test_a_recorders_half_columns_are_seen_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A stream that says its pixels are twice as wide as high is seen so; one that says 1:8 is told once.
    """
    def size(aspect: Fraction) -> tuple[int, int]:
        source = make_clip(tmp_path / "dvr.mp4", [np.full((96, 64, 3), 90, np.uint8)] * 8, aspect=aspect)
        with open_stream("yard", CameraSettings(source=str(source)), live=False) as stream:
            (size,) = {(it.width, it.height) for it in stream}
        return size

    assert (128, 96) == size(Fraction(2))
    assert [] == caplog.records
    assert (64, 96) == size(Fraction(1, 8))
    assert ["pixels are taken for square: camera=yard told=1:8"] == [r.getMessage() for r in caplog.records]
