"""From packets to good pictures: what is lost or garbled on the way is counted and passed over."""

from __future__ import annotations

import av
import av.error

from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.source import CameraStats


class PictureDecoder:
    """One opening's decoder, which belongs to its stream. One thread uses it, packet after packet."""

    def __init__(self, stats: CameraStats) -> None:
        self._stats = stats
        self.decoded = 0            # good pictures so far

    def pictures(self, arrived: ArrivedPacket) -> list[av.VideoFrame]:
        """The good ones that it, or those before it, give; none of damaged ones."""
        try:
            pictures = arrived.packet.decode()
        except av.error.FFmpegError:        # the next key frame mends it
            self._stats.damaged += 1
            return []
        good = [picture for picture in pictures if not picture.is_corrupt]
        self._stats.damaged += len(pictures) - len(good)
        self._stats.decoded += len(good)
        self.decoded += len(good)
        return good
