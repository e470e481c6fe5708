"""One camera at the port through picamera2: the one adapter that imports it. Runs in a process of its own.

What it holds on to (each is a fault that was met): it is configured once, with few buffers and no raw
stream, since memory for buffers is scarce; one job waits at a time and is asked again, since one that timed
out stays queued and keeps a buffer for good; a request is copied and given back at once, since who keeps as
many as there are buffers hears nothing more; the camera is flushed before it is closed.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from typing import Any, Final

from edge.watch.capture.csi.names import choose
from edge.watch.capture.csi.wire import MEMORY_BYTES, Plane, PortFailed, PortFault, PortOpened, PortTaken

FPS: Final = 15.0               # at most: half of them are looked at where something begins to move
_PERIOD_NS: Final = round(1e9 / FPS)
_SLOWEST_FPS: Final = 10.0      # in the dark, where a longer exposure would blur who walks
_MAIN_PX, _SMALL_PX = (1920, 1080), (768, 432)      # the smaller one is still larger than a detector's input
_BUFFERS: Final = 4
_LOOK_S: Final = 0.25           # how often a wait asks whether watch still wants a picture
_FORMS: Final = {"YUV420": "yuv420p", "NV12": "nv12"}   # picamera2's names, the better one first
_BUSY_WORDS: Final = ("busy", "in use")


class PortError(Exception):
    """The camera cannot be opened, or gives nothing more."""

    def __init__(self, fault: PortFault, found: str) -> None:
        super().__init__(found)
        self.failed = PortFailed(fault, found)


class Port:
    """An open camera, which runs. Single-threaded."""

    def __init__(self, name: str, memory: mmap.mmap) -> None:
        """Open the camera `name` (see `names.choose`) and start it. Raises PortError."""
        self._memory = memory
        try:
            from picamera2 import Picamera2
            from picamera2.request import MappedArray
        except ImportError as exc:
            raise PortError(PortFault.NO_LIBRARY, str(exc)) from exc
        self._mapped: Any = MappedArray
        self._job: Any = None
        self._last_ns = self._took_ns = -(1 << 62)      # the last picture, by the sensor and by our clock
        there = [each["Id"] for each in Picamera2.global_camera_info()]
        try:
            identity = choose(name, there)
        except LookupError as exc:
            raise PortError(PortFault.NO_CAMERA, exc.args[0]) from exc
        try:
            self._camera: Any = Picamera2(there.index(identity))
            self.opened = self._start(identity)
        except (RuntimeError, OSError) as exc:
            raise _told(exc) from exc

    def _start(self, identity: str) -> PortOpened:
        camera, form = self._camera, self._form()
        limits = {"FrameDurationLimits": (round(1e6 / FPS), round(1e6 / _SLOWEST_FPS))}     # microseconds
        camera.configure(camera.create_video_configuration(
            main={"format": form, "size": _MAIN_PX}, lores={"format": form, "size": _SMALL_PX}, raw=None,
            display=None, encode=None, queue=False, buffer_count=_BUFFERS,
            controls=limits if "FrameDurationLimits" in camera.camera_controls else {}))
        main = self._plane("main", 0)
        small: Plane | None = self._plane("lores", main.size_bytes)
        if small is not None and small.width >= main.width:     # a camera may know one size alone
            small = None
        if main.size_bytes + (small.size_bytes if small else 0) > MEMORY_BYTES:
            raise PortError(PortFault.OTHER, f"its pictures of {main.width}x{main.height} are too large")
        camera.start()
        return PortOpened(identity, FPS, main, small)

    def _form(self) -> str:
        """The planar format to ask for; a camera of another kind than a board's may not have ours."""
        import libcamera

        offered = self._camera.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0).formats
        names = {str(each) for each in offered.pixel_formats}
        for name in _FORMS:
            if name in names:
                return name
        raise PortError(PortFault.OTHER, f"it gives {', '.join(sorted(names))}, want {', '.join(_FORMS)}")

    def _plane(self, stream: str, offset: int) -> Plane:
        got = self._camera.stream_configuration(stream)     # what it became, not what was asked for
        width, height = got["size"]
        return Plane(_FORMS[got["format"]], width, height, got["stride"], offset)

    def take(self, after_ns: int, wanted: Callable[[], bool]) -> PortTaken | None:
        """Wait for a picture that is finished from now on, and lay it into the memory.

        It is so much later than the last one that was taken, or more, and no sooner than `FPS` allows: what
        comes before that is not even looked at. None once it is no longer `wanted`, which is asked a few
        times a second.
        """
        after_ns = max(after_ns, _PERIOD_NS * 9 // 10)
        while wanted():
            rest_ns = self._took_ns + after_ns - 2 * _PERIOD_NS - time.monotonic_ns()
            if rest_ns > 0:
                time.sleep(min(rest_ns / 1e9, _LOOK_S))
                continue
            request = self._request()
            if request is None:
                continue
            try:
                told = request.get_metadata()
                sensor_ns = int(told.get("SensorTimestamp", 0))
                if self._last_ns < sensor_ns < self._last_ns + after_ns:
                    continue
                self._last_ns, self._took_ns = sensor_ns, time.monotonic_ns()
                self._copy(request, "main", self.opened.main)
                if self.opened.small is not None:
                    self._copy(request, "lores", self.opened.small)
            finally:
                request.release()
            return PortTaken(sensor_ns, 1000 * int(told.get("ExposureTime", 0)))
        return None

    def _request(self) -> Any:
        """What the one job has brought; None while it waits on."""
        if self._job is None:
            self._job = self._camera.capture_request(wait=False)
        try:
            request = self._job.get_result(timeout=_LOOK_S)
        except TimeoutError:
            return None
        self._job = None
        return request

    def _copy(self, request: Any, stream: str, plane: Plane) -> None:
        with self._mapped(request, stream, reshape=False, write=False) as mapped:
            pixels = mapped.array.data
            self._memory[plane.offset:plane.offset + plane.size_bytes] = pixels[:plane.size_bytes]
            pixels.release()

    def close(self) -> None:
        """May hang, or end the process: nobody needs what comes after."""
        self._camera.cancel_all_and_flush()
        self._camera.close()


def _told(exc: Exception) -> PortError:
    """picamera2 wraps what libcamera said once or twice."""
    words: list[str] = []
    cause: BaseException | None = exc
    while cause is not None:
        words.append(str(cause))
        cause = cause.__cause__
    found = ": ".join(word for word in words if word) or type(exc).__name__
    busy = any(word in found.lower() for word in _BUSY_WORDS)
    return PortError(PortFault.BUSY if busy else PortFault.OTHER, found)
