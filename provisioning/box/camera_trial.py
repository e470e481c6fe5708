"""Look for cameras and through each once, from the technician's laptop: found, asked, and right or not."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from edge.config.camera_model import CameraSettings
from edge.onvif.discovery import FoundCamera, find_cameras
from edge.upkeep.camera.probing import probe
from edge.upkeep.camera.target import CameraTarget
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.stream import open_stream
from provisioning.box.camera_questions import FoundStreams
from provisioning.box.plan import Camera

STALL_S = 5.0


def try_camera(camera: Camera) -> str:
    """The size of its picture, such as 1920x1080. Raises CameraError, whose text holds no password."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "password"
        secret.touch(mode=0o600)
        secret.write_text(f"{camera.password}\n", encoding="utf-8")
        settings = CameraSettings(source=camera.source, username=camera.username or None,
                                  password_file=secret if camera.password else None, stall_s=STALL_S)
        with open_stream(camera.name, settings, live=True) as stream:
            for frame in stream:
                return f"{frame.width}x{frame.height}"
    raise CameraError(f"camera {camera.name!r}: gives no picture", fault=CameraFault.SILENT)


class CameraSearch:
    """Looks for cameras on this computer's network while other questions are answered."""

    def __init__(self) -> None:
        self._found: Sequence[FoundCamera] = ()
        self._thread = threading.Thread(target=self._search, name="find-cameras", daemon=True)
        self._thread.start()

    def _search(self) -> None:
        self._found = find_cameras()

    def found(self) -> Sequence[FoundCamera]:
        """Those that answered; waits for the end of the search, some seconds after it began at most."""
        self._thread.join()
        return self._found


def streams_of(found: FoundCamera, user: str, password: str) -> FoundStreams:
    """What of a camera that was found is to be used.

    Raises:
        OnvifError: the login is refused, or it does not tell.
        CameraError: the same, asked by RTSP.
    """
    target = CameraTarget("camera", found.host.host, found.host.port, found.host.tls, found.path, user=user)
    report = probe(target, password, 0.0, lambda step, count: None)
    choice = report.choice
    if choice.detection is None:
        raise CameraError("its streams are of no kind that can be decoded", fault=CameraFault.NOT_VIDEO)
    evidence = "" if choice.evidence is None else report.streams[choice.evidence].address
    return FoundStreams(report.streams[choice.detection].address, evidence, report.onvif_port)
