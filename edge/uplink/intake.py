"""What one sender hands over is judged, stored and answered; what it may not write is refused and counted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from edge.base.errors import RetryableError
from edge.ipc.channels import Program
from edge.ipc.messages import Message, Refused
from edge.ipc.records import (
    MAX_BATCH_BYTES,
    REFUSED,
    UNNUMBERED,
    Append,
    CountAll,
    Counted,
    Durable,
    Opened,
    OpenForm,
    PresentForm,
    SaidLast,
    WhatPresent,
    WhichOpen,
)
from edge.journal.entry import Entry, OpenEvent
from edge.journal.reopening_journal import AnyJournal
from edge.uplink.permissions import Permissions

log = logging.getLogger("intake")

MAX_COUNTERS = 1000         # names in the journal; a sender that invents names fills no more


class Intake:
    """Takes the records of one sender. `answer` is called by the threads that serve its socket."""

    def __init__(self, sender: Program, journal: AnyJournal, permissions: Permissions,
                 on_stored: Callable[[Sequence[Entry]], None] = lambda entries: None,
                 renew_calls: bool = False,
                 take_unstored: Callable[[Sequence[Entry]], bool] = lambda entries: False) -> None:
        """
        Args:
            on_stored: gets what is durable now, or was before.
            renew_calls: a call that comes again after it has left the journal is owed anew: its sender waits
                for the ward to name it.
            take_unstored: gets what the journal refuses; whether the ward is told of it all the same.
        """
        self._take_unstored = take_unstored
        self._sender, self._journal, self._permissions = sender, journal, permissions
        self._renew_calls = renew_calls
        self._on_stored = on_stored
        self._mutex = threading.Lock()
        self._heard_s = time.monotonic()
        self.refused = 0
        self.gauges: Mapping[str, float] = {}       # as last told

    def silent_s(self, now_s: float) -> float:
        """Seconds for which nothing has come."""
        return now_s - self._heard_s

    def answer(self, message: Append | CountAll | WhichOpen | WhatPresent) -> Message:
        """Raises RetryableError: the journal refuses for now."""
        self._heard_s = time.monotonic()
        match message:
            case Append():
                return self._append([form.entry() for form in message.entries])
            case CountAll():
                return self._count(message)
            case WhichOpen():
                return Opened(events=_as_many_as_fit(self._journal.open_events()))
            case WhatPresent(topic=topic):
                said = self._journal.said_last(topic)
                return SaidLast(present=said and PresentForm.model_validate(said))

    def _append(self, entries: Sequence[Entry]) -> Message:
        breaches = [self._permissions.breach(self._sender, entry) for entry in entries]
        fair = [entry for entry, why in zip(entries, breaches, strict=True) if why is None]
        seqs = iter(self._stored(fair))
        for entry, why in zip(entries, breaches, strict=True):
            if why is not None:
                self._refuse(f"topic={entry.topic} error=\"{why}\"")
        return Durable(seqs=tuple(REFUSED if why is not None else next(seqs) for why in breaches))

    def _stored(self, entries: Sequence[Entry]) -> Sequence[int]:
        try:
            seqs = self._journal.append_all(entries, renew_calls=self._renew_calls)
        except RetryableError:
            if not self._take_unstored(entries):
                raise
            return [UNNUMBERED] * len(entries)
        self._on_stored(entries)
        return seqs

    def _count(self, message: CountAll) -> Message:
        names = (*message.counts, *message.gauges)
        strange = [name for name in names if not self._permissions.may_count(self._sender, name)]
        if not strange and len(self._journal.counters().keys() | message.counts.keys()) > MAX_COUNTERS:
            strange = ["one more"]
        if strange:
            self._refuse(f"counter={strange[0]}")
            return Refused(why=f"{self._sender} may not count {strange[0]}")
        self.gauges = message.gauges
        self._journal.count_all(message.counts)
        return Counted()

    def _refuse(self, what: str) -> None:
        with self._mutex:
            self.refused += 1
            count = self.refused
        if count & (count - 1) == 0:        # the first, second, fourth...: a flood fills no log
            log.warning("record refused: sender=%s %s refused=%d", self._sender, what, count)


def _as_many_as_fit(events: Sequence[OpenEvent]) -> tuple[OpenForm, ...]:
    """The oldest, within one answer."""
    fitting, size = list[OpenForm](), 0
    for event in events:
        size += len(event.data) + len(event.topic) + 200
        if size > MAX_BATCH_BYTES // 2:     # quotes are escaped on the way
            break
        fitting.append(OpenForm.model_validate(event))
    return tuple(fitting)
