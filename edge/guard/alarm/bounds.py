"""How often the box may be loud unless a person asks for it."""

from __future__ import annotations

from dataclasses import replace

from edge.base.values import NS_PER_S
from edge.guard.alarm.context import Context
from edge.guard.alarm.state import AlarmState
from edge.ipc.panel import Actor, Refusal

_HOUR_NS = 3600 * NS_PER_S


def refusal_of_sounding(state: AlarmState, actor: Actor, moment: Context) -> Refusal | None:
    """Why `actor` may not begin a sounding now."""
    if actor.is_person:
        return None
    if moment.now_ns < state.loud_until_ns + moment.policy.pause_ns:
        return Refusal.PAUSE
    if len(_last_hour(state, moment)) >= moment.policy.max_per_hour:
        return Refusal.PER_HOUR
    return None


def count_sounding(state: AlarmState, at_ns: int, moment: Context) -> AlarmState:
    """Keep in mind that a sounding begins which no person asked for."""
    return replace(state, unasked_ns=(*_last_hour(state, moment), at_ns))


def _last_hour(state: AlarmState, moment: Context) -> tuple[int, ...]:
    return tuple(at_ns for at_ns in state.unasked_ns if at_ns > moment.now_ns - _HOUR_NS)
