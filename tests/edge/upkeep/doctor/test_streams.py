"""What a camera sends, as the self-test sees it, from a real RTSP server."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.base.findings import State
from edge.config.camera_model import CameraSettings
from edge.upkeep.doctor.streams import sent
from tests import rtsp_server
from tests.brokers import free_port
from tests.media import make_clip, moving_block


def test_what_is_unwise_is_told(tmp_path: Path) -> None:
    """
    Too many pictures, and a password that cameras are sold with; of the stream for evidence that it is away.
    """
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    clip = make_clip(tmp_path / "clip.mp4", moving_block(300), fps=20, gop=20)
    (tmp_path / "password").write_text("123456\n")
    with rtsp_server.RtspServer(clip, "admin", "123456") as camera:
        found = sent("gate", CameraSettings(
            source=camera.url, username="admin", password_file=tmp_path / "password", stall_s=5.0,
            evidence=f"rtsp://127.0.0.1:{free_port()}/main"), seconds=1.2)
    assert [("gate", "stream-fast", State.WARN), ("gate", "stream-password", State.WARN),
            ("gate (evidence)", "camera-bad-refused", State.WARN)] == [
        (it.name, it.code, it.state) for it in found]


def test_what_hangs_at_the_box_is_not_asked() -> None:
    """
    USB cameras and files have no sub stream to choose.
    """
    assert [] == sent("yard", CameraSettings(source="/dev/video0"))
