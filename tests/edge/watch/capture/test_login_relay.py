"""The relay itself; that pictures come through it is among the modes of test_ip_cameras.py."""

from __future__ import annotations

import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from edge.base.http_digest import DigestChallenge, DigestUser
from edge.watch.capture.address import camera_address
from edge.watch.capture.login_relay import LoginRelay, needs_relay
from tests.fake_camera import PASSWORD, USER, FakeCamera, coded

MD5, SHA256 = DigestChallenge("R", "n", "MD5"), DigestChallenge("R", "n", "SHA-256")
HERE = camera_address("gate", "rtsp://10.0.0.9/live", USER, PASSWORD)


@pytest.mark.parametrize(("name", "password", "challenge", "needed"), [
    ("cam", "secret", MD5, False), ("cam", "secret", SHA256, True), ("cam", "secret", None, False),
    ("a:b", "secret", MD5, True), ("cam", "p" * 130, MD5, True), ("cam", "ế" * 20, MD5, True),
])
def test_it_is_for_those_alone_that_need_it(name: str, password: str, challenge: DigestChallenge | None,
                                            needed: bool) -> None:
    """
    Where FFmpeg logs in by itself nothing is copied: SHA-256, a colon and what is too long are for the relay.
    """
    assert needed == needs_relay(replace(HERE, login=DigestUser(name, password)), challenge)


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
