from __future__ import annotations

import pytest

from provisioning.box import checks


@pytest.mark.parametrize(("source", "others", "good"), [
    ("csi", [], True), ("csi", ["rtsp://192.0.2.1/a", "/dev/video0"], True), ("csi:cam1", ["csi:cam0"], True),
    ("rtsp://192.0.2.1/a", ["csi"], True),
    ("csi", ["csi"], False), ("csi:cam1", ["csi"], False), ("csi", ["csi:cam0"], False),
    ("csi:cam0", ["/dev/video0", "csi:cam0"], False)])
def test_two_cameras_at_the_port_are_named_apart(source: str, others: list[str], good: bool) -> None:
    """
    One alone needs no name; of two each has its own, as the config wants it.
    """
    assert checks.source(source) is None
    assert (checks.port(source, others) is None) is good
