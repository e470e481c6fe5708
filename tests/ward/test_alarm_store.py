"""What the store makes of alarms, panels and answers; and how it becomes what an older one was not."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, PanelPhase, Who
from tests.ward.samples import NOW, WARD, Box, new_event_id
from tests.ward.test_store import fill, store_in
from ward.store.calls import CallStore
from ward.store.database import CALLS_NAME, FILE_NAME
from ward.store.desk import Asked, Desk
from ward.store.incoming import AlarmIn
from ward.store.intake import Arrival, BadMessageError, ms_of, read
from ward.store.panels import MAX_FOREIGN_RESULTS
from ward.store.reader import Reader
from ward.store.rows import AlarmRow

NOW_MS = ms_of(NOW)
LAN = Who(cause=AlarmCause.MEMBER, name="Lan, số 14")


def alarm_of(folder: Path) -> AlarmRow:
    [row] = Reader(folder).alarms.alarms(10)
    return row


def test_an_alarm_is_what_its_records_add_up_to(tmp_path: Path) -> None:
    """
    Who raised it and when stays; phase, mode, outputs, end and who ended it are those of the highest rev.
    """
    box, alarm_id, event_id = Box(), new_event_id(), new_event_id()
    raised = box.alarm(alarm_id, mode=AlarmMode.LIGHT, cause=AlarmCause.RULE, name="cong-truoc/dem",
                       event_id=event_id, outputs=("den-pha",), left_s=300)
    escalated = box.alarm(alarm_id, 1, AlarmPhase.ESCALATED, cause=AlarmCause.RULE, name="cong-truoc/dem",
                          time=NOW + timedelta(seconds=20))
    silenced = box.alarm(alarm_id, 2, AlarmPhase.SILENCED, cause=AlarmCause.RULE, name="cong-truoc/dem",
                         by=LAN, time=NOW + timedelta(seconds=31), left_s=None, outputs=())

    fill(tmp_path, [escalated])
    assert ("escalated", "siren", NOW_MS + 80_000, ("coi-ngo", "den-pha"), None) == (
        (row := alarm_of(tmp_path)).phase, row.mode, row.until_ms, row.outputs, row.event_id)
    fill(tmp_path, [silenced, raised, escalated])

    row = alarm_of(tmp_path)
    assert ("silenced", "siren", 2, "rule", "cong-truoc/dem", event_id) == (
        row.phase, row.mode, row.rev, row.cause, row.name, row.event_id)
    assert ("member", "Lan, số 14", 31_000) == (row.by_cause, row.by_name, (row.ended_ms or 0) - row.time_ms)
    assert [[]] == [list(found.gaps) for found in Reader(tmp_path).boxes()]


def test_an_alarm_without_a_number_is_one_with_its_numbered_record(tmp_path: Path) -> None:
    """
    A box whose card takes nothing tells it at once without a number, and later with one: one alarm, no gap.
    """
    box, alarm_id = Box(), new_event_id()
    numbered = box.alarm(alarm_id)
    document = json.loads(numbered.payload)
    del document["seq"]
    fill(tmp_path, [Arrival(numbered.topic, json.dumps(document).encode())])
    assert ("raised", 0) == ((row := alarm_of(tmp_path)).phase, row.rev)
    fill(tmp_path, [numbered, box.alarm(alarm_id, 1, AlarmPhase.ENDED)])

    assert ("ended", 1) == ((row := alarm_of(tmp_path)).phase, row.rev)
    assert [[]] == [list(found.gaps) for found in Reader(tmp_path).boxes()]


def test_a_box_without_a_clock_is_believed_how_long(tmp_path: Path) -> None:
    """
    Its alarm ends so many seconds after we received it, whatever year it takes it for; nor does it ring late.
    """
    long_ago = datetime(1970, 1, 2, tzinfo=UTC)
    fill(tmp_path, [Box().alarm(new_event_id(), time=long_ago, synchronised=False, left_s=60)])

    row = alarm_of(tmp_path)
    assert (NOW_MS + 60_000, False, False) == (row.until_ms, row.clock_synchronised, row.historical)


@pytest.mark.parametrize("left_s", [float("nan"), float("inf"), -5.0, 1e30])
def test_a_mad_end_is_bounded(tmp_path: Path, left_s: float) -> None:
    """
    No number of seconds makes an alarm that never ends, or breaks the store.
    """
    fill(tmp_path, [Box().alarm(new_event_id(), synchronised=False, left_s=left_s)])
    until_ms = alarm_of(tmp_path).until_ms
    assert until_ms is None or NOW_MS <= until_ms <= NOW_MS + 86_400_000


def test_a_call_for_help_is_not_refused_for_its_form(tmp_path: Path) -> None:
    """
    A long or odd name, too many outputs, an event that is none: kept, and shown as it can be.
    """
    box = Box()
    fill(tmp_path, [box.alarm(new_event_id(), name="Lan\n\x1b[2J" + "x" * 500, event_id="../../etc/passwd",
                              outputs=[f"o{n}" for n in range(500)])])
    row = alarm_of(tmp_path)
    assert row.name.isprintable()
    assert 90 < len(row.name) <= 96
    assert (64, None) == (len(row.outputs), row.event_id)


@pytest.mark.parametrize(("change", "said"), [
    (('"alarm_id":"0', '"alarm_id":"z'), "want a UUIDv7 in lower case"),
    (('"rev":0', '"rev":1000'), "rev above"),
    (('"phase":"raised"', '"phase":"dancing"'), "phase"), (('"rev":0', '"rev":-1'), "rev")])
def test_what_is_no_alarm_is_refused(change: tuple[str, str], said: str) -> None:
    """
    What cannot be told apart, or means nothing, is counted and told as any bad message.
    """
    arrival = Box().alarm(new_event_id())
    bad = Arrival(arrival.topic, arrival.payload.replace(change[0].encode(), change[1].encode()))
    assert isinstance(read(arrival, WARD), AlarmIn)
    with pytest.raises(BadMessageError, match=said):
        read(bad, WARD)


def test_another_box_cannot_end_an_alarm(tmp_path: Path) -> None:
    """
    A record under an alarm of another box changes nothing of it; nor does another with the same rev.
    """
    alarm_id = new_event_id()
    fill(tmp_path, [Box().alarm(alarm_id)])
    before = alarm_of(tmp_path)
    fill(tmp_path, [Box("hop-2").alarm(alarm_id, 1, AlarmPhase.ENDED), Box().alarm(alarm_id, name="Ai đó")])

    assert before == alarm_of(tmp_path)
    counters = Reader(tmp_path).summary().counters
    assert (1, 1) == (counters["foreign"], counters["conflicts"])


def test_a_call_that_is_handed_over_again_has_another_number(tmp_path: Path) -> None:
    """
    Guard does so until an ack names it: it is the same call, known, named once more, and no conflict.
    """
    box, alarm_id = Box(), new_event_id()
    first, again = box.alarm(alarm_id), box.alarm(alarm_id)
    assert first.payload != again.payload           # by its number
    with contextlib.closing(CallStore(tmp_path, WARD)) as calls:
        assert 1 == len(calls.take([first], NOW).fresh)
        taken = calls.take([again], NOW)

    assert ((), 1) == (taken.fresh, len(taken.stored))


def test_late_is_late_by_either_clock(tmp_path: Path) -> None:
    """
    What the box calls late, and what comes over a minute after a set clock; the earlier copy wins.
    """
    box = Box()
    told, late, twice = (new_event_id() for _ in range(3))
    fill(tmp_path, [box.alarm(told, historical=True), box.alarm(late, time=NOW - timedelta(seconds=61)),
                    box.alarm(twice, historical=True)])
    again = Box(seq=2).alarm(twice)
    fill(tmp_path, [again])
    rows = {row.alarm_id: row.historical for row in Reader(tmp_path).alarms.alarms(10)}
    assert {told: True, late: True, twice: False} == rows


def test_a_panel_is_the_latest(tmp_path: Path) -> None:
    """
    By its number, not by its arrival; what a box tells of itself is shown in bounds.
    """
    box = Box()
    first = box.panel(armed=True)
    last = box.panel(PanelPhase.SOUNDING, outputs={"coi-ngo": True, "den-pha": False},
                     faults=["input cong: stuck\n"], mains=False)
    fill(tmp_path, [last, first])
    [row] = Reader(tmp_path).boxes()
    assert row.panel is not None
    assert ("sounding", False, {"coi-ngo": True, "den-pha": False}, False) == (
        row.panel.phase, row.panel.armed, row.panel.outputs, row.panel.mains)
    assert ["input cong: stuck"] == [fault.values["text"] for fault in row.panel.faults]


def test_what_an_officer_must_see(tmp_path: Path) -> None:
    """
    On, or not seen by anybody here; not what was refused, not our own once over, not what is long past.
    """
    box, later_ms = Box(), NOW_MS + 10 * 60_000
    unseen, seen, refused, ours, own_on = (new_event_id() for _ in range(5))
    fill(tmp_path, [
        box.alarm(unseen), box.alarm(unseen, 1, AlarmPhase.ENDED), box.alarm(seen),
        box.alarm(refused, phase=AlarmPhase.REFUSED, reason="pause"), box.alarm(ours, cause=AlarmCause.WARD),
        box.alarm(own_on, cause=AlarmCause.WARD, left_s=1200)])
    desk, alarms = Desk(tmp_path), Reader(tmp_path).alarms
    assert desk.seen(seen, "Trung uý Lan", NOW_MS + 5)
    assert desk.seen(seen, "Đại uý Minh", NOW_MS + 9)
    assert not desk.seen(new_event_id(), "Trung uý Lan", NOW_MS)

    def calling(now_ms: int, since_ms: int = NOW_MS - 1) -> set[str]:
        return {row.alarm_id for calls in alarms.calling(now_ms, since_ms, 10) for row in calls.first}

    assert {unseen, seen, ours, own_on} == calling(NOW_MS)
    assert {unseen, own_on} == calling(later_ms)
    assert set() == calling(later_ms, later_ms)
    assert ("Trung uý Lan", NOW_MS + 5) == next(
        (row.seen_by, row.seen_ms) for row in alarms.alarms(10) if row.alarm_id == seen)
    assert [("Trung uý Lan", NOW_MS + 5), ("Đại uý Minh", NOW_MS + 9)] == alarms.seen(seen)


def test_open_pages_hear_of_all_of_it(tmp_path: Path) -> None:
    """
    An alarm, its end, that it was seen, a panel, a command and its answer each raise the count of changes.
    """
    box, alarm_id, asked_id = Box(), new_event_id(), str(uuid.uuid4())
    reader, desk = Reader(tmp_path), Desk(tmp_path)
    seen = [reader.last_change()]
    for act in (lambda: fill(tmp_path, [box.alarm(alarm_id)]),
                lambda: fill(tmp_path, [box.alarm(alarm_id, 1, AlarmPhase.ENDED)]),
                lambda: desk.seen(alarm_id, "Lan", NOW_MS), lambda: fill(tmp_path, [box.panel()]),
                lambda: desk.asked(Asked(asked_id, box.key, "siren", "Lan"), NOW_MS),
                lambda: fill(tmp_path, [box.result(asked_id)]),
                lambda: desk.failed(asked_id, "no-answer", "x", NOW_MS)):
        act()
        seen.append(reader.last_change())
    assert sorted(set(seen)) == seen


def test_answers_of_a_mad_box_are_bounded(tmp_path: Path) -> None:
    """
    It fills no disk with answers that nobody asked for; those to our own commands are kept all the same.
    """
    box, cmd_id = Box(), str(uuid.uuid4())
    desk = Desk(tmp_path)
    desk.asked(Asked(cmd_id, box.key, "siren", "Lan"), NOW_MS)
    desk.signed(cmd_id, cmd_id, "0" * 16, "{}", NOW_MS)
    fill(tmp_path, [box.result(None, accepted=False, reason="malformed")
                    for _ in range(MAX_FOREIGN_RESULTS + 9)], 500)
    fill(tmp_path, [box.result(cmd_id, id="once"), box.result(cmd_id, id="once")])

    [row] = Reader(tmp_path).alarms.commands(10)
    assert True is row.accepted
    db = sqlite3.connect(tmp_path / FILE_NAME)
    assert (MAX_FOREIGN_RESULTS + 1,) == db.execute("SELECT count(*) FROM command_results").fetchone()
    db.close()


def test_what_is_kept_and_what_goes(tmp_path: Path) -> None:
    """
    Alarms go with their time, and who saw them; the log of commands stays, with the answers to it.
    """
    box, old, new, cmd_id = Box(), new_event_id(), new_event_id(), str(uuid.uuid4())
    desk = Desk(tmp_path)
    with store_in(tmp_path) as store:
        store.take([box.alarm(old, time=NOW - timedelta(days=31)), box.alarm(new), box.result(None)],
                   NOW - timedelta(days=31))
        desk.asked(Asked(cmd_id, box.key, "siren", "Lan"), NOW_MS - 40 * 86_400_000)
        desk.signed(cmd_id, cmd_id, "0" * 16, "{}", NOW_MS - 40 * 86_400_000)
        store.take([box.result(cmd_id)], NOW - timedelta(days=31))
        desk.seen(old, "Lan", NOW_MS)
        desk.seen_cut_off(old, "Lan", NOW_MS)

        assert 2 == store.sweep(NOW + timedelta(seconds=1), 30).alarms

    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.execute("ATTACH ? AS calls", (str(tmp_path / CALLS_NAME),))
    assert [0, 0, 0, 1, 1, 1] == [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in (
        "alarms", "alarm_records", "alarms_seen", "commands", "command_signings", "command_results")]
    db.close()
