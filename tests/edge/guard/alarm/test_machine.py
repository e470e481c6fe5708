"""What the alarm does, said aloud: who raises what, what follows, what ends it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from edge.base.values import NS_PER_S
from edge.config.model import AlarmSettings, OutputKind, OutputSettings
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, PanelPhase, Severity
from edge.guard.alarm.machine import deadline_ns
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.signals import OutputsFailed, Pressed, Released, Scheduled, Tick
from edge.guard.alarm.state import AlarmState
from edge.guard.alarm.view import stuck
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Refusal, SelfTest
from tests.edge.guard.alarm.played import (
    BOOT,
    BUTTON,
    INPUTS,
    MEMBER,
    OTHER,
    OUTPUTS,
    RULE,
    TAMPER,
    WARD,
    Played,
    call,
    make_policy,
    reread,
    rule,
    steady,
    written,
)

LIGHTS = {"flood", "beacon"}
LOUD = {"siren", "strobe", *LIGHTS}
PHASES = list(PanelPhase)


def in_phase(phase: PanelPhase, **alarm: Any) -> Played:
    """A box that a person brought into `phase`."""
    box = Played(**{"entry_delay_s": 30, "exit_delay_s": 0, **alarm})
    match phase:
        case PanelPhase.CONFIRMING:
            box.tell(Pressed("panic"))
        case PanelPhase.ENTRY:
            box.tell(Arm(MEMBER, True))
            box.tell(rule(AlarmMode.LIGHT))
        case PanelPhase.LIGHT | PanelPhase.SOUNDING | PanelPhase.SILENT:
            mode = {"light": AlarmMode.LIGHT, "sounding": AlarmMode.SIREN, "silent": AlarmMode.SILENT}[phase]
            box.tell(call(MEMBER, mode))
        case PanelPhase.COOLDOWN:
            box.tell(call(MEMBER))
            box.tell(Cancel(MEMBER))
        case PanelPhase.TEST:
            box.tell(SelfTest(MEMBER))
        case PanelPhase.FAULT:
            box.tell(OutputsFailed("no chip"))
        case PanelPhase.IDLE:
            pass
    assert phase is box.phase
    box.facts.clear()
    return box


# --- buttons


def test_a_button_that_is_held_sounds() -> None:
    """
    The buzzer says that a press was heard; after 0.8 s siren and lights are on for a minute.
    """
    box = Played()
    box.tell(Pressed("panic"))
    assert (PanelPhase.CONFIRMING, {"buzzer"}) == (box.phase, box.on)
    box.wait(0.79)
    assert [] == box.story
    box.wait(0.01)
    assert (PanelPhase.SOUNDING, LOUD) == (box.phase, box.on)
    fact = box.facts[0]
    assert (AlarmPhase.RAISED, AlarmMode.SIREN, Actor(AlarmCause.BUTTON, "panic")) == (
        fact.phase, fact.mode, fact.raised_by)
    assert (tuple(sorted(LOUD)), 60.0) == (fact.outputs, fact.remaining_s)
    box.tell(Released("panic"))
    box.wait(59.9)
    assert LOUD == box.on
    box.wait(0.1)
    assert (PanelPhase.COOLDOWN, set()) == (box.phase, box.on)
    box.wait(60)
    assert PanelPhase.IDLE == box.phase
    assert ["raised", "ended"] == box.story
    assert Actor(AlarmCause.TIME, "time") == box.facts[1].by


def test_a_press_that_is_too_short_raises_nothing() -> None:
    """
    A hand that brushes the button is heard by the buzzer alone.
    """
    box = Played()
    box.press("panic", 0.5)
    box.wait(10)
    assert ([], set(), PanelPhase.IDLE) == (box.story, box.on, box.phase)


def test_a_second_press_confirms() -> None:
    """
    Where two presses are asked for: the second within 3 s sounds at once; later it is a first one again.
    """
    box = Played()
    box.press("twice", 0.2)
    assert (PanelPhase.CONFIRMING, {"buzzer"}) == (box.phase, box.on)
    box.wait(3)
    assert (PanelPhase.IDLE, set()) == (box.phase, box.on)
    box.press("twice", 0.2)
    box.wait(2.7)
    box.tell(Pressed("twice"))
    assert (PanelPhase.SOUNDING, ["raised"]) == (box.phase, box.story)


def test_one_long_press_is_not_two() -> None:
    """
    Where two presses are asked for, leaning on the button raises nothing, also not by its release.
    """
    box = Played()
    box.press("twice", 20)
    box.wait(5)
    assert [] == box.story


def test_a_remote_needs_no_hold() -> None:
    """
    Whoever pressed it has held it at the sender.
    """
    box = Played()
    box.tell(Pressed("remote"))
    assert LOUD == box.on


def test_a_silent_button_shows_nothing_at_all() -> None:
    """
    From the press to the end of the call no output is on, and the phase does not tell of the press.
    """
    box = Played()
    box.tell(Pressed("quiet"))
    assert (PanelPhase.IDLE, set()) == (box.phase, box.on)
    box.wait(0.8)
    assert (PanelPhase.SILENT, set(), ()) == (box.phase, box.on, box.facts[0].outputs)
    box.wait(600)
    assert (["raised", "ended"], PanelPhase.IDLE) == (box.story, box.phase)


def test_a_stuck_button_is_told_and_raises_once() -> None:
    """
    Down for 60 s it is broken: it keeps no alarm up and raises none, until it was released.
    """
    box = Played()
    box.tell(Pressed("panic"))
    box.wait(59.9)
    assert frozenset() == stuck(box.state, box.policy, box.now_ns)
    assert deadline_ns(box.state, box.policy) == 1060 * NS_PER_S
    box.wait(600)
    assert frozenset({"panic"}) == stuck(box.state, box.policy, box.now_ns)
    box.tell(Pressed("panic"))
    box.wait(600)
    assert (["raised", "ended"], set()) == (box.story, box.on)
    box.tell(Released("panic"))
    assert frozenset() == stuck(box.state, box.policy, box.now_ns)
    box.press("panic")
    assert PanelPhase.SOUNDING is box.phase


def test_a_stuck_silent_button_keeps_quiet_while_its_call_is_on() -> None:
    """
    A fault that comes up would show the call; it is told after it.
    """
    box = Played()
    box.tell(Pressed("quiet"))
    box.wait(600)
    assert frozenset() == stuck(box.state, box.policy, box.now_ns)
    box.wait(1)
    assert frozenset({"quiet"}) == stuck(box.state, box.policy, box.now_ns)


def test_inputs_that_are_no_buttons_press_nothing() -> None:
    """
    A key switch, and a name that the config does not know, are no matter of the machine.
    """
    box = Played()
    for name in ("key", "nowhere"):
        box.press(name, 100)
    assert ([], ()) == (box.story, box.state.presses)


# --- persons


@pytest.mark.parametrize("armed", [False, True])
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("mode", list(AlarmMode))
def test_a_person_is_heard_in_every_phase(phase: PanelPhase, mode: AlarmMode, armed: bool) -> None:
    """
    Armed or not, whatever the box is doing: the alarm is on, recorded, and told as begun or joined.
    """
    box = in_phase(phase)
    box.state = replace(box.state, armed=armed)
    was_on = box.state.alarm is not None
    answer = box.ask(call(MEMBER, mode))
    assert answer.accepted
    assert box.state.alarm is not None
    assert ["joined" if was_on else "raised"] == box.story
    assert answer.alarm_id == box.facts[0].alarm_id == box.state.alarm.alarm_id
    if phase is PanelPhase.FAULT:
        assert (PanelPhase.FAULT, ()) == (box.phase, box.facts[0].outputs)
    elif mode is AlarmMode.SIREN:
        assert (PanelPhase.SOUNDING, LOUD) == (box.phase, box.on)


def test_a_silent_call_does_not_stop_the_siren() -> None:
    """
    It is recorded, and stays open for its own ten minutes after the siren has ended.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.tell(call(MEMBER, AlarmMode.SILENT))
    assert (LOUD, ["joined"]) == (box.on, box.story)
    box.wait(60)
    assert (PanelPhase.SILENT, set(), ["joined"]) == (box.phase, box.on, box.story)
    box.wait(540)
    assert ["joined", "ended"] == box.story


