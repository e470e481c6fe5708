"""What a phone may see of the box: the alarm, and what is around it. Values; guard fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.base.values import NS_PER_S
from edge.ipc.health import Surroundings
from edge.ipc.panel import Actor, PanelView


@dataclass(frozen=True, slots=True)
class Past:
    """The last alarm that is over; of a silent one never anything."""

    actor: Actor
    since_utc: str                     # RFC 3339
    ended_mono_ns: int


@dataclass(frozen=True, slots=True)
class Shown:
    """All that one member may know at one moment. Times are CLOCK_MONOTONIC, which all programs share."""

    run: str                           # `number` of another run says nothing about this one's
    number: int                        # rises with every change that this member may know of
    view: PanelView                         # its `outward` is set for the callers of a silent call alone
    around: Surroundings
    past: Past | None
    driven_ns: Mapping[str, int]       # by output: when it was seen on last
    at_ns: int                         # when `view` was taken

    def view_at(self, now_ns: int) -> PanelView:
        """`view` with its remaining times as they are at `now_ns`, if nothing else has changed."""
        gone_s = max(0, now_ns - self.at_ns) / NS_PER_S
        alarm = self.view.alarm
        if alarm is not None:
            alarm = replace(alarm, remaining_s=max(0.0, alarm.remaining_s - gone_s),
                            siren_in_s=_less(alarm.siren_in_s, gone_s))
        return replace(self.view, alarm=alarm, arming_in_s=_less(self.view.arming_in_s, gone_s))


def _less(seconds: float | None, gone_s: float) -> float | None:
    return None if seconds is None else max(0.0, seconds - gone_s)


def visible(view: PanelView, member_id: str) -> PanelView:
    """`view` as `member_id` may know it: as if nobody else had called in silence."""
    outward = view.outward
    if outward is None or is_silent_caller(view, member_id):
        return view
    return replace(view, phase=outward.phase, alarm=outward.alarm, outward=None)


def is_silent_caller(view: PanelView, member_id: str) -> bool:
    return view.outward is not None and member_id in {it.member_id for it in view.outward.callers} - {""}
