from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from edge.base.values import Frame, Rect
from edge.watch.capture.frame import LAYOUTS, cut, planar, plane_views
from tests.edge.watch.capture.pictures import BT601, BT709, Matrix, flat, frame, gradient, quarters, yuv

RED, GREEN, BLUE, ORANGE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (230, 140, 20)
_BT709_TAG, _BT470BG_TAG = 1, 5
_LIMITED_TAG, _FULL_TAG = 1, 2


def test_av_frame_is_a_frame() -> None:
    """
    The adapter has all that the protocol asks for.
    """
    it: Frame = frame(flat(64, 48, (81, 90, 240)))

    assert (64, 48, 1, 0.0, False) == (it.width, it.height, it.mono_ns, it.media_s, it.masked)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@pytest.mark.parametrize("size", [(64, 48), (65, 47), (854, 480)])
def test_luma_is_the_first_plane(name: str, size: tuple[int, int]) -> None:
    """
    In every layout, luma has the picture's size without padding, shares its memory and is read only.
    """
    width, height = size
    picture = flat(width, height, (0, 128, 128), name)
    plane_views(picture)[0][:] = gradient(width, height)

    luma = frame(picture).luma

    assert np.array_equal(gradient(width, height), luma)
    plane_views(picture)[0][3, 5] = 99
    assert luma[3, 5] == 99
    assert not luma.flags.writeable


@pytest.mark.parametrize("name", sorted(set(LAYOUTS) - {"gray"}))
@pytest.mark.parametrize("size_px", [None, (32, 24), (41, 23)])
def test_rgb_in_every_layout(name: str, size_px: tuple[int, int] | None) -> None:
    """
    Whatever the layout, orange is orange, each channel is contiguous, and the size is that asked for.
    """
    full = name.startswith("yuvj")

    rgb = frame(flat(64, 48, yuv(ORANGE, full=full), name)).rgb(size_px)

    width, height = size_px or (64, 48)
    assert (height, width, 3) == rgb.shape
    assert rgb.transpose(2, 0, 1).flags.c_contiguous
    assert np.abs(rgb.astype(int) - ORANGE).max() <= 4


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "nv12"])
def test_rgb_reaches_the_right_border(name: str) -> None:
    """
    At every width the last column is written, whether the picture is stretched or not.
    """
    for width in range(16, 50):
        it = frame(flat(width, 48, yuv(ORANGE), name))
        for rgb in (it.rgb(), it.rgb((width + 3, 24)), it.rgb(crop=Rect(0, 0, width, 20))):
            assert np.abs(rgb.astype(int) - ORANGE).max() <= 4


@pytest.mark.parametrize(("height", "tag", "range_tag", "matrix", "full"), [
    (480, 2, 0, BT601, False),              # unflagged and small: standard definition
    (720, 2, 0, BT709, False),              # unflagged and large: high definition
    (480, _BT709_TAG, 0, BT709, False),     # what the stream says wins
    (720, _BT470BG_TAG, 0, BT601, False),
    (720, 2, _FULL_TAG, BT709, True),
    (480, 2, _LIMITED_TAG, BT601, False),
])
def test_matrix_and_range(height: int, tag: int, range_tag: int, matrix: Matrix, full: bool) -> None:
    """
    Colours follow the matrix and range of the stream; unflagged, BT.709 from 720 lines on, else BT.601.
    """
    picture = quarters(64, height, [yuv(c, matrix, full) for c in (RED, GREEN, BLUE, ORANGE)])
    picture.colorspace, picture.color_range = tag, range_tag

    whole = frame(picture).rgb((32, 32)).astype(int)
    part = frame(picture).rgb((8, 8), crop=Rect(34, height / 2 + 2, 62, height - 2)).astype(int)

    for got, want in zip([whole[8, 8], whole[8, 24], whole[24, 8], whole[24, 24]],
                         [RED, GREEN, BLUE, ORANGE], strict=True):
        assert np.abs(got - want).max() <= 4
    assert np.abs(part - ORANGE).max() <= 4


