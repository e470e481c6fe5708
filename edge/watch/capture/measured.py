"""What a stream really sends, of some seconds of its packets: rate, key frames, sizes. Nothing is stored.

A camera's settings say what was asked for; this says what comes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import av
import av.error

from edge.base.values import NS_PER_S
from edge.config.camera_model import Transport
from edge.watch.capture.address import CameraAddress, CameraError
from edge.watch.capture.opening import open_video
from edge.watch.capture.packets import ArrivedPacket, Packets
from edge.watch.capture.upright import ANTICLOCKWISE, CLOCKWISE, HALF, turn_of

_TELLING = 10               # packets: with fewer, why it ended is the better answer
_DEGREES = {CLOCKWISE: 90, HALF: 180, ANTICLOCKWISE: 270}


@dataclass(frozen=True, slots=True)
class SeenPacket:
    """One picture as it came, not decoded."""

    at_s: float             # of its arrival, since any moment
    size_bytes: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class StreamMeasure:
    """What some seconds of a stream were like. None for what so few pictures do not tell."""

    codec: str                      # FFmpeg's name: h264, hevc, mjpeg
    width: int                      # pixels, as they are stored
    height: int
    turned_deg: int                 # clockwise, as the pictures ask to be turned: 0, 90, 180, 270
    seconds: float                  # from the first picture to the last
    pictures: int
    fps: float | None = None
    kbps: float | None = None
    key_interval_s: float | None = None     # the usual one; None: less than two key frames came
    p_of_i: float | None = None     # usual size of another picture by that of a key frame


def summed_up(packets: Sequence[SeenPacket], codec: str, size_px: tuple[int, int],
              turned_deg: int = 0) -> StreamMeasure:
    """Pure. `packets`: in their order; `size_px`: (width, height)."""
    keys = [packet for packet in packets if packet.is_key]
    others = [packet.size_bytes for packet in packets if not packet.is_key]
    seconds = packets[-1].at_s - packets[0].at_s if packets else 0.0
    gaps = [later.at_s - earlier.at_s for earlier, later in itertools.pairwise(keys)]
    of_keys = median([key.size_bytes for key in keys]) if keys else 0
    return StreamMeasure(
        codec, *size_px, turned_deg, seconds, len(packets),
        (len(packets) - 1) / seconds if seconds > 0 else None,
        8 * sum(packet.size_bytes for packet in packets[1:]) / 1000 / seconds if seconds > 0 else None,
        median(gaps) if gaps else None,
        median(others) / of_keys if others and of_keys else None)


def measure_stream(address: CameraAddress, seconds: float, stall_s: float,
                   transport: Transport = Transport.AUTO,
                   clock: Callable[[], int] = time.monotonic_ns) -> StreamMeasure:
    """Read what is at `address` for `seconds` from its first packet on; one picture is decoded.

    Raises:
        CameraError: it cannot be opened, stalls or breaks off before anything could be told.
    """
    av.logging.set_level(None)
    container, video = open_video(address, stall_s, clock, transport)
    seen, shown = list[SeenPacket](), None
    try:
        for arrived in Packets(address, container, video, stall_s, clock):
            at_s = arrived.came_ns / NS_PER_S
            seen.append(SeenPacket(at_s, arrived.packet.size, arrived.is_key))
            shown = shown or _first_picture(arrived)
            if at_s - seen[0].at_s >= seconds:
                break
    except CameraError:
        if len(seen) < _TELLING:
            raise
    finally:
        container.close()
    context = video.codec_context
    size = (shown.width, shown.height) if shown else (context.width, context.height)
    return summed_up(seen, context.name, size, _DEGREES.get(turn_of(shown), 0) if shown else 0)


def _first_picture(arrived: ArrivedPacket) -> av.VideoFrame | None:
    try:
        return next(iter(arrived.packet.decode()), None)
    except av.error.FFmpegError:        # it begins in the middle: a key frame will come
        return None
