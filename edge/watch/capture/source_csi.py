"""A camera at the box's own port as a source of pictures, through a process of its own (csi/).

A picture is asked for when there is time for it, and is exposed after that: none is older than its way. It
is copied out of the shared memory at once, which the process then may write anew.
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

_OPEN_S = 30.0                  # importing picamera2 from a slow card, and tuning files
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
                 clock: Callable[[], int], start: Callable[[str], PortProcess] = PortProcess) -> None:
        """Open it. Raises CameraError."""
        self.address, self._stats, self._clock = address, stats, clock
        self._stall_s = settings.stall_s
        self.timeline = SensorClock()
        try:
            self._process = start(address.url.removeprefix(CSI_PREFIX).removeprefix(":"))
        except OSError as exc:
            raise address.error(f"its process cannot be started ({exc.strerror})",
                                _ADVICE[PortFault.OTHER]) from exc
        try:
            self._opened = self._open()
        except CameraError:
            self._process.end()
            raise
        self.decoded = 0
        self.aspect: Fraction | None = None
        self.course = Course(1 / self._opened.fps, None)

    def _open(self) -> PortOpened:
        self._limit_s = max(_OPEN_S, self._stall_s)
        answer = self._answer(self._clock())
        if isinstance(answer, PortOpened):
            return answer
        raise self.address.error("its process speaks out of turn", _ADVICE[PortFault.OTHER])

    @property
    def identity(self) -> str:
        """libcamera's id of it, which names its connector and sensor."""
        return self._opened.identity

    @property
    def source_fps(self) -> float:
        return self._opened.fps

    def pictures(self) -> Iterator[RawPicture]:
        """Every picture that is later than the one before, until the camera is lost."""
        self._limit_s = self._stall_s
        while True:
            media_s = self._place()
            self.decoded += 1
            self._stats.decoded += 1
            opened = self._opened
            yield RawPicture(self._picture(opened.main), media_s,
                             small=self._picture(opened.small) if opened.small else None)

    def _place(self) -> float:
        """Wait for a picture that is new by the sensor's stamp; the stall clock runs meanwhile."""
        began_ns = self._clock()
        while True:
            self._ask()
            taken = self._answer(began_ns)
            if isinstance(taken, PortTaken):
                media_s = self.timeline.place(taken.sensor_ns, taken.exposure_ns)
                if media_s is not None:
                    return media_s

    def _ask(self) -> None:
        try:
            self._process.ask()
        except ProcessGoneError as exc:
            raise self.address.error(str(exc), _ADVICE[PortFault.OTHER]) from exc

    def _answer(self, began_ns: int) -> PortOpened | PortTaken:
        until_ns = began_ns + round(self._limit_s * NS_PER_S)
        try:
            if self._clock() > until_ns:        # it answers, and nothing of it is new
                raise ProcessSilentError
            answer = self._process.answer(until_ns, self._clock)
        except ProcessSilentError as exc:
            raise self.address.error(f"no picture for {self._limit_s:.1f} s", _ADVICE[PortFault.OTHER],
                                     CameraFault.SILENT) from exc
        except ProcessGoneError as exc:
            raise self.address.error(str(exc), _ADVICE[PortFault.OTHER]) from exc
        if isinstance(answer, PortFailed):
            raise self.address.error(answer.found, _ADVICE[answer.fault])
        return answer

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
