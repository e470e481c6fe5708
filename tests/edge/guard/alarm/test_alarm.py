"""The running alarm: buttons, requests and rules to outputs, records and views."""

from __future__ import annotations

import fcntl
import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev.trial_config import ROOT
from edge.base import clock
from edge.base.clock import Stamp
from edge.base.findings import Finding, Kind, State
from edge.base.supervisor import Supervisor
from edge.base.values import NS_PER_S
from edge.config.schedule import ScheduleSettings
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, PanelPhase, Severity
from edge.gpio import simulated
from edge.gpio.pins import Pin, Pins, Pull
from edge.guard.alarm.alarm import AlarmPanel
from edge.guard.alarm.core import Core
from edge.guard.alarm.exchange import Changed, Exchange, Outcome, Snapshot, Stale, Ticket
from edge.guard.alarm.hardware import Driver, SharedPins
from edge.guard.alarm.schedule_watch import ScheduleWatch
from edge.guard.alarm.wishes import asked_by
from edge.ipc.messages import Done
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Raise, Refusal, SelfTest
from tests.brokers import WAIT_S, until
from tests.edge.guard.alarm.house import (
    HANH,
    HOLD_S,
    OUTPUTS,
    WARD,
    Street,
    a_wish,
    busy,
    house,
    open_pins,
    records,
    settings_of,
)


def test_a_held_button_sounds_the_siren_after_its_hold_and_not_before(at_rest: Path) -> None:
    """Siren and light go on at the end of the hold and off at the alarm's end; the ward is told both."""
    with house(at_rest, siren_s=0.5) as h:
        h.until(lambda: h.alarm.view().mains, "inputs to be open")
        pressed_ns = time.monotonic_ns()
        h.press("panic")
        h.until(lambda: len(h.levels("siren")) == 3, "siren on and off")
        h.until(lambda: h.phases() == [AlarmPhase.RAISED, AlarmPhase.ENDED], "both records")

        (_, first), (on_ns, on), (off_ns, off) = h.levels("siren")
        assert [False, True, False] == [first, on, off], "claimed at its off level"
        assert on_ns - pressed_ns >= HOLD_S * NS_PER_S
        assert off_ns - on_ns >= 0.45 * NS_PER_S
        raised, ended = h.records()
        assert (0, 1, raised.alarm_id) == (raised.rev, ended.rev, ended.alarm_id)
        assert (AlarmCause.BUTTON, "panic") == (raised.raised_by.cause, raised.raised_by.name)
        assert {"siren", "flood", "beacon"} == set(raised.outputs)
        assert [PanelPhase.SOUNDING, PanelPhase.COOLDOWN] == [it.phase for it in h.panels()][-2:]


def test_a_button_let_go_before_its_hold_is_over_does_nothing(at_rest: Path) -> None:
    """Not on any output, and no word to the ward; the next, held long enough, does."""
    with house(at_rest, settings_of(at_rest, hold_s=5.0)) as h:
        h.until(lambda: h.alarm.view().mains, "inputs to be open")
        h.press("panic")
        h.until_phase(PanelPhase.CONFIRMING)
        h.release("panic")
        h.until_phase(PanelPhase.IDLE)
        h.press("silent")
        h.until_phase(PanelPhase.SILENT)
        h.until(h.records, "the record")
        assert [AlarmMode.SILENT] == [data.mode for data in h.records()]
        assert [False] == [on for _, on in h.levels("siren")]
        assert [False] == [on for _, on in h.levels("flood")]


def test_an_answer_is_given_when_outputs_stand_and_the_record_is_stored(at_rest: Path) -> None:
    """A member raises and cancels: each answer finds the siren so, and its record on the card."""
    with house(at_rest) as h:
        raised = h.alarm.request(Raise(HANH, AlarmMode.SIREN))
        assert (True, None) == (raised.accepted, raised.refusal)
        assert h.is_on("siren")
        assert [AlarmPhase.RAISED] == h.listed()

        assert Answer(True, alarm_id=raised.alarm_id) == h.alarm.request(Cancel(HANH))
        assert not h.is_on("siren")
        assert [AlarmPhase.RAISED, AlarmPhase.SILENCED] == h.listed()
        assert Answer(False, Refusal.NOTHING) == h.alarm.request(Cancel(HANH))


