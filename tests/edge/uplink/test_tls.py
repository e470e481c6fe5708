"""Certificates and passwords against a real mosquitto: what works, and what each fault is told as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge.config.model import MqttSettings
from edge.journal.store import Journal
from tests.brokers import Authority, Broker, Certificate, mosquitto, until
from tests.edge.journal.entries import MIB, make_entry
from tests.edge.uplink.box import Box, plain

SECRET = "open-sesame-42"


@dataclass
class Ward:
    """A ward with a CA, a broker that wants certificates of it, and a box that has one."""

    authority: Authority
    broker: Broker
    box: Certificate

    def settings(self, **more: object) -> MqttSettings:
        return MqttSettings.model_validate({
            "host": "localhost", "port": self.broker.port, "ca_file": self.authority.ca,
            "cert_file": self.box.cert, "key_file": self.box.key} | more)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    authority = Authority(tmp_path / "ca")
    broker = mosquitto(tmp_path / "broker", server=authority.issue("broker"), ca=authority.ca)
    broker.start()
    yield Ward(authority, broker, authority.issue("box-1"))
    broker.stop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 64 * MIB)
    opened.append(replace(make_entry(1), retain=True))      # the broker keeps it though nobody is subscribed
    yield opened
    opened.close()


def told(settings: MqttSettings, journal: Journal, caplog: pytest.LogCaptureFixture) -> tuple[str, str, str]:
    """(level, kind, error) of the one line about a connection that does not come about."""
    caplog.set_level("INFO", "deliver")
    with Box(journal, settings):
        until(lambda: "ward away" in caplog.text, "the line")
    line, = (record for record in caplog.records if record.name == "deliver")
    assert 1 == journal.depth().records
    head, _, tail = line.message.partition(' error="')
    return line.levelname, head.rpartition("kind=")[2], tail.rpartition('" retry_in_s=')[0]


def test_mutual_tls_delivers(ward: Ward, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    Both certificates checked, TLS 1.2 at least: the record is delivered.
    """
    caplog.set_level("INFO", "deliver")
    with Box(journal, ward.settings()):
        until(lambda: journal.depth().records == 0, "the delivery")

    assert "ward connected" in caplog.text
    assert "as ward-1.group-1.box-1" in (ward.broker.log_text)
    assert "u'box-1'" in ward.broker.log_text


def test_a_broker_of_another_ca(ward: Ward, journal: Journal, tmp_path: Path,
                                caplog: pytest.LogCaptureFixture) -> None:
    """
    The broker's certificate is of a CA that the box does not know.
    """
    other = Authority(tmp_path / "other", "Another CA")

    level, kind, error = told(ward.settings(ca_file=other.ca), journal, caplog)

    assert ("ERROR", "broker-certificate") == (level, kind)
    assert (f"the broker's certificate at localhost:{ward.broker.port} is signed by a CA that mqtt.ca_file "
            "does not hold; copy the ward's CA certificate to the box") == error


