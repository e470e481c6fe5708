"""Small videos that tests make themselves, with PyAV's own encoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt


def make_clip(path: Path, frames: Iterable[npt.NDArray[np.uint8]], fps: int = 10,
              size: tuple[int, int] | None = None, codec: str = "libx264", gop: int = 10,
              aspect: Fraction | None = None) -> Path:
    """Encode RGB pictures, shape (h, w, 3), to `path`; the container follows its suffix.

    Args:
        size: (width, height) of the video, even numbers; that of the first picture without one.
        gop: pictures from one key frame to the next.
        aspect: of a pixel, width by height; without one the file says nothing.
    """
    options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18"} if codec == "libx264" else {}
    remaining = iter(frames)
    first = next(remaining)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size or (first.shape[1], first.shape[0])
        stream.pix_fmt, stream.gop_size = "yuv420p", gop
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for index, pixels in enumerate(chain([first], remaining)):
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                stream.width, stream.height, "yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def restamped(source: Path, target: Path, shifts_s: Mapping[int, float]) -> Path:
    """A copy of a clip in which some pictures, counted from 0, tell another time than their own."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for index, packet in enumerate(old.demux(video=0)):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                packet.pts += round(shifts_s.get(index, 0) / packet.time_base)
                packet.stream = stream
                new.mux(packet)
    return target


def moving_block(count: int, width: int = 320, height: int = 240) -> Iterator[npt.NDArray[np.uint8]]:
    """A bright square that walks over a soft gradient; its column tells which picture it is."""
    rows, columns = np.mgrid[:height, :width]
    ground = np.stack([columns * 90 // width + 60, rows * 90 // height + 60, 0 * rows + 90], axis=-1)
    side = height // 6
    for index in range(count):
        pixels = ground.astype(np.uint8)
        left = index * 4 % (width - side)
        pixels[height // 2:height // 2 + side, left:left + side] = 235
        yield pixels
