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

from edge.config.camera_model import Transport
from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraFault
from edge.watch.capture.http_asking import ask_http
from edge.watch.capture.rtsp_opening import open_rtsp

CAMERA_CODECS = ("h264", "hevc", "mjpeg", "rawvideo")       # FFmpeg's names
# FFmpeg also "plays" texts and playlists, and a playlist may name any address.
FILE_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,ivf,flv,"
                "asf,ogg,mjpeg,dhav,mxf,nut,yuv4mpegpipe")
_KEEP_LENGTH = ("mov", "matroska", "avi", "flv", "asf", "mxf")     # a recording's length is in its head
_JPEG = b"\xff\xd8\xff"


def open_video(address: CameraAddress, stall_s: float, clock: Callable[[], int],
               transport: Transport = Transport.AUTO) -> tuple[InputContainer, VideoStream]:
    """Open what is there and choose its video. Raises CameraError, without secrets."""
    if address.kind is SourceKind.RTSP:
        container = open_rtsp(address, transport, stall_s, clock)
    elif address.kind is SourceKind.HTTP:
        container = _open_http(address, stall_s)
    else:
        container = _open_local(address, stall_s)
    video = _video_of(container)
    if video is None or not _is_allowed(address.kind, video):
        container.close()
        raise address.error("no video in it that can be decoded", "use H.264, H.265 or MJPEG",
                            CameraFault.NOT_VIDEO)
    video.codec_context.thread_type = ThreadType.NONE
    video.codec_context.thread_count = 1
    return container, video


def _is_allowed(kind: SourceKind, video: VideoStream) -> bool:
    """Whether its codec may decode what a camera sends: what comes over a network may be an attack."""
    return kind is SourceKind.FILE or video.codec_context.name in CAMERA_CODECS


def _open_http(address: CameraAddress, stall_s: float) -> InputContainer:
    address, form = ask_http(address, stall_s)
    try:
        return av.open(address.url, "r", format=form, timeout=(stall_s, stall_s), metadata_errors="replace",
                       options={"protocol_whitelist": "http,https,tcp,tls", "format_whitelist": form,
                                "codec_whitelist": "mjpeg", "max_redirects": "0", "seekable": "0",
                                "probesize": "32", "analyzeduration": "1"})
    except av.error.FFmpegError as exc:
        fault = faults.cannot_play(address, exc, None)
    raise fault         # not within `except`: FFmpeg's own error quotes the URL


def _open_local(address: CameraAddress, stall_s: float) -> InputContainer:
    url, form, options = _how(address)
    try:
        return av.open(url, "r", format=form, options=options, timeout=(stall_s, stall_s),
                       metadata_errors="replace")
    except av.error.FFmpegError as exc:
        fault = faults.cannot_open(address, exc)
    raise fault         # not within `except`: FFmpeg's own error quotes the name


def _how(address: CameraAddress) -> tuple[str, str | None, dict[str, str]]:
    """What to hand to `av.open`: the name, the format where it is known, and the options."""
    match address.kind:
        case SourceKind.DEVICE:
            return address.url, "v4l2", {}
        case SourceKind.FILE:
            # With "file:", a colon in the path names no protocol.
            return f"file:{address.url}", _form(Path(address.url)), {
                "format_whitelist": FILE_FORMATS, "protocol_whitelist": "file"}
        case SourceKind.RTSP | SourceKind.HTTP | SourceKind.CSI:
            raise AssertionError("opened elsewhere")
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
