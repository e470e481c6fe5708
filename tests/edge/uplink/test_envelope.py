"""What goes over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.contract.messages import BirthData, Envelope, MetricsData, StatusData
from edge.journal.entry import Pending, Rank
from edge.uplink.envelope import is_historical, of_birth, of_metrics, of_owed, of_status
from tests.edge.journal.entries import ROOT

MADE = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MONO_NS = 1000 * NS_PER_S


def owed(payload: bytes = b"{}", seq: int | None = 7, rank: Rank = Rank.NEW) -> Pending:
    return Pending(14, rank, ROOT.event("gate", "enter"), False, payload, seq, "edgebox.event.enter", "gate",
                "event-1.0", "2026-03-01T08:00:00.000Z", MONO_NS, "boot-1")


def at(late_s: float, wall_s: float | None = None, boot: str = "boot-1", kept: bool = True) -> Stamp:
    wall = MADE + timedelta(seconds=late_s if wall_s is None else wall_s)
    return Stamp(wall, MONO_NS + round(late_s * NS_PER_S), boot, kept)


def test_a_record_keeps_every_byte_of_its_data() -> None:
    """
    The envelope is put around what was stored: order of keys, numbers and nulls stay as they were signed.
    """
    data = '{"z": 1.50, "a": null, "chain": {"sig": "\\u00e9"}, "tên": "tổ 3"}'.encode()

    message = of_owed(owed(data), ROOT, at(1), "e" * 16)

    assert message.payload.endswith(b'"data":' + data + b"}")
    envelope = Envelope.model_validate_json(message.payload)
    assert ("event-1.0", "/edge/v1/ward-1/group-1/box-1", "edgebox.event.enter", "gate", 7, False, MADE) == (
        envelope.id, envelope.source, envelope.type, envelope.subject, envelope.seq, envelope.historical,
        envelope.time)
    assert (ROOT.event("gate", "enter"), 1, False) == (message.topic, message.qos, message.retain)


def test_a_picture_goes_as_it_is() -> None:
    """
    No envelope, no change.
    """
    assert b"\xff\xd8\x00" == of_owed(owed(b"\xff\xd8\x00", seq=None), ROOT, at(1), "e" * 16).payload


@pytest.mark.parametrize(("now", "event", "alarm"), [
    (at(0), False, False), (at(60), False, False), (at(61), True, True),
    (at(60, kept=False), False, False), (at(61, kept=False), True, True),
    (at(5, wall_s=10_000), False, False), (at(5, wall_s=-10_000), False, False),    # it was set meanwhile
    (at(0, wall_s=59, boot="boot-2"), False, False), (at(0, wall_s=61, boot="boot-2"), True, True),
    (at(0, wall_s=61, boot="boot-2", kept=False), True, True),
    (at(0, wall_s=-1, boot="boot-2"), True, False),                     # a clock that went back
    (at(0, wall_s=30, boot="boot-2", kept=False), True, False),         # one that may have stood still
])
def test_what_comes_late_is_historical(now: Stamp, event: bool, alarm: bool) -> None:
    """
    Over 60 s: by the monotonic clock within a boot, by wall time over a reboot. Where that is in doubt,
    nobody is called for an event, and somebody is for an alarm.
    """
    assert event is is_historical(owed(), now)
    assert {alarm} == {is_historical(owed(rank=rank), now) for rank in (Rank.ALARM, Rank.PANEL, Rank.ANSWER)}


def test_what_a_box_tells_of_itself() -> None:
    """
    Birth and status are retained and sure to arrive, metrics neither; none has a seq.
    """
    data = BirthData(firmware="1", model="m", config="c", cameras=("gate",), boot_id="b", seq=9)
    birth = of_birth(data, ROOT, at(0))
    status = of_status(StatusData(state="offline", boot_id="b"), ROOT, at(0))
    metrics = of_metrics(MetricsData(counters={"frames": 1}, gauges={}), ROOT, at(0))

    assert [("birth", 1, True), ("status", 1, True), ("metrics", 0, False)] == [
        (message.topic.removeprefix(f"{ROOT.path}/"), message.qos, message.retain)
        for message in (birth, status, metrics)]
    assert 9 == json.loads(birth.payload)["data"]["seq"]
    assert "seq" not in json.loads(birth.payload)
    assert {"state": "offline", "boot_id": "b"} == json.loads(status.payload)["data"]
    assert {"counters": {"frames": 1}, "gauges": {}} == json.loads(metrics.payload)["data"]