@pytest.mark.parametrize("phase", [PanelPhase.IDLE, PanelPhase.CONFIRMING, PanelPhase.ENTRY,
                                   PanelPhase.COOLDOWN, PanelPhase.FAULT])
def test_a_silent_call_leaves_what_others_see(phase: PanelPhase) -> None:
    """
    Neither a fault nor a rest nor a press goes from anybody's sight because somebody called in silence.
    """
    box = in_phase(phase)
    box.tell(call(MEMBER, AlarmMode.SILENT))
    outward = box.view.outward
    assert outward is not None
    assert ((MEMBER,), phase, None) == (outward.callers, outward.phase, outward.alarm)
    box.tell(Cancel(MEMBER))
    assert box.view.outward is None


def test_a_siren_on_top_does_not_give_the_silent_caller_away() -> None:
    """
    Others see who sounded it, since when and until when, and nothing once it is over; the ward knows both.
    """
    box = in_phase(PanelPhase.SILENT)
    box.wait(10)
    box.tell(call(BUTTON))
    outward = box.view.outward
    assert outward is not None
    assert outward.alarm is not None
    assert (PanelPhase.SOUNDING, BUTTON, box.now_ns, 60.0) == (
        outward.phase, outward.alarm.actor, outward.alarm.since_mono_ns, outward.alarm.remaining_s)
    assert "2026-01-01T00:00:10.000Z" == outward.alarm.since_utc
    assert (MEMBER, BUTTON) == (box.facts[0].raised_by, box.facts[0].by)
    box.wait(60)
    outward, whole = box.view.outward, box.view.alarm
    assert outward is not None
    assert whole is not None
    assert (PanelPhase.COOLDOWN, None, AlarmMode.SILENT) == (outward.phase, outward.alarm, whole.mode)
    box.tell(call(WARD, AlarmMode.LIGHT))
    assert box.view.outward is not None
    assert box.view.outward.alarm is not None
    assert WARD == box.view.outward.alarm.actor


def test_a_silent_call_in_a_siren_is_its_callers_own() -> None:
    """
    The siren's end is told as the alarm's, and whoever sounded it does not see that something stays open.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.tell(call(OTHER, AlarmMode.SILENT))
    outward = box.view.outward
    assert outward is not None
    assert outward.alarm is not None
    assert ((OTHER,), MEMBER, 60.0) == (outward.callers, outward.alarm.actor, outward.alarm.remaining_s)
    box.wait(60)
    outward = box.view.outward
    assert outward is not None
    assert (PanelPhase.COOLDOWN, None) == (outward.phase, outward.alarm)
    box.wait(540)
    assert box.view.outward is None


def test_lights_asked_for_while_it_sounds_outlast_the_siren() -> None:
    """
    The siren keeps its end, the lights get theirs.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.tell(call(MEMBER, AlarmMode.LIGHT))
    box.wait(60)
    assert (PanelPhase.LIGHT, LIGHTS) == (box.phase, box.on)
    box.wait(59)
    assert Refusal.PAUSE is box.ask(call(WARD)).refusal, "the rest counts from the siren's end"
    box.wait(181)
    assert (set(), ["joined", "refused", "ended"]) == (box.on, box.story)
    assert PanelPhase.IDLE is box.phase, "240 s after the siren there is no rest left"


@pytest.mark.parametrize("phase", [PanelPhase.LIGHT, PanelPhase.SILENT])
def test_a_siren_makes_what_is_on_louder(phase: PanelPhase) -> None:
    """
    One alarm with one id, now of the louder mode.
    """
    box = in_phase(phase)
    box.tell(call(BUTTON))
    assert (PanelPhase.SOUNDING, LOUD) == (box.phase, box.on)
    assert (["joined"], AlarmMode.SIREN, BUTTON) == (box.story, box.facts[0].mode, box.facts[0].by)