@pytest.mark.parametrize(("valid", "found"), [
    (("20200101000000Z", "20200201000000Z"), "has expired; renew it, unless the clock of this box is wrong"),
    (("20490101000000Z", "20490201000000Z"), "is not yet valid; check the clock of this box first"),
])
def test_a_broker_certificate_out_of_time(ward: Ward, journal: Journal, tmp_path: Path, found: str,
                                          valid: tuple[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """
    Expired, or not yet valid: the line also thinks of a box whose clock is wrong.
    """
    broker = mosquitto(tmp_path / "old", server=ward.authority.issue("old", valid=valid))
    broker.start()

    level, kind, error = told(ward.settings(port=broker.port), journal, caplog)

    broker.stop()
    assert ("ERROR", "broker-certificate") == (level, kind)
    assert f"the broker's certificate at localhost:{broker.port} {found}" in error


def test_a_broker_with_another_name(ward: Ward, journal: Journal, tmp_path: Path,
                                    caplog: pytest.LogCaptureFixture) -> None:
    """
    A certificate of the right CA but for another host is not enough.
    """
    server = ward.authority.issue("elsewhere", alt="DNS:mqtt.elsewhere.example")
    broker = mosquitto(tmp_path / "elsewhere", server=server)
    broker.start()

    level, kind, error = told(ward.settings(port=broker.port), journal, caplog)

    broker.stop()
    assert ("ERROR", "broker-certificate") == (level, kind)
    assert "is for another name than mqtt.host; use the name in the certificate" in error


def test_a_box_of_another_ca(ward: Ward, journal: Journal, tmp_path: Path,
                             caplog: pytest.LogCaptureFixture) -> None:
    """
    The broker refuses our certificate; in TLS 1.3 it says so only when we first read.
    """
    stranger = Authority(tmp_path / "other", "Another CA").issue("box-1")

    assert ("ERROR", "our-certificate",
            "this box's certificate is signed by a CA that the broker does not know; enrol this box again "
            f"(broker localhost:{ward.broker.port})") == told(
                ward.settings(cert_file=stranger.cert, key_file=stranger.key), journal, caplog)


def test_a_revoked_box(ward: Ward, journal: Journal, tmp_path: Path,
                       caplog: pytest.LogCaptureFixture) -> None:
    """
    Its certificate is on the ward's list.
    """
    crl = ward.authority.revoke(ward.box)
    server = ward.authority.issue("strict")
    broker = mosquitto(tmp_path / "strict", server=server, ca=ward.authority.ca, crl=crl)
    broker.start()

    level, kind, error = told(ward.settings(port=broker.port), journal, caplog)

    broker.stop()
    assert ("ERROR", "our-certificate") == (level, kind)
    assert "this box's certificate was revoked by the ward; enrol this box again" in error


def test_an_expired_box(ward: Ward, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    Its own certificate is out of date.
    """
    old = ward.authority.issue("old-box", valid=("20200101000000Z", "20200201000000Z"))

    level, kind, error = told(ward.settings(cert_file=old.cert, key_file=old.key), journal, caplog)

    assert ("ERROR", "our-certificate") == (level, kind)
    assert "this box's certificate has expired, or the ward's revocation list has, or the broker's" in error


def test_a_box_without_certificate(ward: Ward, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    The broker wants one, and none is configured.
    """
    level, kind, error = told(ward.settings(cert_file=None, key_file=None), journal, caplog)

    assert ("ERROR", "our-certificate") == (level, kind)
    assert "this box's certificate was not sent; set mqtt.cert_file and mqtt.key_file" in error


def test_files_that_cannot_be_used(ward: Ward, journal: Journal, tmp_path: Path,
                                   caplog: pytest.LogCaptureFixture) -> None:
    """
    Each line names the key of the config, the file, and what is wrong with it.
    """
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no PEM at all\n")
    other = ward.authority.issue("box-2")
    found = []
    for more in ({"ca_file": tmp_path / "none.pem"}, {"ca_file": garbage}, {"cert_file": garbage},
                 {"key_file": tmp_path}, {"key_file": other.key},
                 {"username": "box", "password_file": tmp_path / "none"}):
        caplog.clear()
        level, kind, error = told(ward.settings(**more), journal, caplog)
        assert ("ERROR", "files") == (level, kind)
        found.append(error)

    check = "check the path, its owner and its mode"
    assert [
        f"mqtt.ca_file {tmp_path}/none.pem: no such file or directory; {check}",
        f"mqtt.ca_file {garbage}: holds no certificate in PEM format; copy the ward's CA there",
        f"mqtt.key_file {ward.box.key}: cannot be used with {garbage}: want both in PEM format, and the key "
        "without a passphrase",
        f"mqtt.key_file {tmp_path}: is a directory; {check}",
        f"mqtt.key_file {other.key}: does not belong to {ward.box.cert}; enrol this box again",
        f"mqtt.password_file {tmp_path}/none: no such file or directory; {check}",
    ] == found


def test_a_renewed_certificate_is_used_at_once(ward: Ward, journal: Journal, tmp_path: Path,
                                               caplog: pytest.LogCaptureFixture) -> None:
    """
    Files are read anew for each attempt: no restart is needed.
    """
    cert, key = tmp_path / "box.pem", tmp_path / "box.key"
    stranger = Authority(tmp_path / "other", "Another CA").issue("box-1")
    cert.write_bytes(stranger.cert.read_bytes())
    key.write_bytes(stranger.key.read_bytes())
    with Box(journal, ward.settings(cert_file=cert, key_file=key)):
        until(lambda: "our-certificate" in caplog.text, "the refusal")
        key.write_bytes(ward.box.key.read_bytes())
        cert.write_bytes(ward.box.cert.read_bytes())
        until(lambda: journal.depth().records == 0, "the delivery")


def test_a_wrong_password(journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    The broker refuses it: the line says where user and password are set, and tells neither. With the right
    one in the file, it goes on.
    """
    broker = mosquitto(tmp_path / "broker", passwords={"box": SECRET})
    broker.start()
    file = tmp_path / "password"
    file.write_text(f"{SECRET}-wrong\n")
    settings = plain(broker.port, username="box", password_file=file)

    level, kind, error = told(settings, journal, caplog)
    assert ("ERROR", "credentials") == (level, kind)
    assert "mqtt.username" in error
    assert "mqtt.password_file" in error
    assert SECRET not in caplog.text

    file.write_text(f"{SECRET}\n")
    with Box(journal, settings):
        until(lambda: journal.depth().records == 0, "the delivery")
    broker.stop()


def test_tls_where_there_is_none_and_none_where_there_is(ward: Ward, journal: Journal, tmp_path: Path,
                                                         caplog: pytest.LogCaptureFixture) -> None:
    """
    Wrong port or wrong mqtt.tls: the line names both settings or what to look at.
    """
    broker = mosquitto(tmp_path / "plain")
    broker.start()
    _, _, with_tls = told(ward.settings(port=broker.port), journal, caplog)
    broker.stop()
    caplog.clear()
    _, _, without = told(plain(ward.broker.port), journal, caplog)

    assert "closed the connection during the TLS handshake; it speaks no TLS (check mqtt.port" in with_tls
    assert "closed the connection before an answer; it is no MQTT broker" in without


def test_a_dead_network(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    A name that nobody knows is a warning, not an error: it may pass.
    """
    level, kind, error = told(plain(1883, host="broker.invalid"), journal, caplog)

    assert ("WARNING", "network") == (level, kind)
    assert error == ("cannot find the address of 'broker.invalid'; check mqtt.host, the network and its name "
                     "server")
