"""What an open file or camera gives before it is decoded: packets, when they came, which are keys.

Reading packets costs a tenth of decoding them. Who decodes chooses among them (source_av.py), who keeps
some for later keeps these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from edge.base.values import NS_PER_S
from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault


@dataclass(frozen=True, slots=True)
class ArrivedPacket:
    """One coded picture, or a part of one, as a demuxer gave it."""

    packet: av.Packet[VideoStream]
    came_ns: int            # CLOCK_MONOTONIC, when it was read
    is_key: bool            # can be decoded without any packet before it
    waited_ns: int = 0      # how long reading it took: next to nothing where it lay there already

    @property
    def is_last(self) -> bool:
        """An empty one, behind a recording: decoding it fetches what the decoder kept back."""
        return self.packet.size == 0


class Packets:
    """The video packets of an open container, in the order of decoding. One thread iterates, once.

    A camera that sends nothing for `stall_s` is lost. Only waiting for it counts: time that the caller takes
    is not the camera's silence.
    """

    def __init__(self, address: CameraAddress, container: InputContainer, video: VideoStream, stall_s: float,
                 clock: Callable[[], int]) -> None:
        self._address, self._stall_s, self._clock = address, stall_s, clock
        self._from = container.demux(video)
        self.cut_short: CameraError | None = None       # why a recording ended before its end

    def __iter__(self) -> Iterator[ArrivedPacket]:
        """Until a recording ends, whole or not: then `cut_short` says how.

        Raises:
            CameraError: a camera stalls, breaks off or ends the stream.
        """
        camera = self._address.kind is not SourceKind.FILE
        while True:
            asked_ns = self._clock()
            packet = self._read()
            if packet is None:
                break
            came_ns = self._clock()
            # FFmpeg hands out what it held back when reading timed out: that is too late.
            if camera and came_ns - asked_ns >= self._stall_s * NS_PER_S:
                raise faults.no_picture(self._address, self._stall_s)
            yield ArrivedPacket(packet, came_ns, packet.is_keyframe, came_ns - asked_ns)
        if camera:
            raise self.cut_short or self._address.error(
                "the camera ended the stream", "check that it is not restarting", CameraFault.HUNG_UP)

    def _read(self) -> av.Packet[VideoStream] | None:
        """The next one; None after the last. FFmpeg's own error quotes the URL: it never leaves here."""
        try:
            return next(self._from)
        except (StopIteration, IndexError):     # PyAV trips at the end over streams that came up late
            return None
        except av.error.FFmpegError as exc:
            self.cut_short = faults.broke_off(self._address, exc, self._stall_s)
        return None
