"""Which outputs are on, and their level at this very moment. Pure.

What is on stays within its output's longest time here, whatever the machine's books say: a Tick that comes
late lets nothing stay on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.base.blinking import QUICK, STEADY, Flashes, Moment, played
from edge.base.values import NS_PER_S
from edge.config.model import OutputKind, Pattern
from edge.guard.alarm.policy import LOUD, Output, Policy
from edge.guard.alarm.state import Alarm, AlarmState, Span

_FLASHES: dict[Pattern, Flashes] = {
    Pattern.STEADY: STEADY,
    Pattern.SLOW: ((1.0, 1.0),),
    Pattern.FAST: QUICK,
    Pattern.WAIL: ((4.0, 1.0),),
}


@dataclass(frozen=True, slots=True)
class Drive:
    """One output while it is on."""

    span: Span
    flashes: Flashes       # from the beginning of the span

    def at(self, now_ns: int) -> Moment:
        return played(self.flashes, now_ns - self.span.from_ns)


def wanted(state: AlarmState, policy: Policy, now_ns: int) -> frozenset[str]:
    """The outputs that are on, by their names; a pulsing one is on, a beacon that tells of health is not.

    While outputs are at fault this is what they are to do once they can.
    """
    return frozenset(drives(state, policy, now_ns))


def levels(state: AlarmState, policy: Policy, now_ns: int, glow: Flashes | None) -> dict[str, bool]:
    """The logical level of every output. `glow`: how beacons tell of health while no alarm is to be seen."""
    now_ns = max(now_ns, state.now_ns)
    on = _with_glow(state, policy, now_ns, glow)
    return {output.name: output.name in on and on[output.name].at(now_ns).on for output in policy.outputs}


def next_change_ns(state: AlarmState, policy: Policy, now_ns: int, glow: Flashes | None) -> int | None:
    """When `levels` changes next without a signal; None: not by itself."""
    now_ns = max(now_ns, state.now_ns)
    nexts_ns = [drive.at(now_ns).next_ns for drive in _with_glow(state, policy, now_ns, glow).values()]
    edges = [now_ns + next_ns for next_ns in nexts_ns if next_ns is not None]
    return min([*edges, *_ends(state, policy, now_ns)], default=None)


def next_end_ns(state: AlarmState, policy: Policy, now_ns: int) -> int | None:
    """When `wanted` changes next by an output's longest time, or by its turn in a self-test."""
    return min(_ends(state, policy, now_ns), default=None)


def drives(state: AlarmState, policy: Policy, now_ns: int) -> dict[str, Drive]:
    """What is on at `now_ns`, by name."""
    now_ns = max(now_ns, state.now_ns)
    if state.alarm is not None and state.alarm.outward is not None:
        on = _of_alarm(state.alarm, policy)
    else:       # a silent call drives nothing, and nothing else changes by it
        on = {**_of_press(state, policy), **_of_test(state, policy)}
    return {name: drive for name, drive in on.items() if drive.span.holds(now_ns)}


def _of_alarm(alarm: Alarm, policy: Policy) -> dict[str, Drive]:
    """Sirens and strobes by the siren's time, lights by theirs."""
    on = {}
    for output in policy.outputs:
        span = alarm.siren if output.kind in LOUD else alarm.lights
        if span is not None and output.kind is not OutputKind.BUZZER:
            flashes = QUICK if output.kind is OutputKind.BEACON else _FLASHES[output.pattern]
            on[output.name] = Drive(_limited(span, output), flashes)
    return on


def _of_press(state: AlarmState, policy: Policy) -> dict[str, Drive]:
    """The buzzer says that a press was heard."""
    press = state.confirming
    it = policy.inputs.get(press.input_id) if press is not None else None
    if press is None or it is None:
        return {}
    span = Span(press.since_ns, press.since_ns + it.confirm_ns)
    return {output.name: Drive(_limited(span, output), STEADY)
            for output in policy.outputs if output.kind is OutputKind.BUZZER}


def _of_test(state: AlarmState, policy: Policy) -> dict[str, Drive]:
    if state.test is None:
        return {}
    since_ns = state.test.since_ns
    return {turn.output: Drive(Span(since_ns + turn.from_ns, since_ns + turn.until_ns), STEADY)
            for turn in policy.test_turns(state.test.with_siren)}


def _limited(span: Span, output: Output) -> Span:
    return Span(span.from_ns, min(span.until_ns, span.from_ns + output.max_on_ns))


def _with_glow(state: AlarmState, policy: Policy, now_ns: int, glow: Flashes | None) -> dict[str, Drive]:
    on = drives(state, policy, now_ns)
    if glow is not None:
        health = Drive(Span(0, now_ns + NS_PER_S), glow)
        on = {**{it.name: health for it in policy.outputs if it.kind is OutputKind.BEACON}, **on}
    return on


def _ends(state: AlarmState, policy: Policy, now_ns: int) -> Iterator[int]:
    """The turns of a self-test follow one another, so the end of one is the beginning of the next."""
    return (drive.span.until_ns for drive in drives(state, policy, now_ns).values())
