"""One picture of a camera, for who stands before it: masked as its config says, and kept nowhere."""

from __future__ import annotations

import threading
import time

from edge.config.camera_model import CameraSettings
from edge.upkeep.camera.target import CameraTarget
from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.framing import Framing
from edge.watch.capture.source import CameraStats
from edge.watch.capture.source_av import AvSource
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import LookPace

_STALL_S = 10.0


def snapshot(target: CameraTarget, stream: str, password: str) -> AvFrame:
    """The first whole picture of `stream`; of a camera of the config that of its source, masks burnt in.

    Raises:
        CameraError: it gives none.
    """
    with _opened(target, stream, password) as frames:
        for frame in frames:
            return frame
    raise CameraError(f"camera {target.name!r}: gives no picture", fault=CameraFault.SILENT)


def _opened(target: CameraTarget, stream: str, password: str) -> Framing:
    if target.settings is not None:
        return open_stream(target.name, target.settings, live=True)
    settings, stats = CameraSettings(source=stream, stall_s=_STALL_S), CameraStats()
    address, pace = camera_address(target.name, stream, target.user, password), LookPace(settings.fps)
    return Framing(AvSource(address, settings, True, stats, time.monotonic_ns, pace), settings, pace, stats,
                   threading.Event(), time.monotonic_ns)
