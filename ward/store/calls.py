"""The file of alarms, opened for writing: a lane of its own, so that a call for help waits for nothing else.

Wanted: an alarm is on disk while the other file is locked, swept, damaged, or while the disk is full.
Assumed: some thousand alarms a day at most. Against a full disk a ballast file lies beside it, that gives its
blocks back piece by piece, and is grown again when there is room. Not pages of the database grown beforehand:
its log (WAL) needs room as well, and goes away whenever the last program closes the file.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from edge.base.sqlite import Connection
from ward.store.alarms import AlarmBook
from ward.store.ballast import Ballast
from ward.store.counts import CALLS_PATIENCE_S, ChangeCount, Counters, OtherCount
from ward.store.database import CALLS_NAME, FILE_NAME, StoreBusyError, connect_calls, translated
from ward.store.incoming import AlarmIn
from ward.store.intake import Arrival, BadMessageError, ms_of, read
from ward.store.meta import belongs_to, link_text
from ward.store.record_table import StoreOutcome
from ward.store.refusals import numbers_of

log = logging.getLogger("store")

_NUMBERS_KEPT = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallNumber:
    """One message of an alarm that came: whose, and which number it has."""

    arrival: int
    box: str
    epoch: str | None
    seq: int | None
    received_ms: int


@dataclass(frozen=True, slots=True)
class TakenCalls:
    """What became of a batch. `stored` are those that are on disk, also where they came before."""

    fresh: tuple[AlarmIn, ...]
    stored: tuple[AlarmIn, ...]
    numbers: tuple[CallNumber, ...]     # of all that were read, also where they were refused


class CallStore:
    """The alarms in `folder`. One thread; another may have a CallStore of its own on the same file.

    Raises on opening:
        StoreError: damaged, of another version, or of another ward.
    """

    def __init__(self, folder: Path, ward: str, ballast: Ballast | None = None) -> None:
        self._path, self._ward, self._ballast = folder / CALLS_NAME, ward, ballast
        self._db = self._with_room(lambda: connect_calls(folder))     # its log needs room already
        self._elsewhere = OtherCount(folder / FILE_NAME)
        self._changes = ChangeCount(folder, self._db, self._elsewhere, CALLS_PATIENCE_S)
        self._counters = Counters(self._db)
        self._alarms = AlarmBook(self._db, self._counters, self._changes)
        self._with_room(self._begin)

    def _begin(self) -> None:
        with self._written() as db:
            belongs_to(db, self._path, self._ward)
            db.execute("INSERT OR IGNORE INTO meta VALUES ('session', ?)", (_new_token(),))
            # Which file it is, for the other one that reads its numbers: a new one counts from 1 again.
            db.execute("INSERT OR IGNORE INTO meta VALUES ('file', ?)", (_new_token(),))

    def close(self) -> None:
        self._elsewhere.close()
        self._db.close()

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> TakenCalls:
        """Store a batch. On disk when it returns: then it may be acknowledged.

        Raises:
            StoreBusyError: nothing of the batch was stored.
            StoreError: the database is damaged.
        """
        return self._with_room(lambda: self._take_all(arrivals, ms_of(now)))

    def numbers_after(self, arrival: int, limit: int) -> list[CallNumber]:
        """What came after that arrival, in order."""
        with translated(self._path):
            return [CallNumber(*row) for row in self._db.execute(
                "SELECT arrival, box, epoch, seq, received_ms FROM numbers WHERE arrival > ?"
                " ORDER BY arrival LIMIT ?", (arrival, limit))]

    def latest_arrival(self) -> int:
        with translated(self._path):
            return int(self._db.execute("SELECT coalesce(max(arrival), 0) FROM numbers").fetchone()[0])

    def named_since(self, since_ms: int) -> list[tuple[str, str, int]]:
        """Box, `alarm_id.rev` and time of receipt of each record that came since, in order."""
        with translated(self._path):
            return [(row[0], f"{row[1]}.{row[2]}", row[3]) for row in self._db.execute(
                "SELECT box, alarm_id, rev, received_ms FROM alarm_records WHERE received_ms >= ?"
                " ORDER BY received_ms", (since_ms,))]

    def note(self, name: str) -> str | None:
        """A text that was written down by `write_note`."""
        with translated(self._path):
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row and str(row[0])

    def write_note(self, name: str, value: str) -> None:
        """Durable when it returns. Raises as `take`."""
        def write() -> None:
            with self._written() as db:
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

        self._with_room(write)

    def renew_session(self) -> str:
        """The broker has forgotten us: a new id, which tells the boxes so in each ack. Raises as `take`."""
        session = _new_token()
        self.write_note("session", session)
        return session

    def grow_ballast(self) -> None:
        """Make the reserve on disk whole where there is room."""
        if self._ballast is not None:
            self._ballast.grow()

    def tell_link(self, state: str, since: datetime, detail: str, now: datetime) -> None:
        """How this lane stands with its broker, for the page. Raises as `take` does."""
        self.write_note("link", link_text(state, since, detail, now))

    def _take_all(self, arrivals: Sequence[Arrival], now_ms: int) -> TakenCalls:
        fresh, stored, numbers = list[AlarmIn](), list[AlarmIn](), list[CallNumber]()
        with self._written():
            for arrival in arrivals:
                self._counters.add("", "messages")
                try:
                    incoming = read(arrival, self._ward)
                except BadMessageError as exc:
                    self._refuse(arrival, exc)
                    if (found := numbers_of(arrival, self._ward)) is not None:
                        numbers.append(self._number(found.box, found.epoch, found.own, now_ms))
                    continue
                assert isinstance(incoming, AlarmIn), "only alarms are handed to this lane"
                self._counters.add(incoming.box, "json_bytes", len(arrival.payload))
                envelope = incoming.envelope
                numbers.append(self._number(incoming.box, envelope.epoch, envelope.seq, now_ms))
                outcome = self._alarms.record(incoming, now_ms)
                if outcome is StoreOutcome.NEW:
                    fresh.append(incoming)
                if outcome is not StoreOutcome.REFUSED:
                    stored.append(incoming)
            self._db.execute("DELETE FROM numbers WHERE arrival <= (SELECT max(arrival) FROM numbers) - ?",
                             (_NUMBERS_KEPT,))
        return TakenCalls(tuple(fresh), tuple(stored), tuple(numbers))

    def _number(self, box: str, epoch: str | None, seq: int | None, now_ms: int) -> CallNumber:
        values = (box, epoch, seq, now_ms)
        arrival = self._db.execute("INSERT INTO numbers (box, epoch, seq, received_ms) VALUES (?, ?, ?, ?)"
                                   " RETURNING arrival", values).fetchone()[0]
        return CallNumber(arrival, *values)

    def _with_room(self, act: Callable[[], T]) -> T:
        """Do it again with a piece of the ballast less, for as long as the disk is full."""
        while True:
            try:
                return act()
            except StoreBusyError:
                if self._ballast is None or not self._ballast.let_go():
                    raise

    @contextlib.contextmanager
    def _written(self) -> Iterator[Connection]:
        with translated(self._path), self._changes.transaction() as db:
            yield db

    def _refuse(self, arrival: Arrival, exc: BadMessageError) -> None:
        count = self._counters.add("", "refused")
        if count <= 10 or count % 100 == 0:
            log.warning("message refused: error=\"%s\" refused=%d", exc, count)


def _new_token() -> str:
    return secrets.token_hex(8)
