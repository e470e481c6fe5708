"""Video files, RTSP cameras and USB cameras as a source of pictures: the adapter over PyAV.

One thread decodes, with one decoder thread: more of them cost CPU time (2.3 instead of 2.0 ms a
picture of 1920x1080) to save latency that nobody here waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction

import av

from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraError
from edge.watch.capture.course import Course
from edge.watch.capture.decoder import PictureDecoder
from edge.watch.capture.key_frames import KeyFrameAsker
from edge.watch.capture.live_pictures import LivePictures
from edge.watch.capture.opening import open_video, told_s
from edge.watch.capture.packets import ArrivedPacket, Packets
from edge.watch.capture.picture_clock import Blindness, PictureClock
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.stamps import MediaTime
from edge.watch.capture.timing import LiveClock, LookPace, PacedClock, ReplayClock, Timeline

_MIN_CUT_PERIODS = 10


def give_up(fault: CameraError) -> None:
    """For who does not wait for a picture: raises `fault`."""
    raise fault


class AvSource:
    """A `Source` over FFmpeg."""

    def __init__(self, address: CameraAddress, settings: CameraSettings, live: bool, stats: CameraStats,
                 clock: Callable[[], int], pace: LookPace,
                 on_waiting: Callable[[CameraError], None] = give_up,
                 stop: threading.Event | None = None) -> None:
        """Open it; see `open_stream`. `stop` ends a camera. Raises CameraError, without secrets."""
        av.logging.set_level(None)      # FFmpeg would write to standard error, with URLs
        self.address, self._stats, self._clock = address, stats, clock
        self._container, self._video = open_video(address, settings.stall_s, clock, settings.transport)
        self._camera = address.kind is not SourceKind.FILE
        self._packets = Packets(address, self._container, self._video, settings.stall_s, clock)
        self._decoder = PictureDecoder(stats, self._video)
        self._picture_clock = PictureClock(settings.stall_s)
        self._live = LivePictures(address.camera_id, self._video, self._decoder, pace, stats,
                                  self._picture_clock.decoded, relaxed=settings.is_relaxed)
        self._stop = stop or threading.Event()
        self._on_waiting = on_waiting
        self._key_frames = KeyFrameAsker(address, settings.onvif_port, stats)
        self.timeline = _timeline(address.kind, live)
        time_base = self._video.time_base or Fraction(1, 90_000)
        period_s = 1 / self.source_fps
        # long enough to be a hole for whoever follows things through the pictures
        cut_s = 2 * max(settings.track.lost_s, _MIN_CUT_PERIODS * period_s)
        self._media_time = MediaTime(time_base, period_s, cut_s)
        self.course = Course(period_s, told_s(self._container, self._video))

    @property
    def decoded(self) -> int:
        return self._decoder.decoded

    @property
    def source_fps(self) -> float:
        rate = float(self._video.average_rate or self._video.guessed_rate or 0)
        return rate if 0 < rate <= 240 else 25.0

    @property
    def aspect(self) -> Fraction | None:
        return self._decoder.aspect

    def pictures(self) -> Iterator[RawPicture]:
        """A file is read one picture ahead, a camera is not."""
        if self._camera:
            yield from self._live.of(self._decodable())
            return
        yield from self._recorded(self._played())
        if not self.decoded:
            raise self.address.error("no picture in it can be decoded", "try to play it: is it whole?")

    def _recorded(self, pictures: Iterator[av.VideoFrame]) -> Iterator[RawPicture]:
        here = next(pictures, None)
        while here is not None:
            ahead = next(pictures, None)
            cuts = self._media_time.cuts
            media_s = self._media_time.seconds(here.pts, ahead.pts if ahead else None)
            self.course.picture(media_s, (here.width, here.height), self._media_time.cuts > cuts)
            yield RawPicture(here, media_s)
            here = ahead

    def rewind(self) -> None:
        self._live.rewind()

    def end_s(self) -> float:
        return self._media_time.seconds(None)

    def _decodable(self) -> Iterator[ArrivedPacket]:
        """A camera's packets, from its first key frame on. Raises CameraError where they give no pictures."""
        for arrived in self._packets:
            if self._stop.is_set():     # the next picture may be a minute away
                return
            if self._picture_clock.arrived(arrived.is_key, arrived.came_ns):
                yield arrived
            else:
                self._key_frames.none_yet(arrived.came_ns)
            self._judge(arrived.came_ns)

    def _judge(self, now_ns: int) -> None:
        match self._picture_clock.blindness(now_ns):
            case (Blindness.NO_KEY_FRAME, waited_s):
                self._on_waiting(faults.no_key_frame(self.address, waited_s))
            case (Blindness.HOPELESS, waited_s):
                raise faults.no_key_frame(self.address, waited_s)
            case (Blindness.GARBLED, waited_s):
                raise faults.garbled(self.address, waited_s)

    def _played(self) -> Iterator[av.VideoFrame]:
        """Every good picture of a recording."""
        for arrived in self._packets:
            pictures = self._decoder.pictures(arrived)
            if not arrived.is_last:
                self.course.packet(len(pictures))
            yield from pictures
        if self._packets.cut_short is None:
            return
        if not self.decoded:
            raise self._packets.cut_short
        self._stats.damaged += 1

    def close(self) -> None:
        self._container.close()


def _timeline(kind: SourceKind, live: bool) -> Timeline:
    if kind is not SourceKind.FILE:
        return LiveClock()
    return PacedClock() if live else ReplayClock()
