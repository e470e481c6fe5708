"""The thread that asks for alarms in the name of rules, and arms by the schedule.

A wish is in the journal as soon as its event is, and stays until what came of it is there too: then it is
granted. Asked for twice, after a kill between the two, it is one alarm: its event's id is its request's.
"""

from __future__ import annotations

import threading

from edge.base import clock
from edge.base.clock import Stamp
from edge.base.limits import WISH_MAX_AGE_S
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmCause, AlarmMode
from edge.guard.alarm.exchange import Exchange, Stale
from edge.guard.alarm.retry import Retry
from edge.guard.alarm.schedule_watch import ScheduleWatch
from edge.guard.alarm.signals import Scheduled
from edge.ipc.panel import Actor, Raise
from edge.journal.entry import Wish
from edge.journal.reopening_journal import AnyJournal

_POLL_EVERY_S = 0.03
_SCHEDULE_EVERY_NS = NS_PER_S
_MAX_AGE_NS = round(WISH_MAX_AGE_S * NS_PER_S)
_ANSWER_WITHIN_S = 5.0


class RuleWatch:
    """`run` is the thread's body."""

    def __init__(self, exchange: Exchange, journal: AnyJournal, schedule: ScheduleWatch) -> None:
        self._exchange, self._journal, self._schedule = exchange, journal, schedule
        self._reading = Retry("reading what rules ask for")
        self._version: int | None = None        # of the journal, as last looked through
        self._asked: dict[int, int] = {}        # seq of a wish -> how many facts there were after it
        self._schedule_ns = 0                   # when the schedule is looked at next

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises FatalError as `Journal.grant`."""
        while not stop.wait(_POLL_EVERY_S) and not self._exchange.closed:
            beat()
            stamp = clock.now()
            if stamp.mono_ns >= self._schedule_ns:
                self._schedule_ns = stamp.mono_ns + _SCHEDULE_EVERY_NS
                says = self._schedule.look(stamp)
                if says is not None:
                    self._exchange.put(Scheduled(says))
            if self._reading.may_run(stamp.mono_ns):
                self._reading.run(self._look, stamp.mono_ns)

    def _look(self) -> None:
        version = self._journal.version()
        if version != self._version:
            fresh = [wish for wish in self._journal.wishes() if wish.seq not in self._asked]
            if all(map(self._ask, fresh)):
                self._version = version
        done = [seq for seq, number in self._asked.items() if self._exchange.is_stored(number)]
        self._journal.grant(done)
        for seq in done:
            del self._asked[seq]

    def _ask(self, wish: Wish) -> bool:
        """Whether it was answered, with whatever; else it is asked again."""
        outcome = self._exchange.ask(asked_by(wish, clock.now()), _ANSWER_WITHIN_S)
        if outcome is None:
            return False
        self._asked[wish.seq] = outcome.number
        return True


def asked_by(wish: Wish, now: Stamp) -> Raise | Stale:
    """What `wish` is at this moment: a call for an alarm, or too old for one."""
    actor, mode = Actor(AlarmCause.RULE, f"{wish.camera}/{wish.rule}"), AlarmMode(wish.wish.value)
    if wish.boot_id != now.boot_id or not 0 <= now.mono_ns - wish.mono_ns <= _MAX_AGE_NS:
        return Stale(actor, mode, wish.event_id)
    return Raise(actor, mode, severity=wish.severity, event_id=wish.event_id, request_id=wish.event_id)
