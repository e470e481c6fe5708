"""Cameras that answer a probe, over real UDP: makers' ways of saying it, and what is no answer."""

from __future__ import annotations

import pytest

from edge.onvif.discovery import MAX_CAMERAS, FoundCamera, camera_in, find_cameras
from edge.onvif.exchange import CameraHost
from tests.onvif_camera import answering, probe_match

ID = "urn:uuid:6f1c0a1e-0000-4000-8000-000000000001"
HIKVISION = ("onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/HIKVISION%20DS-2CD2043G2-I "
             "onvif://www.onvif.org/hardware/DS-2CD2043G2-I")


@pytest.mark.parametrize(("addresses", "scopes", "found"), [
    ("http://192.168.1.64/onvif/device_service http://[fe80::1]/onvif/device_service", HIKVISION,
     FoundCamera(CameraHost("192.168.1.64"), "/onvif/device_service", "HIKVISION DS-2CD2043G2-I",
                 "DS-2CD2043G2-I")),
    ("http://192.168.1.64:2020/onvif/device_service", "ONVIF://www.onvif.org/Name/TP-IPC",
     FoundCamera(CameraHost("192.168.1.64", 2020), "/onvif/device_service", "TP-IPC", "")),
    ("https://192.168.1.64/onvif/device_service", "",
     FoundCamera(CameraHost("192.168.1.64", 443, True), "/onvif/device_service", "", "")),
    ("http://10.0.0.9:8899/onvif/device_service", "onvif://www.onvif.org/name/H264%1B%5B2J",
     FoundCamera(CameraHost("192.168.1.64", 8899), "/onvif/device_service", "H264 [2J", "", "10.0.0.9")),
    ("http://a\u202eb\x9b2J/x", "", FoundCamera(CameraHost("192.168.1.64"), "/x", "", "", "a b 2j")),
    ("file:///etc/passwd http://[bad", "",
     FoundCamera(CameraHost("192.168.1.64"), "/onvif/device_service", "", "")),
    ("http://192.168.1.64:99999/x", "", FoundCamera(CameraHost("192.168.1.64"), "/x", "", ""))])
def test_what_a_camera_says_of_itself(addresses: str, scopes: str, found: FoundCamera) -> None:
    """
    It is where its answer came from, whatever address it names: scheme, port and path are taken of that.
    """
    assert found == camera_in(probe_match(ID, addresses, scopes), "192.168.1.64", ID)


def test_what_is_no_answer() -> None:
    """
    Another's probe, a greeting, nonsense, a bomb: passed over.
    """
    good = probe_match(ID, "http://192.168.1.64/x", "")
    for raw in (probe_match(ID, "http://x/y", "", relates="urn:uuid:another"), b"", b"\xff" * 60_000,
                good.replace(b"ProbeMatch", b"Hello"), b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + good[38:]):
        assert camera_in(raw, "192.168.1.64", ID) is None
    assert camera_in(good.replace(b"urn:uuid:", b"uuid:"), "192.168.1.64", ID) is not None


def test_one_host_is_asked() -> None:
    """
    A camera that answers three times is one camera; what answers beside it with nonsense harms nothing.
    """
    with answering(lambda id_: b"nonsense",
                   lambda id_: probe_match(id_, "http://127.0.0.1:81/onvif/device_service", HIKVISION),
                   lambda id_: probe_match("another", "http://127.0.0.1:82/x", "")) as port:
        found = find_cameras(["127.0.0.1", "no-such.invalid"], 0.8, port)
    assert [CameraHost("127.0.0.1", 81)] == [it.host for it in found]
    assert MAX_CAMERAS > 100


def test_who_was_not_asked_is_not_believed() -> None:
    """
    Where one host is asked, an answer from any other address leads nobody astray, however soon it comes.
    """
    with answering(lambda id_: probe_match(id_, "http://127.0.0.1:81/x", ""), sender="127.0.0.9") as port:
        assert [] == find_cameras(["127.0.0.1"], 0.8, port, enough=1)
        assert [] == find_cameras(["localhost"], 0.8, port, enough=1)


def test_all_on_the_link_are_asked() -> None:
    """
    Whoever hears the group of WS-Discovery answers, and is found by the address of its answer.
    """
    with answering(lambda id_: probe_match(id_, "http://203.0.113.77/found_by_group", HIKVISION), group=True):
        found = find_cameras(listen_s=1.0)
    assert ["203.0.113.77"] == [it.misnamed for it in found if it.path == "/found_by_group"]
    assert "203.0.113.77" not in {it.host.host for it in found}
