"""What every handler of the machine is given and gives back, and what all of them share.

That is how a fact for the ward is made, and how often the box may be loud unless a person asks for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmPhase
from edge.guard.alarm.levels import wanted
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.signals import Fact
from edge.guard.alarm.state import AlarmState
from edge.ipc.panel import Actor, Answer, Raise, Refusal

_COUNT_BIT = 40     # of the 62 random bits of a UUIDv7, far from those that a generator counts in
_HOUR_NS = 3600 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Transition:
    """What the alarm is after a signal, what the ward must know of it, and the answer to a request."""

    state: AlarmState
    facts: tuple[Fact, ...] = ()
    answer: Answer | None = None

    def then(self, handler: Handler, context: Context) -> Transition:
        """One thing after the other; the latter's answer counts, if it has one."""
        after = handler(self.state, context)
        return Transition(after.state, self.facts + after.facts, after.answer or self.answer)


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one step."""

    policy: Policy
    now_ns: int
    ids: Iterator[str]     # for alarms that begin in this step


Handler = Callable[[AlarmState, Context], Transition]


def ids_from(new_id: str) -> Iterator[str]:
    """`new_id`, and others made of it, should more than one alarm begin in a step; these need a UUID."""
    yield new_id
    first = uuid.UUID(new_id).int
    for count in range(1, 2 ** (62 - _COUNT_BIT)):
        yield str(uuid.UUID(int=first ^ count << _COUNT_BIT))


def fact_of(state: AlarmState, phase: AlarmPhase, context: Context, by: Actor | None = None) -> Fact:
    """What the ward must know of the alarm that is on, in its new `phase`."""
    alarm = state.alarm
    assert alarm is not None
    own = replace(state, test=None, presses=())     # what a silent call goes on beside is none of its doing
    return Fact(alarm.alarm_id, alarm.rev, phase, alarm.mode, alarm.actor, by=by,
                outputs=driven(own, context.policy, context.now_ns), event_id=alarm.event_id,
                remaining_s=(alarm.ends_ns[-1] - context.now_ns) / NS_PER_S)


def refusal_of(request: Raise, refusal: Refusal, alarm_id: str, by: Actor | None = None) -> Fact:
    """A refused alarm is the whole life of an alarm."""
    return Fact(alarm_id, 0, AlarmPhase.REFUSED, request.mode, request.actor, by=by,
                event_id=request.event_id, refusal=refusal)


def driven(state: AlarmState, policy: Policy, now_ns: int) -> tuple[str, ...]:
    """The names of what is on, as far as outputs can be driven."""
    return () if state.fault else tuple(sorted(wanted(state, policy, now_ns)))


def refusal_of_sounding(state: AlarmState, actor: Actor, context: Context) -> Refusal | None:
    """Why `actor` may not begin a sounding now."""
    if actor.is_person:
        return None
    if context.now_ns < state.loud_until_ns + context.policy.pause_ns:
        return Refusal.PAUSE
    if len(_last_hour(state, context)) >= context.policy.max_per_hour:
        return Refusal.PER_HOUR
    return None


def count_sounding(state: AlarmState, at_ns: int, context: Context) -> AlarmState:
    """Keep in mind that a sounding begins which no person asked for."""
    return replace(state, unasked_ns=(*_last_hour(state, context), at_ns))


def _last_hour(state: AlarmState, context: Context) -> tuple[int, ...]:
    return tuple(at_ns for at_ns in state.unasked_ns if at_ns > context.now_ns - _HOUR_NS)
