"""How the box is armed and disarmed: by hand, by a key switch, by its schedule. Pure handlers.

The latest word holds. The schedule and a key switch speak by changing: what they say once more changes
nothing, so what was done by hand holds until then, over a restart, too.
"""

from __future__ import annotations

from dataclasses import replace

from edge.guard.alarm.context import Context, Transition
from edge.guard.alarm.end_rules import disarmed_in_entry
from edge.guard.alarm.signals import Scheduled
from edge.guard.alarm.state import AlarmState, Said
from edge.ipc.panel import Actor, Answer, Arm

_SAID_KEPT = 32     # more than a board has pins


def by_hand(state: AlarmState, request: Arm, context: Context) -> Transition:
    """A person is given time to leave; the ward's word holds at once."""
    step = _armed(state, request.armed, request.actor, context)
    return replace(step, answer=Answer(True))


def scheduled(state: AlarmState, signal: Scheduled, context: Context) -> Transition:
    said = Said(signal.by.name if signal.by is not None else "", signal.armed)
    before = next((it.armed for it in state.said if it.by == said.by), False)
    others = tuple(it for it in state.said if it.by != said.by)
    state = replace(state, said=(*others, said)[-_SAID_KEPT:])
    return Transition(state) if said.armed == before else _armed(state, said.armed, signal.by, context)


def exit_over(state: AlarmState, context: Context) -> Transition:
    return Transition(replace(state, armed=True, arming_at_ns=None))


def _armed(state: AlarmState, armed: bool, by: Actor | None, context: Context) -> Transition:
    if not armed:
        return disarmed_in_entry(replace(state, armed=False, arming_at_ns=None), by)
    delay_ns = context.policy.exit_delay_ns if by is not None and by.is_person else 0
    if state.armed or delay_ns == 0:
        return Transition(replace(state, armed=True, arming_at_ns=None))
    if state.arming_at_ns is not None:
        return Transition(state)      # asking once more does not put it off
    return Transition(replace(state, arming_at_ns=context.now_ns + delay_ns))
