"""How an alarm is raised, refused, joined and escalated. Pure handlers of the machine.

Who may do what: a person may always raise, and renews what is on. Everybody else raises a siren only outside
the pause and within the count an hour, and renews nothing: what they ask for while something louder is on is
recorded and no more. A silent call is made louder by persons and the ward alone, since somebody at the place
asked that nothing show it.
"""

from __future__ import annotations

from dataclasses import replace

from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase
from edge.guard.alarm.context import (
    Context,
    Transition,
    count_sounding,
    fact_of,
    refusal_of,
    refusal_of_sounding,
)
from edge.guard.alarm.levels import wanted
from edge.guard.alarm.state import Alarm, AlarmState, AnsweredRequest, EntryDelay, Join, Span
from edge.ipc.panel import Actor, Answer, Raise, Refusal

ANSWERS_KEPT = 64
CALLERS_KEPT = 8
JOINS_KEPT = 32
JOIN_TOLD_NS = 10 * NS_PER_S    # a person's join is told again after it,
JOINS_AT_ONCE = 6               # and from then on
JOIN_TOLD_LATER_NS = 60 * NS_PER_S

_LOUDNESS = {AlarmMode.SILENT: 0, AlarmMode.LIGHT: 1, AlarmMode.SIREN: 2}


def asked(state: AlarmState, request: Raise, context: Context) -> Transition:
    """Somebody asks for an alarm. The same request again gets the first answer again."""
    known = [it.answer for it in state.answered if it.request_id == request.request_id != ""]
    if known:
        return Transition(state, answer=known[0])
    step = _entered_or_raised(state, request, context)
    if not request.request_id:
        return step
    assert step.answer is not None, "a raise is always answered"
    answered = (*step.state.answered, AnsweredRequest(request.request_id, step.answer))[-ANSWERS_KEPT:]
    return replace(step, state=replace(step.state, answered=answered))


def _entered_or_raised(state: AlarmState, request: Raise, context: Context) -> Transition:
    """A rule's alarm waits for the entry delay, another rule's meanwhile is part of it.

    The answer names no alarm yet: it may turn out to join one that begins meanwhile.
    """
    if request.actor.cause is not AlarmCause.RULE or not context.policy.entry_delay_ns:
        return raised(state, request, next(context.ids), context)
    refusal = _refusal(state, request, context)
    if refusal is not None:
        return _refused(state, request, refusal, next(context.ids))
    entry = state.entry
    if entry is None:
        entry = EntryDelay(next(context.ids), request, context.now_ns + context.policy.entry_delay_ns)
    elif _LOUDNESS[request.mode] > _LOUDNESS[entry.request.mode]:
        louder = replace(entry.request, mode=request.mode, duration_s=request.duration_s)
        entry = replace(entry, request=louder)
    return Transition(replace(state, entry=entry), answer=Answer(True))


def entry_over(state: AlarmState, context: Context) -> Transition:
    """The entry delay has run out: as if the rule asked now."""
    assert state.entry is not None
    return raised(replace(state, entry=None), state.entry.request, state.entry.alarm_id, context)


def raised(state: AlarmState, request: Raise, alarm_id: str, context: Context) -> Transition:
    """Refuse it, begin an alarm, or join the one that is on."""
    refusal = _refusal(state, request, context)
    if refusal is not None:
        return _refused(state, request, refusal, alarm_id)
    if state.alarm is not None:
        return _joined(state, state.alarm, request, context)
    alarm = Alarm(alarm_id, 0, request.mode, request.actor, context.now_ns, request.event_id)
    after = _with_call(state, alarm, request, context)
    return Transition(after, (fact_of(after, AlarmPhase.RAISED, context),), Answer(True, alarm_id=alarm_id))


def _refused(state: AlarmState, request: Raise, refusal: Refusal, alarm_id: str) -> Transition:
    return Transition(state, (refusal_of(request, refusal, alarm_id),), Answer(False, refusal, alarm_id))


def _refusal(state: AlarmState, request: Raise, context: Context) -> Refusal | None:
    if request.actor.cause is AlarmCause.RULE and not state.armed:
        return Refusal.DISARMED
    if request.mode is AlarmMode.SIREN and _has_effect(state.alarm, request):
        return refusal_of_sounding(state, request.actor, context)
    return None


def _has_effect(alarm: Alarm | None, request: Raise) -> bool:
    """Whether it changes what is on; it is recorded all the same."""
    if alarm is None or request.actor.is_person:
        return True
    if alarm.siren is not None or alarm.follows is not None:
        return False
    if alarm.lights is not None:
        return request.mode is AlarmMode.SIREN
    return request.actor.cause is AlarmCause.WARD and request.mode is not AlarmMode.SILENT


def _joined(state: AlarmState, alarm: Alarm, request: Raise, context: Context) -> Transition:
    """A person's join that was told a moment ago and changes nothing but times is not told again.

    The alarm's records are never shed, and a radio button that oscillates would fill a card with them.
    """
    before = state
    if _has_effect(alarm, request):
        alarm = replace(alarm, mode=max(alarm.mode, request.mode, key=_LOUDNESS.__getitem__))
        state = _with_call(state, alarm, request, context)
    assert state.alarm is not None
    if _was_recorded(alarm, request, context) and _gist(before, context) == _gist(state, context):
        return Transition(state, answer=Answer(True, alarm_id=alarm.alarm_id))
    rev, was_loud = alarm.rev + 1, state.alarm.loud_since_ns == alarm.loud_since_ns
    alarm = replace(state.alarm, rev=rev, loud_rev=alarm.loud_rev if was_loud else rev,
                    joins=_with_join(alarm.joins, request, context, rev))
    state = replace(state, alarm=alarm)
    fact = fact_of(state, AlarmPhase.JOINED, context, request.actor)
    fact = replace(fact, event_id=request.event_id or fact.event_id)
    return Transition(state, (fact,), Answer(True, alarm_id=alarm.alarm_id))


