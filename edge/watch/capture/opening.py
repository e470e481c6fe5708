"""How a source is opened with FFmpeg: which demuxer may read it, how long it may take, what it tells."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import assert_never

import av
import av.error
from av.codec.context import ThreadType
from av.container import InputContainer
from av.video.stream import VideoStream

from edge.base.values import NS_PER_S
from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraFault

OPEN_TIMEOUT_S = 10.0           # at least: an RTSP camera may send its first key frame after seconds
# FFmpeg also "plays" texts and playlists, and a playlist may name any address.
FILE_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,ivf,flv,"
                "asf,ogg,mjpeg,dhav,mxf,nut,yuv4mpegpipe")
_KEEP_LENGTH = ("mov", "matroska", "avi", "flv", "asf", "mxf")     # a recording's length is in its head
_JPEG = b"\xff\xd8\xff"


def open_video(address: CameraAddress, stall_s: float,
               clock: Callable[[], int]) -> tuple[InputContainer, VideoStream]:
    """Open what is there and choose its video. Raises CameraError, without secrets."""
    container = _open(address, stall_s, clock)
    video = _video_of(container)
    if video is None:
        container.close()
        raise address.error("no video in it that can be decoded", "use H.264, H.265 or MJPEG",
                            CameraFault.NOT_VIDEO)
    video.codec_context.thread_type = ThreadType.NONE
    video.codec_context.thread_count = 1
    return container, video


def _open(address: CameraAddress, stall_s: float, clock: Callable[[], int]) -> InputContainer:
    url, form, options = _how(address, stall_s)
    timeout_s, began_ns = max(stall_s, OPEN_TIMEOUT_S), clock()
    try:
        return av.open(url, "r", format=form, options=options, timeout=(timeout_s, stall_s),
                       metadata_errors="replace")     # a camera may name its stream in any encoding
    except av.error.FFmpegError as exc:
        took_s = (clock() - began_ns) / NS_PER_S
        # FFmpeg counts its limit in steps of 0.1 s, rounded down.
        limit_s = next((limit_s for limit_s in (timeout_s, stall_s) if took_s >= 0.8 * limit_s), None)
        fault = faults.cannot_open(address, exc, limit_s)
    raise fault         # not within `except`: FFmpeg's own error quotes the URL


def _how(address: CameraAddress, stall_s: float) -> tuple[str, str | None, dict[str, str]]:
    """What to hand to `av.open`: the name, the format where it is known, and the options."""
    match address.kind:
        case SourceKind.RTSP:
            return address.url, "rtsp", {
                "rtsp_transport": "tcp", "allowed_media_types": "video",
                "timeout": str(round(stall_s * 1e6)),       # microseconds, of one read
                # One packet is enough to begin: the camera has told its codec, and the first key frame
                # may be long in coming. Bytes, and microseconds.
                "probesize": "32", "analyzeduration": "1"}
        case SourceKind.DEVICE:
            return address.url, "v4l2", {}
        case SourceKind.FILE:
            # With "file:", a colon in the path names no protocol.
            return f"file:{address.url}", _form(Path(address.url)), {
                "format_whitelist": FILE_FORMATS, "protocol_whitelist": "file"}
        case SourceKind.CSI:
            raise AssertionError("opened by source_csi.py")
        case _:
            assert_never(address.kind)


def _form(path: Path) -> str | None:
    """The format where FFmpeg would guess wrong: it takes a row of ordinary JPEGs for one picture."""
    try:
        if not path.is_file():          # a pipe would lose what is read
            return None
        with path.open("rb") as file:
            return "mjpeg" if file.read(len(_JPEG)) == _JPEG else None
    except (OSError, ValueError):       # told where it is opened
        return None


def _video_of(container: InputContainer) -> VideoStream | None:
    best = container.streams.best("video")
    # PyAV leaves out the context of a codec that it does not know, whatever its types say.
    if isinstance(best, VideoStream) and getattr(best, "codec_context", None) is not None:
        return best
    return None


def told_s(container: InputContainer, video: VideoStream) -> float | None:
    """How long a recording says that its pictures last; None where its format does not keep that."""
    name = container.format.name.split(",")[0]
    if name == "avi" and video.frames and video.average_rate:       # its duration is that of what was found
        return float(video.frames / video.average_rate)
    lengths = ((video.duration, video.time_base), (container.duration, Fraction(1, av.time_base)))
    lengths_s = [float(length * base) for length, base in lengths if length and base]
    return min(lengths_s, default=None) if name in _KEEP_LENGTH else None