def test_rgb_leaves_the_picture_as_it_was() -> None:
    """
    Telling swscale an assumed matrix does not write it into the decoder's frame.
    """
    picture = flat(64, 720, yuv(RED, BT709))

    frame(picture).rgb((32, 32))

    assert (2, 0) == (picture.colorspace, picture.color_range)


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv444p", "nv12", "gray"])
@pytest.mark.parametrize(("crop", "box"), [
    (Rect(10, 20, 30, 40), (10, 20, 30, 40)),
    (Rect(11.2, 21.7, 29.1, 39.5), (10, 20, 30, 40)),       # outwards to even numbers
    (Rect(-5, -5, 7, 9), (0, 0, 8, 10)),
    (Rect(60, 40, 500, 500), (60, 40, 65, 47)),             # clipped, although odd
])
def test_crop_is_that_part_of_the_picture(name: str, crop: Rect, box: tuple[int, int, int, int]) -> None:
    """
    A crop shows the pixels that the whole picture has there, rounded outwards and clipped.
    """
    picture = flat(65, 47, (0, 128, 128), name)
    plane_views(picture)[0][:] = gradient(65, 47)
    x0, y0, x1, y1 = box

    part = frame(picture).rgb(crop=crop)

    whole = frame(picture).rgb()
    assert whole[y0:y1, x0:x1].shape == part.shape
    # swscale rounds otherwise where a size is odd; neighbours in the gradient are at least 3 apart
    assert np.abs(whole[y0:y1, x0:x1].astype(int) - part).max() <= 2


def test_crop_colours_come_from_the_crop() -> None:
    """
    Chroma is cut where luma is: each quarter of a four-coloured picture has one colour.
    """
    for name in ("yuv420p", "nv12", "yuvj422p"):
        full = name.startswith("yuvj")
        it = frame(quarters(64, 64, [yuv(c, full=full) for c in (RED, GREEN, BLUE, ORANGE)], name))
        for index, colour in enumerate((RED, GREEN, BLUE, ORANGE)):
            x, y = index % 2 * 32, index // 2 * 32
            for size_px in (None, (5, 5), (16, 8), (48, 47)):
                got = it.rgb(size_px, crop=Rect(x, y, x + 32, y + 32)).astype(int)
                assert np.abs(got - colour).max() <= 4


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@pytest.mark.parametrize("box", [(10, 20, 42, 40), (60, 40, 65, 47)])
def test_a_part_lives_on_its_own(name: str, box: tuple[int, int, int, int]) -> None:
    """
    A cut shows all planes of its part, also after the picture itself is gone.
    """
    picture = flat(65, 47, (0, 90, 160), name)
    plane_views(picture)[0][:] = gradient(65, 47)
    x0, y0, x1, y1 = box

    part = cut(picture, *box)
    del picture
    flat(65, 47, (0, 0, 0), name)       # would take the memory, were it free

    assert (x1 - x0, y1 - y0, name) == (part.width, part.height, part.format.name)
    whole = flat(x1 - x0, y1 - y0, (0, 90, 160), name)
    plane_views(whole)[0][:] = gradient(65, 47)[y0:y1, x0:x1]
    for want, got in zip(plane_views(whole), plane_views(part), strict=True):
        assert np.array_equal(want, got)


@pytest.mark.parametrize("crop", [Rect(70, 10, 90, 20), Rect(10, 10, 10, 20), Rect(20, 10, 10, 20)])
def test_crop_outside_is_refused(crop: Rect) -> None:
    """
    A crop with nothing in it says what it was and how large the picture is.
    """
    with pytest.raises(ValueError, match="want a part of the picture of 64x48"):
        frame(flat(64, 48, (81, 90, 240))).rgb(crop=crop)


