"""How buttons and tamper switches become alarms. Pure handlers of the machine.

An input does what it may do once and is then spent until it is released: neither a stuck button nor a lid
that stays open raises again or keeps an alarm up. A lid that rattles is one opening until it was shut for a
while: each would be a record, and those of the alarm are never shed.
"""

from __future__ import annotations

from dataclasses import replace

from edge.base.values import NS_PER_S
from edge.config.model import Confirm, InputKind
from edge.contract.messages import AlarmCause
from edge.guard.alarm.context import Context, Transition
from edge.guard.alarm.policy import BUTTONS, Input, Policy
from edge.guard.alarm.raise_rules import raised
from edge.guard.alarm.state import AlarmState, Press
from edge.ipc.panel import Actor, Raise

_SHUT_NS = 10 * NS_PER_S        # a lid that was shut for less has not been shut


def pressed(state: AlarmState, input_id: str, context: Context) -> Transition:
    it, press = context.policy.inputs.get(input_id), find(state, input_id)
    if it is None or (press is not None and press.is_down):
        return Transition(state)
    new = Press(input_id, context.now_ns, is_shown=it.kind is not InputKind.SILENT)
    if it.kind is InputKind.TAMPER:
        state = _with(state, replace(new, is_spent=True))
        rattles = press is not None and context.now_ns - press.since_ns < _SHUT_NS
        return Transition(state) if rattles else _opened(state, it, context)
    is_second = press is not None
    if is_second or it.confirm_ns == 0:
        return _confirmed(state, it, new, context)
    return Transition(_with(state, new))


def released(state: AlarmState, input_id: str, context: Context) -> Transition:
    it, press = context.policy.inputs.get(input_id), find(state, input_id)
    if press is None:
        return Transition(state)
    if it is not None and it.kind is InputKind.TAMPER:
        shut = replace(press, is_down=False, since_ns=context.now_ns if press.is_down else press.since_ns)
        return Transition(_with(state, shut))
    if it is not None and it.confirm is Confirm.SECOND_PRESS and not press.is_spent:
        return Transition(_with(state, replace(press, is_down=False)))
    return Transition(_without(state, input_id))


def confirm_due_ns(press: Press, policy: Policy) -> int | None:
    """When `confirm_over` is due: at the end of the hold, or of the time for a second press."""
    it = policy.inputs.get(press.input_id)
    return None if it is None or press.is_spent else press.since_ns + it.confirm_ns


def confirm_over(press: Press, state: AlarmState, context: Context) -> Transition:
    it = context.policy.inputs[press.input_id]
    if it.confirm is Confirm.HOLD:
        return _confirmed(state, it, press, context)
    if press.is_down:
        return Transition(_with(state, replace(press, is_spent=True)))
    return Transition(_without(state, press.input_id))


def is_stuck(press: Press, policy: Policy, now_ns: int) -> bool:
    due_ns = stuck_due_ns(press, policy)
    return due_ns is not None and due_ns <= now_ns


def stuck_due_ns(press: Press, policy: Policy) -> int | None:
    """When a button has been down for so long that it is broken."""
    it = policy.inputs.get(press.input_id)
    return press.since_ns + it.stuck_ns if it is not None and it.kind in BUTTONS and press.is_down else None


def find(state: AlarmState, input_id: str) -> Press | None:
    return next((press for press in state.presses if press.input_id == input_id), None)


def _opened(state: AlarmState, it: Input, context: Context) -> Transition:
    request = Raise(Actor(AlarmCause.TAMPER, it.name), context.policy.tamper)
    return raised(state, request, next(context.ids), context)


def _confirmed(state: AlarmState, it: Input, press: Press, context: Context) -> Transition:
    request = Raise(Actor(AlarmCause.BUTTON, it.name), it.mode)
    return raised(_with(state, replace(press, is_spent=True)), request, next(context.ids), context)


def _with(state: AlarmState, press: Press) -> AlarmState:
    return replace(state, presses=(*_without(state, press.input_id).presses, press))


def _without(state: AlarmState, input_id: str) -> AlarmState:
    return replace(state, presses=tuple(press for press in state.presses if press.input_id != input_id))
