"""Cameras of several makers, each with its own dialect, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.onvif.change import EncoderWish, change_of, encoder_changed, is_done
from edge.onvif.clock_and_users import set_password, set_time_server, time_keeping
from edge.onvif.device import OnvifDevice
from edge.onvif.exchange import CameraHost
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.soap import OnvifLogin, SoapClient
from edge.onvif.sync_point import KeyFrameRequest
from tests.onvif_camera import PASSWORD, USER, OnvifCamera, camera
from tests.onvif_dialects import DAHUA, DIALECTS, HIKVISION, TPLINK, UNIVIEW, XIONGMAI

EACH = pytest.mark.parametrize("maker", DIALECTS)


@pytest.fixture
def running(maker: str) -> Iterator[OnvifCamera]:
    with camera(DIALECTS[maker]) as made:
        yield made


def opened(running: OnvifCamera, password: str = PASSWORD) -> OnvifDevice:
    return OnvifDevice(SoapClient(CameraHost("127.0.0.1", running.port), OnvifLogin(USER, password)),
                       running.dialect.device_path)


@EACH
def test_a_camera_tells_its_streams(running: OnvifCamera, maker: str) -> None:
    """
    Who it is and each stream that has video, H.265 too, at the host that was asked for and nowhere else,
    whatever host and port it takes for its own.
    """
    device, dialect = opened(running), DIALECTS[maker]
    identity, profiles = device.identity(), device.profiles()

    assert (dialect.maker, "V5.7.3 build 220112") == (identity.maker, identity.firmware)
    assert identity.model.startswith(dialect.model)
    assert [it.profile for it in dialect.encoders] == [it.token for it in profiles]
    assert [it.encoder and (it.encoder.codec, it.encoder.width, it.encoder.height, it.encoder.fps,
                            it.encoder.key_interval, it.encoder.bitrate_kbps) for it in profiles] == [
        (it.codec, *it.size, float(it.fps), it.gov, it.kbps) for it in dialect.encoders]
    assert [it.format(host="127.0.0.1") for it in dialect.streams] == [device.stream(it) for it in profiles]


@EACH
def test_a_stream_is_set_and_looked_at_again(running: OnvifCamera, maker: str) -> None:
    """
    8 pictures a second and a key frame every 2 s, or what comes nearest; all else in the camera's settings
    goes back to it as it came. One that takes an order and ignores it is found out.
    """
    device = opened(running)
    sub = device.profiles()[1]
    assert sub.encoder is not None
    change = change_of(sub.encoder, EncoderWish(8.0, 2.0, True), device.encoder_range(sub))
    device.set_encoder(encoder_changed(sub.encoder, change, device.has_media2))
    after = device.profiles()[1].encoder

    assert after is not None
    ignores = "gov" in running.dialect.ignores
    assert (8.0, 24 if ignores else 16) == (after.fps, after.key_interval)
    assert is_done(after, change) != ignores
    assert running.encoders[1].constant != device.has_media2


@EACH
def test_clock_and_password(running: OnvifCamera, maker: str) -> None:
    """
    The clock is given to a time server and keeps its zone; the user gets another password and keeps its
    rights, and is let in with the new one alone.
    """
    device = opened(running)
    before = time_keeping(device)
    set_time_server(device, "192.168.1.1")
    after = time_keeping(device)
    set_password(device, USER, 'n<w & "safe"')

    assert (False, ()) == (before.by_server, before.servers)
    assert (True, ("192.168.1.1",)) == (after.by_server, after.servers)
    assert 'n<w & "safe"' == running.password
    assert opened(running, 'n<w & "safe"').identity().maker


@EACH
def test_a_key_frame_is_asked_for(running: OnvifCamera, maker: str) -> None:
    """
    The profile is found by the stream's path; after that each asking is one request.
    """
    stream = running.dialect.streams[1].format(host="some-name").replace(":554", "")
    request = KeyFrameRequest(CameraHost("127.0.0.1", running.port), OnvifLogin(USER, PASSWORD), stream)
    request.ask()
    asked = len(running.asked)
    request.ask()

    assert "SetSynchronizationPoint" == running.asked[-1]
    assert asked < len(running.asked) <= asked + 2      # Digest's nonce counts on, or is asked for anew
    with pytest.raises(OnvifError, match="cannot"):
        KeyFrameRequest(CameraHost("127.0.0.1", running.port), OnvifLogin(USER, PASSWORD),
                        "rtsp://some-name/other").ask()


@pytest.mark.parametrize("maker", [name for name in DIALECTS if name != "xiongmai"])
def test_a_wrong_password_is_tried_once(running: OnvifCamera, maker: str) -> None:
    """
    It is said to be wrong, and not tried again in other ways: three of them lock some accounts.
    """
    with pytest.raises(OnvifError) as caught:
        opened(running, "wrong")
    assert OnvifFault.LOGIN is caught.value.fault
    assert "wrong" not in str(caught.value)
    assert running.refused <= 2         # by Digest the first is without a password


def test_a_clock_that_is_wrong_does_not_lock_out() -> None:
    """
    A camera that refuses tokens of another time gets those of its own, hours away; how far is known.
    """
    for dialect in (DAHUA, TPLINK):
        with camera(dialect) as running:
            ahead = opened(running).client.ahead
            assert ahead is not None
            assert abs(ahead.total_seconds() - dialect.ahead_s) < 30


def test_a_service_that_is_announced_and_not_there() -> None:
    """
    Media2 in the list, and none behind it: the older one is taken.
    """
    with camera(UNIVIEW) as running:
        device = opened(running)
        announced = device.has_media2
        assert 2 == len(device.profiles())
        assert (True, False) == (announced, device.has_media2)


def test_a_camera_without_profiles() -> None:
    """
    It is said so, whichever service it has.
    """
    for dialect in (HIKVISION, XIONGMAI):
        with camera(dialect) as running:
            running.encoders.clear()
            with pytest.raises(OnvifError) as caught:
                opened(running).profiles()
            assert OnvifFault.NO_STREAM is caught.value.fault