def test_only_a_person_renews() -> None:
    """
    Raised once more at 50 s: by the ward the siren ends at 60 s all the same, by a neighbour at 110 s.
    """
    for actor, ends_s in ((WARD, 60), (MEMBER, 110)):
        box = in_phase(PanelPhase.SOUNDING)
        box.wait(50)
        assert box.ask(call(actor)).accepted
        box.wait(ends_s - 50 - 0.1)
        assert LOUD == box.on
        box.wait(0.1)
        assert (["joined", "ended"], set()) == (box.story, box.on)


def test_a_person_who_raises_on_and_on_is_told_every_minute() -> None:
    """
    An hour of it: six times in the first minute, then once in a minute, and the siren is on throughout.
    """
    box = Played()
    for _ in range(3600):
        box.tell(call(MEMBER))
        assert box.on == LOUD
        box.wait(1)
    assert ["raised", *["joined"] * (6 + 59)] == box.story


def test_a_person_who_raises_on_and_on_is_told_every_ten_seconds_at_first() -> None:
    """
    A radio button that oscillates keeps the siren on and fills no card; another's wish, or another one, is
    told at once.
    """
    box = Played()
    for _ in range(600):
        box.press("remote", 0.1)
    answer = box.ask(call(MEMBER))
    assert ["raised", *["joined"] * 7] == box.story
    for mode in (AlarmMode.LIGHT, AlarmMode.SILENT):
        box.tell(call(MEMBER, mode))
    assert (LOUD, ["joined", "joined"]) == (box.on, box.story[8:])
    box.facts.clear()
    box.wait(5)
    assert answer == box.ask(call(MEMBER)), "it is on, with its id"
    assert box.state.alarm is not None
    assert box.state.alarm.siren is not None
    assert ([], 60 * NS_PER_S) == (box.story, box.state.alarm.siren.until_ns - box.now_ns), "and renewed"
    box.wait(5)
    box.tell(call(MEMBER))
    assert ["joined"] == box.story


def test_a_siren_that_begins_again_is_told_however_soon() -> None:
    """
    Within ten seconds of the last time, in lights that outlast a siren of two: it is on anew.
    """
    box = in_phase(PanelPhase.LIGHT)
    for _ in range(2):
        box.tell(call(MEMBER, duration_s=2))
        box.wait(3)
    assert ["joined", "joined"] == box.story


