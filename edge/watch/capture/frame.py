"""A decoded picture as a `Frame`: the decoder's own memory, and colour only for what is looked at.

swscale does the conversion, on the calling thread alone: a second thread saves no CPU time, it
only takes it from another camera.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, floor
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from edge.base.values import Rect

INTERPOLATION = Interpolation.AREA
"""How a picture is stretched. To 416x416, ms from 1920x1080 / from 854x480 / AP on 138 COCO pictures:
AREA 0.67 / 0.32 / .367, BILINEAR 0.93 / 0.37 / .369, BICUBIC 1.3 / 0.50 / .363, FAST_BILINEAR 0.57 / 0.30 /
.366, POINT 0.42 / 0.27 / .362. The last two skip pixels: in a large picture small things would flicker."""

_ACCURATE = INTERPOLATION | Interpolation.ACCURATE_RND
"""To planes of any size. It keeps swscale from a short cut for pictures that are not stretched, which leaves
up to eight columns unwritten at the right unless the width is a multiple of `_SHORT_CUT_PX`."""

_SHORT_CUT_PX = 16
_BETWEEN = "yuv422p"
"""What is stretched in before it takes the short cut: half the time of the straight way. 200x200 pixels to
416x416 take 0.21 instead of 0.39 ms, 1920x1080 to 416x416 0.65 instead of 1.0. Colour is as fine as every
second pixel, and a value is off by 1 in the mean. "yuv420p" saves no more, "yuv444p" has no short cut."""

HD_HEIGHT_PX = 720      # from here on an unflagged picture is taken for BT.709, as FFmpeg's players do
_UNSPECIFIED = 2        # AVCOL_SPC_UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Layout:
    """Where luma and chroma lie in a planar 8-bit format; plane 0 is luma."""

    x_shift: int            # log2 of how many luma columns share one chroma sample
    y_shift: int
    chroma: tuple[int, ...]  # bytes per sample of each chroma plane: (1, 1), (2,) interleaved, () none


_420, _422, _440, _444 = (Layout(x, y, (1, 1)) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
LAYOUTS = {
    "yuv420p": _420, "yuvj420p": _420, "yuv422p": _422, "yuvj422p": _422, "yuv440p": _440,
    "yuvj440p": _440, "yuv444p": _444, "yuvj444p": _444,
    "nv12": Layout(1, 1, (2,)), "nv21": Layout(1, 1, (2,)), "nv16": Layout(1, 0, (2,)),
    "nv24": Layout(0, 0, (2,)),
    "gray": Layout(0, 0, ()),
}


class _Scalers(threading.local):
    """swscale contexts of one thread, kept by what they convert, since setting one up takes longer than a
    small picture. Parts of pictures share one: each has another size, and would push out what is used again.
    """

    def __init__(self) -> None:
        self.get = lru_cache(maxsize=16)(self._make)
        self.parts = VideoReformatter()

    def _make(self, source: tuple[str, int, int], size_px: tuple[int, int]) -> VideoReformatter:
        return VideoReformatter()


_scalers = _Scalers()


def planar(picture: av.VideoFrame) -> av.VideoFrame:
    """The picture with its luma as plane 0, 8 bits: itself where it is so already, else converted.

    Raises:
        ValueError: swscale cannot convert it.
    """
    name = picture.format.name
    if name in LAYOUTS:
        return picture
    wanted: dict[str, Any] = {"format": _nearest(picture)}
    if picture.format.is_rgb or name == "pal8":
        wanted = {"format": "yuv444p", "dst_colorspace": Colorspace.ITU601,
                  "dst_color_range": ColorRange.JPEG}
    try:
        # Beyond 16 bits swscale does not fail but, for some formats, ends the process.
        if max(part.bits for part in picture.format.components) > 16:
            raise ValueError(f"pictures in format {name!r} cannot be converted: more than 16 bits a sample")
        return VideoReformatter().reformat(picture, threads=1, **wanted)
    except av.error.FFmpegError as exc:
        raise ValueError(f"pictures in format {name!r} cannot be converted: {exc.strerror}") from exc


def _nearest(picture: av.VideoFrame) -> str:
    """The layout that keeps most: a USB camera's packed 4:2:2 is merely reordered."""
    if len(picture.format.components) < 3:
        return "gray"
    if picture.format.chroma_height(64) < 64:
        return "yuv420p"
    return "yuv422p" if picture.format.chroma_width(64) < 64 else "yuv444p"


