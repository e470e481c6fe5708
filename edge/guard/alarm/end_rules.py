"""How an alarm ends: call by call at its time, or all at once by somebody. Pure handlers of the machine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase
from edge.guard.alarm.context import Context, Transition, fact_of, refusal_of
from edge.guard.alarm.signals import Fact
from edge.guard.alarm.state import Alarm, AlarmState, EntryDelay, Span
from edge.ipc.panel import Actor, Answer, Refusal

BY_TIME = Actor(AlarmCause.TIME, "time")
PARTED_KEPT = 8


def call_over(state: AlarmState, context: Context) -> Transition:
    """The siren's, the lights' or the silent call's time is up; the alarm's with the last of them."""
    alarm = state.alarm
    assert alarm is not None
    left = replace(alarm, siren=_left(alarm.siren, context), lights=_left(alarm.lights, context),
                   silent=_left(alarm.silent, context))
    if left.silent is None:
        left = replace(left, silent_by=(), parted=())
    if left.outward is None:
        left = replace(left, loud_by=None, loud_since_ns=None)
    if not left.ends_ns:
        return _ended(state, alarm, AlarmPhase.ENDED, BY_TIME, context)
    if left.siren is not alarm.siren:
        state = _rested(state, context)
    return Transition(replace(state, alarm=left))


def silenced(state: AlarmState, by: Actor, context: Context) -> Transition:
    """End everything that is on or under way, but a silent call that is not one's own.

    Somebody may be made to give a code: no member's ends what another one has asked for in silence, nor is
    told of it.
    """
    alarm, after = state.alarm, replace(state, alarm=None, entry=None, test=None)
    callers = _callers_left(alarm, by)
    ends_alarm = alarm is not None and (not callers or alarm.outward is not None or alarm.is_of(by))
    ended = [_entry_silenced(after, state.entry, by)] if state.entry is not None else []
    if alarm is not None and ends_alarm:
        ended.append(_ended(after, alarm, AlarmPhase.SILENCED, by, context))
    if ended:
        facts = tuple(fact for step in ended for fact in step.facts)
        step = replace(ended[-1], facts=facts)
        if not ends_alarm:
            return replace(step, state=replace(step.state, alarm=alarm))
        return step.then(partial(_parted, alarm, callers), context) if alarm is not None and callers else step
    was_testing = state.test is not None
    answer = Answer(was_testing, None if was_testing else Refusal.NOTHING)
    return Transition(replace(after, alarm=alarm), answer=answer)


def disarmed_in_entry(state: AlarmState, by: Actor | None) -> Transition:
    """The transition when whoever came in disarms the box in time: the alarm that waited is refused."""
    if state.entry is None:
        return Transition(state)
    fact = refusal_of(state.entry.request, Refusal.DISARMED, state.entry.alarm_id, by)
    return Transition(replace(state, entry=None), (fact,))


def _callers_left(alarm: Alarm | None, by: Actor) -> tuple[Actor, ...]:
    """Whose silent call goes on when `by` cancels."""
    if alarm is None or by.cause is not AlarmCause.MEMBER:
        return ()
    return tuple(it for it in alarm.silent_by if not it.is_same(by))


def _parted(alarm: Alarm, callers: tuple[Actor, ...], state: AlarmState, context: Context) -> Transition:
    """What was loud has ended: the silent call is an alarm of its own, for what is left of its time."""
    assert alarm.silent is not None, "it has callers"
    caller = callers[0]
    event_id = alarm.event_id if caller.is_same(alarm.actor) else ""
    own = Alarm(next(context.ids), 0, AlarmMode.SILENT, caller, alarm.silent.from_ns, event_id,
                silent=alarm.silent, silent_by=callers,
                parted=(*alarm.parted, alarm.alarm_id)[-PARTED_KEPT:])
    after = replace(state, alarm=own)
    return Transition(after, (fact_of(after, AlarmPhase.RAISED, context),))


def _left(span: Span | None, context: Context) -> Span | None:
    return span if span is not None and span.until_ns > context.now_ns else None


def _entry_silenced(state: AlarmState, entry: EntryDelay, by: Actor) -> Transition:
    request = entry.request
    fact = Fact(entry.alarm_id, 0, AlarmPhase.SILENCED, request.mode, request.actor, by=by,
                event_id=request.event_id)
    return Transition(state, (fact,), Answer(True, alarm_id=entry.alarm_id))


def _ended(state: AlarmState, alarm: Alarm, phase: AlarmPhase, by: Actor, context: Context) -> Transition:
    state = replace(state if alarm.siren is None else _rested(state, context), alarm=None)
    fact = Fact(alarm.alarm_id, alarm.rev + 1, phase, alarm.mode, alarm.actor, by=by, event_id=alarm.event_id)
    return Transition(state, (fact,), Answer(True, alarm_id=alarm.alarm_id))


def _rested(state: AlarmState, context: Context) -> AlarmState:
    """A sounding has ended."""
    cooldown_until_ns = context.now_ns + context.policy.pause_ns
    return replace(state, loud_until_ns=context.now_ns, cooldown_until_ns=cooldown_until_ns)