@pytest.mark.parametrize(("name", "wanted"), [
    ("rgb24", "yuv444p"), ("bgra", "yuv444p"), ("gbrp", "yuv444p"), ("yuyv422", "yuv422p"),
    ("uyvy422", "yuv422p"), ("yuv420p10le", "yuv420p"), ("gray16le", "gray"), ("nv12", "nv12"),
])
def test_other_formats_are_made_planar(name: str, wanted: str) -> None:
    """
    Packed, deep and RGB formats become planar 8-bit YUV of the same colours; planar ones are kept.
    """
    orange = flat(64, 48, yuv(ORANGE))
    source = orange.reformat(format=name)

    made = planar(source)

    assert wanted == made.format.name
    assert (made is source) == (name in LAYOUTS)
    want = ORANGE if wanted != "gray" else (yuv(ORANGE, full=True)[0],) * 3
    assert np.abs(frame(made).rgb((16, 16)).astype(int) - want).max() <= 5


@pytest.mark.parametrize("name", ["bgr4", "y210be", "yaf32le", "rgbaf32le"])
def test_formats_beyond_swscale_are_refused(name: str) -> None:
    """
    What swscale cannot convert, or would end the process over, is an error that names the format.
    """
    with pytest.raises(ValueError, match=f"pictures in format '{name}' cannot be converted: "):
        planar(av.VideoFrame(64, 48, name))


@pytest.mark.parametrize("name", ["yuv420p", "nv12", "yuv444p", "gray"])
@pytest.mark.parametrize(("size", "crop", "size_px"), [
    ((2, 2), None, (416, 416)), ((1, 1), None, (64, 64)), ((1921, 1), None, (3, 3)),
    ((641, 361), Rect(640, 360, 641, 361), (300, 200)), ((641, 361), Rect(3, 3, 4, 360), None),
    ((641, 361), None, (1, 1)), ((64, 48), Rect(0, 0, 2, 2), (7, 5)),
])
def test_extreme_sizes(name: str, size: tuple[int, int], crop: Rect | None,
                       size_px: tuple[int, int] | None) -> None:
    """
    Slivers, single pixels and huge stretches give the size that was asked for, and gray stays gray.
    """
    rgb = frame(flat(*size, (126, 128, 128), name)).rgb(size_px, crop)

    if size_px is not None:
        assert (size_px[1], size_px[0], 3) == rgb.shape
    assert np.abs(rgb.astype(int) - 128).max() <= 3


def test_bottom_up_pictures_are_upright() -> None:
    """
    A plane with a negative line size (raw AVI) is read from its visual top.
    """
    picture = flat(64, 48, (50, 128, 128))
    plane_views(picture)[0][:4] = 200
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=picture.format, time_base=Fraction(1, 25))
    flip, sink = graph.add("vflip"), graph.add("buffersink")
    source.link_to(flip)
    flip.link_to(sink)
    graph.configure()
    graph.push(picture)

    flipped = graph.pull()

    assert isinstance(flipped, av.VideoFrame)
    assert flipped.planes[0].line_size < 0
    assert (50, 200) == (frame(flipped).luma[0, 0], frame(flipped).luma[47, 0])
    assert np.abs(frame(flipped).rgb(crop=Rect(0, 44, 64, 48)).astype(int) - 214).max() <= 3


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuvj420p", "gray"])
@pytest.mark.parametrize("size_px", [None, (32, 24), (64, 720)])
def test_a_copy_shows_the_same_in_memory_of_its_own(name: str, size_px: tuple[int, int] | None) -> None:
    """
    Whole or in part, stretched or not, in the colours of the large picture; it stays when that is written to.
    """
    it = frame(flat(64, 720, yuv(ORANGE, BT709, full=name.startswith("yuvj")), name))
    crop = Rect(3, 101, 41, 699)
    want = [it.rgb(size_px).astype(int), it.rgb(size_px, crop).astype(int)]

    copies = [it.copy(size_px), it.copy(size_px, crop)]
    for plane in plane_views(it.picture):
        plane[:] = 16

    for made, wanted in zip(copies, want, strict=True):
        got = made.rgb().astype(int)
        assert wanted.shape == got.shape
        assert np.abs(wanted - got).max() <= 3
        assert (made.mono_ns, made.media_s, made.masked) == (it.mono_ns, it.media_s, it.masked)
