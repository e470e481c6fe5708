"""The process that doctor looks at cameras in: `python -m edge.upkeep.doctor.camera_child PARENT`.

It decodes what strangers send, so it gives up being root before it reads anything; on standard input it gets
the cameras' settings, on standard output it says a line for each camera, as soon as that is known.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from edge.base.errors import FatalError
from edge.base.findings import Finding, Kind, State
from edge.base.own_process import die_with
from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind, kind_of
from edge.ipc.messages import encode
from edge.upkeep.camera.job_user import DEVICE_GROUPS, become_job_user
from edge.upkeep.camera.screen import unseen
from edge.upkeep.doctor.camera_look import CAMERAS, CameraLook, camera_finding
from edge.upkeep.doctor.streams import sent
from edge.watch.capture.address import CameraError
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.health import DARK_LUMA
from edge.watch.capture.stream import open_stream

_FRAMES = 3             # the first may be left over from before
_BUSY = "resource busy"         # strerror(EBUSY)


def main(parent: int) -> int:
    """The exit code; that of a FatalError says that no camera was looked at."""
    try:
        become_job_user(more_groups=DEVICE_GROUPS)
    except FatalError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    die_with(parent)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())       # libraries may print what they like
        for look in look_at_all(CAMERAS.validate_json(sys.stdin.buffer.read())):
            answers.write(encode(look) + b"\n")
    return os.EX_OK


def look_at_all(cameras: Mapping[str, CameraSettings]) -> Iterator[CameraLook]:
    """Open every camera at once; each as soon as it is known."""
    with ThreadPoolExecutor(max_workers=max(1, len(cameras)), thread_name_prefix="doctor") as pool:
        for done in as_completed([pool.submit(_look_at, *camera) for camera in cameras.items()]):
            yield done.result()


def _look_at(name: str, settings: CameraSettings) -> CameraLook:
    began_s = time.monotonic()
    try:
        frames = _frames(name, settings)
    except CameraError as exc:
        return CameraLook(camera=name, findings=(camera_finding(unseen(name, exc)),),
                          is_in_use=_is_in_use(settings, exc))
    seen = _judged(name, settings, frames, time.monotonic() - began_s)
    return CameraLook(camera=name, findings=tuple(map(camera_finding, [seen, *sent(name, settings)])),
                      size_px=(frames[0].width, frames[0].height))


def _is_in_use(settings: CameraSettings, fault: CameraError) -> bool:
    """A camera at USB or at the camera port is open in one process at a time."""
    kind = kind_of(settings.source)
    return kind in (SourceKind.DEVICE, SourceKind.CSI) and _BUSY in str(fault).lower()


def _judged(name: str, settings: CameraSettings, frames: Sequence[AvFrame], took_s: float) -> Finding:
    values = {"size": f"{frames[0].width}x{frames[0].height}", "seconds": f"{took_s:.1f}"}
    is_camera = kind_of(settings.source) is not SourceKind.FILE
    if is_camera and len(frames) < 2:
        return Finding(Kind.CAMERA, name, State.BAD, "camera-frozen", values)
    if all(float(np.percentile(frame.luma[::16], 99)) < DARK_LUMA for frame in frames):
        return Finding(Kind.CAMERA, name, State.WARN, "camera-dark", values)
    return Finding(Kind.CAMERA, name, State.OK, "camera-ok", values)


def _frames(name: str, settings: CameraSettings) -> list[AvFrame]:
    """A few, one after another; at least one. Raises CameraError."""
    frames: list[AvFrame] = []
    with open_stream(name, settings, live=True) as stream:
        for frame in stream:
            frames.append(frame)
            if len(frames) == _FRAMES:
                break
    return frames


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
