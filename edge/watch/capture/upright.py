"""Pictures as they are meant to be seen: upright, and with square pixels.

A phone stores what its sensor saw and notes how it was held; an analogue recorder stores half the columns.
Players heed both, so people on such a picture look right to everybody but a detector.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.reformatter import Interpolation, VideoReformatter

from edge.watch.capture.frame import LAYOUTS, plane_views

MAX_ASPECT = 3                  # of a pixel; in the field it is at most 2 (half the columns, half the rows)
_NEARLY_SQUARE = 0.02           # less is not seen, and not worth a pass over the picture
# Rows and columns exchanged, 4:2:2 has half the rows of chroma instead of half the columns.
_EXCHANGED = {"yuv422p": "yuv440p", "yuv440p": "yuv422p", "yuvj422p": "yuvj440p", "yuvj440p": "yuvj422p"}
_NO_SUCH_ROWS = {"nv16": "yuv422p"}         # which has no counterpart; turned as this instead


@dataclass(frozen=True, slots=True)
class Turn:
    """How to get from the picture that is stored to the one to be seen: exchange, then mirror."""

    exchanged: bool = False         # rows become columns: the diagonal from the top left stays
    left_right: bool = False        # mirrored
    top_down: bool = False


UPRIGHT = Turn()
CLOCKWISE = Turn(exchanged=True, left_right=True)
HALF = Turn(left_right=True, top_down=True)
ANTICLOCKWISE = Turn(exchanged=True, top_down=True)

EXIF = {1: UPRIGHT, 2: Turn(left_right=True), 3: HALF, 4: Turn(top_down=True), 5: Turn(exchanged=True),
        6: CLOCKWISE, 7: Turn(exchanged=True, left_right=True, top_down=True), 8: ANTICLOCKWISE}
"""By the number that a camera notes as EXIF's Orientation."""


def turn_of(picture: av.VideoFrame) -> Turn:
    """What a recording's display matrix asks for; slanted ones are rounded to a quarter turn."""
    try:
        matrix: Buffer = picture.side_data["DISPLAYMATRIX"]     # type: ignore[typeddict-item]  # PyAV lists one
    except KeyError:
        return UPRIGHT
    except ValueError:          # PyAV trips over any side data that it does not know
        return (UPRIGHT, ANTICLOCKWISE, HALF, CLOCKWISE)[round(picture.rotation / 90) % 4]
    # x' = a x + c y, y' = b x + d y, as ISO/IEC 14496-12 has it
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(exchanged=True, left_right=c < 0, top_down=b < 0)
    return Turn(left_right=a < 0, top_down=d < 0)


def turned(picture: av.VideoFrame, turn: Turn) -> av.VideoFrame:
    """A copy of a `frame.planar` picture, turned; the picture itself where there is nothing to turn.

    1920x1080 takes 3 ms by a quarter, 1 ms by a half.
    """
    if turn == UPRIGHT:
        return picture
    name, size = picture.format.name, (picture.width, picture.height)
    if turn.exchanged:
        if name in _NO_SUCH_ROWS:
            return turned(picture.reformat(format=_NO_SUCH_ROWS[name], threads=1), turn)
        name, size = _EXCHANGED.get(name, name), (picture.height, picture.width)
    made = av.VideoFrame(*size, name)
    made.colorspace, made.color_range = picture.colorspace, picture.color_range
    samples = (1, *LAYOUTS[name].chroma)
    for source, target, n in zip(plane_views(picture), plane_views(made), samples, strict=True):
        _by_samples(target, n)[:] = _turned_plane(_by_samples(source, n), turn)
    return made


def _by_samples(plane: npt.NDArray[np.uint8], sample_bytes: int) -> npt.NDArray[np.uint8]:
    """Shape (h, w, n) of rows of n-byte samples, which stay together."""
    return plane.reshape(plane.shape[0], -1, sample_bytes)


def _turned_plane(plane: npt.NDArray[np.uint8], turn: Turn) -> npt.NDArray[np.uint8]:
    if turn.exchanged:
        plane = plane.transpose(1, 0, 2)
    return plane[::-1 if turn.top_down else 1, ::-1 if turn.left_right else 1]


def is_believable(aspect: Fraction | None) -> bool:
    """Whether a stream's word on the shape of its pixels, width by height, may be true; None is no word."""
    return not aspect or 1 / MAX_ASPECT <= aspect <= MAX_ASPECT


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels: the side that is short of them grows, so that no detail is lost."""
    if not aspect or not is_believable(aspect) or abs(aspect - 1) <= _NEARLY_SQUARE:
        return width, height
    if aspect > 1:
        return _even(width * aspect), height
    return width, _even(height / aspect)


def _even(length: Fraction) -> int:
    return 2 * round(length / 2)


class Squarer:
    """Gives pictures square pixels. Not thread-safe: it keeps swscale's context from one to the next."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def squared(self, picture: av.VideoFrame, aspect: Fraction | None) -> av.VideoFrame:
        """The `frame.planar` picture as it is shown; itself where its pixels are square already.

        960x1080 to 1920x1080 takes 1.8 ms.
        """
        size = square_size(picture.width, picture.height, aspect)
        if size == (picture.width, picture.height):
            return picture
        return self._scaler.reformat(picture, *size, interpolation=Interpolation.BICUBIC, threads=1)
