"""Look through a camera once, from the technician's laptop: address, user and password are right or not."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.stream import open_stream
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