def test_a_shorter_wish_does_not_shorten() -> None:
    """
    Joined with 5 s while 60 s are left, it ends at 60 s.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.tell(call(MEMBER, duration_s=5))
    box.wait(59)
    assert LOUD == box.on


@pytest.mark.parametrize(("asked_s", "is_s"), [(30, 30), (600, 60), (None, 60), (float("inf"), 60),
                                               (float("nan"), 60), (-1, 60), (0, 60)])
def test_a_duration_is_cut_to_the_configured_one(asked_s: float | None, is_s: float) -> None:
    """
    Whoever asks may shorten an alarm, never lengthen it.
    """
    box = Played()
    box.tell(call(WARD, duration_s=asked_s))
    assert is_s == box.facts[0].remaining_s


def test_the_same_request_is_one_alarm() -> None:
    """
    A phone that sends again gets the first answer again, also after the alarm; without an id each is new.
    """
    box = Played()
    first = box.ask(call(MEMBER, request_id="r1"))
    assert first == box.ask(call(MEMBER, request_id="r1"))
    box.wait(300)
    assert first == box.ask(call(MEMBER, request_id="r1"))
    assert ["raised", "ended"] == box.story
    assert first.alarm_id != box.ask(call(MEMBER)).alarm_id


# --- everybody else


def test_others_rest_after_a_sounding() -> None:
    """
    For a minute after the siren the ward's is refused, told as an alarm of its own; a light is not.
    """
    box = in_phase(PanelPhase.COOLDOWN)
    box.wait(59)
    answer = box.ask(call(WARD))
    assert Answer(False, Refusal.PAUSE, answer.alarm_id) == answer
    assert (AlarmPhase.REFUSED, Refusal.PAUSE, answer.alarm_id, ()) == (
        box.facts[0].phase, box.facts[0].refusal, box.facts[0].alarm_id, box.facts[0].outputs)
    assert box.ask(call(WARD, AlarmMode.LIGHT)).accepted
    assert LIGHTS == box.on
    box.wait(1)
    assert box.ask(call(WARD)).accepted
    assert LOUD == box.on


def test_others_sound_six_times_an_hour() -> None:
    """
    The seventh within the hour is refused, until the first is an hour ago; a person is not counted.
    """
    box = Played(max_per_hour=6)
    for _ in range(6):
        assert box.ask(call(WARD)).accepted
        box.wait(150)
    assert Refusal.PER_HOUR is box.ask(call(WARD)).refusal
    assert box.ask(call(MEMBER)).accepted
    box.wait(3600 - 6 * 150 - 0.1)
    assert Refusal.PER_HOUR is box.ask(call(WARD)).refusal
    box.wait(0.1)
    assert box.ask(call(WARD)).accepted


def test_a_siren_that_follows_its_lights_counts_once_it_is_heard() -> None:
    """
    Cancelled while the lights are on it was none; after two that were heard the third is refused.
    """
    box = Played(max_per_hour=2, light_first_s={"ward": 20})
    for _ in range(3):
        assert box.ask(call(WARD)).accepted
        box.wait(19)
        box.tell(Cancel(WARD))
    for _ in range(2):
        assert box.ask(call(WARD)).accepted
        box.wait(150)
    assert Refusal.PER_HOUR is box.ask(call(WARD)).refusal


def test_the_ward_s_siren_does_not_renew_the_lights() -> None:
    """
    Lights that may be on for 40 s, on since a rule asked: a siren at 30 s leaves them their 10 s.
    """
    outputs = {"siren": steady(OutputKind.SIREN, 17), "flood": steady(OutputKind.FLOOD, 18, 40)}
    for actor, still_on in ((WARD, set()), (MEMBER, {"flood"})):
        box = Played(make_policy(outputs))
        box.tell(call(WARD, AlarmMode.LIGHT))
        box.wait(30)
        box.tell(call(actor))
        assert {"siren", "flood"} == box.on
        box.wait(10)
        assert {"siren"} | still_on == box.on


def test_lights_do_not_count() -> None:
    """
    Twenty lights in a row, with no pause between, and a siren after them.
    """
    box = Played()
    for _ in range(20):
        assert box.ask(call(WARD, AlarmMode.LIGHT, duration_s=1)).accepted
        box.wait(1)
    assert PanelPhase.IDLE is box.phase
    assert box.ask(call(WARD)).accepted


def test_a_fresh_box_rests_first() -> None:
    """
    A box that knows nothing of before sounds for persons alone, for a minute.
    """
    box = Played()
    box.state = AlarmState.initial(box.now_ns)
    assert PanelPhase.IDLE is box.phase
    assert Refusal.PAUSE is box.ask(call(WARD)).refusal
    assert box.ask(call(MEMBER)).accepted


def test_a_rule_needs_an_armed_box() -> None:
    """
    Disarmed it is refused, with its event in the record; armed, the lights come first, the siren after 15 s.
    """
    box = Played()
    assert Refusal.DISARMED is box.ask(rule()).refusal
    assert ("event-1", RULE) == (box.facts[0].event_id, box.facts[0].raised_by)
    box.tell(Arm(WARD, True))
    assert box.ask(rule()).accepted
    assert (PanelPhase.LIGHT, LIGHTS, 75.0) == (box.phase, box.on, box.facts[1].remaining_s)
    box.wait(15)
    assert (PanelPhase.SOUNDING, LOUD) == (box.phase, box.on)
    assert [("refused", 0), ("raised", 0), ("escalated", 1)] == [(it.phase.value, it.rev) for it in box.facts]
    assert tuple(sorted(LOUD)) == box.facts[2].outputs
    box.wait(60)
    assert "ended" == box.story[-1]


@pytest.mark.parametrize(("severity", "after_s"), [(Severity.INFO, 60), (Severity.WARNING, 30),
                                                   (Severity.ALERT, 15)])
def test_a_siren_follows_by_severity(severity: Severity, after_s: float) -> None:
    """
    The graver, the sooner; and not at all once somebody cancels.
    """
    box = Played()
    box.state = replace(box.state, armed=True)
    box.tell(rule(severity=severity))
    assert box.view.alarm is not None
    assert after_s == box.view.alarm.siren_in_s
    box.wait(after_s - 0.1)
    assert LIGHTS == box.on
    box.tell(Cancel(MEMBER))
    box.wait(600)
    assert (["raised", "silenced"], set()) == (box.story, box.on)


def test_a_person_does_not_wait_for_the_lights() -> None:
    """
    A button pressed while a rule's lights are on first: the siren at once, once, and not again.
    """
    box = Played()
    box.state = replace(box.state, armed=True)
    box.tell(rule())
    box.wait(5)
    box.tell(call(BUTTON))
    assert LOUD == box.on
    box.wait(300)
    assert ["raised", "joined", "ended"] == box.story


def test_a_member_s_lights_first_are_not_put_off() -> None:
    """
    Asked again at 8 of 10 s the siren still follows at 10 s, and sounds for its time from there.
    """
    box = Played(light_first_s={"member": 10})
    box.tell(call(MEMBER))
    box.wait(8)
    box.tell(call(MEMBER))
    box.wait(2)
    assert (LOUD, ["raised", "joined", "escalated"]) == (box.on, box.story)
    box.wait(60)
    assert "ended" == box.story[-1]


@pytest.mark.parametrize("actor", [RULE, TAMPER])
def test_nobody_but_persons_and_the_ward_breaks_a_silent_call(actor: Actor) -> None:
    """
    Somebody at the place asked that nothing show it: a rule's or switch's alarm joins it unseen.
    """
    box = in_phase(PanelPhase.SILENT, entry_delay_s=0)
    box.state = replace(box.state, armed=True)
    for mode in (AlarmMode.SIREN, AlarmMode.LIGHT):
        assert box.ask(call(actor, mode)).accepted
        assert (PanelPhase.SILENT, set()) == (box.phase, box.on)
    assert ["joined", "joined"] == box.story
    assert box.ask(call(WARD, AlarmMode.LIGHT)).accepted
    assert (PanelPhase.LIGHT, LIGHTS) == (box.phase, box.on)


def test_a_lid_that_rattles_is_one_opening() -> None:
    """
    A loose lid in the wind fills no card for a night; once it was shut for ten seconds it counts again.
    """
    box = Played(tamper=AlarmMode.SILENT)
    for _ in range(100):
        box.press("lid", 0.5)
        box.wait(9.9)
    assert ["raised", "ended"] == box.story
    box.wait(0.1)
    box.tell(Pressed("lid"))
    assert ["raised", "ended", "raised"] == box.story


@pytest.mark.parametrize(("mode", "on"), [(AlarmMode.LIGHT, LIGHTS), (AlarmMode.SIREN, LIGHTS),
                                          (AlarmMode.SILENT, set())])
def test_a_tamper_switch_does_as_the_config_says(mode: AlarmMode, on: set[str]) -> None:
    """
    Armed or not; a siren follows 10 s after its lights; a lid that stays open raises once.
    """
    box = Played(tamper=mode)
    box.tell(Pressed("lid"))
    assert on == box.on
    box.wait(10)
    assert ("siren" in box.on) is (mode is AlarmMode.SIREN)
    box.wait(3600)
    box.tell(Pressed("lid"))
    box.wait(10)
    assert 1 == box.story.count("raised")


# --- arming


def armed_rule(**alarm: Any) -> Played:
    box = Played(**{"entry_delay_s": 30, **alarm})
    box.tell(Arm(WARD, True))
    return box


def test_an_entry_delay_gives_time_to_disarm() -> None:
    """
    A rule's alarm waits 30 s and then is raised as any; disarmed in it, it is told as refused.
    """
    box = armed_rule()
    assert Answer(True) == box.ask(rule())
    assert (PanelPhase.ENTRY, set(), []) == (box.phase, box.on, box.story)
    box.wait(30)
    assert (PanelPhase.LIGHT, ["raised"]) == (box.phase, box.story)

    box = armed_rule()
    box.tell(rule())
    box.tell(Arm(MEMBER, False))
    box.wait(60)
    assert [(AlarmPhase.REFUSED, Refusal.DISARMED, RULE, MEMBER)] == [
        (fact.phase, fact.refusal, fact.raised_by, fact.by) for fact in box.facts]


def test_a_cancel_in_the_entry_delay_is_recorded() -> None:
    """
    It ends the alarm that was to come, by name, and the box stays armed.
    """
    box = armed_rule()
    box.tell(rule())
    answer = box.ask(Cancel(MEMBER))
    assert Answer(True, alarm_id=box.facts[0].alarm_id) == answer
    box.wait(60)
    assert ([("silenced", MEMBER)], True) == ([(it.phase.value, it.by) for it in box.facts], box.state.armed)


def test_persons_do_not_wait_for_an_entry_delay() -> None:
    """
    The siren is on at once; the rule's alarm joins at the end of its delay.
    """
    box = armed_rule()
    box.tell(rule(AlarmMode.LIGHT))
    box.tell(call(BUTTON))
    assert LOUD == box.on
    box.wait(30)
    assert ["raised", "joined"] == box.story


def test_two_rules_in_one_entry_delay_are_one_alarm() -> None:
    """
    The louder of both, at the end of the first one's delay.
    """
    box = armed_rule()
    box.tell(rule(AlarmMode.LIGHT))
    box.wait(20)
    box.tell(rule(AlarmMode.SIREN))
    box.wait(10)
    assert ([AlarmMode.SIREN], PanelPhase.LIGHT) == ([fact.mode for fact in box.facts], box.phase)


def test_arming_by_hand_gives_time_to_leave() -> None:
    """
    A member, or a key, arms after 45 s and asking again does not put it off; ward and schedule arm at once.
    """
    box = Played()
    box.tell(Arm(MEMBER, True))
    box.wait(40)
    box.tell(Arm(MEMBER, True))
    assert (False, 5.0) == (box.view.armed, box.view.arming_in_s)
    box.wait(5)
    assert (True, None) == (box.view.armed, box.view.arming_in_s)
    for signal, armed in ((Scheduled(True, Actor(AlarmCause.BUTTON, "key")), False), (Scheduled(True), True),
                          (Arm(WARD, True), True)):
        box = Played()
        box.tell(signal)
        assert armed is box.state.armed, signal
        box.wait(45)
        assert box.state.armed


def test_disarming_ends_the_exit_delay() -> None:
    """
    Who changes their mind in it finds a disarmed box afterwards.
    """
    box = Played()
    box.tell(Arm(MEMBER, True))
    box.tell(Arm(MEMBER, False))
    box.wait(100)
    assert (False, None) == (box.view.armed, box.view.arming_in_s)


def test_what_was_done_by_hand_holds_until_the_schedule_changes() -> None:
    """
    What the schedule says once more, also after a restart, undoes nothing; its next change does.
    """
    box = Played()
    box.tell(Scheduled(True))
    box.tell(Arm(MEMBER, False))
    box.restart(5)
    box.tell(Scheduled(True))
    assert not box.state.armed
    box.tell(Scheduled(False))
    box.tell(Scheduled(True))
    assert box.state.armed


def test_a_schedule_that_is_first_heard_disarms_nobody() -> None:
    """
    A box whose clock comes right at noon keeps what was armed by hand in the morning.
    """
    box = Played()
    box.tell(Arm(WARD, True))
    box.tell(Scheduled(False))
    assert box.state.armed


# --- cancelling


def test_a_cancel_is_recorded_with_who() -> None:
    """
    Everything is off at once, the rest begins, and the ward reads who did it.
    """
    box = in_phase(PanelPhase.SOUNDING)
    on = box.state.alarm
    assert on is not None
    assert Answer(True, alarm_id=on.alarm_id) == box.ask(Cancel(WARD))
    assert (PanelPhase.COOLDOWN, set()) == (box.phase, box.on)
    assert [(AlarmPhase.SILENCED, MEMBER, WARD, 1)] == [
        (fact.phase, fact.raised_by, fact.by, fact.rev) for fact in box.facts]


@pytest.mark.parametrize("phase", [PanelPhase.IDLE, PanelPhase.CONFIRMING, PanelPhase.COOLDOWN,
                                   PanelPhase.FAULT])
def test_a_cancel_of_nothing_says_so(phase: PanelPhase) -> None:
    """
    Nothing is recorded, and a button that is being held goes on being held.
    """
    box = in_phase(phase)
    assert Answer(False, Refusal.NOTHING) == box.ask(Cancel(MEMBER))
    assert (phase, []) == (box.phase, box.story)


def test_disarming_silences_nothing() -> None:
    """
    A key is no code: what sounds goes on until somebody cancels.
    """
    box = armed_rule(entry_delay_s=0)
    box.tell(rule())
    box.tell(Arm(MEMBER, False))
    box.wait(15)
    assert LOUD == box.on


def test_another_members_cancel_ends_what_is_loud_alone() -> None:
    """
    Somebody may be made to give a code: the silent call goes on as an alarm of its own, with its own end, and
    whoever cancelled sees a box that rests.
    """
    box = in_phase(PanelPhase.SILENT)
    box.wait(100)
    box.tell(call(OTHER))
    first = box.facts[0].alarm_id
    assert Answer(True, alarm_id=first) == box.ask(Cancel(OTHER))
    _, end, own = box.facts
    assert (first, AlarmPhase.SILENCED, OTHER) == (end.alarm_id, end.phase, end.by)
    assert (AlarmPhase.RAISED, 0, AlarmMode.SILENT, MEMBER, None, 500.0, ()) == (
        own.phase, own.rev, own.mode, own.raised_by, own.by, own.remaining_s, own.outputs)
    assert own.alarm_id != first
    outward = box.view.outward
    assert outward is not None
    assert ((MEMBER,), PanelPhase.COOLDOWN, None) == (outward.callers, outward.phase, outward.alarm)
    assert {first, own.alarm_id} == outward.hidden, "the log of members tells of it under both"
    assert (PanelPhase.SILENT, set()) == (box.phase, box.on)
    box.wait(500)
    assert ["joined", "silenced", "raised", "ended"] == box.story


@pytest.mark.parametrize("by", [MEMBER, WARD, replace(MEMBER, name="Lan")])
def test_the_caller_and_the_ward_end_all(by: Actor) -> None:
    """
    The silent call and what is loud on top of it, in one; a member is known by id, not by name.
    """
    box = in_phase(PanelPhase.SILENT)
    box.tell(call(OTHER))
    assert box.ask(Cancel(by)).accepted
    assert (["joined", "silenced"], None) == (box.story, box.state.alarm)


def test_a_cancel_does_not_tell_of_anothers_silent_call() -> None:
    """
    Alone, or left over after a siren, it is nothing to anybody else; a rule's entry delay beside it is ended.
    """
    box = in_phase(PanelPhase.SILENT, entry_delay_s=30)
    assert Answer(False, Refusal.NOTHING) == box.ask(Cancel(OTHER))
    box.state = replace(box.state, armed=True)
    box.tell(rule())
    assert box.ask(Cancel(OTHER)).accepted
    assert (["silenced"], PanelPhase.SILENT, None) == (box.story, box.phase, box.state.entry)
    box.tell(call(OTHER))
    box.wait(60)
    assert Answer(False, Refusal.NOTHING) == box.ask(Cancel(OTHER))
    assert (PanelPhase.SILENT, ["silenced", "joined"]) == (box.phase, box.story)


def test_each_silent_caller_ends_their_own_call() -> None:
    """
    Both see the call; what one of them cancels goes on for the other, by name.
    """
    box = in_phase(PanelPhase.SILENT)
    for actor in (OTHER, MEMBER):
        box.tell(call(actor, AlarmMode.SILENT))
    assert box.view.outward is not None
    assert [MEMBER, OTHER] == list(box.view.outward.callers)
    assert box.ask(Cancel(MEMBER)).accepted
    assert box.view.outward is not None
    assert [OTHER] == list(box.view.outward.callers)
    assert (AlarmPhase.RAISED, OTHER) == (box.facts[-1].phase, box.facts[-1].raised_by)
    assert box.ask(Cancel(OTHER)).accepted
    assert box.state.alarm is None


def test_who_calls_in_silence_is_bounded() -> None:
    """
    Eight may see their call; a ninth's is recorded like any.
    """
    box = in_phase(PanelPhase.SILENT)
    for number in range(20):
        assert box.ask(call(Actor(AlarmCause.MEMBER, "x", f"n{number}"), AlarmMode.SILENT)).accepted
    assert (20, 8) == (len(box.facts), len(box.state.alarm.silent_by if box.state.alarm else ()))


# --- self-test


def test_a_self_test_goes_through_the_outputs_lights_first() -> None:
    """
    One at a time, each for 1.5 s; the siren for half a second, last, and only when asked for.
    """
    lights = "beacon flood strobe buzzer"
    for with_siren, order in ((False, lights), (True, f"{lights} siren")):
        box = Played()
        assert box.ask(SelfTest(MEMBER, with_siren)).accepted
        seen, since_ns = [], box.now_ns
        while box.phase is PanelPhase.TEST:
            seen += [(box.now_ns, name) for name in box.on]
            due_ns = deadline_ns(box.state, box.policy)
            assert due_ns is not None
            box.wait((due_ns - box.now_ns) / NS_PER_S)
        assert order.split() == [name for _, name in seen]
        times = [*(at_ns for at_ns, _ in seen), box.now_ns]
        lengths = [(b - a) / NS_PER_S for a, b in pairwise(times)]
        assert [1.5] * 4 + [0.5] * with_siren == lengths
        assert (since_ns, [], set()) == (times[0], box.story, box.on)


@pytest.mark.parametrize("mode", [AlarmMode.SIREN, AlarmMode.LIGHT])
@pytest.mark.parametrize("is_silent_before", [False, True])
def test_an_alarm_breaks_a_self_test_off(mode: AlarmMode, is_silent_before: bool) -> None:
    """
    Also one that makes a silent call a loud one; the test is not taken up again.
    """
    box = in_phase(PanelPhase.TEST)
    if is_silent_before:
        box.tell(call(OTHER, AlarmMode.SILENT))
    box.tell(call(MEMBER, mode))
    assert {AlarmMode.SIREN: LOUD, AlarmMode.LIGHT: LIGHTS}[mode] == box.on
    assert box.state.test is None


def test_a_self_test_does_not_tell_of_a_silent_call() -> None:
    """
    It goes on beside one that begins, and begins beside one that is open, as if nobody had called; its own
    caller, who knows, and the ward are refused. A cancel of another ends the test and tells no more.
    """
    box = in_phase(PanelPhase.TEST)
    before = box.on
    box.tell(call(OTHER, AlarmMode.SILENT))
    assert (before, PanelPhase.SILENT) == (box.on, box.phase)
    assert box.view.outward is not None
    assert PanelPhase.TEST is box.view.outward.phase
    assert () == box.facts[0].outputs
    assert Answer(True) == box.ask(Cancel(MEMBER))
    assert (set(), PanelPhase.SILENT) == (box.on, box.phase)

    assert [Refusal.BUSY] * 2 == [box.ask(SelfTest(actor)).refusal for actor in (OTHER, WARD)]
    assert box.ask(SelfTest(MEMBER)).accepted
    assert before == box.on
    assert Refusal.BUSY is box.ask(SelfTest(MEMBER)).refusal
    box.wait(20)
    assert (set(), PanelPhase.SILENT) == (box.on, box.phase)


def test_a_press_beside_a_silent_call_is_heard_as_ever() -> None:
    """
    The buzzer answers it, and goes on while somebody calls in silence.
    """
    box = in_phase(PanelPhase.CONFIRMING)
    before = box.on
    box.tell(call(OTHER, AlarmMode.SILENT))
    assert ({"buzzer"}, {"buzzer"}) == (before, box.on)


@pytest.mark.parametrize("phase", PHASES)
def test_a_self_test_waits_for_calm(phase: PanelPhase) -> None:
    """
    Not while an alarm is on or coming, another test runs, or outputs fail.
    """
    calm = phase in (PanelPhase.IDLE, PanelPhase.CONFIRMING, PanelPhase.COOLDOWN)
    answer = in_phase(phase).ask(SelfTest(MEMBER))
    assert Answer(calm, None if calm else Refusal.BUSY) == answer


def test_a_self_test_with_the_siren_is_a_sounding_of_the_ward() -> None:
    """
    It waits for the pause, begins one, and counts; without the siren it is free. A technician is a person.
    """
    box = Played()
    assert box.ask(SelfTest(WARD, with_siren=True)).accepted
    box.wait(20)
    assert Refusal.PAUSE is box.ask(SelfTest(WARD, with_siren=True)).refusal
    assert Refusal.PAUSE is box.ask(call(WARD)).refusal
    assert box.ask(SelfTest(WARD)).accepted
    box.wait(20)
    assert box.ask(SelfTest(MEMBER, with_siren=True)).accepted
    assert 1 == len(box.state.unasked_ns)


def test_a_cancel_ends_a_self_test() -> None:
    """
    With nothing to record.
    """
    box = in_phase(PanelPhase.TEST)
    assert Answer(True) == box.ask(Cancel(MEMBER))
    assert (set(), []) == (box.on, box.story)


# --- outputs at fault


def test_an_alarm_outlives_outputs_that_fail() -> None:
    """
    It stays in the books with its end, and its outputs are on again as soon as they can be.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.tell(OutputsFailed("no chip"))
    assert (PanelPhase.FAULT, False) == (box.phase, any(box.view.outputs.values()))
    assert box.view.alarm is not None
    box.wait(30)
    box.tell(OutputsFailed(""))
    assert (PanelPhase.SOUNDING, True) == (box.phase, box.view.outputs["siren"])
    box.wait(30)
    assert ["ended"] == box.story


