"""What the ward must know."""

from __future__ import annotations

from dataclasses import replace

from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmPhase
from edge.guard.alarm.context import Context
from edge.guard.alarm.levels import wanted
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.signals import Fact
from edge.guard.alarm.state import AlarmState
from edge.ipc.panel import Actor, Raise, Refusal


def fact_of(state: AlarmState, phase: AlarmPhase, moment: Context, by: Actor | None = None) -> Fact:
    """Of the alarm that is on."""
    alarm = state.alarm
    assert alarm is not None
    own = replace(state, test=None, presses=())     # what a silent call goes on beside is none of its doing
    return Fact(alarm.alarm_id, alarm.rev, phase, alarm.mode, alarm.actor, by=by,
                outputs=driven(own, moment.policy, moment.now_ns), event_id=alarm.event_id,
                remaining_s=(alarm.ends_ns[-1] - moment.now_ns) / NS_PER_S)


def refusal_of(request: Raise, refusal: Refusal, alarm_id: str, by: Actor | None = None) -> Fact:
    """A refused alarm is the whole life of an alarm."""
    return Fact(alarm_id, 0, AlarmPhase.REFUSED, request.mode, request.actor, by=by,
                event_id=request.event_id, refusal=refusal)


def driven(state: AlarmState, policy: Policy, now_ns: int) -> tuple[str, ...]:
    """The names of what is on, as far as outputs can be driven."""
    return () if state.fault else tuple(sorted(wanted(state, policy, now_ns)))
