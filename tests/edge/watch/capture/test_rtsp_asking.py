"""Where a camera may send us on to, and where not."""

from __future__ import annotations

import pytest

from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.rtsp_asking import redirected

CAMERA = camera_address("gate", "rtsp://10.0.0.9:8554/live", "cam", "s3cret-w0rd")


@pytest.mark.parametrize("location", [
    "", "rtsp://10.0.0.8/live", "http://10.0.0.9/live", "//10.0.0.8/live", "rtsp://10.0.0.9:0/", "rtsp://[::1",
    "rtsp://10.0.0.9:99999/", "//[x]/", "rtsp://h\u2100/x", "rtsp://10.0.0.9:port/"])
def test_what_is_no_address_of_this_camera(location: str) -> None:
    """
    Another host, another protocol or what is no address at all is a fault of that camera, which is told: not
    an error that ends the program for all others.
    """
    with pytest.raises(CameraError) as caught:
        redirected(CAMERA, location)
    assert caught.value.fault is CameraFault.REDIRECTED


def test_the_same_camera_elsewhere() -> None:
    """
    Another path or port of the host is followed, and the login goes with it.
    """
    assert redirected(CAMERA, "/other").bare == "rtsp://10.0.0.9:8554/other"
    found = redirected(CAMERA, "rtsp://a:b@10.0.0.9:9554/x?y#z")
    assert found.bare == "rtsp://10.0.0.9:9554/x?y"
    assert found.login == CAMERA.login