def test_a_cancel_holds_while_outputs_fail() -> None:
    """
    So that nothing begins to sound once they work again.
    """
    box = in_phase(PanelPhase.FAULT)
    box.tell(call(MEMBER))
    assert box.ask(Cancel(MEMBER)).accepted
    box.tell(OutputsFailed(""))
    assert (set(), ["raised", "silenced"]) == (box.on, box.story)


def test_failing_outputs_end_a_self_test() -> None:
    """
    And that they work, said once more, does not.
    """
    box = in_phase(PanelPhase.TEST)
    box.tell(OutputsFailed(""))
    assert PanelPhase.TEST == box.phase
    box.tell(OutputsFailed("no chip"))
    box.tell(OutputsFailed(""))
    assert (None, "") == (box.state.test, box.state.fault)


# --- limits of an output


def test_an_output_goes_off_at_its_own_limit() -> None:
    """
    Counted from the request that turned it on; a person's next request counts anew, the ward's does not.
    """
    outputs = {"short": steady(OutputKind.SIREN, 17, 20), "long": steady(OutputKind.SIREN, 18)}
    box = Played(make_policy(outputs))
    box.tell(call(WARD))
    box.wait(19.9)
    assert {"short", "long"} == box.on
    box.wait(0.1)
    assert {"long"} == box.on
    box.tell(call(WARD))
    assert {"long"} == box.on
    box.tell(call(MEMBER))
    assert {"short", "long"} == box.on
    box.wait(20)
    assert {"long"} == box.on


