"""From packets to good pictures: what is lost or garbled on the way is counted and passed over."""

from __future__ import annotations

import av
import av.error

from edge.watch.capture.framing import MIN_SIDE_PX
from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.source import CameraStats


class PictureDecoder:
    """One opening's decoder, which belongs to its stream. One thread uses it, packet after packet."""

    def __init__(self, stats: CameraStats) -> None:
        self._stats = stats
        self.decoded = 0            # good pictures so far
        self._seen = False          # a picture that is none of garbage's

    def pictures(self, arrived: ArrivedPacket) -> list[av.VideoFrame]:
        """The good ones that it, or those before it, give; none of damaged ones."""
        try:
            pictures = arrived.packet.decode()
        except av.error.FFmpegError:        # the next key frame mends it
            self._stats.damaged += 1
            return []
        good = [picture for picture in pictures if self._is_good(picture)]
        self._stats.damaged += len(pictures) - len(good)
        self._stats.decoded += len(good)
        self.decoded += len(good)
        return good

    def _is_good(self, picture: av.VideoFrame) -> bool:
        """Garbage may tell a size, too, mostly a tiny one: after a real picture it is believed no more."""
        real = min(picture.width, picture.height) >= MIN_SIDE_PX
        self._seen = self._seen or real
        return not picture.is_corrupt and (real or not self._seen)
