"""What the ward is told of the alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge.base.clock import Stamp
from edge.base.findings import Finding, Kind, State
from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, PanelData, PanelPhase
from edge.contract.topics import Root
from edge.guard.alarm.records import PanelTeller, alarm_data, alarm_entry, panel_data, panel_entry
from edge.guard.alarm.signals import Fact
from edge.ipc.panel import Actor, PanelView, Refusal
from edge.journal.entry import Rank

ROOT = Root("ward-1", "group-1", "box-1")
NOW = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 10**12, "boot", True)
HANH = Actor(AlarmCause.MEMBER, "Cô Hạnh", "m1")
NS_PER_S = 10**9

FAULT = Finding(Kind.INPUT, "gate", State.BAD, "input-stuck", what="panic")


def test_a_fact_becomes_a_record_in_the_alarms_rank() -> None:
    """Who, why, which outputs, until when by both clocks; the id is the alarm's with its revision."""
    fact = Fact("a1", 2, AlarmPhase.SILENCED, AlarmMode.SIREN, Actor(AlarmCause.RULE, "gate/night"), by=HANH,
                outputs=("flood",), event_id="e1", remaining_s=1.5)

    entry = alarm_entry(ROOT, alarm_data(fact, NOW))

    assert (Rank.ALARM, "edge/v1/ward-1/group-1/box-1/alarm", "edgebox.alarm.silenced", "gate/night", "a1.2",
            "2026-01-02T03:04:05.000Z", False) == (
        entry.rank, entry.topic, entry.type, entry.subject, entry.id, entry.time, entry.retain)
    data = AlarmData.model_validate_json(entry.data)
    assert data.by is not None
    assert ("Cô Hạnh", "m1", None, ("flood",), "e1") == (
        data.by.name, data.by.member_id, data.raised_by.member_id, data.outputs, data.event_id)
    assert (NOW.utc + timedelta(seconds=1.5), 1.5) == (data.t.until, data.t.remaining_s)


def test_a_refusal_tells_its_reason() -> None:
    """In the words of the contract; nothing was driven."""
    fact = Fact("a1", 0, AlarmPhase.REFUSED, AlarmMode.SIREN, HANH, refusal=Refusal.PER_HOUR)
    data = alarm_data(fact, NOW)
    assert ("per-hour", (), None) == (data.reason, data.outputs, data.t.until)


def panel(phase: PanelPhase = PanelPhase.IDLE, armed: bool = False, at: datetime = NOW.utc) -> PanelData:
    return panel_data(PanelView(3, phase, armed, outputs={"siren": False}, faults=(FAULT,), mains=True),
                      Stamp(at, NOW.mono_ns, "boot", True))


def test_the_panels_state_is_retained_and_in_the_alarms_rank() -> None:
    """Whoever connects later knows how things are."""
    entry = panel_entry(ROOT, panel(), NOW)
    assert (Rank.PANEL, "edge/v1/ward-1/group-1/box-1/panel", "edgebox.panel", True) == (
        entry.rank, entry.topic, entry.type, entry.retain)
    assert panel() == PanelData.model_validate_json(entry.data)


def test_only_changes_of_the_panel_are_told() -> None:
    """Not the same state at a later time, and not a button that is merely down."""
    teller = PanelTeller()
    assert teller.due(panel(), 0)
    assert teller.due(panel(), 0), "until it is told"
    teller.published(panel())
    assert not teller.due(panel(at=NOW.utc + timedelta(hours=1)), NS_PER_S)
    assert not teller.due(panel(PanelPhase.CONFIRMING), NS_PER_S)
    assert teller.due(panel(armed=True), NS_PER_S)


def test_a_contact_that_flaps_for_a_week_fills_no_journal() -> None:
    """A burst is told at once, then one state every ten seconds, the latest; after a rest a burst again."""
    teller, told = PanelTeller(burst=20, every_s=10.0), list[int]()
    for second in range(3600):
        data = panel(armed=second % 2 == 0)
        if teller.due(data, second * NS_PER_S):
            teller.published(data)
            told.append(second)

    assert list(range(20)) == told[:20]
    assert len(told) <= 20 + 360
    after = 3600 + 200
    assert all(_tell(teller, panel(armed=bool(n % 2)), after) for n in range(20))


def _tell(teller: PanelTeller, data: PanelData, second: int) -> bool:
    is_due = teller.due(data, second * NS_PER_S)
    teller.published(data)
    return is_due