@pytest.mark.slow
def test_nothing_waits_for_an_uplink_that_refuses(at_rest: Path) -> None:
    """Neither siren nor the neighbour's answer; the records follow in order once it takes them."""
    with house(at_rest, siren_s=0.3) as h:
        h.until(h.panels, "the first record")
        with busy(at_rest):
            assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
            h.until_phase(PanelPhase.COOLDOWN)
            assert [False, True, False] == [on for _, on in h.levels("siren")]
            assert h.alarm.request(Raise(HANH, AlarmMode.SILENT)).accepted
            assert [] == records(h.journal)
        h.until(lambda: len(h.records()) == 3, "all records")
        assert [AlarmPhase.RAISED, AlarmPhase.ENDED, AlarmPhase.RAISED] == h.phases()


def test_a_wait_ends_with_the_next_change(at_rest: Path) -> None:
    """Versions rise with what people see; a wait for another one returns it, or the same in the end."""
    with house(at_rest) as h:
        h.until(lambda: all(it.active is not None for it in h.alarm.view().inputs.values()), "inputs")
        before = h.alarm.view()
        assert before.version == h.alarm.wait(before.version, 0.3).version, "a glowing beacon is no change"
        seen = []
        waiting = threading.Thread(target=lambda: seen.append(h.alarm.wait(before.version, 20.0)))
        waiting.start()
        h.alarm.request(Raise(HANH, AlarmMode.LIGHT))
        waiting.join()
        assert seen[0].version > before.version
        assert seen[0].alarm is not None
        assert (AlarmMode.LIGHT, HANH) == (seen[0].alarm.mode, seen[0].alarm.actor)
        assert seen[0].outputs["flood"]


def test_a_box_that_cannot_drive_its_outputs_still_calls_the_ward(at_rest: Path) -> None:
    """The fault is shown and told; once the pins can be had the siren of the alarm that is on sounds."""
    taken = ExitStack()
    taken.enter_context(another_program(at_rest))
    with taken, house(at_rest) as h:
        h.until_phase(PanelPhase.FAULT)
        assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
        h.until(lambda: [(AlarmPhase.RAISED, ())] == [(data.phase, data.outputs) for data in h.records()],
                "the record")
        assert "pins: outputs-bad: GPIO 17: cannot be claimed" in h.alarm.view().faults[0].line
        assert PanelPhase.FAULT is h.panels()[-1].phase
        taken.close()
        h.until(lambda: h.is_on("siren"), "siren")
        h.until_phase(PanelPhase.SOUNDING)
        assert () == h.alarm.view().faults


@contextmanager
def another_program(folder: Path) -> Iterator[None]:
    """It holds the siren's pin."""
    with (folder / "pins" / "levels" / str(OUTPUTS["siren"]["pin"])).open("wb") as pin:
        fcntl.flock(pin, fcntl.LOCK_EX)
        yield


def test_what_the_alarm_goes_on_without_is_a_fault_until_it_works_again(at_rest: Path) -> None:
    """
    Told from outside, it is among the faults that people and the ward see, and the beacon, lit but for a
    wink before, is dark but for two flashes; the alarm is as before.
    """
    def longest_s(level: bool) -> float:
        """That the beacon was at this level, of late."""
        return max((after - at_ns for (at_ns, was), (after, _) in itertools.pairwise(h.levels("beacon")[-5:])
                    if was is level), default=0) / NS_PER_S

    with house(at_rest) as h:
        h.until(lambda: h.alarm.stands, "outputs and inputs to be open")
        h.until(lambda: longest_s(True) > 1.0, "the beacon to say that all is well")
        fault = Finding(Kind.JOURNAL, "", State.BAD, "journal-bad", {"error": "the card is worn"})
        h.alarm.report_fault("journal", fault)
        h.until(lambda: (fault,) == h.alarm.view().faults, "the fault")
        h.until(lambda: longest_s(True) < 1.0 < longest_s(False), "the beacon to say that all is not well")
        assert h.alarm.request(Raise(HANH, AlarmMode.LIGHT)).accepted
        h.alarm.report_fault("journal", None)
        h.until(lambda: () == h.alarm.view().faults, "no fault")


