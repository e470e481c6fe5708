from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from edge.config.load import load
from edge.upkeep.firewall.endpoints import Address, Endpoint, Reachable, name_servers, of_watch, reach_of
from edge.upkeep.firewall.rules import text_of
from tests.edge.config.files import GOOD, written

CAMERA, BROKER, SERVER = ip_address("192.168.1.20"), ip_address("2001:db8::5"), ip_address("192.168.1.1")


def resolve(name: str) -> list[Address]:
    return {"broker.ward": [BROKER]}.get(name, [])


def test_an_address_needs_no_name_server() -> None:
    """
    Cameras that the config names by address are all that watch may reach, not even a name server.
    """
    assert Reachable(frozenset({(CAMERA, 554)}), frozenset()) == \
        reach_of({Endpoint("192.168.1.20", 554)}, [SERVER], resolve)


def test_a_link_local_address_stands_without_its_interface() -> None:
    """
    The kernel's sets know none: one such camera would leave all programs with the addresses from before.
    """
    found = reach_of({Endpoint("fe80::1%eth0", 554)}, [], resolve)

    assert Reachable(frozenset({(ip_address("fe80::1"), 554)}), frozenset()) == found
    assert "%" not in text_of({"watch": found, "uplink": found})


def test_watch_reaches_both_streams_of_a_camera(tmp_path: Path) -> None:
    """
    The stream for pictures may have a port of its own; watch reaches that and no other.
    """
    settings = load(written(tmp_path, GOOD + 'evidence = "rtsp://192.0.2.1:8554/main"\n')).settings

    assert {Endpoint("192.0.2.1", 554), Endpoint("192.0.2.1", 8554)} == of_watch(settings)


def test_watch_reaches_a_cameras_onvif_where_it_has_a_port(tmp_path: Path) -> None:
    """
    At the camera's own address, and only where the config names the port.
    """
    settings = load(written(tmp_path, GOOD + "onvif_port = 2020\n")).settings

    assert {Endpoint("192.0.2.1", 554), Endpoint("192.0.2.1", 2020)} == of_watch(settings)


def test_a_name_is_looked_up_and_may_be_asked_for() -> None:
    """
    A name opens its addresses and the way to the name servers, which the program asks itself.
    """
    assert Reachable(frozenset({(BROKER, 8883), (SERVER, 53)}), frozenset({(SERVER, 53)})) == \
        reach_of({Endpoint("broker.ward", 8883)}, [SERVER], resolve)


def test_a_name_without_an_address_is_said() -> None:
    """
    What could not be found is known by its name.
    """
    assert ("gone.ward",) == reach_of({Endpoint("gone.ward", 1)}, [], resolve).unresolved


def test_name_servers(tmp_path: Path) -> None:
    """
    Those of resolv.conf, IPv6 with a scope too; what is no address is passed over.
    """
    conf = tmp_path / "resolv.conf"
    conf.write_text("# made\nnameserver 192.168.1.1\nnameserver fe80::1%eth0\nnameserver x\nsearch home\n")

    assert [SERVER, ip_address("fe80::1")] == name_servers(conf)
    assert [] == name_servers(tmp_path / "none")
