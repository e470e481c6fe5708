"""The relay itself; that pictures come through it is among the modes of test_ip_cameras.py."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.base.http_digest import DigestChallenge, DigestUser
from edge.config.camera_model import CameraSettings, Transport
from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.login_relay import LoginRelay, needs_relay
from edge.watch.capture.stream import open_stream
from tests.fake_camera import PASSWORD, USER, FakeCamera, coded

MD5, SHA256 = DigestChallenge("R", "n", "MD5"), DigestChallenge("R", "n", "SHA-256")
HERE = camera_address("gate", "rtsp://10.0.0.9/live", USER, PASSWORD)


@pytest.mark.parametrize(("name", "password", "challenge", "transport", "needed"), [
    ("cam", "secret", MD5, Transport.AUTO, True), ("cam", "secret", MD5, Transport.TCP, True),
    ("cam", "secret", None, Transport.AUTO, False), ("cam", "secret", MD5, Transport.UDP, False),
    ("cam", "secret", SHA256, Transport.UDP, True), ("a:b", "secret", MD5, Transport.UDP, True),
    ("cam", "p" * 130, MD5, Transport.UDP, True), ("cam", "ế" * 20, MD5, Transport.UDP, True)])
def test_it_is_for_whoever_logs_in(name: str, password: str, challenge: DigestChallenge | None,
                                   transport: Transport, needed: bool) -> None:
    """
    FFmpeg gets a password where the pictures are to come over UDP alone, and where it can log in with it.
    """
    assert needed == needs_relay(replace(HERE, login=DigestUser(name, password)), challenge, transport)


@pytest.mark.parametrize("transport", [Transport.AUTO, Transport.TCP])
def test_who_sits_between_hears_no_password(transport: Transport, tmp_path: Path) -> None:
    """
    A camera that was asked before and now wants the password in clear, as somebody on the way could, gets
    none.
    """
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    with FakeCamera(coded(2, 2)) as camera:
        settings = CameraSettings(source=camera.url("digest+turncoat"), username=USER, stall_s=3.0,
                                  password_file=tmp_path / "password", transport=transport)
        with pytest.raises(CameraError) as caught:
            open_stream("gate", settings, live=True)
        assert camera.asked("digest+turncoat", "DESCRIBE") > 2
        assert [] == [text for text in camera.requests["digest+turncoat"] if "Basic" in text]
    assert CameraFault.BASIC is caught.value.fault


def test_nobody_else_watches_through_it() -> None:
    """
    A program on the box that finds the port, and not the address, sees nothing: the camera is not even asked.
    """
    with FakeCamera(coded(2, 2)) as camera:
        relay = LoginRelay(camera_address("gate", camera.url("sha256"), USER, PASSWORD), 5.0)
        assert PASSWORD not in relay.url
        with socket.create_connection(("127.0.0.1", urlsplit(relay.url).port or 0), timeout=10) as stranger:
            stranger.sendall(f"DESCRIBE {camera.url('sha256')} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            assert stranger.recv(100) == b""
        assert 0 == camera.asked("sha256", "DESCRIBE")


def test_nobody_is_sent_on_through_it() -> None:
    """
    A camera that was asked before and redirects only now is not followed: FFmpeg would go to any host.
    """
    with FakeCamera(coded(2, 2)) as camera:
        relay = LoginRelay(camera_address("gate", camera.url("redirect=host"), USER, PASSWORD), 5.0)
        with socket.create_connection(("127.0.0.1", urlsplit(relay.url).port or 0), timeout=10) as player:
            player.sendall(f"DESCRIBE {relay.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            assert player.recv(100) == b""
        assert 1 == camera.asked("redirect=host", "DESCRIBE")
