"""One line per change of state; what each fault says."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from edge.uplink.faults import FaultKind, LinkFault, closed_early, of_exception, of_reason
from edge.uplink.report import Reporter

REFUSED = LinkFault(FaultKind.NETWORK, "nobody listens")
PASSWORD = LinkFault(FaultKind.CREDENTIALS, "refuses user or password")
BROKE = LinkFault(FaultKind.LOST, "broke")


def heads(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.message.split(':')[0]}" for record in caplog.records]


def test_each_state_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """
    A hundred failed attempts are one line; another reason is another; the return says how long it took.
    """
    caplog.set_level("INFO", "deliver")
    reporter = Reporter("mqtt:8883", "w.g.b")
    for second in range(100):
        reporter.away(REFUSED if second < 60 else PASSWORD, 1.0, second)
    reporter.here("mqtt=5", 120.0)
    reporter.away(REFUSED, 1.0, 300.0)

    assert ["WARNING ward away", "ERROR ward away", "INFO ward connected", "WARNING ward away"] == (
        heads(caplog))
    assert 'ward away: broker=mqtt:8883 kind=network error="nobody listens" retry_in_s=1.0' == (
        caplog.records[0].message)
    assert "down_s=120.0 attempts=100" in caplog.records[2].message


def test_a_flapping_connection_is_one_state(caplog: pytest.LogCaptureFixture) -> None:
    """
    From the third short connection on, one line says what may be the cause; silence until it holds for 10 s.
    """
    caplog.set_level("INFO", "deliver")
    reporter = Reporter("mqtt:8883", "w.g.b")
    for second in range(0, 100, 2):
        reporter.here("mqtt=5", second)
        reporter.still_here(second + 1)
        reporter.away(BROKE, 1.0, second + 1)
    reporter.here("mqtt=5", 200.0)
    reporter.still_here(205.0)
    assert 6 == len(caplog.records)
    reporter.still_here(210.0)

    assert ["INFO ward connected", "WARNING ward away"] * 2 + [
        "INFO ward connected", "ERROR ward away", "INFO ward connected"] == heads(caplog)
    assert "'w.g.b' (the card of this box cloned" in caplog.records[5].message


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
    fault = of_exception(exc, "h", 1)

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
    fault = of_reason(code, "Maximum connect time", "h:1", "w.g.b")

    assert kind is fault.kind
    assert words in fault.text


def test_a_broker_that_closes_before_its_answer() -> None:
    """
    With a certificate of ours under way, its refusal is one of the doubts.
    """
    assert "refuses this box's certificate" in closed_early("h:1", with_certificate=True).text
    assert "certificate" not in closed_early("h:1", with_certificate=False).text
