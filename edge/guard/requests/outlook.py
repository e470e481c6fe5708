"""What there is to see of the box, in the order in which it changed, for each as far as they may know it.

A silent call is known to its callers alone. What everybody else sees has a numbering of its own, which does
not rise when one begins, goes on or ends: not even page, which asks in their names, can tell.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.base.errors import RetryableError
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.ipc.health import Health, Surroundings
from edge.ipc.panel import Panel, PanelView
from edge.ipc.shown import Past, Shown, is_silent_caller, visible
from edge.members.values import MemberRole, PhoneSession

log = logging.getLogger("requests")

_LOOK_S = 1.0
_SAME_S = 0.25                 # two remaining times that differ by less are one deadline


@dataclass(frozen=True, slots=True)
class _Moment:
    """The panel as it was last seen, and how often it has changed: for all, and for those who know all."""

    view: PanelView
    at_ns: int
    outward_number: int = 0
    whole_number: int = 0
    past: Past | None = None


class Outlook:
    """`run` follows the panel and its surroundings; any thread looks and waits."""

    def __init__(self, panel: Panel, surroundings: Callable[[], Surroundings],
                 now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """`surroundings` may take a disk's time, and raise RetryableError: then they are as they were."""
        self._panel, self._surroundings, self._now_ns = panel, surroundings, now_ns
        self.run_id = secrets.token_hex(4)
        self._changed = threading.Condition()
        self._moment = _Moment(panel.view(), now_ns())
        self._around = Surroundings()
        self._around_number = 0
        self._driven_ns: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Follow the panel until `stop`."""
        while not stop.is_set():
            beat()
            self.note(self._panel.wait(self._moment.view.version, _LOOK_S))

    def run_around(self, stop: threading.Event) -> None:
        """Look around until `stop`, in a thread of its own: what it reads may be on a slow card."""
        fault = ""
        while not stop.is_set():
            beat()
            try:
                around, now = self._surroundings(), ""
            except (RetryableError, OSError) as exc:    # a file of others' that cannot be read ends nothing
                around, now = self._around, str(exc)
            if now and now != fault:
                log.warning("cannot look around, shown as it was: error=\"%s\"", now)
            fault = now
            with self._changed:
                if around != self._around:
                    self._around, self._around_number = around, self._around_number + 1
                    self._changed.notify_all()
            stop.wait(_LOOK_S)

    def note(self, view: PanelView) -> None:
        """The panel's view is now `view`."""
        with self._changed:
            before = self._moment.view
            if view.version < before.version:       # another thread was quicker
                return
            if view.version == before.version and _timeless(view) == _timeless(before):
                return                              # not even a call has come further
            self._moment = _after(self._moment, view, self._now_ns())
            self._driven_ns |= {name: self._moment.at_ns for name, is_on in view.outputs.items() if is_on}
            self._changed.notify_all()

    def shown(self, session: PhoneSession) -> Shown:
        """What this member may see now; what keepers alone see of the box's health is for keepers."""
        return self._shown(session.member.id, session.member.role is not MemberRole.MEMBER)

    def shown_to_all(self, *, with_health: bool) -> Shown:
        """What everybody of the group may see now; `with_health` for a keeper."""
        return self._shown("", with_health)

    def callers(self) -> frozenset[str]:
        """Ids of the members whose silent call is open."""
        outward = self._panel.view().outward
        return frozenset() if outward is None else frozenset(it.member_id for it in outward.callers) - {""}

    def _shown(self, member_id: str, with_health: bool) -> Shown:
        self.note(self._panel.view())
        with self._changed:
            moment, around, driven_ns = self._moment, self._around, dict(self._driven_ns)
            is_caller = is_silent_caller(moment.view, member_id)
            number = (moment.whole_number if is_caller else moment.outward_number) + self._around_number
        if not with_health:
            around = replace(around, health=Health())
        run = f"{self.run_id}{'-own' if is_caller else ''}"
        view = replace(visible(moment.view, member_id), version=number)
        return Shown(run, number, view, around, moment.past, driven_ns, moment.at_ns)

    def hidden_from(self, session: PhoneSession) -> frozenset[str]:
        """Alarms that tell of a silent call which is open and none of this member's."""
        view = self._panel.view()
        if view.outward is None or is_silent_caller(view, session.member.id):
            return frozenset()
        return view.outward.hidden

    def wait(self, is_new: Callable[[], bool], timeout_s: float) -> None:
        """Wait until `is_new()`, which is asked at each change and now and then, for `timeout_s` at most."""
        until_s = time.monotonic() + timeout_s
        while not is_new() and (left_s := until_s - time.monotonic()) > 0:
            with self._changed:
                self._changed.wait(min(left_s, _LOOK_S))
            beat()


def _after(before: _Moment, view: PanelView, now_ns: int) -> _Moment:
    was, now = visible(before.view, ""), visible(view, "")
    past = before.past
    if was.alarm is not None and (now.alarm is None or now.alarm.alarm_id != was.alarm.alarm_id):
        past = Past(was.alarm.actor, was.alarm.since_utc, now_ns)
    outward_number = before.outward_number + (not _is_same(was, before.at_ns, now, now_ns))
    return _Moment(view, now_ns, outward_number, before.whole_number + 1, past)


def _is_same(before: PanelView, before_ns: int, now: PanelView, now_ns: int) -> bool:
    """Whether there is nothing new but that time has gone on."""
    return _timeless(before) == _timeless(now) and all(
        math.isclose(was_s + before_ns / NS_PER_S, is_s + now_ns / NS_PER_S, rel_tol=0, abs_tol=_SAME_S)
        for was_s, is_s in zip(_times_s(before), _times_s(now), strict=True))


def _timeless(view: PanelView) -> tuple[PanelView, tuple[bool, ...]]:
    alarm = None if view.alarm is None else replace(view.alarm, remaining_s=0.0, siren_in_s=None)
    return replace(view, version=0, arming_in_s=None, alarm=alarm), tuple(map(math.isfinite, _times_s(view)))


def _times_s(view: PanelView) -> tuple[float, float, float]:
    """Seconds until the box is armed, the alarm ends and the siren follows; infinite for what is not under
    way.
    """
    alarm = view.alarm
    return (_or_never(view.arming_in_s), _or_never(None if alarm is None else alarm.remaining_s),
            _or_never(None if alarm is None else alarm.siren_in_s))


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds
