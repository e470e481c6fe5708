"""What each trouble with a broker is told as: without one, to the box's reader and to the ward's."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.mqtt_faults import Diagnosis, FaultKind
from edge.base.mqtt_values import BrokerSettings
from edge.uplink.mqtt import NAMES

BROKER = BrokerSettings("h", 1, "w.g.b")
BOX = Diagnosis(BROKER, NAMES)


@pytest.mark.parametrize(("exc", "kind", "words"), [
    (socket.gaierror(-2, "Name or service not known"), FaultKind.NETWORK, "cannot find the address of 'h'"),
    (ConnectionRefusedError(), FaultKind.NETWORK, "nobody listens at h:1"),
    (TimeoutError("timed out"), FaultKind.NETWORK, "no answer from h:1"),
    (OSError(errno.EHOSTUNREACH, "x"), FaultKind.NETWORK, "no way to h:1: no route to host"),
    (OSError(errno.ENETUNREACH, "x"), FaultKind.NETWORK, "no way to h:1: network is unreachable"),
    (ConnectionResetError(), FaultKind.NO_ANSWER, "h:1 closed the connection during the TLS handshake"),
    (OSError(errno.EMFILE, "Too many open files"), FaultKind.NETWORK, "cannot reach h:1: "),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), FaultKind.TLS, "TLS with h:1 failed"),
])
def test_exceptions_become_words(exc: OSError, kind: FaultKind, words: str) -> None:
    """
    Each says what was found at which address; those that pass by themselves are told apart by kind.
    """
    fault = BOX.of_exception(exc)

    assert kind is fault.kind
    assert fault.text.startswith(words)


@pytest.mark.parametrize(("code", "kind", "words"), [
    (0x84, FaultKind.PROTOCOL, "does not speak this version of MQTT"),
    (0x85, FaultKind.CREDENTIALS, "refuses the client id 'w.g.b'"),
    (0x86, FaultKind.CREDENTIALS, "check mqtt.username and mqtt.password_file"),
    (0x87, FaultKind.CREDENTIALS, "does not authorise this box"),
    (0x88, FaultKind.BROKER, "is not available"),
    (0x8E, FaultKind.CREDENTIALS, "is the card of this box cloned"),
    (0xA0, FaultKind.BROKER, "said 'Maximum connect time' (0xa0)"),
])
def test_reasons_become_words(code: int, kind: FaultKind, words: str) -> None:
    """
    What a broker answers to CONNECT, or says when it drops us.
    """
    fault = BOX.of_reason(code, "Maximum connect time")

    assert kind is fault.kind
    assert words in fault.text


def test_a_broker_that_closes_before_its_answer() -> None:
    """
    With a certificate of ours under way, its refusal is one of the doubts.
    """
    shown = Diagnosis(replace(BROKER, cert_file=Path("box.pem"), key_file=Path("box.key")), NAMES)

    assert "refuses this box's certificate" in shown.closed_early().text
    assert "certificate" not in BOX.closed_early().text
