"""Streams of a camera whose ONVIF is off, at a real RTSP server."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.upkeep.camera.paths import MAKERS, usual_paths
from edge.upkeep.camera.target import CameraTarget
from edge.watch.capture.address import CameraError, CameraFault
from tests import rtsp_server
from tests.fake_camera import FakeCamera
from tests.media import make_clip, moving_block


def test_makers_paths_are_tried_in_turn(tmp_path: Path) -> None:
    """
    The first maker's whose streams are there, both of them; nothing where nobody's are; after a refused login
    no other path is tried.
    """
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    clip = make_clip(tmp_path / "clip.mp4", moving_block(50))
    target = CameraTarget("camera", "127.0.0.1", user="u")
    with rtsp_server.RtspServer(clip, "u", "p", more=[clip]) as camera:
        pairs = [("/stream1", "/stream2"), ("/cam", "/cam1"), ("/11", "/12")]
        assert [camera.url, f"{camera.url}1"] == usual_paths(target, "p", camera.port, pairs)
        assert [] == usual_paths(target, "p", camera.port, pairs[:1])
        with pytest.raises(CameraError) as caught:
            usual_paths(target, "wrong", camera.port, pairs)
    assert CameraFault.LOGIN is caught.value.fault
    assert len(MAKERS) >= 5


def test_who_is_forbidden_one_path_tries_no_other() -> None:
    """
    A camera that says 403 knows the user and means it: more tries would lock the user out, and find nothing.
    """
    with FakeCamera([]) as camera:
        with pytest.raises(CameraError) as caught:
            usual_paths(CameraTarget("camera", "127.0.0.1"), "", camera.port,
                        [("/code=403", "/code=403+b"), ("/code=404", "/code=404+b")])
        assert ["code=403"] == [*camera.requests]
    assert CameraFault.FORBIDDEN is caught.value.fault