def plane_view(plane: VideoPlane, sample_bytes: int = 1) -> npt.NDArray[np.uint8]:
    """The pixels of a plane without its padding: (h, w), or (h, w, n) of n-byte samples. No copy."""
    stride = plane.line_size
    memory: npt.NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    rows = memory.reshape(plane.height, abs(stride))
    if stride < 0:          # stored bottom-up; the buffer starts at the lowest address
        rows = rows[::-1]
    view = rows[:, :plane.width * sample_bytes]
    return view if sample_bytes == 1 else view.reshape(plane.height, plane.width, sample_bytes)


def plane_views(picture: av.VideoFrame) -> list[npt.NDArray[np.uint8]]:
    """Every plane of a `planar` picture, luma first; rows of n-byte samples are n times as wide."""
    layout = LAYOUTS[picture.format.name]
    widths = (1, *layout.chroma)
    views = (plane_view(plane, n) for plane, n in zip(picture.planes, widths, strict=False))
    return [view if view.ndim == 2 else view.reshape(view.shape[0], -1) for view in views]


def cut(picture: av.VideoFrame, x0: int, y0: int, x1: int, y1: int) -> av.VideoFrame:
    """A part, pixels, x1 and y1 exclusive; x0 and y0 must be even.

    It shows the picture's own memory, which it keeps alive, where PyAV can say so, and a copy elsewhere.
    """
    views = _part_views(picture, x0, y0, x1, y1)
    if _can_be_shown(picture, x1 - x0, y1 - y0):
        part = av.VideoFrame.from_dlpack(views, format=picture.format.name)
    else:
        part = av.VideoFrame(x1 - x0, y1 - y0, picture.format.name)
        for target, source in zip(plane_views(part), views, strict=True):
            target[:] = source
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    return part


def _part_views(picture: av.VideoFrame, x0: int, y0: int, x1: int, y1: int) -> list[npt.NDArray[np.uint8]]:
    layout = LAYOUTS[picture.format.name]
    luma, *chroma = plane_views(picture)
    left, top = x0 >> layout.x_shift, y0 >> layout.y_shift
    right, bottom = -(-x1 >> layout.x_shift), -(-y1 >> layout.y_shift)     # rounded up
    return [luma[y0:y1, x0:x1], *(plane[top:bottom, left * n:right * n]
                                  for plane, n in zip(chroma, layout.chroma, strict=True))]


def _can_be_shown(picture: av.VideoFrame, width: int, height: int) -> bool:
    """What `from_dlpack` takes: planes of one component or NV12, even sizes, stored from the top down."""
    known = picture.format.name == "nv12" or not picture.format.name.startswith("nv")
    return known and width % 2 == height % 2 == 0 and all(plane.line_size > 0 for plane in picture.planes)


