"""The alarm over restarts, kills, power cuts and damage."""

from __future__ import annotations

import logging
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base import clock
from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.state import AlarmState, Press, Saved
from edge.ipc.messages import Done
from edge.ipc.panel import Actor, Arm, Cancel, Raise
from edge.journal.store import Journal
from tests.brokers import until
from tests.edge.guard.alarm.house import HANH, WARD, Guard, a_wish, busy, house, records

SIREN_S = 60.0


@pytest.fixture
def guard(at_rest: Path) -> Iterator[Guard]:
    guard = Guard(at_rest, siren_s=SIREN_S)
    guard.start()
    yield guard
    guard.kill()


def told(folder: Path) -> list[tuple[AlarmPhase, str]]:
    """Phase and id of every alarm record in the journal, in order."""
    journal = Journal.open(folder / "state" / "journal.db", 1 << 24)
    try:
        return [(data.phase, f"{data.alarm_id}.{data.rev}") for data in records(journal)]
    finally:
        journal.close()


def told_once(folder: Path) -> list[tuple[AlarmPhase, str]]:
    """As the ward keeps them."""
    return list(dict.fromkeys(told(folder)))


def power_cut(folder: Path) -> None:
    """What was in memory is gone, and the clock that counts from the boot begins anew."""
    shutil.rmtree(folder / "run")
    file = folder / "state/guard" / saved.FILE
    copy = saved.decode(file.read_bytes())
    saved.write(file, replace(copy, saved=replace(copy.saved, boot_id="another")), lasting=True)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_goes_on_with_the_siren_for_what_is_left(guard: Guard, how: str) -> None:
    """A stop puts it off at once, a kill cannot; the next start goes on to the very same end."""
    guard.press("panic")
    until(lambda: guard.is_on("siren"), "siren")
    until(lambda: told(guard.folder), "the record")
    getattr(guard, how)()
    assert guard.is_on("siren") is (how == "kill")
    before = saved.decode((guard.folder / "run/guard" / saved.FILE).read_bytes()).saved.state.alarm

    with house(guard.folder, siren_s=SIREN_S) as h:
        assert h.is_on("siren"), "before anything else was opened"
        view = h.alarm.view()
        after = saved.decode((guard.folder / "run/guard" / saved.FILE).read_bytes()).saved.state.alarm
        assert before is not None
        assert after is not None
        assert before.siren == after.siren
        assert view.alarm is not None
        assert view.alarm.remaining_s < SIREN_S
        assert [(AlarmPhase.RAISED, f"{view.alarm.alarm_id}.0")] == told_once(guard.folder)


def test_a_siren_whose_time_ran_out_meanwhile_stays_off(at_rest: Path) -> None:
    """And the ward is told that it ended."""
    guard = Guard(at_rest, siren_s=1.0)
    guard.start()
    guard.press("panic")
    until(lambda: guard.is_on("siren"), "siren")
    guard.kill()
    time.sleep(1.1)         # that much of the real monotonic clock
    with house(at_rest, siren_s=1.0) as h:
        assert not h.is_on("siren")
        h.until(lambda: [phase for phase, _ in told_once(at_rest)] == [AlarmPhase.RAISED, AlarmPhase.ENDED],
                "both records")


def test_after_a_power_cut_no_more_is_granted_than_was_left(at_rest: Path) -> None:
    """Be it that the copy on the card is some seconds old; the alarm keeps its id."""
    with house(at_rest, siren_s=SIREN_S) as h:
        answer = h.alarm.request(Raise(HANH, AlarmMode.SIREN))
        view = h.alarm.view()
    power_cut(at_rest)
    with house(at_rest, siren_s=SIREN_S) as h:
        again = h.alarm.view()
        assert h.is_on("siren")
        assert view.alarm is not None
        assert again.alarm is not None
        assert answer.alarm_id == again.alarm.alarm_id
        assert SIREN_S - 8 < again.alarm.remaining_s < view.alarm.remaining_s - 5


def test_a_hold_that_was_over_when_guard_came_back_is_an_alarm(at_rest: Path) -> None:
    """Whoever held the button long enough has called, though guard died while it was held."""
    now = clock.now()
    held = Press("panic", now.mono_ns - NS_PER_S)
    state = replace(AlarmState.initial(now.mono_ns - 2 * NS_PER_S), presses=(held,))
    (at_rest / "run/guard").mkdir(parents=True)
    saved.write(at_rest / "run/guard" / saved.FILE, saved.Copy(
        Saved(state, held.since_ns, now.boot_id), held.since_ns), lasting=False)
    with house(at_rest) as h:
        assert h.is_on("siren")
        h.until(lambda: h.phases() == [AlarmPhase.RAISED], "the record")


