"""What the ward is told of the alarm: facts and the panel's state become records. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from edge.base.clock import Stamp
from edge.contract.findings import finding_data
from edge.contract.messages import AlarmData, AlarmTimes, PanelData, PanelPhase, Who, rfc3339, to_json
from edge.contract.topics import Root
from edge.guard.alarm.signals import Fact
from edge.ipc.panel import Actor, PanelView
from edge.journal.entry import Entry, Rank

ALARM_TYPE = "edgebox.alarm"        # followed by the phase
PANEL_TYPE = "edgebox.panel"


def alarm_data(fact: Fact, stamp: Stamp) -> AlarmData:
    """What the ward reads of `fact`, which came about as of `stamp`."""
    left_s = fact.remaining_s
    times = AlarmTimes(
        at=stamp.utc, mono_ns=stamp.mono_ns, boot_id=stamp.boot_id,
        clock_synchronised=stamp.clock_synchronised, remaining_s=None if left_s is None else round(left_s, 3),
        until=None if left_s is None else stamp.utc + timedelta(seconds=left_s))
    return AlarmData(
        alarm_id=fact.alarm_id, rev=fact.rev, phase=fact.phase, mode=fact.mode,
        raised_by=who(fact.raised_by), by=fact.by and who(fact.by), outputs=fact.outputs,
        event_id=fact.event_id or None, reason=fact.refusal and fact.refusal.value, t=times)


def alarm_entry(root: Root, data: AlarmData) -> Entry:
    """The same data makes the same entry, in whichever run of the box."""
    return Entry(
        rank=Rank.ALARM, topic=root.alarm, type=f"{ALARM_TYPE}.{data.phase.value}",
        subject=data.raised_by.name, id=f"{data.alarm_id}.{data.rev}", time=rfc3339(data.t.at),
        mono_ns=data.t.mono_ns, boot_id=data.t.boot_id, data=to_json(data))


def panel_data(view: PanelView, stamp: Stamp) -> PanelData:
    """What the ward reads of `view`, which holds since `stamp`."""
    return PanelData(phase=view.phase, armed=view.armed, outputs=dict(view.outputs),
                     faults=tuple(fault.line for fault in view.faults),
                     findings=tuple(map(finding_data, view.faults)), mains=view.mains, since=stamp.utc)


def panel_entry(root: Root, data: PanelData, stamp: Stamp) -> Entry:
    return Entry(
        rank=Rank.PANEL, topic=root.panel, type=PANEL_TYPE, subject="panel",
        id=f"panel.{stamp.boot_id}.{stamp.mono_ns}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
        boot_id=stamp.boot_id, data=to_json(data), retain=True)


def who(actor: Actor) -> Who:
    """An actor as the ward reads it."""
    return Who(cause=actor.cause, name=actor.name, member_id=actor.member_id or None)


@dataclass(slots=True)
class PanelTeller:
    """Which of the panel's states are published: changes alone, and not more than a card can take.

    A contact that flaps for a week would fill the journal, which never sheds its class. So a burst goes out
    at once, after which one state goes out every `every_s`, always the latest. A button that is down is
    no state: most presses are no alarm, and each would cost a write.
    """

    _published: PanelData | None = None      # at first: by an earlier run
    burst: int = 20
    every_s: float = 10.0
    _tokens: float = 0.0
    _counted_ns: int | None = None

    def due(self, data: PanelData, now_ns: int) -> bool:
        """Whether `data` is to be published now; ask again after `every_s` where it is not."""
        if data.phase is PanelPhase.CONFIRMING or self._is_published(data):
            return False
        since_s = math.inf if self._counted_ns is None else (now_ns - self._counted_ns) / 1e9
        self._tokens, self._counted_ns = min(self.burst, self._tokens + since_s / self.every_s), now_ns
        return self._tokens >= 1.0

    def published(self, data: PanelData) -> None:
        self._published, self._tokens = data, self._tokens - 1.0

    def _is_published(self, data: PanelData) -> bool:
        last = self._published
        return last is not None and last.model_copy(update={"since": data.since}) == data
