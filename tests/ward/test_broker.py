"""Why the broker cannot be reached, without one."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from ward.broker import (
    BrokerError,
    BrokerSettings,
    ProtocolRefusedError,
    ended,
    hung_up,
    not_reached,
    refused,
)

BARE = BrokerSettings("mqtt.ward.example", 8883, "edgebox-ward-x")
SHOWN = replace(BARE, ca_file=Path("ca.pem"), cert_file=Path("r.pem"), key_file=Path("r.key"))
NAMED = replace(BARE, username="ward")
PLAIN = replace(BARE, tls=False)
ALERT = "failed to receive on socket: [SSL: TLSV13_ALERT_X] tlsv13 alert certificate required (_ssl.c:2580)"


def unverified() -> ssl.SSLCertVerificationError:
    exc = ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")
    exc.verify_message = "certificate has expired"
    return exc


def tls_error(reason: str) -> ssl.SSLError:
    exc = ssl.SSLError(1, reason)
    exc.reason = reason
    return exc


@pytest.mark.parametrize(("fault", "todo", "needs_someone"), [
    (not_reached(BARE, unverified()), "name who signed it with --ca FILE", True),
    (not_reached(SHOWN, unverified()), "check --ca, that --broker is the name", True),
    (not_reached(BARE, tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE")), "set --cert and --key", True),
    (not_reached(SHOWN, tls_error("TLSV1_ALERT_UNKNOWN_CA")), "check that who signed --cert is known", True),
    (not_reached(BARE, tls_error("WRONG_VERSION_NUMBER")), "no TLS there: wrong version number", True),
    (not_reached(BARE, ConnectionResetError(104, "reset")), "or use --no-tls", False),
    (not_reached(BARE, socket.gaierror(-2, "Name not known")), "check the name in --broker", False),
    (not_reached(BARE, ConnectionRefusedError(111, "refused")), "check the port of --broker", False),
    (not_reached(BARE, TimeoutError("timed out")), "timed out; check --broker, the network", False),
    (refused(BARE, 135, "Not authorized"), "set --username and --password-file, or --cert and --key", True),
    (refused(NAMED, 134, "Bad user name or password"), "check --username, --password-file", True),
    (refused(SHOWN, 135, "Not authorized"), "has the name (CN) in --cert, or set --username", True),
    (refused(BARE, 137, "Server busy"), "(Server busy); read the broker's log", False),
    (hung_up(PLAIN, ""), "an MQTT port without TLS", False),
    (hung_up(BARE, ALERT), "(tlsv13 alert certificate required): it probably wants a certificate; set", True),
    (ended(BARE, True, 142, "Session taken over", ""), "'edgebox-ward-x'; stop it, or give", True),
    (ended(BARE, True, 139, "Server shutting down", ""), "ended the connection: Server shutting down", False),
    (ended(BARE, False, 128, "Unspecified error", ""), "check whether the broker runs, and its log", False),
])
def test_each_fault_names_what_to_do(fault: BrokerError, todo: str, needs_someone: bool) -> None:
    """
    The address, what was found, and the option to set or the place to look; louder where waiting is vain.
    """
    assert str(fault).startswith("mqtt.ward.example:8883: ")
    assert todo in str(fault)
    assert "Unspecified" not in str(fault)
    assert needs_someone == fault.needs_someone


def test_the_other_version_is_tried_where_that_may_help() -> None:
    """
    A broker that knows no MQTT 5, and one that hangs up at it.
    """
    assert isinstance(refused(BARE, 132, "Unsupported protocol version"), ProtocolRefusedError)
    assert isinstance(hung_up(PLAIN, ""), ProtocolRefusedError)
    assert not isinstance(ended(BARE, False, 128, "", ""), ProtocolRefusedError)
