"""Video files, RTSP cameras and USB cameras as frames: the adapter over PyAV.

One thread decodes, with one decoder thread: more of them cost CPU time (2.3 instead of 2.0 ms a
picture of 1920x1080) to save latency that nobody here waits for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Self

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import Address, CameraFault, locate
from edge.watch.capture.course import Course
from edge.watch.capture.frame import AvFrame, planar
from edge.watch.capture.mask import PrivacyMask
from edge.watch.capture.opening import open_video, told_s
from edge.watch.capture.stamps import LiveTime, MediaTime
from edge.watch.capture.timing import LiveClock, Pace, PacedClock, RateSelector, ReplayClock, Timeline
from edge.watch.capture.upright import Squarer, is_believable, turn_of, turned

log = logging.getLogger("capture")

MIN_SIDE_PX = 32            # in less nothing can be seen, and what follows would refuse it
_MIN_CUT_PERIODS = 10


@dataclass(slots=True)
class CameraStats:
    """Counters of one camera since the start; written by its thread alone, read by any."""

    decoded: int = 0        # pictures
    analysed: int = 0       # of these, passed on
    damaged: int = 0        # packets that could not be decoded, and pictures with errors in them
    opened: int = 0         # times that the source was opened; a file that loops counts each time
    lost: int = 0           # times that a working camera was lost


class Stream:
    """An open source. Iterate once, in one thread; close it in the same."""

    def __init__(self, address: Address, settings: CameraSettings, container: InputContainer,
                 video: VideoStream, timeline: Timeline, pace: Pace, stats: CameraStats,
                 stop: threading.Event, clock: Callable[[], int]) -> None:
        self._address, self._container, self._video = address, container, video
        self._stats, self._stop, self._clock = stats, stop, clock
        self._timeline, self._pace = timeline, pace
        self._camera = address.kind is not SourceKind.FILE
        self._stall_s = settings.stall_s
        time_base = video.time_base or Fraction(1, 90_000)
        period_s = 1 / self.source_fps
        # long enough to be a hole for whoever follows things through the pictures
        cut_s = 2 * max(settings.track.lost_s, _MIN_CUT_PERIODS * period_s)
        self._media_time, self._live_time = MediaTime(time_base, period_s, cut_s), LiveTime(time_base)
        self._selector = RateSelector()
        self._mask = PrivacyMask(settings.masks)
        self._masked = bool(settings.masks)
        self._squarer, self._disbelieved = Squarer(), Fraction(0)
        self.decoded = 0
        self.course = Course(period_s, told_s(container, video))    # of a file

    @property
    def source_fps(self) -> float:
        """Pictures a second as the source tells; 25 where it tells nothing sensible."""
        rate = float(self._video.average_rate or self._video.guessed_rate or 0)
        return rate if 0 < rate <= 240 else 25.0

    def __iter__(self) -> Iterator[AvFrame]:
        """The frames to look at. A file in live mode is waited for; it ends early when `stop` is set.

        Raises:
            CameraError: a camera that stalls, ends or breaks off; a file without a picture.
        """
        for picture, media_s in self._timed():
            mono_ns = self._timeline.stamp(media_s, self._clock())
            if not self._selector.takes(mono_ns / NS_PER_S, self._pace.at(mono_ns, self.source_fps)):
                continue
            self._wait_until(mono_ns)
            if self._stop.is_set():
                return
            self._stats.analysed += 1
            yield AvFrame(self._mask.burn(self._shown(picture)), self._address.camera_id, mono_ns, media_s,
                          self._masked)
        if self._camera:
            raise self._address.error("the camera ended the stream", "check that it is not restarting")
        if not self.decoded:
            raise self._address.error("no picture in it can be decoded", "try to play it: is it whole?")
        # The last picture lasts as long as the others; without, a file of one picture would race.
        self._wait_until(self._timeline.stamp(self._media_time.seconds(None), self._clock()))

    def _timed(self) -> Iterator[tuple[av.VideoFrame, float]]:
        """Every good picture and its media time. A file is read one picture ahead, a camera is not."""
        pictures = self._pictures()
        if self._camera:
            for picture in pictures:
                yield picture, self._live_time.seconds(picture.pts, self._clock())
            return
        here = next(pictures, None)
        while here is not None:
            ahead = next(pictures, None)
            cuts = self._media_time.cuts
            media_s = self._media_time.seconds(here.pts, ahead.pts if ahead else None)
            self.course.picture(media_s, (here.width, here.height), self._media_time.cuts > cuts)
            yield here, media_s
            here = ahead

    def _shown(self, picture: av.VideoFrame) -> av.VideoFrame:
        """As a player would show it, in planes."""
        return turned(self._squarer.squared(self._planar(picture), self._aspect()), turn_of(picture))

    def _aspect(self) -> Fraction | None:
        aspect = self._video.sample_aspect_ratio
        if aspect and not is_believable(aspect) and aspect != self._disbelieved:
            self._disbelieved = aspect
            log.warning("pixels are taken for square: camera=%s told=%d:%d", self._address.camera_id,
                        *aspect.as_integer_ratio())
        return aspect

    def _planar(self, picture: av.VideoFrame) -> av.VideoFrame:
        if min(picture.width, picture.height) < MIN_SIDE_PX:
            raise self._address.error(f"its picture is {picture.width}x{picture.height}",
                                      f"want at least {MIN_SIDE_PX}x{MIN_SIDE_PX}; choose another stream",
                                      CameraFault.TOO_SMALL)
        try:
            return planar(picture)
        except ValueError as exc:
            raise self._address.error(str(exc), "set the camera to H.264, H.265 or MJPEG",
                                      CameraFault.NOT_VIDEO) from exc

    def _wait_until(self, mono_ns: int) -> None:
        if isinstance(self._timeline, PacedClock):
            self._stop.wait(max(0, mono_ns - self._clock()) / NS_PER_S)

    def _pictures(self) -> Iterator[av.VideoFrame]:
        """Every good picture. Time that the caller takes is not the camera's silence."""
        waiting_ns = self._clock()
        for packet in self._packets():
            pictures = self._decode(packet)
            silent_s = (self._clock() - waiting_ns) / NS_PER_S
            # FFmpeg hands out a picture that it held back when reading timed out: that is too late.
            if self._camera and silent_s >= self._stall_s:
                raise faults.no_picture(self._address, self._stall_s)
            if packet.size and not self._camera:        # the last one, empty, only fetches what is left
                self.course.packet(len(pictures))
            for picture in pictures:
                self.decoded += 1
                self._stats.decoded += 1
                yield picture
                waiting_ns = self._clock()

    def _decode(self, packet: av.Packet[VideoStream]) -> list[av.VideoFrame]:
        try:
            pictures = packet.decode()
        except av.error.FFmpegError:        # lost or garbled on the way: the next key frame mends it
            self._stats.damaged += 1
            return []
        good = [picture for picture in pictures if not picture.is_corrupt]
        self._stats.damaged += len(pictures) - len(good)
        return good

    def _packets(self) -> Iterator[av.Packet[VideoStream]]:
        packets = self._container.demux(self._video)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, IndexError):     # PyAV trips at the end over streams that came up late
                return
            except av.error.FFmpegError as exc:
                fault = faults.broke_off(self._address, exc, self._stall_s)
                break                       # raised below: FFmpeg's own error quotes the URL
            yield packet
        if self._camera or not self.decoded:
            raise fault
        self._stats.damaged += 1

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def open_stream(camera_id: str, settings: CameraSettings, *, live: bool,
                stop: threading.Event | None = None, stats: CameraStats | None = None,
                pace: Pace | None = None, clock: Callable[[], int] = time.monotonic_ns) -> Stream:
    """Open what `settings.source` names.

    Args:
        live: a file plays at its own speed, with the time of `clock`; otherwise as fast as it goes,
            with `mono_ns` counting from zero in media time. A camera is always live.
        stop: ends the waiting for the next picture of a file.
        pace: how often pictures are looked at, for who wants to change it on the way; without one,
            `settings.fps` times a second.

    Raises:
        CameraError: it cannot be opened. The message holds no password.
    """
    av.logging.set_level(None)      # FFmpeg would write to standard error, with URLs
    address = locate(camera_id, settings)
    container, video = open_video(address, settings.stall_s, clock)
    stats = stats or CameraStats()
    stats.opened += 1
    return Stream(address, settings, container, video, _timeline(address.kind, live),
                  pace or Pace(settings.fps), stats, stop or threading.Event(), clock)


def _timeline(kind: SourceKind, live: bool) -> Timeline:
    if kind is not SourceKind.FILE:
        return LiveClock()
    return PacedClock() if live else ReplayClock()
