"""What somebody may type for a camera, and that its masks are not passed by."""

from __future__ import annotations

import pytest

from edge.config.camera_model import CameraSettings
from edge.upkeep.camera.target import CameraTarget, UnclearTargetError, canonical_host, target_of

GATE = CameraSettings(source="rtsp://192.168.1.20:554/stream2", username="viewer")
CAMERAS = {"gate": GATE, "yard": CameraSettings(source="/dev/video0")}
OF_GATE = CameraTarget("gate", "192.168.1.20", stream=GATE.source, user="viewer", settings=GATE)


@pytest.mark.parametrize(("text", "target"), [
    ("gate", OF_GATE), ("192.168.1.20", OF_GATE), ("rtsp://x@192.168.1.20:554/stream2", OF_GATE),
    ("http://192.168.1.20:80/onvif/device_service", OF_GATE),
    ("rtsp://192.168.1.20/stream2", OF_GATE), ("RTSP://192.168.1.20:0554/%73tream2/", OF_GATE),
    ("rtsp://[::ffff:192.168.1.20]/stream2", OF_GATE), ("0xC0A80114", OF_GATE), ("192.168.276", OF_GATE),
    ("rtsp://192.168.1.20/stream2#x", OF_GATE),
    ("192.168.1.64", CameraTarget("camera", "192.168.1.64")),
    ("cam.local:8899", CameraTarget("camera", "cam.local", 8899)),
    ("[fe80::1]:80", CameraTarget("camera", "fe80::1", 80)),
    ("https://192.168.1.64", CameraTarget("camera", "192.168.1.64", 443, True)),
    ("http://192.168.1.64:2020/x?y", CameraTarget("camera", "192.168.1.64", 2020, path="/x?y")),
    ("rtsp://admin:s@192.168.1.64/a?b=c", CameraTarget(
        "camera", "192.168.1.64", stream="rtsp://192.168.1.64/a?b=c", user="admin"))])
def test_a_camera_is_named(text: str, target: CameraTarget) -> None:
    """
    By its name, its address, its ONVIF service, its stream; what the config has is that camera, however it
    is named, with its masks and its user.
    """
    assert target == target_of(text, CAMERAS)


@pytest.mark.parametrize(("text", "key"), [
    ("yard", "target-local"), ("", "target-bad"), ("a b", "target-bad"), ("ftp://x", "target-bad"),
    ("192.168.1.64/path", "target-bad"), ("rtsp://", "target-bad"), ("http://x:99999", "target-bad"),
    ("http://[bad", "target-bad"), ("x\ny", "target-bad"), ("/dev/video0", "target-bad")])
def test_what_names_none(text: str, key: str) -> None:
    """
    What hangs at the box itself, and what is no address.
    """
    with pytest.raises(UnclearTargetError, match=key):
        target_of(text, CAMERAS)


def test_a_host_has_one_spelling() -> None:
    """
    However an address or a name is written, it is compared as one.
    """
    assert {"192.168.1.20"} == {*map(canonical_host, (
        "192.168.1.20", "192.168.276", "3232235796", "0xc0a80114", "::ffff:c0a8:114", "192.168.1.20."))}
    assert {"fe80::1"} == {*map(canonical_host, ("fe80::1", "FE80:0::1", "fe80::1%eth0"))}
    assert {"cam.local"} == {*map(canonical_host, ("cam.local", "CAM.Local."))}
