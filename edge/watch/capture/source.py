"""What gives pictures with their time: the seam between `Framing` and any decoder or camera port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av

from edge.watch.capture.address import CameraAddress
from edge.watch.capture.course import Course
from edge.watch.capture.timing import Timeline


@dataclass(slots=True)
class CameraStats:
    """Counters of one camera since the start; written by its thread alone, read by any."""

    decoded: int = 0        # pictures
    analysed: int = 0       # of these, passed on
    damaged: int = 0        # packets that could not be decoded, and pictures with errors in them
    opened: int = 0         # times that the source was opened; a file that loops counts each time
    lost: int = 0           # times that a working camera was lost
    late: int = 0           # times that it was more than a second late, and went on from its newest key frame
    lag_ms: float = 0.0     # how late the last packet was, from when it was taken until it was read
    # Until then (CLOCK_MONOTONIC) ONVIF is not asked: it refused the login. The asker's thread writes it.
    onvif_refused_until_ns: int | None = None
    ahead_ns: int | None = None     # of the camera's own clock before pipeline time, once it has told it


@dataclass(frozen=True, slots=True)
class RawPicture:
    """One picture as the source has it: any format, maybe lying on its side, and without privacy masks.

    For `Framing` alone, which makes a `Frame` of it or drops it. The source may go on using its memory.
    """

    picture: av.VideoFrame
    media_s: float          # since the first one of this opening, strictly increasing
    sent_ns: int | None = None      # by the camera's own clock, see sender_time.py
    small: av.VideoFrame | None = None      # the same view at the same moment with fewer pixels
    mono_ns: int | None = None      # when it was taken, where the source knows better than its timeline
    glance: bool = False            # given by itself: `rewind` brings it once more, behind what led to it
    drifts: bool = False            # see `Frame.drifts`


class Source(Protocol):
    """An open file, stream or camera port. One thread reads it, once, and closes it."""

    @property
    def address(self) -> CameraAddress:
        """Whose pictures these are, and how to speak of it without its password."""
    @property
    def source_fps(self) -> float:
        """Pictures a second as the source tells; 25 where it tells nothing sensible."""
    @property
    def aspect(self) -> Fraction | None:
        """A pixel's width by its height, as told for the last picture; None where nothing is told."""
    @property
    def timeline(self) -> Timeline:
        """How its media time becomes CLOCK_MONOTONIC."""
    @property
    def course(self) -> Course:
        """What a recording turned out to be so far; says nothing of a camera."""
    @property
    def decoded(self) -> int:
        """Good pictures so far."""
    def pictures(self) -> Iterator[RawPicture]:
        """Every good picture. Only a recording ends.

        Raises:
            CameraError: a camera that stalls, ends or breaks off; a recording without a picture.
        """
    def rewind(self) -> None:
        """The picture that was given last, a glance, is wanted with all that led to it."""
    def end_s(self) -> float:
        """Media time when the last picture of a recording is over; asked once, after `pictures` has ended."""
    def close(self) -> None: ...
