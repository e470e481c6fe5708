"""A camera is asked for a key frame, by a real ONVIF service beside its stream."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, camera_address
from edge.watch.capture.key_frames import ASK_AFTER_S, KeyFrameAsker
from edge.watch.capture.patience import LOGIN_S
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from tests import fake_camera
from tests.onvif_camera import PASSWORD, USER, OnvifCamera, camera
from tests.onvif_dialects import DAHUA, XIONGMAI

STREAM = DAHUA.streams[1].format(host="127.0.0.1")
LATE_NS = round((ASK_AFTER_S + 0.1) * NS_PER_S)


def asked(running: OnvifCamera) -> int:
    """How often, once every asking has ended."""
    for thread in threading.enumerate():
        if thread.name == "key-frame":
            thread.join(30)
    return running.asked.count("SetSynchronizationPoint")


def test_it_is_asked_once_and_not_at_once() -> None:
    """
    After a second without a key frame, not before, and not again; who reads packets does not wait for it.
    """
    with camera(DAHUA) as running:
        asker = KeyFrameAsker(camera_address("gate", STREAM, USER, PASSWORD), running.port, CameraStats())
        asker.none_yet(0)
        asker.none_yet(NS_PER_S // 2)
        assert 0 == asked(running)
        began_s = time.thread_time()
        asker.none_yet(LATE_NS)
        asker.none_yet(2 * LATE_NS)
        assert time.thread_time() - began_s < 1
        assert 1 == asked(running)


def test_who_joins_in_the_middle_asks(tmp_path: Path) -> None:
    """
    A viewer to whom packets come, and no key frame among them, asks for one while it reads on.
    """
    (tmp_path / "password").write_text(fake_camera.PASSWORD)
    with fake_camera.FakeCamera(fake_camera.coded(30, 30)) as stream:
        address = stream.url("nokeys")
        with camera(XIONGMAI, streams=("rtsp://127.0.0.1/other", address)) as running:
            settings = CameraSettings(source=address, username=fake_camera.USER, stall_s=2.5,
                                      password_file=tmp_path / "password", onvif_port=running.port)
            with open_stream("gate", settings, live=True) as frames, \
                    pytest.raises(CameraError, match="no key frame"):
                next(iter(frames))
            assert 1 == asked(running)


def test_without_a_port_nobody_is_asked() -> None:
    """
    And a refused login is tried once.
    """
    with camera(DAHUA) as running:
        for port in (None, running.port):
            asker = KeyFrameAsker(camera_address("gate", STREAM, USER, "wrong"), port, CameraStats())
            for now_ns in (0, LATE_NS, 2 * LATE_NS):
                asker.none_yet(now_ns)
        assert 0 == asked(running)
        assert 1 == running.refused


def test_a_refused_login_rests_over_all_openings() -> None:
    """
    A camera that is opened again and again is not asked each time with a password that it has refused, which
    would lock its account; after a quarter of an hour it is.
    """
    stats = CameraStats()
    with camera(DAHUA) as running:
        for at_ns in (0, 10 * NS_PER_S, 20 * NS_PER_S, LATE_NS + round(LOGIN_S * NS_PER_S)):
            asker = KeyFrameAsker(camera_address("gate", STREAM, USER, "wrong"), running.port, stats)
            asker.none_yet(at_ns)
            asker.none_yet(at_ns + LATE_NS)
            asked(running)
            assert (2 if at_ns > 20 * NS_PER_S else 1) == running.refused