def test_outputs_that_fail_are_tried_again_later(at_rest: Path) -> None:
    """Not at every turn, and not only when they are to change."""
    settings, on = settings_of(at_rest), {"siren": True, "flood": False, "beacon": False}
    (settings.box.runtime_dir / "guard").mkdir(parents=True)
    pins = SharedPins(open_pins(at_rest))
    driver = Driver(settings.outputs, pins)
    with another_program(at_rest):
        driver.drive(on, NS_PER_S)
    assert driver.retry_ns is not None
    driver.drive(on, driver.retry_ns - 1)
    assert "GPIO 17: cannot be claimed" in driver.fault
    driver.drive(on, driver.retry_ns)
    assert driver.fault == ""
    assert Street(at_rest).is_on("siren")
    driver.close()
    pins.close()


def test_a_key_switch_arms_and_the_mains_are_told(at_rest: Path) -> None:
    """Turned: armed after the exit delay; the UPS's contact shows in the view and at the ward."""
    with house(at_rest, exit_delay_s=0) as h:
        h.until(lambda: h.alarm.view().mains, "mains")
        h.press("key")
        h.until(lambda: h.alarm.view().armed, "armed")
        h.release("mains")
        h.until(lambda: h.alarm.view().mains is False, "on battery")
        h.until(lambda: any(it.armed and it.mains is False for it in h.panels()), "both told")
        h.release("key")
        h.until(lambda: not h.alarm.view().armed, "disarmed")


def test_a_button_down_since_the_boot_is_a_fault_and_no_alarm(tmp_path: Path) -> None:
    """A short in a wire does not sound at each power-up; let go and pressed again, it is a button."""
    Street(tmp_path).press("panic")
    with house(tmp_path) as h:
        h.until(lambda: ["input-left-out"] == [it.code for it in h.alarm.view().faults], "the fault")
        assert h.alarm.view().phase is PanelPhase.IDLE
        h.release("panic")
        h.until(lambda: h.alarm.view().faults == (), "no fault")
        h.press("panic")
        h.until(h.records, "the record")
        assert [AlarmPhase.RAISED] == h.phases()


def test_a_lid_open_at_installation_is_no_alarm_and_one_opened_later_is(tmp_path: Path) -> None:
    """The first position that a tamper switch is ever seen in is how the box was left."""
    street = Street(tmp_path)
    street.press("lid")
    with house(tmp_path) as h:
        h.until(lambda: h.alarm.view().mains is not None, "inputs to be open")
        h.release("lid")
        h.press("silent")
        h.until(h.records, "the record")
        assert [AlarmMode.SILENT] == [data.mode for data in h.records()]
    with house(tmp_path) as h:
        h.press("lid")
        h.until(lambda: len(h.records()) == 2, "the lid's record")
        assert AlarmCause.TAMPER is (h.records()[1].by or h.records()[1].raised_by).cause


