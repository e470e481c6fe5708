"""From packets to good pictures: what is lost or garbled on the way is counted and passed over."""

from __future__ import annotations

from fractions import Fraction

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from edge.watch.capture.excerpt import Coding
from edge.watch.capture.framing import MIN_SIDE_PX
from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.source import CameraStats

_UNFILTERED = {"skip_loop_filter": "all"}       # a quarter of the cost; blocks show, until the next key frame


class PictureDecoder:
    """One opening's decoder, which belongs to its stream. One thread uses it, packet after packet."""

    def __init__(self, stats: CameraStats, video: VideoStream) -> None:
        self._stats, self._video = stats, video
        self._light: VideoCodecContext | None = None
        self._aspect: Fraction | None = None
        self.decoded = 0            # good pictures so far
        self._seen = False          # a picture that is none of garbage's

    @property
    def aspect(self) -> Fraction | None:
        """A pixel's width by its height, as told for the last picture."""
        return self._aspect or self._video.sample_aspect_ratio

    def pictures(self, arrived: ArrivedPacket, *, light: bool = False,
                 alone: bool = False) -> list[av.VideoFrame]:
        """The good ones that it, or those before it, give; none of damaged ones.

        Args:
            light: without the deblocking filter, by a decoder of its own: so what follows a packet that was
                decoded light is decoded light as well, up to the next key frame.
            alone: a key frame that no packet follows: it is not kept back.
        """
        try:
            pictures = self._undamaged(arrived, light, alone)
        except av.error.FFmpegError:        # the next key frame mends it
            self._stats.damaged += 1
            return []
        good = [picture for picture in pictures if self._is_good(picture)]
        self._stats.damaged += len(pictures) - len(good)
        self._stats.decoded += len(good)
        self.decoded += len(good)
        return good

    def _undamaged(self, arrived: ArrivedPacket, light: bool, alone: bool) -> list[av.VideoFrame]:
        if not light:
            self._aspect = None
            return arrived.packet.decode()
        decoder = self._light = self._light or Coding.of(self._video).decoder(_UNFILTERED)
        pictures = decoder.decode(arrived.packet)
        if alone:
            pictures += decoder.decode(None)
            decoder.flush_buffers()
        self._aspect = decoder.sample_aspect_ratio
        return pictures

    def _is_good(self, picture: av.VideoFrame) -> bool:
        """Garbage may tell a size, too, mostly a tiny one: after a real picture it is believed no more."""
        real = min(picture.width, picture.height) >= MIN_SIDE_PX
        self._seen = self._seen or real
        return not picture.is_corrupt and (real or not self._seen)
