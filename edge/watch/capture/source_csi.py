"""A camera at the box's own port as a source of pictures, through a process of its own (csi/).

A picture is asked for when there is time for it, and is finished after that: none lies about and grows old.
It is copied out of the shared memory at once, which the process then may write anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.config.source import CSI_PREFIX
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault
from edge.watch.capture.course import Course
from edge.watch.capture.csi.process import PortProcess, ProcessGoneError, ProcessSilentError
from edge.watch.capture.csi.sensor_clock import SensorClock
from edge.watch.capture.csi.wire import Plane, PortFailed, PortFault, PortOpened, PortTaken
from edge.watch.capture.frame import HD_HEIGHT_PX, LAYOUTS, plane_views
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.timing import LookPace

_OPEN_S = 30.0                  # importing picamera2 from a slow card, and tuning files
_FAULTS = {PortFault.NO_LIBRARY: CameraFault.NO_LIBRARY, PortFault.NO_CAMERA: CameraFault.NOT_AT_PORT,
           PortFault.BUSY: CameraFault.PORT_IN_USE, PortFault.OTHER: CameraFault.PORT_FAULT}
_ADVICE = {
    PortFault.NO_LIBRARY: "install it on the box: sudo apt install python3-picamera2",
    PortFault.NO_CAMERA: "check its cable with the power off, and its name: csi for the only one, or csi: "
                         "with cam0, cam1 or a part of one of these ids",
    PortFault.BUSY: "end whatever else has it open",
    PortFault.OTHER: "check its cable with the power off; start the box again if it stays so",
}


class CsiSource:
    """A `Source` over a camera port's process."""

    def __init__(self, address: CameraAddress, settings: CameraSettings, stats: CameraStats,
                 clock: Callable[[], int], pace: LookPace,
                 start: Callable[[str], PortProcess] = PortProcess) -> None:
        """Open it. Raises CameraError."""
        self.address, self._stats, self._clock, self._pace = address, stats, clock, pace
        self._stall_s = settings.stall_s
        self.timeline = SensorClock()
        try:
            self._process = start(address.url.removeprefix(CSI_PREFIX).removeprefix(":"))
        except OSError as exc:
            raise self._fault(f"its process cannot be started ({exc.strerror})") from exc
        try:
            self._opened = self._open()
        except CameraError:
            self._process.end()
            raise
        self.decoded = 0
        self.aspect: Fraction | None = None
        self.course = Course(1 / self._opened.fps, None)

    def _open(self) -> PortOpened:
        answer = self._answer(self._clock(), max(_OPEN_S, self._stall_s))
        if isinstance(answer, PortOpened):
            return answer
        raise self._fault("its process speaks out of turn")

    @property
    def identity(self) -> str:
        """libcamera's id of it, which names its connector and sensor."""
        return self._opened.identity

    @property
    def source_fps(self) -> float:
        return self._opened.fps

    def pictures(self) -> Iterator[RawPicture]:
        """As many a second as the pace asks for, until the camera is lost."""
        after_s = 0.0
        while True:
            media_s = self._place(after_s)
            self.decoded += 1
            self._stats.decoded += 1
            opened = self._opened
            yield RawPicture(self._picture(opened.main), media_s,
                             small=self._picture(opened.small) if opened.small else None)
            # Of those that the camera takes, the one that is nearest to its turn.
            after_s = max(0.0, 1 / self._pace.at(self._clock(), opened.fps) - 0.5 / opened.fps)

    def _place(self, after_s: float) -> float:
        """Wait for a picture that is new by the sensor's stamp; the stall clock runs once it is due."""
        began_ns = self._clock() + round(after_s * NS_PER_S)
        while True:
            self._ask(round(after_s * NS_PER_S))
            taken = self._answer(began_ns, self._stall_s)
            if isinstance(taken, PortTaken):
                media_s = self.timeline.place(taken.sensor_ns, taken.exposure_ns)
                if media_s is not None:
                    return media_s

    def _ask(self, after_ns: int) -> None:
        try:
            self._process.ask(after_ns)
        except ProcessGoneError as exc:
            raise self._fault(str(exc)) from exc

    def _answer(self, began_ns: int, limit_s: float) -> PortOpened | PortTaken:
        until_ns = began_ns + round(limit_s * NS_PER_S)
        try:
            if self._clock() > until_ns:        # it answers, and nothing of it is new
                raise ProcessSilentError
            answer = self._process.answer(until_ns, self._clock)
        except ProcessSilentError as exc:
            raise self._fault(f"no picture for {limit_s:.1f} s") from exc
        except ProcessGoneError as exc:
            raise self._fault(str(exc)) from exc
        if isinstance(answer, PortFailed):
            raise self._fault(answer.found, answer.fault)
        return answer

    def _fault(self, found: str, fault: PortFault = PortFault.OTHER) -> CameraError:
        return self.address.error(found, _ADVICE[fault], _FAULTS[fault])

    def _picture(self, plane: Plane) -> av.VideoFrame:
        """A picture of our own, out of the shared memory and without its rows' padding."""
        made = av.VideoFrame(plane.width, plane.height, plane.form)
        for target, source in zip(plane_views(made), _views(self._process, plane), strict=True):
            target[:] = source
        # picamera2 chooses by the size of the larger one, for both streams.
        made.colorspace = (Colorspace.ITU709 if self._opened.main.height >= HD_HEIGHT_PX else
                           Colorspace.ITU601)
        made.color_range = ColorRange.MPEG
        return made

    def rewind(self) -> None:
        """It gives no glances: all its pictures come as they are."""

    def end_s(self) -> float:
        raise AssertionError("a camera has no end")

    def close(self) -> None:
        self._process.end()


def _views(process: PortProcess, plane: Plane) -> Iterator[npt.NDArray[np.uint8]]:
    """The planes in the shared memory, as `plane_views` has them."""
    layout, at = LAYOUTS[plane.form], plane.offset
    rows, stride, width = plane.height, plane.stride, plane.width
    memory = np.frombuffer(process.memory, np.uint8)
    yield memory[at:at + rows * stride].reshape(rows, stride)[:, :width]
    at, rows = at + rows * stride, rows // 2
    stride, width = stride * layout.chroma[0] // 2, width * layout.chroma[0] // 2
    for _ in layout.chroma:
        yield memory[at:at + rows * stride].reshape(rows, stride)[:, :width]
        at += rows * stride
