"""A camera's source is told apart by its text, and refused with what to write instead."""

from __future__ import annotations

import pytest

from edge.base.redact import redact
from edge.config.source import SourceKind, kind_of, source_fault


@pytest.mark.parametrize(("source", "kind"), [
    ("rtsp://192.0.2.1/stream", SourceKind.RTSP), ("rtsps://cam.example:322/a?b=c", SourceKind.RTSP),
    ("RTSP://[2001:db8::1]:554/x", SourceKind.RTSP), ("/dev/video0", SourceKind.DEVICE),
    ("/dev/v4l/by-id/usb-cam-index0", SourceKind.DEVICE), ("clips/a b.mp4", SourceKind.FILE),
    ("/media/cổng.mkv", SourceKind.FILE), ("../x", SourceKind.FILE), ("a:b.mp4", SourceKind.FILE),
    ("csi", SourceKind.CSI), ("csi:cam0", SourceKind.CSI), ("csi:imx708@1a", SourceKind.CSI),
    ("csi:/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a", SourceKind.CSI), ("csi.mp4", SourceKind.FILE)])
def test_what_can_be_tried_is_taken(source: str, kind: SourceKind) -> None:
    """
    Addresses, devices and files, each of its kind.
    """
    assert (None, kind) == (source_fault(source), kind_of(source))


@pytest.mark.parametrize(("source", "told"), [
    ("", "want rtsp:// or http://host/path, /dev/video0, csi, or the path of a video file, got an"),
    ("a\x00b", "control characters"), ("a\nb", "control characters"),
    ("csi:0", "a number is another camera's once a cable is loose"), ("csi:", "that is no name"),
    ("CSI", "want csi for the only camera at the port"), ("csi:a b", "csi:cam0 or csi:cam1 for a connector"),
    ("0", "for USB camera 0 write '/dev/video0'"),
    ("/dev/video", "want a camera such as /dev/video0"), ("/dev/sda", "want a camera such as /dev/video0"),
    ("ftp://192.0.2.1/mjpeg", "got an address that starts with 'ftp:'"),
    ("rstp://192.0.2.1/x", "got an address that starts with 'rstp:'"),
    ("file:///a.mp4", "write the path of the file alone"),
    ("rtsp://", "want rtsp://host/path"), ("rtsp:///x", "want rtsp://host/path"),
    ("rtsp://h:99999/x", "with a port 1..65535"), ("rtsp://h:0/x", "with a port 1..65535"),
    ("rtsp://[::1/x", "want rtsp://host/path"),
    ("rtsp://admin@h/x", "username and password_file"),
    ("rtsp://admin:hunter2@h/x", "username and password_file"),
    ("rtsp:/admin:hunter2@h/x", "username and password_file"),
    ("admin:hunter2@192.0.2.1/x", "looks like an address with a password in it")])
def test_what_cannot_be_tried_is_told_without_repeating_it(source: str, told: str) -> None:
    """
    The text says what to write instead, and holds no password.
    """
    fault = source_fault(source)

    assert fault is not None
    assert told in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(("text", "shown"), [
    ("rtsp://admin:hunter2@192.0.2.1/x", "rtsp://***@192.0.2.1/x"),
    ("rtsp://admin:hunt@er2/hunter2@192.0.2.1/x", "rtsp://***@192.0.2.1/x"),
    ("rtsp:/admin:hunter2@h", "rtsp:/***@h"), ("admin:hunter2@h", "***@h"), ("rtsp:admin:hunter2@h", "***@h"),
    ("rtsp://h/?user=a&password=hunter2&x=1", "rtsp://h/?***"), ("rtsp://h/live?p=hunter2", "rtsp://h/live?***"),
    ("rtsp://h/user=a_Password=hunter2_channel=1", "rtsp://h/***"),
    ("rtsp://h/11/loginuse=a&loginpas=hunter2/x.sdp?real", "rtsp://h/11/***/x.sdp?real"),
    ("rtsp://h?psw=hunter2", "rtsp://h?***"), ("192.0.2.1/live?auth=hunter2", "192.0.2.1/live?***"),
    ("user=a&password=hunter2&x=1", "user=a&password=***&x=1"), ("clips/a=b.mp4", "clips/a=b.mp4"),
    ("rtsp://192.0.2.1/stream", "rtsp://192.0.2.1/stream"),
    ("Tổ 5", "Tổ 5"), ("", "")])
def test_credentials_are_hidden(text: str, shown: str) -> None:
    """
    Whatever stands before the last @, in a query, in a part of a path with a `=` or after `password=` is
    hidden, however the camera calls it; the rest is kept.
    """
    assert shown == redact(text)