def test_a_deadline_tells_when_an_output_goes_off() -> None:
    """
    Nothing else changes at that moment, and still the thread must wake.
    """
    box = Played(make_policy({"short": steady(OutputKind.SIREN, 17, 20)}))
    box.tell(call(WARD))
    assert box.now_ns + 20 * NS_PER_S == deadline_ns(box.state, box.policy)
    box.wait(20)
    assert box.now_ns + 40 * NS_PER_S == deadline_ns(box.state, box.policy)


def test_light_first_leaves_the_siren_its_own_time() -> None:
    """
    A siren that may be on for 20 s is on for 20 s after its lights, and lights for 20 s from the request.
    """
    outputs = {"siren": steady(OutputKind.SIREN, 17, 20), "flood": steady(OutputKind.FLOOD, 18, 20)}
    box = Played(make_policy(outputs))
    box.state = replace(box.state, armed=True)
    box.tell(rule())
    box.wait(15)
    assert {"siren", "flood"} == box.on
    box.wait(5)
    assert {"siren"} == box.on
    box.wait(15)
    assert set() == box.on


# --- time


def test_a_late_tick_changes_nothing_but_lateness() -> None:
    """
    What was due happens as of its own time: the same story, with the same end, whoever looked when.
    """
    box, late = armed_rule(), armed_rule()
    for one in (box, late):
        one.tell(rule())
    box.wait(95)
    late.leap(95)
    late.tell(Tick())
    assert ["raised", "escalated"] == late.story == box.story
    assert box.state == late.state
    box.wait(100)
    late.leap(100)
    late.tell(Tick())
    assert box.facts == late.facts
    assert box.state == late.state


