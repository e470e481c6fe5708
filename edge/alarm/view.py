"""The alarm as people see it: on the page, at the ward, in a technician's list of faults. Pure."""

from __future__ import annotations

from edge.alarm.facts import driven
from edge.alarm.policy import Policy
from edge.alarm.presses import is_stuck
from edge.alarm.state import AlarmState
from edge.contract.messages import AlarmMode
from edge.panel import Ongoing, View
from edge.values import NS_PER_S


def view_of(state: AlarmState, policy: Policy, now_ns: int, *, version: int, since_utc: str,
            faults: tuple[str, ...], mains: bool | None) -> View:
    """What the caller knows better comes by name. `since_utc`: when the alarm that is on began."""
    now_ns = max(now_ns, state.now_ns)
    on = driven(state, policy, now_ns)
    return View(
        version=version, phase=state.phase, armed=state.armed,
        arming_in_s=None if state.arming_at_ns is None else _left_s(state.arming_at_ns, now_ns),
        alarm=_ongoing(state, now_ns, since_utc), outputs={it.name: it.name in on for it in policy.outputs},
        faults=faults, mains=mains)


def stuck(state: AlarmState, policy: Policy, now_ns: int) -> frozenset[str]:
    """Buttons that have been down for so long that they are broken.

    While a silent call is on its own buttons are not among them: a fault that comes up would show it.
    """
    is_silent = state.alarm is not None and state.alarm.mode is AlarmMode.SILENT
    return frozenset(press.input_id for press in state.presses
                     if is_stuck(press, policy, now_ns) and (press.is_shown or not is_silent))


def _ongoing(state: AlarmState, now_ns: int, since_utc: str) -> Ongoing | None:
    alarm = state.alarm
    if alarm is None:
        return None
    follows = alarm.follows
    return Ongoing(
        alarm_id=alarm.alarm_id, mode=alarm.mode, actor=alarm.actor, since_mono_ns=alarm.since_ns,
        since_utc=since_utc, remaining_s=_left_s(alarm.ends_ns[-1], now_ns),
        siren_in_s=None if follows is None else _left_s(follows.from_ns, now_ns), event_id=alarm.event_id)


def _left_s(until_ns: int, now_ns: int) -> float:
    return max(0, until_ns - now_ns) / NS_PER_S