@dataclass(frozen=True, slots=True)
class AvFrame:
    """A `Frame` over a picture of the decoder, whose memory lives as long as this does.

    The picture is `planar`, its privacy masks are burnt in, and nobody writes into it any more.
    One thread at a time, since swscale borrows the picture's colour tags while it runs.
    """

    picture: av.VideoFrame
    camera_id: str
    mono_ns: int
    media_s: float
    masked: bool = False
    small: av.VideoFrame | None = None      # the same view with fewer pixels, as masked; for a detector
    drifts: bool = False

    @property
    def width(self) -> int:
        return self.picture.width

    @property
    def height(self) -> int:
        return self.picture.height

    @property
    def luma(self) -> npt.NDArray[np.uint8]:
        view = plane_view(self.picture.planes[0])
        view.flags.writeable = False
        return view

    def rgb(self, size_px: tuple[int, int] | None = None,
            crop: Rect | None = None) -> npt.NDArray[np.uint8]:
        """See `Frame.rgb`. Raises ValueError when nothing of `crop` lies in the picture.

        A part in its own size is interleaved, as an encoder wants it; all else lies plane by plane, as a
        network wants it: swscale takes twice as long to interleave what it stretches.
        Where the smaller picture has pixels enough, it is made of that.
        """
        if self.small is not None and size_px is not None and self._is_enough(self.small, size_px, crop):
            scale = self.small.width / self.width, self.small.height / self.height
            return replace(self, picture=self.small, small=None).rgb(
                size_px, None if crop is None else crop.scaled(*scale))
        if crop is None:
            size_px = size_px or (self.width, self.height)
            scaler = _scalers.get((self.picture.format.name, self.width, self.height), size_px)
            return _planes(scaler, self.picture, size_px, self.height)
        part = cut(self.picture, *_even(crop, self.width, self.height))
        if size_px is not None:
            return _planes(_scalers.parts, part, size_px, self.height)
        whole = VideoReformatter().reformat(part, format="rgb24", interpolation=INTERPOLATION, threads=1,
                                            **_colours(part, self.height))
        return np.ascontiguousarray(plane_view(whole.planes[0], 3))

    def _is_enough(self, small: av.VideoFrame, size_px: tuple[int, int], crop: Rect | None) -> bool:
        part = Rect(0, 0, self.width, self.height) if crop is None else crop.clipped(self.width, self.height)
        return (part.width * small.width >= size_px[0] * self.width
                and part.height * small.height >= size_px[1] * self.height)

    def copy(self, size_px: tuple[int, int] | None = None, crop: Rect | None = None) -> AvFrame:
        """See `Frame.copy`. Raises ValueError when nothing of `crop` lies in the picture."""
        part = self.picture if crop is None else cut(self.picture, *_even(crop, self.width, self.height))
        if size_px is None or size_px == (part.width, part.height):
            made = _copied(part)
        else:
            scaler = (_scalers.parts if crop is not None else
                      _scalers.get((part.format.name, part.width, part.height), size_px))
            made = scaler.reformat(part, *size_px, part.format.name, interpolation=_ACCURATE, threads=1)
        # What the stream did not say is told by its height, which the copy does not have.
        told = _colours(self.picture, self.height)
        made.colorspace = told.get("src_colorspace", self.picture.colorspace)
        made.color_range = self.picture.color_range
        return replace(self, picture=made, small=None)


def _copied(picture: av.VideoFrame) -> av.VideoFrame:
    made = av.VideoFrame(picture.width, picture.height, picture.format.name)
    for target, source in zip(plane_views(made), plane_views(picture), strict=True):
        target[:] = source
    return made


def _planes(scaler: VideoReformatter, picture: av.VideoFrame, size_px: tuple[int, int],
            full_height_px: int) -> npt.NDArray[np.uint8]:
    """RGB of the whole `picture`, shape (h, w, 3), each channel contiguous."""
    interpolation = _ACCURATE
    if _takes_short_cut(picture, size_px):
        picture = scaler.reformat(picture, *size_px, _BETWEEN, interpolation=_ACCURATE, threads=1)
        scaler, interpolation = _scalers.get((_BETWEEN, *size_px), size_px), INTERPOLATION
    made = scaler.reformat(picture, *size_px, "gbrp", interpolation=interpolation, threads=1,
                           **_colours(picture, full_height_px))
    green, blue, red = map(plane_view, made.planes)
    return np.stack([red, green, blue]).transpose(1, 2, 0)


def _takes_short_cut(picture: av.VideoFrame, size_px: tuple[int, int]) -> bool:
    stretched = size_px != (picture.width, picture.height)
    return stretched and size_px[0] % _SHORT_CUT_PX == 0 and bool(LAYOUTS[picture.format.name].chroma)


def _even(crop: Rect, width: int, height: int) -> tuple[int, int, int, int]:
    part = crop.clipped(width, height)
    if part.area <= 0:
        raise ValueError(f"crop: want a part of the picture of {width}x{height}, got {crop}")
    return (floor(part.x0 / 2) * 2, floor(part.y0 / 2) * 2,
            min(width, ceil(part.x1 / 2) * 2), min(height, ceil(part.y1 / 2) * 2))


def _colours(picture: av.VideoFrame, full_height_px: int) -> dict[str, Colorspace | ColorRange]:
    """What swscale must be told where the stream does not say; without it all is taken for BT.601."""
    told: dict[str, Colorspace | ColorRange] = {}
    if picture.colorspace == _UNSPECIFIED:
        told["src_colorspace"] = Colorspace.ITU709 if full_height_px >= HD_HEIGHT_PX else Colorspace.ITU601
    full = picture.format.name.startswith("yuvj") or picture.format.name == "gray"
    if picture.color_range == ColorRange.UNSPECIFIED and not full:
        told["src_color_range"] = ColorRange.MPEG
    return told
