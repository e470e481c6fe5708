"""What passes between the alarm's thread and all others. Nothing here waits for a disk or the network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.base.clock import Stamp
from edge.base.findings import Finding
from edge.contract.messages import AlarmMode
from edge.guard.alarm.saved_state import Copy
from edge.guard.alarm.signals import Scheduled
from edge.guard.alarm.state import AlarmState
from edge.ipc.panel import Actor, Answer, Contact, Request


@dataclass(frozen=True, slots=True)
class Changed:
    """An input is now so, debounced, since `mono_ns`."""

    input_id: str
    active: bool
    mono_ns: int
    is_first: bool = False     # it was so when the inputs were opened


@dataclass(frozen=True, slots=True)
class Chattering:
    """An input's wire hums or is loose, or is so no more: presses may be lost on it."""

    input_id: str
    is_on: bool
    mono_ns: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The first `number` facts of this run are in the journal."""

    number: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A rule asked for an alarm too long ago, or in another boot: it is refused, and the ward is told."""

    actor: Actor
    mode: AlarmMode
    event_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: the answer, and how many facts had come about by then."""

    answer: Answer
    number: int


class Ticket:
    """Something asked that wants an answer. Its fields belong to the exchange, behind its lock."""

    def __init__(self, asked: Request | Stale) -> None:
        self.asked = asked
        self.is_open = True             # neither taken by the alarm nor withdrawn by who asked
        self.outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Something around the alarm does not work, as `fault` says, or works again where that is None."""

    what: str                  # "inputs", "journal"
    fault: Finding | None


Item = Changed | Chattering | Stored | Scheduled | Failed | Ticket


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The alarm after one turn."""

    version: int               # of what a view shows
    number: int                # facts so far in this run; the last of them are `copy.owed`
    copy: Copy
    state: AlarmState
    stamp: Stamp               # since when `version`
    faults: tuple[Finding, ...] = ()
    mains: bool | None = None
    inputs: Mapping[str, Contact] = field(default_factory=dict)
    alarm_since_utc: str = ""


class Exchange:
    """Items go in from any thread, one thread takes them and publishes snapshots, any thread waits."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._snapshot: Snapshot | None = None
        self._stored = self._deliveries = 0
        self._closed = False

    def put(self, item: Item) -> None:
        self._items.put(item)

    def next(self, timeout_s: float) -> Item | None:
        """What came first of what waits; None after `timeout_s`. The alarm's thread alone."""
        try:
            item = self._items.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if isinstance(item, Ticket):
            with self._changed:
                was_open, item.is_open = item.is_open, False
            return item if was_open else None
        return item

    def ask(self, asked: Request | Stale, timeout_s: float) -> Outcome | None:
        """What comes of it; None when it was not taken in time, and then it will not be any more."""
        ticket = Ticket(asked)
        self._items.put(ticket)
        with self._changed:
            self._changed.wait_for(lambda: ticket.outcome or self._closed, timeout_s)
            if ticket.is_open:
                ticket.is_open = False
                return None
            # It was taken, so its answer is a matter of microseconds, or the process ends.
            self._changed.wait_for(lambda: ticket.outcome or self._closed, timeout_s)
            return ticket.outcome

    def answer(self, ticket: Ticket, outcome: Outcome) -> None:
        with self._changed:
            ticket.outcome = outcome
            self._changed.notify_all()

    def publish(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()

    def stored(self, number: int) -> None:
        """The first `number` facts are in the journal. The records thread alone."""
        with self._changed:
            self._stored = number
            self._changed.notify_all()
        self._items.put(Stored(number))

    def note_delivery(self) -> None:
        """The word of a call has come further: people see something new. Any thread."""
        with self._changed:
            self._deliveries += 1
            self._changed.notify_all()

    def is_stored(self, number: int) -> bool:
        with self._changed:
            return self._stored >= number

    def close(self) -> None:
        """Nobody takes items any more: who waits for an answer is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        with self._changed:
            return self._closed

    def wait_other(self, than: Snapshot | None, timeout_s: float) -> Snapshot:
        """A snapshot other than `than`, or the latest after `timeout_s` or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._snapshot is not than, timeout_s)
            return self._latest()

    def shown_version(self, snapshot: Snapshot) -> int:
        """The version of what is shown of `snapshot`: it rises with what the ward has, too."""
        with self._changed:
            return snapshot.version + self._deliveries

    def wait_version(self, version: int, timeout_s: float) -> Snapshot:
        """A snapshot whose `shown_version` is another one, or the latest after `timeout_s` or at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._latest().version + self._deliveries != version, timeout_s)
            return self._latest()

    def _latest(self) -> Snapshot:
        assert self._snapshot is not None, "the alarm publishes before anybody can ask"
        return self._snapshot

    def wait_stored(self, number: int, timeout_s: float) -> None:
        """Wait until the first `number` facts are stored, or for `timeout_s`, or until the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._stored >= number, timeout_s)
