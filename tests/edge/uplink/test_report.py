"""One line per change of state."""

from __future__ import annotations

import pytest

from edge.base.mqtt_faults import FaultKind, LinkFault
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
