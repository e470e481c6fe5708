"""How an alarm ends: call by call at its time, or all at once by somebody. Pure handlers of the machine."""

from __future__ import annotations

from dataclasses import replace

from edge.alarm.facts import refusal_of
from edge.alarm.moment import Moment, Step
from edge.alarm.signals import Fact
from edge.alarm.state import Alarm, AlarmState, Entry, Span
from edge.contract.messages import AlarmCause, AlarmPhase
from edge.panel import Actor, Answer, Refusal

BY_TIME = Actor(AlarmCause.TIME, "time")


def call_over(state: AlarmState, moment: Moment) -> Step:
    """The siren's, the lights' or the silent call's time is up; the alarm's with the last of them."""
    alarm = state.alarm
    assert alarm is not None
    left = replace(alarm, siren=_left(alarm.siren, moment), lights=_left(alarm.lights, moment),
                   silent=_left(alarm.silent, moment))
    if left.silent is None:
        left = replace(left, silent_by=None)
    if left.outward is None:
        left = replace(left, loud_by=None, loud_since_ns=None)
    if not left.ends_ns:
        return _ended(state, alarm, AlarmPhase.ENDED, BY_TIME, moment)
    if left.siren is not alarm.siren:
        state = _rested(state, moment)
    return Step(replace(state, alarm=left))


def silenced(state: AlarmState, by: Actor, moment: Moment) -> Step:
    """End everything that is on or under way."""
    after = replace(state, alarm=None, entry=None, test=None)
    ended = [_entry_silenced(after, state.entry, by)] if state.entry is not None else []
    if state.alarm is not None:
        ended.append(_ended(after, state.alarm, AlarmPhase.SILENCED, by, moment))
    if ended:
        facts = tuple(fact for step in ended for fact in step.facts)
        return replace(ended[-1], facts=facts)
    was_testing = state.test is not None
    return Step(after, answer=Answer(was_testing, None if was_testing else Refusal.NOTHING))


def disarmed_in_entry(state: AlarmState, by: Actor | None) -> Step:
    """Whoever came in has disarmed the box in time."""
    if state.entry is None:
        return Step(state)
    fact = refusal_of(state.entry.request, Refusal.DISARMED, state.entry.alarm_id, by)
    return Step(replace(state, entry=None), (fact,))


def _left(span: Span | None, moment: Moment) -> Span | None:
    return span if span is not None and span.until_ns > moment.now_ns else None


def _entry_silenced(state: AlarmState, entry: Entry, by: Actor) -> Step:
    request = entry.request
    fact = Fact(entry.alarm_id, 0, AlarmPhase.SILENCED, request.mode, request.actor, by=by,
                event_id=request.event_id)
    return Step(state, (fact,), Answer(True, alarm_id=entry.alarm_id))


def _ended(state: AlarmState, alarm: Alarm, phase: AlarmPhase, by: Actor, moment: Moment) -> Step:
    state = replace(state if alarm.siren is None else _rested(state, moment), alarm=None)
    fact = Fact(alarm.alarm_id, alarm.rev + 1, phase, alarm.mode, alarm.actor, by=by, event_id=alarm.event_id)
    return Step(state, (fact,), Answer(True, alarm_id=alarm.alarm_id))


def _rested(state: AlarmState, moment: Moment) -> AlarmState:
    """A sounding has ended."""
    cooldown_until_ns = moment.now_ns + moment.policy.pause_ns
    return replace(state, loud_until_ns=moment.now_ns, cooldown_until_ns=cooldown_until_ns)
