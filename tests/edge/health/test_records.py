"""The heartbeat notices that nobody watches the cameras any more."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.base.clock import Stamp
from edge.contract.messages import CameraState, HealthData
from edge.contract.topics import Root
from edge.health.records import BEAT_INTERVAL_S, SILENT_AFTER_S, HeartbeatMonitor, health_entry


def test_silence_is_told_once_and_its_end_once() -> None:
    """
    Three missed beats are silence; the next beat ends it.
    """
    heartbeat, changes = HeartbeatMonitor(0.0), []
    for second in range(0, 400, 5):
        if second % 30 == 0 and not 100 < second < 300:
            heartbeat.heard(second)
        if heartbeat.look(second):
            changes.append((second, heartbeat.silent))
    assert [(90 + SILENT_AFTER_S, True), (300, False)] == changes


def test_a_watch_that_never_starts_is_noticed() -> None:
    """
    Silence counts from guard's own start.
    """
    heartbeat = HeartbeatMonitor(1000.0)
    assert [False, False, True] == [heartbeat.look(now) for now in (1005.0, 1089.0, 1090.0)]


@given(st.lists(st.floats(1, BEAT_INTERVAL_S), min_size=1, max_size=50))
def test_a_beating_watch_is_never_told_silent(waits: list[float]) -> None:
    """
    However the looks fall between beats that come in time, there is no false alarm.
    """
    heartbeat, now_s = HeartbeatMonitor(0.0), 0.0
    for wait_s in waits:
        now_s += wait_s
        assert not heartbeat.look(now_s)
        heartbeat.heard(now_s)


def test_a_state_is_a_retained_record_of_the_contract() -> None:
    """
    The ward's page learns the state of a camera even when it connects later.
    """
    stamp = Stamp(datetime(2026, 11, 23, tzinfo=UTC), 5, "boot", True)
    entry = health_entry(Root("w", "g", "b"), "gate", CameraState.LOST, "why", stamp)

    assert ("edge/v1/w/g/b/cam/gate/health", True) == (entry.topic, entry.retain)
    assert HealthData.model_validate_json(entry.data) == HealthData(
        camera="gate", state=CameraState.LOST, since=stamp.utc, detail="why")
