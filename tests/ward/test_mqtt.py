"""The ward's connection: faults in the words of its options, and a broker that was taken over."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.mqtt_faults import Diagnosis, FaultKind, LinkFault
from edge.base.mqtt_values import BrokerSettings
from edge.contract.sizes import PACKET_MAX_BYTES
from tests.brokers import until
from tests.hostile_broker import HUGE_BYTES, HostileBroker, endless_publish, peak_kb
from tests.ward.samples import WARD
from ward.mqtt import NAMES

BROKER = BrokerSettings("mqtt.ward.example", 8883, "edgebox-ward-x")
BARE = Diagnosis(BROKER, NAMES)
SHOWN = Diagnosis(replace(BROKER, cert_file=Path("r.pem"), key_file=Path("r.key")), NAMES)


def unverified(code: int) -> ssl.SSLCertVerificationError:
    exc = ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")
    exc.verify_code, exc.verify_message = code, "said by OpenSSL"
    return exc


def tls_error(reason: str) -> ssl.SSLError:
    exc = ssl.SSLError(1, reason)
    exc.reason = reason
    return exc


@pytest.mark.parametrize(("fault", "todo", "needs_someone"), [
    (BARE.of_exception(unverified(20)), "name who signed it with --ca FILE", True),
    (BARE.of_exception(unverified(62)), "another name than --broker", True),
    (BARE.of_exception(unverified(10)), "unless the clock of this machine is wrong", True),
    (BARE.of_exception(unverified(99)), "(said by OpenSSL)", True),
    (BARE.of_exception(tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE")), "check --cert and --key", True),
    (SHOWN.of_exception(tls_error("TLSV1_ALERT_UNKNOWN_CA")), "is signed by a CA that the broker", True),
    (SHOWN.of_exception(tls_error("SSLV3_ALERT_CERTIFICATE_REVOKED")), "have the ward's authority", True),
    (BARE.of_exception(tls_error("WRONG_VERSION_NUMBER")), "use --no-tls for a broker on this", True),
    (BARE.of_exception(ConnectionResetError(104, "reset")), "the port of --broker and --no-tls", False),
    (BARE.of_exception(socket.gaierror(-2, "Name not known")), "check --broker, the network", False),
    (BARE.of_exception(ConnectionRefusedError(111, "refused")), "check the port of --broker", False),
    (BARE.of_exception(TimeoutError("timed out")), "the firewall on the way", False),
    (BARE.of_reason(135, "Not authorized"), "check --username, --password-file, --cert, and", True),
    (BARE.of_reason(142, "Session taken over"), "'edgebox-ward-x'; stop that one, or give", True),
    (BARE.of_reason(139, "Server shutting down"), "shuts down; it is tried again", False),
    (SHOWN.closed_early(), "it refuses our certificate, or is no MQTT broker", False),
    (BARE.unheard("edge/v1/x", "Not authorized"), "let this machine in its access list", True),
])
def test_each_fault_names_the_option_to_look_at(fault: LinkFault, todo: str, needs_someone: bool) -> None:
    """
    What was found and the option to set or the place to look; louder where waiting is vain.
    """
    assert todo in fault.text
    assert "mqtt." not in fault.text.replace("mqtt.ward.example", "")
    assert "box" not in fault.text.replace("edgebox-ward-x", "")
    assert needs_someone == fault.needs_someone


def test_the_other_version_is_tried_where_that_may_help() -> None:
    """
    A broker that knows no MQTT 5, and one that hangs up at it.
    """
    assert FaultKind.PROTOCOL is BARE.of_reason(132, "Unsupported protocol version").kind
    assert FaultKind.NO_ANSWER is BARE.closed_early().kind
    assert FaultKind.LOST is BARE.broke().kind


def test_a_huge_message_costs_a_receiver_a_reconnect(tmp_path: Path) -> None:
    """
    One PUBLISH of 256 MB at each connection: the process grows by no more than 4 MB, says the cause with the
    most that it takes, and comes again after a pause.
    """
    record = tmp_path / "receive.log"
    with HostileBroker(lambda _: endless_publish()) as broker, record.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ward.cli", "receive", "--ward", WARD, "--no-tls", "--broker",
             f"127.0.0.1:{broker.port}", "--data", str(tmp_path / "data")], stdout=log, stderr=log)
        try:
            until(lambda: broker.came_s, "the first connection")
            first_kb = peak_kb(process.pid)
            until(lambda: len(broker.came_s) >= 6, "two more connections of each lane")
            last_kb = peak_kb(process.pid)
        finally:
            process.kill()
            process.wait()

    said = record.read_text()
    assert last_kb - first_kb < 4096
    assert f"sends a packet of {HUGE_BYTES} bytes, where {2 * PACKET_MAX_BYTES} are the most" in said
    assert "ERROR" in said
    assert broker.came_s[4] - broker.came_s[0] > 0.25 + 0.5     # 0.5 s, then 1 s, minus up to a half
