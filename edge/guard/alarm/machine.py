"""The alarm as a table: what it is doing, what it is told, what comes of it. Pure; time is an argument.

Several things go on beside one another, and the phase is the one that matters most of them: outputs are at
fault, an alarm is on (sounding, light, silent), a self-test runs, an entry delay runs, a press waits to be
confirmed, the rest after a sounding lasts, nothing. Each thing has its handlers in a module of its own, and
its deadlines in `_deadlines`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from edge.contract.messages import PanelPhase
from edge.guard.alarm import arming, presses, selftest
from edge.guard.alarm import end_rules as ending
from edge.guard.alarm import raise_rules as raising
from edge.guard.alarm.context import Context, Handler, Transition, ids_from
from edge.guard.alarm.levels import next_end_ns
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.selftest import CALM
from edge.guard.alarm.signals import OutputsFailed, Pressed, Released, Scheduled, Signal, Tick
from edge.guard.alarm.state import AlarmState, Saved, shift
from edge.ipc.panel import Answer, Arm, Cancel, Raise, Refusal, Request, SelfTest


def step(state: AlarmState, signal: Signal, policy: Policy, now_ns: int, new_id: str) -> Transition:
    """Let time pass up to `now_ns`, then take the signal.

    What was due meanwhile happens first and as of its own time, so a Tick that is late changes nothing. Where
    `now_ns` lies before the last signal no time has passed, and it goes on from `now_ns`.

    Args:
        now_ns: CLOCK_MONOTONIC.
        new_id: a UUIDv7 that was never used: of the alarm that may begin.
    """
    context = Context(policy, now_ns, ids_from(new_id))
    return _pass_time(_not_before(state, now_ns), context).then(partial(_take, signal), context)


def deadline_ns(state: AlarmState, policy: Policy) -> int | None:
    """When the next Tick is due, or earlier; None: never, while nobody asks for anything."""
    times = [due_ns for due_ns, _ in _deadlines(state, policy)]
    stuck = (presses.stuck_due_ns(press, policy) for press in state.presses)
    silent_change = (*stuck, next_end_ns(state, policy, state.now_ns))
    return min([*times, *(at_ns for at_ns in silent_change if at_ns is not None and at_ns > state.now_ns)],
               default=None)


def resume(saved: Saved, now_ns: int, boot_id: str, policy: Policy) -> Transition:
    """Go on after a restart. In the same boot deadlines hold; in another what was left is granted, not more.

    The time that the box was without power is unknown, so none counts as past: neither towards a pause nor
    towards the hour. A hold that was not over begins anew, and a self-test ends. Every input that is active
    must be told once more with `Pressed`, every other with `Released`.
    """
    state = saved.state if saved.boot_id == boot_id else shift(saved.state, now_ns - saved.saved_ns)
    spent = tuple(press for press in state.presses if press.is_spent)
    state = _not_before(replace(state, presses=spent, test=None, fault=""), now_ns)
    return _pass_time(state, Context(policy, now_ns, iter(())))      # what begins now got its id before


def _not_before(state: AlarmState, now_ns: int) -> AlarmState:
    return shift(state, now_ns - state.now_ns) if now_ns < state.now_ns else state


def _pass_time(state: AlarmState, context: Context) -> Transition:
    """Do what was due up to now, one after the other."""
    step = Transition(state)
    while True:
        due = min(_deadlines(step.state, context.policy), key=lambda it: it[0], default=None)
        if due is None or due[0] > context.now_ns:
            return Transition(replace(step.state, now_ns=context.now_ns), step.facts)
        at_ns = max(due[0], step.state.now_ns)
        step = step.then(due[1], replace(context, now_ns=at_ns))
        step = replace(step, state=replace(step.state, now_ns=at_ns))


def _deadlines(state: AlarmState, policy: Policy) -> Iterator[tuple[int, Handler]]:
    """What is going to happen by itself, and when."""
    alarm = state.alarm
    if alarm is not None:
        yield from ((at_ns, ending.call_over) for at_ns in alarm.ends_ns)
        if alarm.follows is not None:
            yield alarm.follows.from_ns, raising.escalated
    if state.entry is not None:
        yield state.entry.due_ns, raising.entry_over
    if state.test is not None:
        yield selftest.ends_ns(state.test, policy), selftest.over
    if state.arming_at_ns is not None:
        yield state.arming_at_ns, arming.exit_over
    if state.cooldown_until_ns is not None:
        yield state.cooldown_until_ns, _rest_over
    for press in state.presses:
        due_ns = presses.confirm_due_ns(press, policy)
        if due_ns is not None:
            yield due_ns, partial(presses.confirm_over, press)


def _rest_over(state: AlarmState, context: Context) -> Transition:
    return Transition(replace(state, cooldown_until_ns=None))


def _take(signal: Signal, state: AlarmState, context: Context) -> Transition:
    """The table of what is not asked but told."""
    match state.phase, signal:
        case _, Tick():
            return Transition(state)
        case _, Pressed(input_id=input_id):
            return presses.pressed(state, input_id, context)
        case _, Released(input_id=input_id):
            return presses.released(state, input_id, context)
        case _, Scheduled() as scheduled:
            return arming.scheduled(state, scheduled, context)
        case PanelPhase.TEST, OutputsFailed(text=text) if text:
            return Transition(replace(state, fault=text, test=None))
        case _, OutputsFailed(text=text):
            return Transition(replace(state, fault=text))
        case _, (Raise() | Cancel() | Arm() | SelfTest()) as request:
            return _answer(request, state, context)


def _answer(request: Request, state: AlarmState, context: Context) -> Transition:
    """The table of what is asked."""
    match state.phase_in_books, request:
        case _, Raise() as call:
            return raising.asked(state, call, context)
        case phase, Cancel() if phase in CALM:
            return Transition(state, answer=Answer(False, Refusal.NOTHING))
        case _, Cancel(actor=actor):
            return ending.silenced(state, actor, context)
        case _, Arm() as arm:
            return arming.by_hand(state, arm, context)
        case _, SelfTest() as test if selftest.is_calm(state, test.actor):
            return selftest.begun(state, test, context)
        case _, SelfTest():
            return Transition(state, answer=Answer(False, Refusal.BUSY))
