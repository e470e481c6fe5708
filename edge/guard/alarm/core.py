"""The alarm without threads and without a clock: items go in, outputs and copies of its state come out.

One turn: take an item, save what came of it, drive the outputs, publish. In this order, so that a kill
between any two loses neither an alarm nor a record of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from edge.base.blinking import UNWELL, WELL, Flashes
from edge.base.clock import Stamp
from edge.base.findings import Finding, Kind, State
from edge.base.retry import Retry
from edge.config.folders import runtime_folder, state_folder
from edge.config.model import EdgeSettings
from edge.contract.messages import AlarmPhase, rfc3339
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.contacts import Contacts
from edge.guard.alarm.context import Transition
from edge.guard.alarm.exchange import (
    Changed,
    Chattering,
    Failed,
    Item,
    Outcome,
    Snapshot,
    Stale,
    Stored,
    Ticket,
)
from edge.guard.alarm.hardware import Driver
from edge.guard.alarm.levels import levels, next_change_ns, wanted
from edge.guard.alarm.machine import deadline_ns, resume, step
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.records import alarm_data
from edge.guard.alarm.saved_state import Copy
from edge.guard.alarm.signals import Fact, OutputsFailed, Scheduled, Signal, Tick
from edge.guard.alarm.state import AlarmState, Saved
from edge.guard.alarm.view import is_silent, stuck
from edge.ipc.channels import Program
from edge.ipc.panel import Answer, Refusal

log = logging.getLogger("alarm")

MAX_OWED = 200          # facts, while the journal refuses for days: beyond it refusals are not told any more


class Core:
    """One thread owns it. Time comes in as the stamp of each turn and never goes back."""

    def __init__(self, settings: EdgeSettings, driver: Driver, publish: Callable[[Snapshot], None],
                 new_id: Callable[[], str], stamp: Stamp) -> None:
        """Go on from what an earlier run has left, and bring the outputs to it."""
        self._driver, self._publish, self._new_id, self._stamp = driver, publish, new_id, stamp
        self.policy = Policy.of(settings.alarm, settings.outputs, settings.inputs)
        self._file = runtime_folder(settings, Program.GUARD) / saved.FILE
        self._saving = Retry("alarm state cannot be saved", "alarm state is saved again", log)
        self._failed: dict[str, Finding] = {}   # what around the alarm does not work
        self._saved: object = None          # what was saved last, and what was shown last
        self._seen: object = None
        self._shown: Snapshot | None = None
        copy = saved.load((state_folder(settings, Program.GUARD) / saved.FILE, self._file), stamp.boot_id)
        self._owed = copy.owed if copy else ()
        self._number = len(self._owed)
        self._contacts = Contacts(settings.inputs, copy.active if copy else {},
                                  is_fresh_boot=copy is None or copy.boot_id != stamp.boot_id)
        self._state = AlarmState.initial(stamp.mono_ns)
        self._copy = self._copied()
        if copy is not None:
            self._resume(copy.saved)
        self._end_turn()

    @property
    def due_ns(self) -> int | None:
        """When the next turn is due without an item."""
        times = (deadline_ns(self._state, self.policy), self._driver.retry_ns,
                 next_change_ns(self._state, self.policy, self._stamp.mono_ns, self._glow))
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    def turn(self, item: Item | None, stamp: Stamp) -> Outcome | None:
        """Take `item`, or time alone; what came of it where that was asked."""
        self._stamp = stamp
        answer = self._take(item)
        self._step(Tick())
        self._end_turn()
        return None if answer is None else Outcome(answer, self._number)

    def _resume(self, kept: Saved) -> None:
        """What was due while nobody ran comes first, so that a hold that was over by now is an alarm."""
        at = self._stamp
        if kept.boot_id == at.boot_id:
            self._state = kept.state
            self._step(Tick())
            kept = Saved(self._state, at.mono_ns, at.boot_id)
        self._adopt(resume(kept, at.mono_ns, at.boot_id, self.policy))
        log.info("alarm state resumed: phase=%s armed=%s owed=%d", self._state.phase.value, self._state.armed,
                 len(self._owed))

    def _take(self, item: Item | None) -> Answer | None:
        match item:
            case Changed():
                signal = self._contacts.signal(item)
                if signal is not None:
                    self._step(signal, item.mono_ns)
            case Chattering():
                self._contacts.note(item)
            case Scheduled():
                self._step(item)
            case Stored(number):
                self._owed = self._owed[len(self._owed) - (self._number - number):]
            case Failed(what, fault):
                self._failed = {name: it for name, it in self._failed.items() if name != what} \
                    | ({} if fault is None else {what: fault})
            case Ticket():
                return self._refuse(item.asked) if isinstance(item.asked, Stale) else self._step(item.asked)
        return None

    def _step(self, signal: Signal, mono_ns: int | None = None) -> Answer | None:
        """Tell the machine, as of `mono_ns` where the signal has a moment of its own; never going back."""
        now_ns = self._stamp.mono_ns if mono_ns is None else min(mono_ns, self._stamp.mono_ns)
        return self._adopt(step(self._state, signal, self.policy, max(now_ns, self._state.now_ns),
                                self._new_id()))

    def _adopt(self, result: Transition) -> Answer | None:
        self._state = result.state
        self._owe(result.facts)
        return result.answer

    def _refuse(self, asked: Stale) -> Answer:
        """The machine need not know. The event's own id makes it one refusal, however often it is asked."""
        if not any(it.request_id == asked.event_id for it in self._state.answered):
            self._owe([Fact(asked.event_id, 0, AlarmPhase.REFUSED, asked.mode, asked.actor,
                            event_id=asked.event_id, refusal=Refusal.STALE)])
        return Answer(False, Refusal.STALE)

    def _owe(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            by, reason = fact.by or fact.raised_by, f" reason={fact.refusal.value}" if fact.refusal else ""
            log.info("alarm %s: alarm=%s rev=%d mode=%s cause=%s by=\"%s\"%s", fact.phase.value,
                     fact.alarm_id, fact.rev, fact.mode.value, by.cause.value, by.name, reason)
            if fact.phase is AlarmPhase.REFUSED and len(self._owed) >= MAX_OWED:
                log.error("refusal not told, the journal takes nothing: alarm=%s", fact.alarm_id)
                continue
            self._owed += (alarm_data(fact, self._stamp),)
            self._number += 1

    def _end_turn(self) -> None:
        self._save()
        self._driver.drive(levels(self._state, self.policy, self._stamp.mono_ns, self._glow),
                           self._stamp.mono_ns)
        if self._driver.fault != self._state.fault:
            self._step(OutputsFailed(self._driver.fault))
            self._save()
        self._show()

    def _save(self) -> None:
        """Write the state into the page cache, which takes microseconds; where that fails, the outputs matter
        more.
        """
        content = (replace(self._state, now_ns=0), self._owed, self._contacts.lasting)
        if content == self._saved and not self._saving.is_due(self._stamp.mono_ns):
            return
        self._saved, self._copy = content, self._copied()
        self._saving.run(lambda: saved.write(self._file, self._copy, lasting=False), self._stamp.mono_ns)

    def _copied(self) -> Copy:
        at = self._stamp
        return Copy(Saved(self._state, at.mono_ns, at.boot_id), at.mono_ns, self._owed,
                    self._contacts.lasting)

    def _show(self) -> None:
        """Publish what has changed; a view has a new version where people see something new."""
        now_ns, before = self._stamp.mono_ns, self._shown
        state, faults, mains, inputs = self._state, self._faults, self._contacts.mains, self._contacts.shown
        seen = (state.phase, state.armed, state.arming_at_ns, state.alarm, wanted(state, self.policy, now_ns),
                faults, mains, inputs)
        if before is not None and seen == self._seen and self._copy is before.copy:
            return
        is_new = before is None or seen != self._seen
        self._seen = seen
        self._shown = Snapshot(
            version=(before.version if before else 0) + is_new, number=self._number, copy=self._copy,
            state=state, stamp=self._stamp if before is None or is_new else before.stamp,
            faults=faults, mains=mains, inputs=inputs, alarm_since_utc=self._since_utc())
        self._publish(self._shown)

    def _since_utc(self) -> str:
        """When the alarm that is on began, as the clock was believed then: a later jump does not move it."""
        alarm, before = self._state.alarm, self._shown
        if alarm is None:
            return ""
        if before is not None and before.state.alarm is not None and \
                before.state.alarm.alarm_id == alarm.alarm_id:
            return before.alarm_since_utc
        ago = timedelta(microseconds=(self._stamp.mono_ns - alarm.since_ns) // 1000)
        return rfc3339(self._stamp.utc - ago)

    @property
    def _faults(self) -> tuple[Finding, ...]:
        unsaved = self._saving.fault
        state = [Finding(Kind.ALARM, "", State.BAD, "state-unsaved", {"error": unsaved})] if unsaved else []
        broken = sorted(stuck(self._state, self.policy, self._stamp.mono_ns))
        return (*self._driver.faults, *self._failed.values(), *state,
                *(self._contacts.fault(name, "input-stuck") for name in broken),
                *self._contacts.faults(self._stamp.mono_ns, is_silent=is_silent(self._state)))

    @property
    def _glow(self) -> Flashes:
        """How beacons flash while no alarm is to be seen."""
        return UNWELL if self._faults else WELL
