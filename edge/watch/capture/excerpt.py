"""Packets around one moment of a stream, and the pictures in them: decoded by whoever holds the packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import av
import av.error
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from edge.watch.capture.packet_ring import StoredPacket

Allows = Callable[[int, int], bool]
"""Whether decoding may go on, after so many packets of so many."""

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """As the decoder gave it: any format, maybe lying on its side, and without privacy masks."""

    picture: av.VideoFrame
    aspect: Fraction | None     # of a pixel, width by height; None where the stream tells nothing


@dataclass(frozen=True, slots=True)
class Coding:
    """What a decoder must know of a stream, apart from its packets."""

    codec: str
    extradata: bytes | None

    @staticmethod
    def of(video: VideoStream) -> Coding:
        return Coding(video.codec_context.name, video.codec_context.extradata)

    def first_picture(self, packet: VideoPacket) -> DecodedPicture | None:
        """Of a key frame by itself; None where it is damaged."""
        decoder = self.decoder()
        for each in (packet, None):
            for picture in _pictures(decoder, each):
                return DecodedPicture(picture, decoder.sample_aspect_ratio)
        return None

    def decoder(self, options: Mapping[str, str] | None = None) -> VideoCodecContext:
        """A new one, that works in the thread that calls it; with FFmpeg's `options`."""
        made = av.CodecContext.create(self.codec, "r")
        assert isinstance(made, VideoCodecContext)
        made.extradata, made.options = self.extradata, dict(options or {})
        made.thread_type, made.thread_count = ThreadType.NONE, 1
        return made


@dataclass(frozen=True, slots=True)
class Excerpt:
    """From a key frame to the end of a span of time; refers to memory of the stream, and copies none."""

    packets: Sequence[StoredPacket[VideoPacket]]
    first_ns: int           # pipeline time by this stream: of the earliest picture that is wanted,
    last_ns: int            # and of the latest
    coding: Coding

    def pictures(self, allows: Allows) -> Iterator[DecodedPicture]:
        """Those of the span, in order; fewer where `allows` says no before each next packet."""
        times = {each.content.pts: each.mono_ns for each in self.packets}
        decoder = self.coding.decoder()
        for done, packet in enumerate((*(each.content for each in self.packets), None)):
            if not allows(done, len(self.packets)):
                return
            for picture in _pictures(decoder, packet):
                if self.first_ns <= times.get(picture.pts, -1) <= self.last_ns:
                    yield DecodedPicture(picture, decoder.sample_aspect_ratio)


def _pictures(decoder: VideoCodecContext, packet: VideoPacket | None) -> list[av.VideoFrame]:
    """The good ones that it gives, with None those that the decoder kept back; none of what is damaged."""
    try:
        return [picture for picture in decoder.decode(packet) if not picture.is_corrupt]
    except av.error.FFmpegError:
        return []