def test_two_alarms_in_one_step_have_two_ids() -> None:
    """
    A hold that was over, its alarm that was, and a new one, all by one late signal.
    """
    box = Played()
    box.tell(Pressed("panic"))
    box.leap(100)
    answer = box.ask(call(MEMBER))
    assert ["raised", "ended", "raised"] == box.story
    assert 2 == len({fact.alarm_id for fact in box.facts})
    assert answer.alarm_id == box.facts[2].alarm_id


def test_a_clock_that_goes_back_takes_no_time_and_goes_on() -> None:
    """
    After 20 of 60 s it falls back by 500 s: 40 s are left, from there.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.wait(20)
    box.leap(-500)
    box.tell(Tick())
    assert box.view.alarm is not None
    assert 40.0 == box.view.alarm.remaining_s
    box.wait(39.9)
    assert LOUD == box.on
    box.wait(0.1)
    assert set() == box.on


def test_a_calm_box_has_no_deadline() -> None:
    """
    Nothing is on and nothing under way, so nothing wakes the thread.
    """
    box = Played()
    assert deadline_ns(box.state, box.policy) is None


# --- restarts


def test_a_restart_goes_on_for_what_is_left() -> None:
    """
    Same boot: off for 20 of 60 s, it sounds for 40 s more. Off for longer, it has ended when it should have.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.restart(20)
    assert (LOUD, []) == (box.on, box.story)
    box.wait(39.9)
    assert LOUD == box.on
    box.wait(0.1)
    assert set() == box.on
    box = in_phase(PanelPhase.SOUNDING)
    box.restart(90)
    assert (set(), ["ended"], PanelPhase.COOLDOWN) == (box.on, box.story, box.phase)
    assert box.view.alarm is None


