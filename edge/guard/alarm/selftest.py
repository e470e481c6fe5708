"""How a self-test begins and ends. Pure handlers of the machine."""

from __future__ import annotations

from dataclasses import replace

from edge.contract.messages import AlarmCause, PanelPhase
from edge.guard.alarm.context import Context, Transition, count_sounding, refusal_of_sounding
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.state import AlarmState, SelfTesting
from edge.ipc.panel import Actor, Answer, SelfTest

CALM = (PanelPhase.IDLE, PanelPhase.CONFIRMING, PanelPhase.COOLDOWN)


def is_calm(state: AlarmState, actor: Actor) -> bool:
    """Whether a test may begin, as far as `actor` may know: no refusal tells of another's silent call."""
    alarm = state.alarm
    if alarm is not None and actor.cause is AlarmCause.MEMBER and not alarm.is_of(actor):
        state = replace(state, alarm=alarm.outward)
    return state.phase_in_books in CALM and not state.fault


def begun(state: AlarmState, request: SelfTest, context: Context) -> Transition:
    """The transition that begins a self-test; with the siren it is a sounding like any other."""
    test = SelfTesting(context.now_ns, request.with_siren)
    if request.with_siren:
        refusal = refusal_of_sounding(state, request.actor, context)
        if refusal is not None:
            return Transition(state, answer=Answer(False, refusal))
        until_ns = ends_ns(test, context.policy)     # the siren's turn is the last
        if not request.actor.is_person:
            state = count_sounding(state, until_ns, context)
        state = replace(state, loud_until_ns=until_ns)
    return Transition(replace(state, test=test), answer=Answer(True))


def over(state: AlarmState, context: Context) -> Transition:
    return Transition(replace(state, test=None))


def ends_ns(test: SelfTesting, policy: Policy) -> int:
    return test.since_ns + max((turn.until_ns for turn in policy.test_turns(test.with_siren)), default=0)