def test_what_the_ward_is_owed_survives_a_kill(guard: Guard) -> None:
    """Outputs stood, the journal refused, guard was killed: the next one tells, once and in order."""
    until(lambda: (guard.folder / "state/guard" / saved.FILE).exists(), "the first copy")
    with busy(guard.folder):
        guard.press("panic")
        until(lambda: guard.is_on("siren"), "siren")
        guard.release("panic")
        guard.kill()
    assert [] == told(guard.folder)
    with house(guard.folder, siren_s=SIREN_S) as h:
        h.until(h.records, "the record")
        alarm_id = h.records()[0].alarm_id
        h.alarm.request(Raise(Actor(AlarmCause.MEMBER, "Chú Tư", "m2"), AlarmMode.SIREN))
        h.until(lambda: [(AlarmPhase.RAISED, f"{alarm_id}.0"),
                         (AlarmPhase.JOINED, f"{alarm_id}.1")] == told(guard.folder), "both, in order")
    with house(guard.folder, siren_s=SIREN_S):
        pass
    assert 2 == len(told(guard.folder)), "told once, whatever was restarted"


def test_kills_at_any_moment_lose_no_alarm(at_rest: Path) -> None:
    """Whatever sounded is in the journal after the next start: each alarm begun once, revisions in order."""
    rng = random.Random(3)
    guard = Guard(at_rest, siren_s=0.2)
    for _ in range(6):
        guard.start()
        guard.press("panic")
        time.sleep(rng.uniform(0.15, 0.6))      # at a moment that nobody chose
        guard.kill()
        guard.release("panic")
    guard.start()
    guard.stop()
    soundings = sum(on for _, on in guard.levels("siren"))
    ids = [it for _, it in told(at_rest)]
    begun = [it for phase, it in told(at_rest) if phase is AlarmPhase.RAISED]
    assert soundings <= len(begun)
    assert len(ids) == len(set(ids)), "handed over again by the next guard, stored once"
    last: dict[str, int] = {}
    for alarm_id, rev in (it.split(".") for it in dict.fromkeys(ids)):
        assert int(rev) == last.get(alarm_id, -1) + 1
        last[alarm_id] = int(rev)


def test_a_rules_event_is_answered_once_over_a_kill(at_rest: Path) -> None:
    """Its alarm was saved, its answer lost: asked again, it is the same alarm."""
    asked = a_wish()
    with house(at_rest) as h:
        h.arm()
        assert Done() == h.alarm.wishes.answer(asked)
        h.until(h.records, "the record")
        first, = h.records()
    with house(at_rest) as h:
        assert Done() == h.alarm.wishes.answer(asked)
        h.alarm.request(Cancel(HANH))
        h.until(lambda: len(h.records()) == 2, "the end")
        assert [first.alarm_id] * 2 == [data.alarm_id for data in h.records()]


@pytest.mark.parametrize("copies", ["run", "both"])
def test_damage_is_put_aside_and_the_alarm_starts(
        at_rest: Path, copies: str, caplog: pytest.LogCaptureFixture) -> None:
    """From the other copy, or as a new box; somebody is told to look."""
    with house(at_rest) as h:
        h.alarm.request(Arm(WARD, True))
        h.until(lambda: h.alarm.view().armed, "armed")
        h.until(lambda: any(panel.armed for panel in h.panels()), "it to be told")
    files = [at_rest / "run/guard" / saved.FILE, at_rest / "state/guard" / saved.FILE]
    for file in files if copies == "both" else files[:1]:
        file.write_bytes(file.read_bytes()[:-20])
    with caplog.at_level(logging.ERROR), house(at_rest) as h:
        assert h.alarm.view().armed is (copies == "run")
        assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
    assert (at_rest / "run/guard" / f"{saved.FILE}.damaged").exists()
    assert "put aside" in caplog.text


def test_a_schedule_that_said_so_before_a_restart_is_no_news(
        at_rest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disarmed by hand in the night, a restart does not arm again."""
    monkeypatch.setattr(clock, "clock_synchronised", lambda: True)
    with house(at_rest, schedule=[{}]) as h:
        h.until(lambda: h.alarm.view().armed, "armed")
        h.alarm.request(Arm(HANH, False))
    with house(at_rest, schedule=[{}]) as h:
        h.press("key")
        h.until(lambda: h.alarm.view().arming_in_s is not None, "the key, which comes after the schedule")
        assert not h.alarm.view().armed


def test_a_restart_alone_tells_the_ward_nothing(at_rest: Path) -> None:
    """The panel is as it was told last; what is new is told."""
    for _ in range(3):
        with house(at_rest) as h:
            h.until(lambda: h.alarm.view().mains and h.panels()[-1:] and h.panels()[-1].mains, "mains told")
            before = len(h.panels())
    with house(at_rest) as h:
        h.arm()
        h.until(lambda: h.panels()[-1].armed, "what is new")
        assert before + 1 == len(h.panels())
