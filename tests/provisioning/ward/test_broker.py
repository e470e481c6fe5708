"""A real mosquitto with the very files that a ward makes: who may do what, and who gets in at all."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from edge.base.errors import FatalError, RetryableError
from edge.contract.asyncapi import CHANNELS
from edge.contract.sizes import PACKET_MAX_BYTES, PICTURE_MAX_BYTES
from provisioning.ward.broker_files import CONFIG, CRL, SERVER, acl_text, config_text
from provisioning.ward.enrolment import Holder
from provisioning.ward.expiry import LifeState
from provisioning.ward.keys import read_certificate
from provisioning.ward.publish import FRESH, Reload, life_of, read_list, reload_is_due
from provisioning.ward.revoke import Cut, revoke_holder
from provisioning.ward.settings import HostPort, WardSettings, as_text, read_settings
from tests.brokers import Authority, free_port, until
from tests.provisioning.ward.wards import (
    BOX,
    OTHER_BOX,
    Client,
    Papers,
    Ward,
    connected,
    mosquitto,
    seconds_since,
)

MINE, THEIRS = "edge/v1/phuong-5/to-12/hop-01", "edge/v1/phuong-5/to-12/hop-02"
TAKEN, UNHEARD, DENIED = 0, 16, 135
NOW = datetime(2026, 11, 23, tzinfo=UTC)
GOLDEN = Path(__file__).with_name("mosquitto.conf")


def test_the_config_is_the_one_that_was_reviewed() -> None:
    """
    Every line of mosquitto.conf is meant; a change shows in review.
    """
    ward = WardSettings("phuong-5", HostPort("mqtt.phuong-5.example", 8883), HostPort("est.example", 8443))
    assert GOLDEN.read_text() == config_text(ward)


def test_the_access_list_follows_the_contract() -> None:
    """
    A box writes each channel that it sends and nothing else, and reads each that it receives; a program of
    the ward has its words; who was revoked is not in the list.
    """
    holders = [Holder(BOX, "box", (), NOW), Holder(OTHER_BOX, "box", (), NOW, NOW, "stolen"),
               Holder("phuong-5.receiver", "client", ("receive",), NOW)]
    text = acl_text("phuong-5", holders)

    lines = text.splitlines()
    assert [f"user {BOX}", "user phuong-5.receiver"] == [line for line in lines if line.startswith("user ")]
    written = [line for line in lines if line.startswith(f"topic write {MINE}/")]
    assert len([channel for channel in CHANNELS if channel.action == "send"]) == len(written)
    assert f"topic write {MINE}/cam/+/health" in written
    assert [f"topic read {MINE}/ack", f"topic read {MINE}/cmd/+"] == [
        line for line in lines if line.startswith(f"topic read {MINE}/")]
    assert "hop-02" not in text
    assert not [line for line in lines if line.startswith("pattern")]


def test_who_may_do_what(ward: Ward) -> None:
    """
    A box writes under its own root, hears its commands and nothing else, no $SYS among it, and cannot take
    another's id. The receiver hears all of the ward; the command tool commands, and hears answers and no
    event. Everything else is refused, and nobody hears of it.
    """
    box, other = ward.box(), ward.box(OTHER_BOX)
    receiver, command = ward.client("receiver", "receive"), ward.client("command", "command")
    ward.publish()
    mosquitto(ward).start()
    station = ward.settings.station_port

    with (connected(ward, box, BOX) as mine, connected(ward, other, BOX) as thief,
          connected(ward, receiver, "receiver-1", station) as hears,
          connected(ward, command, "command-1", station) as commands):
        mine.subscribe("#", "$SYS/#", f"{MINE}/cmd/+", f"{THEIRS}/#")
        thief.subscribe("#")
        hears.subscribe("edge/v1/phuong-5/#")
        commands.subscribe("#")
        assert TAKEN == hears.publish(f"{MINE}/ack")
        assert TAKEN == commands.publish(f"{MINE}/cmd/siren", b"order")
        written = [f"{MINE}/{leaf}" for leaf in ("birth", "status", "cam/gate/health", "alarm", "panel",
                                                 "event/gate/enter", "image/0198/0", "image/0198/0/scene",
                                                 "metrics", "cmd-result")]
        for topic in written:
            assert TAKEN == mine.publish(topic), topic
        until(lambda: len(mine.heard) >= 2, "the box to hear what is for it")
        mine.close()
        _all_denied(ward, box, BOX, ward.settings.broker.port, [
            f"{MINE}/cmd/siren", f"{MINE}/ack", f"{MINE}/new", f"{THEIRS}/birth", "edge/v1/x", "x", "$SYS/x"])
        _all_denied(ward, receiver, "receiver-2", station, [f"{MINE}/cmd/siren", f"{MINE}/birth"])
        _all_denied(ward, command, "command-2", station, [
            f"{MINE}/birth", f"{MINE}/event/gate/enter", "edge/v1/phuong-6/a/b/cmd/siren"])
        assert TAKEN == thief.publish(f"{THEIRS}/birth")
        until(lambda: len(hears.heard) >= 13, "the receiver to hear everything")
        until(lambda: len(commands.heard) >= 5, "the command tool to hear what concerns it")

    assert (1, 1) == (thief.connects, hears.connects)
    assert sorted([*written, f"{MINE}/ack", f"{MINE}/cmd/siren", f"{THEIRS}/birth"]) == sorted(
        topic for topic, _ in hears.heard)
    assert {f"{MINE}/ack", f"{MINE}/cmd/siren"} == {topic for topic, _ in mine.heard}
    assert [] == thief.heard
    assert {f"{MINE}/birth", f"{MINE}/status", f"{MINE}/panel", f"{MINE}/cmd-result", f"{THEIRS}/birth"} == {
        topic for topic, _ in commands.heard}


def test_the_largest_picture_passes_and_no_more(ward: Ward) -> None:
    """
    A picture as large as any box's config allows is taken, at the longest topic; who sends more than a
    message may have is hung up on, and its neighbour does not notice.
    """
    box, other = ward.box(), ward.box(OTHER_BOX)
    ward.publish()
    mosquitto(ward).start()
    image = "image/0198c0de-7a5b-7c3d-9e1f-2a4b6c8d0e1f/99/subject"

    with connected(ward, box, BOX) as mine, connected(ward, other, OTHER_BOX) as stays:
        assert UNHEARD == mine.publish(f"{MINE}/{image}", b"x" * PICTURE_MAX_BYTES)
        mine.send(f"{MINE}/{image}", b"x" * PACKET_MAX_BYTES)
        until(lambda: mine.gone, "the broker to hang up")
        assert UNHEARD == stays.publish(f"{THEIRS}/alarm")
        assert (1, 0) == (stays.connects, stays.gone)


def _all_denied(ward: Ward, papers: Papers, name: str, port: int, topics: list[str]) -> None:
    """One connection each: mosquitto 2.0.11 says no, and hangs up on a client of MQTT 5."""
    for topic in topics:
        with connected(ward, papers, name, port) as client:
            assert DENIED == client.publish(topic), topic


def test_strangers_do_not_get_in(ward: Ward, tmp_path: Path) -> None:
    """
    Without a certificate, with one of another CA of the same name, with one that this ward's own server
    has, and revoked: none is connected, at either listener; a box of ours is, at the same time.
    """
    box, revoked = ward.box(), ward.box(OTHER_BOX)
    ward.book.revoke(OTHER_BOX, "stolen", datetime.now(UTC))
    ward.publish()
    foreign = Authority(tmp_path / "foreign", "phuong-5 issuing").issue(BOX)
    mosquitto(ward).start()
    strangers = (None, Papers(foreign.cert, foreign.key), revoked,
                 Papers(ward.folder.broker / "server.crt", ward.folder.broker / "server.key"))
    for port in (ward.settings.broker.port, ward.settings.station_port):
        clients = [Client(ward, papers, f"stranger-{number}", port)
                   for number, papers in enumerate(strangers)]
        with connected(ward, box, BOX, port):
            until(partial(_all_refused, clients), "all to be refused")
        assert [0] * 4 == [one.connects for one in clients]
        for one in clients:
            one.close()


def _all_refused(clients: list[Client]) -> bool:
    return all(one.gone + one.refused for one in clients)


def test_a_revoked_box_is_cut_at_once(ward: Ward) -> None:
    """
    A connected box is gone when `revoke` returns, and is refused each time that it comes back; a neighbour
    does not notice. What it says between the new lists and the cut is not taken.
    """
    box, other = ward.box(), ward.box(OTHER_BOX)
    ward.publish()
    mosquitto(ward).start()
    ward = ward.pid_reload()

    with connected(ward, box, BOX) as gone, connected(ward, other, OTHER_BOX) as stays:
        began_s = time.monotonic()
        assert Cut.DONE is revoke_holder(ward.publisher, ward.issuing, BOX, "stolen", datetime.now(UTC), None,
                                         reloaded=False)
        until(lambda: gone.gone, "the box to be cut")
        took_s = seconds_since(began_s)
        until(lambda: gone.gone + gone.refused >= 3, "the box to come back and be refused")
        assert 1 == gone.connects
        assert (1, 0) == (stays.connects, stays.gone)
        assert UNHEARD == stays.publish(f"{THEIRS}/alarm")
    print(f"cut after {took_s:.2f} s")


def test_a_revocation_without_a_reload_says_so(ward: Ward) -> None:
    """
    Where the broker is on another machine nothing is claimed to be cut; when somebody has reloaded it, the
    same command cuts.
    """
    box = ward.box()
    ward.publish()
    broker = mosquitto(ward)
    broker.start()
    with connected(ward, box, BOX) as client:
        revoke = (ward.publisher, ward.issuing, BOX, "stolen", datetime.now(UTC), None)
        assert Cut.NOT_YET is revoke_holder(*revoke, reloaded=False)
        assert 0 == client.gone
        Reload(pid_file=ward.folder.path / "pid")()
        assert Cut.DONE is revoke_holder(*revoke, reloaded=True)
        until(lambda: client.gone + client.refused >= 3, "the box to be cut and refused")
        assert 1 == client.connects


@pytest.mark.parametrize("text", ["-1", "0", "1", "mosquitto", ""])
def test_a_pid_file_of_no_process_reaches_nobody(tmp_path: Path, text: str) -> None:
    """
    What kill(2) takes for everybody, or for whoever runs everything, is refused.
    """
    (tmp_path / "pid").write_text(text)
    with pytest.raises(FatalError):
        Reload(pid_file=tmp_path / "pid")()


def test_a_broker_out_of_reach_is_told(ward: Ward) -> None:
    """
    The box is revoked all the same, and the line says that its connection was not cut.
    """
    ward.box()
    nobody = HostPort("127.0.0.1", free_port())
    with pytest.raises(RetryableError, match="revoked, but a connection that it has now was not cut"):
        revoke_holder(ward.publisher, ward.issuing, BOX, "stolen", datetime.now(UTC), nobody, reloaded=True)
    assert ward.book.revoked(BOX)
    assert f"user {BOX}" not in (ward.folder.broker / "acl").read_text()


def test_a_reload_that_failed_is_made_up_for(ward: Ward) -> None:
    """
    A mark stays until the broker was told; with it the next call reloads, though nothing has changed.
    """
    ward.code()
    failing = Reload(command=("false",))
    with pytest.raises(FatalError, match="could not be told"):
        replace(ward.publisher, reload=failing).publish(None, NOW)
    assert reload_is_due(ward.folder)

    told = ward.folder.path / "told"
    publisher = replace(ward.publisher, reload=Reload(command=("touch", str(told))))
    assert publisher.publish(None, NOW)
    assert told.exists()
    assert not reload_is_due(ward.folder)
    assert not publisher.publish(None, NOW)


def test_lists_and_certificates_are_renewed_in_time(ward: Ward) -> None:
    """
    The revocation list at the next day, server certificates at two thirds of their life or when ward.toml
    names another host; without the key nothing is touched.
    """
    server, crl = ward.folder.broker / SERVER, ward.folder.broker / CRL
    before = server.read_bytes(), crl.read_bytes()
    now = datetime.now(UTC)

    def publish(at: datetime) -> tuple[bool, bool]:
        ward.publisher.publish(ward.issuing, at)
        return server.read_bytes() != before[0], crl.read_bytes() != before[1]

    assert (False, False) == publish(now + timedelta(hours=18))
    assert (False, True) == publish(now + timedelta(hours=24))
    assert (False, True) == publish(now + timedelta(days=480))
    assert (True, True) == publish(now + timedelta(days=490))
    found = read_list(crl)
    assert found is not None
    assert (now + timedelta(days=520)).date() == (found.next_update_utc or now).date()

    ward.folder.settings.write_text(as_text(ward.settings).replace("127.0.0.1", "broker.example"))
    ward.publisher.of(ward.folder).publish(None, now)
    assert "broker.example" not in str(read_certificate(server).subject)
    ward.publisher.of(ward.folder).publish(ward.issuing, now)
    assert "broker.example" in str(read_certificate(server).subject)


@pytest.mark.parametrize("days", [400, -400])
def test_a_list_of_another_time_is_made_anew(ward: Ward, days: int) -> None:
    """
    A ward's machine whose clock was wrong for a moment has left a list that no broker accepts: once the clock
    is right, the next upkeep makes another, and so does whoever calls for one by hand.
    """
    crl, now = ward.folder.broker / CRL, datetime.now(UTC)
    for fresh in (FRESH, timedelta()):
        crl.write_bytes(ward.issuing.revocation_list([], now + timedelta(days=days)))

        ward.publisher.publish(ward.issuing, now, fresh)

        found = read_list(crl)
        assert found is not None
        assert LifeState.GOOD is life_of(found).state(now)


def test_the_broker_folder_gets_the_files(ward: Ward, tmp_path: Path) -> None:
    """
    Where ward.toml's folder is on this machine, all seven files are there, secrets for the owner alone; where
    it is not, nobody makes it.
    """
    here = tmp_path / "etc"
    ward.folder.settings.write_text(as_text(ward.settings).replace(ward.settings.broker_folder, str(here)))
    assert ward.publisher.of(ward.folder).to is None
    here.mkdir()
    publisher = ward.publisher.of(ward.folder)
    publisher.publish(None, NOW)

    modes = {path.name: path.stat().st_mode & 0o777 for path in here.iterdir()}
    assert {"acl": 0o600, "server.key": 0o600, "server.crt": 0o644, "ca.crt": 0o644, "crl.pem": 0o644,
            "mosquitto.conf": 0o644, "edgebox-broker.nft": 0o644} == modes
    assert f"crlfile {here}/crl.pem" in (here / CONFIG).read_text()
    assert os.geteuid() == (here / "acl").stat().st_uid


def test_settings_survive_their_file(tmp_path: Path) -> None:
    """
    What was written is read back, IPv6 and quotes in a path among it.
    """
    path = tmp_path / "ward.toml"
    for wanted in (WardSettings("phuong-5", HostPort("mqtt.example", 8883), HostPort("fd00::5", 8443)),
                   WardSettings("x", HostPort("10.0.0.1", 1), HostPort("a", 2), 3,
                                '/a "b"/ệ\\', "sh -c 'x'")):
        path.write_text(as_text(wanted))
        assert wanted == read_settings(path)