def test_a_hold_counts_from_the_press_however_late_it_is_noticed(at_rest: Path) -> None:
    """A press that the machine is told of after the hold's length, still held, is an alarm at once."""
    turns, settings = list[Snapshot](), settings_of(at_rest, hold_s=2.0)
    (settings.box.runtime_dir / "guard").mkdir(parents=True)
    now, pins = clock.now(), SharedPins(open_pins(at_rest))
    core = Core(settings, Driver(settings.outputs, pins), turns.append, lambda: str(uuid.uuid4()), now)
    later = replace(now, mono_ns=now.mono_ns + 3 * NS_PER_S)

    core.turn(Changed("panic", True, now.mono_ns + NS_PER_S // 2), later)
    pins.close()

    assert PanelPhase.SOUNDING is turns[-1].state.phase
    assert [AlarmPhase.RAISED] == [data.phase for data in turns[-1].copy.owed]


def test_a_self_test_leaves_sirens_out_and_ends(at_rest: Path) -> None:
    """By default: lights alone."""
    with house(at_rest) as h:
        assert h.alarm.request(SelfTest(WARD)).accepted
        h.until_phase(PanelPhase.TEST)
        h.until_phase(PanelPhase.IDLE)
        assert [False] == [on for _, on in h.levels("siren")]
        assert [False, True, False] == [on for _, on in h.levels("flood")]


@pytest.mark.slow
def test_inputs_that_hang_are_noticed(at_rest: Path) -> None:
    """A read that never comes back leaves every button deaf: systemd hears no more."""
    hangs, freed = threading.Event(), threading.Event()

    class Stuck(Pin):
        def level(self) -> bool:
            if hangs.is_set():
                freed.wait()
            return super().level()

    class StuckPins(Pins):
        def input(self, gpio: int, pull: Pull) -> Pin:
            pin = super().input(gpio, pull)
            return Stuck(pin.gpio, pin._pin, pin._faults)

    def open_stuck() -> Pins:
        return StuckPins(simulated.SimulatedFactory(at_rest / "pins"), simulated.FAULTS, at_rest / "run")

    supervisor, alarm = Supervisor(), AlarmPanel.open(settings_of(at_rest), ROOT, open_stuck)
    alarm.start(supervisor)
    try:
        until(lambda: alarm.view().mains, "inputs to be open")
        hangs.set()
        until(lambda: "inputs" in supervisor.hung(time.monotonic() + 10), "five seconds without a beat")
    finally:
        freed.set()
        supervisor.stop.set()
        supervisor.join(WAIT_S)
        alarm.close()


def test_after_the_end_requests_are_refused_and_everything_is_off(at_rest: Path) -> None:
    """SIGTERM puts the siren off, and nobody waits in vain."""
    with house(at_rest) as h:
        assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
    assert not h.is_on("siren")
    assert Answer(False, Refusal.STOPPING) == h.alarm.request(Raise(HANH, AlarmMode.SIREN))


def test_what_was_answered_as_not_taken_is_never_done() -> None:
    """A request that timed out is withdrawn: nobody is told "no" by a siren that sounds later."""
    exchange = Exchange()
    assert exchange.ask(Raise(HANH, AlarmMode.SIREN), 0.0) is None
    assert exchange.next(0.0) is None

    taken = []
    asking = threading.Thread(target=lambda: taken.append(exchange.ask(Cancel(HANH), 20.0)))
    asking.start()
    ticket = exchange.next(20.0)
    assert isinstance(ticket, Ticket)
    exchange.answer(ticket, Outcome(Answer(True), 1))
    asking.join()
    assert [Outcome(Answer(True), 1)] == taken


# Rules

def test_a_rules_event_sets_off_its_alarm_once(at_rest: Path) -> None:
    """While armed: with the event's id and the rule's name, however often it is said."""
    with house(at_rest) as h:
        h.arm()
        asked = a_wish()
        assert [Done(), Done()] == [h.alarm.wishes.answer(asked) for _ in range(2)]
        assert h.is_on("flood")
        h.until(h.records, "the record")
        record, = h.records()
        assert (AlarmPhase.RAISED, AlarmMode.LIGHT, asked.event_id, "gate/night", AlarmCause.RULE) == (
            record.phase, record.mode, record.event_id, record.raised_by.name, record.raised_by.cause)
        assert not h.is_on("siren")


def test_a_rules_event_while_disarmed_is_refused_and_told(at_rest: Path) -> None:
    with house(at_rest) as h:
        assert Done() == h.alarm.wishes.answer(a_wish())
        h.until(h.records, "the refusal")
        assert [(AlarmPhase.REFUSED, "disarmed")] == [(data.phase, data.reason) for data in h.records()]


@pytest.mark.parametrize("old", [{"boot_id": "another"}, {"age_s": 11.0}])
def test_an_event_of_another_time_sets_nothing_off(at_rest: Path, old: dict[str, Any]) -> None:
    """Of another boot, or older than ten seconds: refused as stale, and told."""
    with house(at_rest) as h:
        h.arm()
        assert Done() == h.alarm.wishes.answer(a_wish(**old))
        h.until(h.records, "the refusal")
        assert [(AlarmPhase.REFUSED, "stale")] == [(data.phase, data.reason) for data in h.records()]
        assert [False] == [on for _, on in h.levels("flood")]


def test_a_wish_is_stale_by_boot_and_by_the_monotonic_clock_alone() -> None:
    """Ten seconds are the limit, either side of it; one of the future is no event of ours."""
    now = Stamp(datetime(1970, 1, 1, tzinfo=UTC), 100 * NS_PER_S, "here", False)
    wish = a_wish(event_id="e1", mode="siren", mono_ns=90 * NS_PER_S, boot_id="here")
    asked = asked_by(wish, now)
    assert Raise(Actor(AlarmCause.RULE, "gate/night"), AlarmMode.SIREN, severity=Severity.WARNING,
                 event_id="e1", request_id="e1") == asked
    for other in ({"mono_ns": 90 * NS_PER_S - 1}, {"boot_id": "there"}, {"mono_ns": 100 * NS_PER_S + 1}):
        assert isinstance(asked_by(wish.model_copy(update=other), now), Stale)


# The schedule

NIGHT = [ScheduleSettings.model_validate({"start": "22:00", "end": "05:00"})]


def stamp(local: str, mono_s: float, right: bool = True) -> Stamp:
    return Stamp(datetime.fromisoformat(local).astimezone(UTC), round(mono_s * NS_PER_S), "here", right)


def test_the_schedule_speaks_when_it_changes() -> None:
    """Once at its first right time, then at each border; without windows never."""
    watch = ScheduleWatch(NIGHT)
    said = [watch.look(stamp(f"2026-01-05T{at}", n)) for n, at in enumerate(
        ("21:59:58", "21:59:59", "22:00:00", "22:00:01"))]
    assert [False, None, True, None] == said
    assert ScheduleWatch([]).look(stamp("2026-01-05T23:00", 0)) is None


def test_a_clock_that_was_never_right_arms_nothing() -> None:
    """It says nothing, so all stays as it was; from its first right moment on it counts."""
    watch = ScheduleWatch(NIGHT)
    assert watch.look(stamp("1970-01-01T23:00", 0, right=False)) is None
    assert watch.look(stamp("2026-01-05T23:00", 1)) is True


def test_a_jump_of_the_clock_while_nobody_vouches_for_it_changes_nothing() -> None:
    """The time goes on by the monotonic clock from the last right moment, network or not."""
    watch = ScheduleWatch(NIGHT)
    assert watch.look(stamp("2026-01-05T21:00", 0)) is False
    assert watch.look(stamp("2026-01-05T23:30", 60, right=False)) is None
    assert watch.look(stamp("1970-01-01T00:00", 3601, right=False)) is True


def test_a_schedule_arms_the_box(at_rest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All day: armed as soon as the clock is right."""
    monkeypatch.setattr(clock, "clock_synchronised", lambda: True)
    with house(at_rest, schedule=[{}]) as h:
        h.until(lambda: h.alarm.view().armed, "armed")
        h.alarm.request(Arm(HANH, False))
        until(lambda: not h.alarm.view().armed, "disarmed by hand, until the schedule's next change")


def test_settings_of_a_box_without_pins_need_none(tmp_path: Path) -> None:
    """No outputs, no inputs: no GPIO is looked for, and a silent call still reaches the ward."""
    def refuse() -> None:
        raise AssertionError("nobody needs pins here")

    bare = settings_of(tmp_path).model_copy(update={"outputs": {}, "inputs": {}})
    with house(tmp_path, bare, refuse) as h:        # type: ignore[arg-type]
        assert h.alarm.request(Raise(HANH, AlarmMode.SILENT)).accepted
        assert [AlarmPhase.RAISED] == h.listed()