def _was_recorded(alarm: Alarm, request: Raise, context: Context) -> bool:
    before = _join_of(alarm.joins, request)
    if before is None:
        return False
    told_ns = JOIN_TOLD_NS if before.times < JOINS_AT_ONCE else JOIN_TOLD_LATER_NS
    return before.at_ns > context.now_ns - told_ns


def _join_of(joins: tuple[Join, ...], request: Raise) -> Join | None:
    return next((it for it in joins if (it.actor, it.mode) == (request.actor, request.mode)), None)


def _with_join(joins: tuple[Join, ...], request: Raise, context: Context, rev: int) -> tuple[Join, ...]:
    if not request.actor.is_person:
        return joins
    before = _join_of(joins, request)
    times = 1 if before is None else before.times + 1
    others = (it for it in joins if it is not before)
    return (*others, Join(request.actor, request.mode, context.now_ns, times, rev))[-JOINS_KEPT:]


def _gist(state: AlarmState, context: Context) -> tuple[object, ...]:
    """What is on and under way, whoever looks, but for its times."""
    alarm = state.alarm
    assert alarm is not None
    calls = [call is not None for call in (alarm.siren, alarm.lights, alarm.silent, alarm.follows)]
    return (*calls, alarm.silent_by, wanted(state, context.policy, context.now_ns))


def _with_call(state: AlarmState, alarm: Alarm, request: Raise, context: Context) -> AlarmState:
    """Let `alarm` do what `request` asks for, beside what it does already. What is to be seen ends a test."""
    if request.mode is not AlarmMode.SILENT:
        state = replace(state, test=None)
    until_ns = context.now_ns + context.policy.duration_ns(request.mode, request.duration_s)
    match request.mode:
        case AlarmMode.SILENT:
            silent = _extended(alarm.silent, request.actor, context.now_ns, until_ns)
            return replace(state, alarm=replace(alarm, silent=silent,
                                                silent_by=_with_caller(alarm, request.actor)))
        case AlarmMode.LIGHT:
            return replace(state, alarm=_lit(alarm, request.actor, context.now_ns, until_ns))
        case AlarmMode.SIREN:
            first_ns = context.policy.light_first_ns(request.actor, request.severity)
            if first_ns == 0 or alarm.siren is not None:
                return _sounded(state, alarm, request.actor, until_ns, context)
            return replace(state, alarm=_lit_first(alarm, request.actor, context.now_ns, first_ns, until_ns))


def _with_caller(alarm: Alarm, actor: Actor) -> tuple[Actor, ...]:
    return alarm.silent_by if alarm.is_of(actor) else (*alarm.silent_by, actor)[:CALLERS_KEPT]


def _lit_first(alarm: Alarm, actor: Actor, now_ns: int, first_ns: int, until_ns: int) -> Alarm:
    """The lights now, the siren after them; an earlier one that is under way is not put off."""
    from_ns, long_ns, is_unasked = now_ns + first_ns, until_ns - now_ns, not actor.is_person
    if alarm.follows is not None:
        from_ns, long_ns = min(from_ns, alarm.follows.from_ns), max(long_ns, alarm.follows.long_ns)
        is_unasked = alarm.follows_unasked
    follows = Span(from_ns, from_ns + long_ns)
    alarm = replace(alarm, follows=follows, follows_unasked=is_unasked)
    return _lit(alarm, actor, now_ns, follows.until_ns)


def _lit(alarm: Alarm, actor: Actor, now_ns: int, until_ns: int) -> Alarm:
    """The alarm with its lights on: whatever is loud is bright as well, and a silent call becomes one for all
    to see.
    """
    if alarm.outward is None:
        alarm = replace(alarm, loud_by=actor, loud_since_ns=now_ns)
    return replace(alarm, lights=_extended(alarm.lights, actor, now_ns, until_ns))


def _sounded(state: AlarmState, alarm: Alarm, actor: Actor, until_ns: int, context: Context) -> AlarmState:
    """The siren now, and the lights with it."""
    if alarm.siren is None and not actor.is_person:
        state = count_sounding(state, context.now_ns, context)
    siren = _extended(alarm.siren, actor, context.now_ns, until_ns)
    alarm = replace(alarm, siren=siren, follows=None, follows_unasked=False)
    return replace(state, alarm=_lit(alarm, actor, context.now_ns, siren.until_ns))


def _extended(span: Span | None, actor: Actor, now_ns: int, until_ns: int) -> Span:
    """The span prolonged to `until_ns`; only a person renews the moment that the longest time counts from."""
    if span is None:
        return Span(now_ns, until_ns)
    return Span(now_ns if actor.is_person else span.from_ns, max(span.until_ns, until_ns))


def escalated(state: AlarmState, context: Context) -> Transition:
    """The lights have been on alone for long enough."""
    assert state.alarm is not None
    assert state.alarm.follows is not None
    alarm = replace(state.alarm, rev=state.alarm.rev + 1, siren=state.alarm.follows, follows=None,
                    follows_unasked=False)
    if state.alarm.follows_unasked:
        state = count_sounding(state, context.now_ns, context)
    after = replace(state, alarm=alarm)
    return Transition(after, (fact_of(after, AlarmPhase.ESCALATED, context),))


