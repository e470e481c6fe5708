"""The alarm as people see it: on the page, at the ward, in a technician's list of faults. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from edge.base.findings import Finding
from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmMode, rfc3339
from edge.guard.alarm.context import driven
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.presses import is_stuck
from edge.guard.alarm.state import Alarm, AlarmState
from edge.ipc.panel import CallProgress, Contact, Ongoing, Outward, PanelView

ProgressOf = Callable[[str, frozenset[int] | None], CallProgress]


def view_of(state: AlarmState, policy: Policy, now_ns: int, *, version: int, since_utc: str,
            faults: tuple[Finding, ...], mains: bool | None, inputs: Mapping[str, Contact],
            progress: ProgressOf = lambda alarm_id, revs: CallProgress()) -> PanelView:
    """What the caller knows better comes by name.

    `since_utc`: when the alarm that is on began; `progress`: how far all calls of an alarm have come, or its
    records of these revs.
    """
    now_ns = max(now_ns, state.now_ns)
    on = driven(state, policy, now_ns)
    return PanelView(
        version=version, phase=state.phase, armed=state.armed,
        arming_in_s=None if state.arming_at_ns is None else _left_s(state.arming_at_ns, now_ns),
        alarm=_ongoing(state.alarm, now_ns, since_utc, progress, None), faults=faults, mains=mains,
        inputs=inputs, outputs={it.name: it.name in on for it in policy.outputs},
        outward=_outward(state, now_ns, since_utc, progress))


def stuck(state: AlarmState, policy: Policy, now_ns: int) -> frozenset[str]:
    """Buttons that have been down for so long that they are broken.

    While a silent call is on its own buttons are not among them: a fault that comes up would show it.
    """
    return frozenset(press.input_id for press in state.presses
                     if is_stuck(press, policy, now_ns) and (press.is_shown or not is_silent(state)))


def is_silent(state: AlarmState) -> bool:
    """Whether a silent call is on."""
    return state.alarm is not None and state.alarm.silent is not None


def _outward(state: AlarmState, now_ns: int, since_utc: str, progress: ProgressOf) -> Outward | None:
    if state.alarm is None or state.alarm.silent is None:
        return None
    bare = state.alarm.outward
    if bare is not None:
        later = timedelta(microseconds=(bare.since_ns - state.alarm.since_ns) // 1000)
        since_utc = rfc3339(datetime.fromisoformat(since_utc) + later)
    return Outward(state.alarm.silent_by, replace(state, alarm=bare).phase,
                   _ongoing(bare, now_ns, since_utc, progress, state.alarm.loud_revs),
                   frozenset({state.alarm.alarm_id, *state.alarm.parted}))


def _ongoing(alarm: Alarm | None, now_ns: int, since_utc: str, progress: ProgressOf,
             revs: frozenset[int] | None) -> Ongoing | None:
    if alarm is None:
        return None
    follows, mode = alarm.follows, alarm.mode if alarm.outward is not None else AlarmMode.SILENT
    return Ongoing(
        alarm_id=alarm.alarm_id, mode=mode, actor=alarm.actor, since_mono_ns=alarm.since_ns,
        since_utc=since_utc, remaining_s=_left_s(alarm.ends_ns[-1], now_ns),
        siren_in_s=None if follows is None else _left_s(follows.from_ns, now_ns), event_id=alarm.event_id,
        progress=progress(alarm.alarm_id, revs))


def _left_s(until_ns: int, now_ns: int) -> float:
    return max(0, until_ns - now_ns) / NS_PER_S
