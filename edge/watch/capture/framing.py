"""Pictures of any source become frames here and nowhere else, so that no source can forget a mask.

Rate, upright turning, privacy mask and time are the same for a file, a network camera and a camera port.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self

import av

from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraAddress, CameraFault
from edge.watch.capture.course import Course
from edge.watch.capture.frame import AvFrame, planar
from edge.watch.capture.mask import PrivacyMask
from edge.watch.capture.source import CameraStats, Source
from edge.watch.capture.timing import LookPace, PacedClock, RateSelector
from edge.watch.capture.upright import Squarer, Turn, is_believable, turn_of, turned

log = logging.getLogger("capture")

MIN_SIDE_PX = 32            # in less nothing can be seen, and what follows would refuse it
NO_MASK = PrivacyMask(())   # of a photo, which belongs to no camera


class Framing:
    """The frames of an open source. Iterate once, in one thread, and close it there: it closes the source."""

    def __init__(self, source: Source, settings: CameraSettings, pace: LookPace, stats: CameraStats,
                 stop: threading.Event, clock: Callable[[], int]) -> None:
        self._source, self._pace, self._stats, self._stop, self._clock = source, pace, stats, stop, clock
        self._maker = FrameMaker(source.address, settings)
        self._selector, self._given_ns = RateSelector(), -1

    @property
    def source_fps(self) -> float:
        return self._source.source_fps

    @property
    def course(self) -> Course:
        return self._source.course

    @property
    def decoded(self) -> int:
        return self._source.decoded

    def __iter__(self) -> Iterator[AvFrame]:
        """The frames to look at. A file in live mode is waited for; it ends early when `stop` is set.

        Raises:
            CameraError: as `Source.pictures`, and where pictures are too small or cannot be converted.
        """
        timeline = self._source.timeline
        for raw in self._source.pictures():
            mono_ns = timeline.stamp(raw.media_s, self._clock()) if raw.mono_ns is None else raw.mono_ns
            if mono_ns <= self._given_ns:       # looked at before, on its own
                continue
            self._stats.ahead_ns = None if raw.sent_ns is None else raw.sent_ns - mono_ns
            if not (raw.glance or self._takes(mono_ns)):
                continue
            self._wait_until(mono_ns)
            if self._stop.is_set():
                return
            frame = self._maker.frame(raw.picture, self._source.aspect, mono_ns, raw.media_s, raw.small,
                                      drifts=raw.drifts)
            if raw.glance and self._pace.glances(frame):
                self._source.rewind()
                continue
            self._stats.analysed += 1
            self._given_ns = mono_ns
            yield frame
        # The last picture lasts as long as the others; without, a file of one picture would race.
        self._wait_until(timeline.stamp(self._source.end_s(), self._clock()))

    def _takes(self, mono_ns: int) -> bool:
        return self._selector.takes(mono_ns / NS_PER_S, self._pace.at(mono_ns, self.source_fps))

    def _wait_until(self, mono_ns: int) -> None:
        if isinstance(self._source.timeline, PacedClock):
            self._stop.wait(max(0, mono_ns - self._clock()) / NS_PER_S)

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class FrameMaker:
    """Makes frames of one camera's pictures, whichever of its streams they are of. One thread."""

    def __init__(self, address: CameraAddress, settings: CameraSettings) -> None:
        self._address, self._mask = address, PrivacyMask(settings.masks)
        self._squarer, self._disbelieved = Squarer(), Fraction(0)

    def frame(self, picture: av.VideoFrame, aspect: Fraction | None, mono_ns: int, media_s: float,
              small: av.VideoFrame | None = None, *, drifts: bool = False) -> AvFrame:
        """Upright, with square pixels, masked. `aspect` is a pixel's width by its height, as told.

        `small` is the same view with fewer pixels, where the source has it.

        Raises:
            CameraError: the picture is too small or cannot be converted.
        """
        return framed(self._square(picture, aspect), turn_of(picture), self._mask, self._address.camera_id,
                      mono_ns, media_s, None if small is None else self._square(small, aspect), drifts=drifts)

    def _square(self, picture: av.VideoFrame, aspect: Fraction | None) -> av.VideoFrame:
        if min(picture.width, picture.height) < MIN_SIDE_PX:
            raise self._address.error(f"its picture is {picture.width}x{picture.height}",
                                      f"want at least {MIN_SIDE_PX}x{MIN_SIDE_PX}; choose another stream",
                                      CameraFault.TOO_SMALL)
        try:
            return self._squarer.squared(planar(picture), self._believed(aspect))
        except ValueError as exc:
            raise self._address.error(str(exc), "set the camera to H.264, H.265 or MJPEG",
                                      CameraFault.NOT_VIDEO) from exc

    def _believed(self, aspect: Fraction | None) -> Fraction | None:
        if aspect and not is_believable(aspect) and aspect != self._disbelieved:
            self._disbelieved = aspect
            log.warning("pixels are taken for square: camera=%s told=%d:%d", self._address.camera_id,
                        *aspect.as_integer_ratio())
        return aspect


def framed(picture: av.VideoFrame, turn: Turn, mask: PrivacyMask, camera_id: str, mono_ns: int,
           media_s: float, small: av.VideoFrame | None = None, *, drifts: bool = False) -> AvFrame:
    """The one place where a frame is made: turned upright, then masked, as the config sees the picture.

    Args:
        picture: planar, with square pixels; so is `small`, the same view with fewer of them.
    """
    return AvFrame(mask.burn(turned(picture, turn)), camera_id, mono_ns, media_s, mask.covers_anything,
                   None if small is None else mask.burn(turned(small, turn)), drifts)
