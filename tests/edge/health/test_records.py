"""The heartbeat notices that nobody watches the cameras any more."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.clock import Stamp
from edge.contract.messages import CameraState, HealthData
from edge.contract.topics import Root
from edge.health.records import BEAT_INTERVAL_S, SILENT_AFTER_S, HeartbeatMonitor, health_entry, state_in


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


@pytest.mark.parametrize("state", CameraState)
def test_a_ward_of_before_reads_every_state(state: CameraState) -> None:
    """
    Version 1.3 refused a record whose state it did not know: what is newer stands beside one of its six.
    """
    stamp = Stamp(datetime(2026, 11, 23, tzinfo=UTC), 5, "boot", True)
    said = json.loads(health_entry(Root("w", "g", "b"), "gate", state, "why", stamp, count=3).data)

    assert said["state"] in {"ok", "lost", "frozen", "dark", "covered", "moved"}
    assert (state, 3) == ((read := HealthData.model_validate(said)).exactly, read.count)
    assert state == state_in(said)


@pytest.mark.parametrize(("said", "state"), [
    ({"state": "lost"}, "lost"), ({"state": "covered", "exact": "painted-over"}, "covered"),
    ({"state": "covered", "exact": [7]}, "covered"), ({}, "unknown")])
def test_a_word_of_tomorrow_is_read_by_the_plain_one(said: dict[str, object], state: str) -> None:
    """
    Who does not know `exact` takes `state`, and a record that is none of ours is unknown.
    """
    assert state == state_in(said)
