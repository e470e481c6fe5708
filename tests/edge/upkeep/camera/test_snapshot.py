"""No spelling of a camera's address shows what its masks hide."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from edge.config.camera_model import CameraSettings
from edge.upkeep.camera.snapshot import masks_at

LEFT, RIGHT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)), ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0))
CAMERAS = {"gate": CameraSettings(source="rtsp://192.168.1.20/a", masks=(LEFT,)),
           "lane": CameraSettings(source="rtsp://recorder.local/1", evidence="rtsp://192.168.1.21/2",
                                  masks=(RIGHT,)),
           "yard": CameraSettings(source="/dev/video0", masks=(LEFT,))}


def looked_up(host: str) -> Collection[str]:
    return {"gate.local": ["192.168.1.20"], "recorder.local": ["192.168.1.20", "fe80::1"]}.get(host, [])


@pytest.mark.parametrize(("host", "masks"), [
    ("gate.local", {LEFT, RIGHT}), ("192.168.276", {LEFT, RIGHT}), ("RECORDER.local.", {LEFT, RIGHT}),
    ("fe80::1%eth0", {RIGHT}), ("192.168.1.21", {RIGHT}), ("192.168.1.22", set()), ("nobody.local", set())])
def test_a_stream_of_a_known_host_has_all_its_masks(host: str, masks: set[object]) -> None:
    """
    Whatever stream of a host of the config somebody names, the masks of all cameras there are burnt in.
    """
    assert masks == {*masks_at(host, CAMERAS, looked_up)}
