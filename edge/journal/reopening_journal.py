"""A journal for a process that must not end with it: opened when it can be, and anew whenever it fails.

While it is away each call raises RetryableError, as with a full disk, so whoever uses it keeps what is owed
and tries again. What made it fail is let go of at once: the other process, or we, can then be alone with
the file and repair it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from edge.base import sqlite
from edge.base.backoff import Backoff
from edge.base.errors import EdgeError, FatalError, RetryableError
from edge.base.supervisor import beat
from edge.base.wake import Wake, readable
from edge.contract.ack import WardAck
from edge.journal.entry import Depth, Entry, OpenEvent, Pending, Present, Rank
from edge.journal.store import Journal
from edge.journal.tombstones import ShedRun
from edge.journal.ward_word import Covered, WardWord

log = logging.getLogger("journal")

_LOOK_S = 5.0               # it beats so often
_CALL_PAUSE_S = 1.0         # between attempts while a call waits
_STABLE_S = 60.0            # one that was open for so long starts the back-off anew
T = TypeVar("T")


class ReopeningJournal:
    """A `Journal` that may be away. `run` is the body of a thread, the rest is for any thread."""

    def __init__(self, opening: Callable[[], Journal], report: Callable[[str], None],
                 backoff: Backoff | None = None) -> None:
        """`report` gets the reason whenever the journal is away for a new one, and "" when it is open again.

        `backoff` of opening it: 1 s to 30 s without one.
        """
        self._opening, self._report, self._backoff = opening, report, backoff or Backoff(1.0, 30.0)
        self._mutex = threading.Lock()              # around every use, so that none meets a closed file
        self._journal: Journal | None = None
        self._fault, self._why = "", "not yet open"
        self._tried, self._open, self._failed = threading.Event(), threading.Event(), Wake()
        self._version = self._base = 0
        self.appended = Wake()                      # there is more than before
        self._call_waits = Wake()                   # a call was refused since it is away

    def run(self, stop: threading.Event) -> None:
        """Open it, and again whenever it has failed, until `stop`. It stays open for the last words.

        It beats between attempts; one attempt may take minutes, where much is repaired on a slow card.
        """
        while not stop.is_set():
            beat()
            if self._try():
                opened_s = time.monotonic()
                while not stop.is_set() and not readable(self._failed, stop, _LOOK_S):
                    beat()
                if time.monotonic() - opened_s > _STABLE_S:
                    self._backoff.reset()
            self._pause(self._backoff.next_s(), stop)

    @property
    def tried(self) -> bool:
        """Whether it has been open or was found to be away."""
        return self._tried.is_set()

    def report_if_slow(self) -> None:
        """The first attempt takes its time: tell that it is away until then."""
        with self._mutex:
            if not self._tried.is_set():
                self._away("still being opened or repaired", "journal is slow to open")

    def wait_open(self, timeout_s: float) -> bool:
        return self._open.wait(timeout_s)

    def close(self) -> None:
        """Let go of the file, once nobody uses it any more."""
        with self._mutex:
            self._let_go()

    def append(self, entry: Entry) -> int:
        return self.append_all([entry])[0]

    def append_all(self, entries: Sequence[Entry], *, renew_calls: bool = False) -> list[int]:
        if self._journal is None and any(entry.rank is Rank.ALARM for entry in entries):
            self._call_waits.set()
        rows = self._use(lambda journal: journal.append_all(entries, renew_calls=renew_calls))
        self.appended.set()
        return rows

    def owed(self, limit: int, *, exclude: Collection[int] = (),
             ranks: Collection[Rank] = tuple(Rank)) -> list[Pending]:
        return self._use(lambda journal: journal.owed(limit, exclude=exclude, ranks=ranks))

    def settle(self, row_ids: Iterable[int]) -> None:
        self._use(lambda journal: journal.settle(row_ids))

    def owes(self, rank: Rank) -> bool:
        return self._use(lambda journal: journal.owes(rank))

    def note_published(self, row_ids: Iterable[int]) -> list[tuple[int, Rank]]:
        return self._use(lambda journal: journal.note_published(row_ids))

    def publish_again(self, row_ids: Collection[int]) -> None:
        self._use(lambda journal: journal.publish_again(row_ids))

    def published(self) -> list[tuple[int, Rank]]:
        return self._use(Journal.published)

    def believe(self, ack: WardAck) -> Covered:
        return self._use(lambda journal: journal.believe(ack))

    def ward_word(self) -> WardWord | None:
        return self._use(Journal.ward_word)

    def shed_count(self) -> int:
        return self._use(Journal.shed_count)

    def bury(self, tombstone: Callable[[Sequence[ShedRun]], Entry]) -> None:
        self._use(lambda journal: journal.bury(tombstone))

    def open_events(self) -> list[OpenEvent]:
        return self._use(Journal.open_events)

    def delivered(self, topic: str, ids: Collection[str]) -> list[str]:
        return self._use(lambda journal: journal.delivered(topic, ids))

    def present(self) -> dict[str, Present]:
        return self._use(Journal.present)

    def said_last(self, topic: str) -> Present | None:
        return self._use(lambda journal: journal.said_last(topic))

    def last_seq(self) -> int:
        return self._use(Journal.last_seq)

    def oldest_seq(self) -> int:
        return self._use(Journal.oldest_seq)

    def epoch(self) -> str:
        return self._use(Journal.epoch)

    def depth(self) -> Depth:
        return self._use(Journal.depth)

    def count_all(self, counts: Mapping[str, int]) -> None:
        self._use(lambda journal: journal.count_all(counts))

    def counters(self) -> dict[str, int]:
        return self._use(Journal.counters)

    def version(self) -> int:
        """The version as `Journal.version` has it; another one after the file was opened anew."""
        def read(journal: Journal) -> int:
            self._version = self._base + journal.version()
            return self._version

        return self._use(read)

    def _pause(self, pause_s: float, stop: threading.Event) -> None:
        """Wait before the next attempt; a call that waits to be stored makes it soon."""
        if not stop.wait(min(pause_s, _CALL_PAUSE_S)) and pause_s > _CALL_PAUSE_S:
            readable(self._call_waits, stop, pause_s - _CALL_PAUSE_S)
        self._call_waits.clear()

    def _try(self) -> bool:
        """Whether it is open now. SQLite and the system may refuse in ways that nobody has foreseen."""
        try:
            journal = self._opening()
        except (EdgeError, sqlite.Error, OSError) as exc:
            with self._mutex:
                self._away(str(exc), "journal cannot be opened, tried again until it can")
            return False
        with self._mutex:
            self._journal, self._base = journal, self._version + 1
            self._failed.clear()
            self._open.set()
            self._tried.set()
            if self._fault:
                log.info("journal open again: attempts=%d", self._backoff.attempts)
                self._fault = ""
                self._report("")
        return True

    def _use(self, work: Callable[[Journal], T]) -> T:
        with self._mutex:
            if self._journal is None:
                raise RetryableError(f"the journal is away: {self._why}")
            try:
                return work(self._journal)
            except (FatalError, sqlite.Error) as exc:      # also what SQLite makes of damage it did not see
                self._let_go()
                self._away(str(exc), "journal failed, it is opened anew")
                self._failed.set()
                raise RetryableError(f"the journal is away: {self._why}") from exc

    def _away(self, why: str, what: str) -> None:
        self._why = why
        if why != self._fault:
            self._fault = why
            log.error("%s: error=\"%s\"", what, why)
            self._report(why)
        self._tried.set()

    def _let_go(self) -> None:
        self._open.clear()
        if self._journal is not None:
            self._journal.close()
            self._journal = None


AnyJournal = Journal | ReopeningJournal