@pytest.mark.parametrize("now_s", [3, 5000])
def test_another_boot_grants_what_was_left(now_s: float) -> None:
    """
    Its clock tells nothing of the time between, so 40 s of 60 are left, never more.
    """
    box = in_phase(PanelPhase.SOUNDING)
    box.wait(20)
    box.restart(now_s=now_s, boot="boot-2")
    assert LOUD == box.on
    box.wait(39.9)
    assert LOUD == box.on
    box.wait(0.1)
    assert set() == box.on


@pytest.mark.parametrize("boot", [BOOT, "boot-2"])
def test_a_restart_forgets_no_pause_and_no_count(boot: str) -> None:
    """
    30 s into a pause of 60 s it lasts 30 s more; six soundings before count after.
    """
    box = Played()
    box.tell(call(WARD, duration_s=1))
    box.wait(31)
    box.restart(boot=boot, now_s=None if boot == BOOT else 7)
    box.wait(29.9)
    assert Refusal.PAUSE is box.ask(call(WARD)).refusal
    box.wait(0.1)
    assert box.ask(call(WARD)).accepted
    box = Played(max_per_hour=2)
    for _ in range(2):
        box.tell(call(WARD, duration_s=1))
        box.wait(100)
    box.restart(boot=boot, now_s=None if boot == BOOT else 7)
    assert Refusal.PER_HOUR is box.ask(call(WARD)).refusal


@pytest.mark.parametrize("boot", [BOOT, "boot-2"])
def test_a_siren_that_was_to_follow_follows_after_a_restart(boot: str) -> None:
    """
    5 s into the lights, it is due 10 s later; an entry delay likewise.
    """
    box = armed_rule(entry_delay_s=30)
    box.tell(rule())
    box.wait(20)
    box.restart(boot=boot)
    box.wait(10)
    assert LIGHTS == box.on
    box.wait(5)
    box.restart(boot=boot)
    box.wait(10)
    assert (LOUD, ["raised", "escalated"]) == (box.on, box.story)


def test_a_hold_begins_anew_after_a_restart() -> None:
    """
    Nobody knows whether the button was let go meanwhile: it is told once more and held for its time.
    """
    box = Played()
    box.tell(Pressed("panic"))
    box.wait(0.5)
    box.restart(2)
    assert ([], PanelPhase.IDLE) == (box.story, box.phase)
    box.tell(Pressed("panic"))
    box.wait(0.8)
    assert LOUD == box.on


def test_a_stuck_button_does_not_raise_again_after_a_restart() -> None:
    """
    Told once more that it is down, it has been down all the time; nor does a lid that is still open.
    """
    box = Played()
    for name in ("panic", "lid"):
        box.tell(Pressed(name))
    box.wait(2000)
    box.facts.clear()
    box.restart(2)
    for name in ("panic", "lid"):
        box.tell(Pressed(name))
    box.wait(100)
    assert ([], frozenset({"panic"})) == (box.story, stuck(box.state, box.policy, box.now_ns))


def test_a_restart_ends_a_self_test() -> None:
    """
    Nothing is on after it.
    """
    box = in_phase(PanelPhase.TEST)
    box.restart(0)
    assert (PanelPhase.IDLE, set()) == (box.phase, box.on)


def test_a_request_is_known_after_a_restart() -> None:
    """
    A phone that had no answer sends again, and raises no second alarm.
    """
    box = Played()
    first = box.ask(call(MEMBER, request_id="r1"))
    box.restart(200, boot="boot-2")
    assert first == box.ask(call(MEMBER, request_id="r1"))
    assert 1 == box.story.count("raised")


@pytest.mark.parametrize("phase", PHASES)
def test_a_saved_state_reads_back(phase: PanelPhase) -> None:
    """
    In every phase, with everything in it.
    """
    box = in_phase(phase)
    box.tell(call(WARD, request_id="r1", duration_s=float("inf")))
    saved = reread(written(box.state, box.now_ns, BOOT))
    assert (box.state, box.now_ns, BOOT) == (saved.state, saved.saved_ns, saved.boot_id)


# --- the view


def test_the_view_shows_the_alarm() -> None:
    """
    What a phone draws: who, since when, for how long, what is on.
    """
    box = Played()
    box.tell(call(MEMBER))
    box.wait(10)
    view = box.view
    assert view.alarm is not None
    assert (7, PanelPhase.SOUNDING, MEMBER, 1000 * NS_PER_S, 50.0, None) == (
        view.version, view.phase, view.alarm.actor, view.alarm.since_mono_ns, view.alarm.remaining_s,
        view.alarm.siren_in_s)
    assert {name: name != "buzzer" for name in OUTPUTS} == view.outputs


def test_the_policy_knows_the_limits_itself() -> None:
    """
    Settings that came past the config's own checks are cut: 180 s, 30 min, 30 s of pause, 12 an hour.
    """
    wild = AlarmSettings.model_construct(**{
        **dict(AlarmSettings()), "siren_s": 9e9, "light_s": 9e9, "cooldown_s": 0.0, "max_per_hour": 10**6})
    outputs = {name: OutputSettings.model_construct(**{**dict(it), "max_on_s": 9e9})
               for name, it in OUTPUTS.items()}
    policy = Policy.of(wild, outputs, INPUTS)
    assert 180 * NS_PER_S == policy.duration_ns(AlarmMode.SIREN, 1e12)
    assert 1800 * NS_PER_S == policy.duration_ns(AlarmMode.LIGHT, 1e12)
    assert (30 * NS_PER_S, 12) == (policy.pause_ns, policy.max_per_hour)
    assert {"siren": 180, "strobe": 180, "flood": 1800, "beacon": 1800, "buzzer": 30} == {
        it.name: it.max_on_ns // NS_PER_S for it in policy.outputs}
