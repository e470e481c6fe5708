"""What FFmpeg's errors become, where no file and no camera brings them about at will."""

from __future__ import annotations

import errno

import av.error

from edge.config.source import SourceKind
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress


def test_a_file_has_no_cable() -> None:
    """
    What breaks off is told by its kind: a camera's network is looked at, a file is played.
    """
    broken = av.error.OSError(errno.EIO, "Input/output error")
    reasons = [faults.broke_off(CameraAddress("gate", kind, "x", "x"), broken, 10.0).reason
               for kind in (SourceKind.RTSP, SourceKind.FILE)]

    assert ["the stream broke off (Input/output error); check its cable and network",
            "it breaks off (Input/output error); try to play it: is it whole?"] == reasons
