"""Writes all that boxes tell: a batch of messages in, one durable commit, then the caller acknowledges.

What the ward itself does stands beside it: `desk.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from edge.base import durable
from ward.ack import RUNS_LOOKED_AT, AckBook
from ward.store import incidents, retention
from ward.store.boxes import BoxBook
from ward.store.calls import CallStore
from ward.store.clocks import ClockBook
from ward.store.counts import ChangeCount, Counters, OtherCount
from ward.store.database import CALLS_NAME, FILE_NAME, StoreError, connect, translated
from ward.store.events import EventBook
from ward.store.incidents import IncidentKind
from ward.store.incoming import (
    AlarmIn,
    BirthIn,
    EventRecord,
    HealthIn,
    Incoming,
    LessonsIn,
    MetricsIn,
    PanelIn,
    PictureIn,
    Record,
    ResultIn,
    StatusIn,
    TimeIn,
    TombstoneIn,
)
from ward.store.intake import Arrival, BadMessageError, is_alarm, ms_of, read
from ward.store.journals import JournalBook, JournalState, is_named
from ward.store.meta import belongs_to, link_text
from ward.store.panels import PanelBook
from ward.store.pictures import PictureFolder
from ward.store.quota import Quotas
from ward.store.refusals import numbers_of, picture_of

log = logging.getLogger("store")

_CALLS_AT_ONCE = 500
_PARTS_S = 2 * 86_400
_LOST_AFTER_MS = 10_000
"""So long after a birth what it owes no more, and has not come, is lost: the other lane may bring it."""


class Store:
    """The station's store, opened for writing. One per folder (a lock sees to it), one thread.

    It is the lane of all but alarms; an alarm that comes to it all the same is stored in their file at once.

    Args:
        acks: is told what was committed.
        pictures: those of `folder`, where not the usual ones.
        quotas: what each box may send, where not the usual.

    Raises on opening:
        StoreError: in use, damaged, of a newer version, or of another ward.
    """

    def __init__(self, folder: Path, ward: str, acks: AckBook | None = None,
                 pictures: PictureFolder | None = None, quotas: Quotas | None = None) -> None:
        self._path, self._ward, self._acks = folder / FILE_NAME, ward, acks
        with contextlib.ExitStack() as undo:
            self._db = undo.enter_context(contextlib.closing(connect(folder)))
            undo.callback(os.close, _lock(folder))
            self._calls = undo.enter_context(contextlib.closing(CallStore(folder, ward)))
            self._elsewhere = undo.enter_context(contextlib.closing(OtherCount(folder / CALLS_NAME)))
            self._begin(folder, ward, pictures, quotas)
            self._opened = undo.pop_all()

    def _begin(self, folder: Path, ward: str, pictures: PictureFolder | None, quotas: Quotas | None) -> None:
        self._changes = ChangeCount(folder, self._db, self._elsewhere)
        self._folder = pictures or PictureFolder(folder)
        self._counters = Counters(self._db)
        self._journals = JournalBook(self._db)
        self._boxes = BoxBook(self._db, self._counters, self._journals, self._changes)
        self._events = EventBook(self._db, self._folder, self._counters, self._changes, self._journals)
        self._panels = PanelBook(self._db, self._counters, self._changes)
        self._clocks, self._quotas = ClockBook(self._db), quotas or Quotas()
        self._suspects: dict[tuple[str, str], int] = {}     # journals: when to look what is lost
        with translated(self._path):
            belongs_to(self._db, self._path, ward)
            self._folder.remove_parts(time.time() - _PARTS_S)
        self._noted, self._session = 0, str(self._calls.note("session"))
        self._load()

    def close(self) -> None:
        self._opened.close()

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> list[Incoming]:
        """Store a batch; return what in it was new. On disk when it returns: then it may be acknowledged.

        A message that breaks the contract is counted and told in one line; it stops nothing.

        Raises:
            StoreBusyError: nothing of the batch was stored, but perhaps its alarms.
            StoreError: the database is damaged.
        """
        calls = [arrival for arrival in arrivals if is_alarm(arrival.topic)]
        fresh: list[Incoming] = [*self._calls.take(calls, now).fresh] if calls else []
        # Read, and pictures decoded, before anybody waits for the write lock.
        others = [(it, self._read(it)) for it in arrivals if not is_alarm(it.topic)]
        now_ms = ms_of(now)
        with translated(self._path):
            with self._changes.transaction():
                noted = self._note_calls()
                fresh += [incoming for arrival, incoming in others if self._take(arrival, incoming, now_ms)
                          and not isinstance(incoming, BadMessageError)]
                self._folder.settle()
            self._noted = noted
            self._tell_acks()
        return fresh

    def keep_up(self, now: datetime) -> None:
        """What is due between batches: the numbers of alarms, what is lost. Raises as `take` does."""
        now_ms = ms_of(now)
        due = [key for key, due_ms in self._suspects.items() if due_ms <= now_ms]
        session = str(self._calls.note("session"))
        if not due and session == self._session and self._calls.latest_arrival() == self._noted:
            return
        with translated(self._path):
            with self._changes.transaction():
                noted = self._note_calls()
                for box, journal in due:
                    self._journals.tell_lost(box, journal, now_ms)
                if session != self._session:
                    incidents.tell(self._db, "", IncidentKind.SESSION_NEW, now_ms, {"session": session})
                    self._write_note("session_told", session)
            self._noted, self._session = noted, session
            for key in due:
                del self._suspects[key]
            self._tell_acks()

    def renew_session(self) -> None:
        """The broker had kept nothing for this lane. Raises as `take` does."""
        self._calls.renew_session()

    def sweep(self, now: datetime, keep_days: int) -> retention.Swept:
        """Delete what is older than the law lets us keep. Raises as `take` does."""
        return retention.sweep(self._path.parent, now, keep_days)

    def note(self, name: str) -> str | None:
        """A text that was written down by `write_note`."""
        with translated(self._path):
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row and str(row[0])

    def write_note(self, name: str, value: str) -> None:
        """Durable when it returns. Raises as `take`."""
        with translated(self._path):
            self._write_note(name, value)

    def tell_link(self, state: str, since: datetime, detail: str, now: datetime) -> None:
        """How this lane stands with its broker, for the page. Raises as `take` does."""
        self.write_note("link", link_text(state, since, detail, now))

    def _write_note(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _load(self) -> None:
        """What the store holds, for the acks; and up to where it knows the alarms."""
        if self._acks is not None:
            self._acks.begin()
        with translated(self._path):
            self._noted = self._noted_in(str(self._calls.note("file")))
            told = self.note("session_told")
            if told is None:
                self.write_note("session_told", self._session)
            else:
                self._session = told
            for box, journal in self._db.execute(
                    "SELECT box, journal FROM boxes WHERE journal IS NOT NULL").fetchall():
                self._journals.touched.add((box, journal))
                self._suspects[box, journal] = 0
            self._tell_acks()
        if self._acks is not None:
            self._acks.ready()

    def _noted_in(self, file: str) -> int:
        """Up to which arrival in this very file of alarms their numbers were counted; 0 where it is another
        one than before, or an older copy of it: what comes again is known.
        """
        noted, before = int(self.note("calls_noted") or 0), self.note("calls_file")
        if before == file and noted <= self._calls.latest_arrival():
            return noted
        self.write_note("calls_file", file)
        return 0

    def _note_calls(self) -> int:
        """Count the numbers of alarms that came to their own file; within a transaction. Returns up to which
        arrival that has been done, once it is committed.
        """
        noted = self._noted
        for call in self._calls.numbers_after(self._noted, _CALLS_AT_ONCE):
            self._boxes.heard(call.box, call.received_ms, retained=False)
            if call.seq is not None:
                self._journals.note(call.box, self._boxes.journal(call.box, call.epoch), call.seq,
                                    call.received_ms)
            noted = call.arrival
            self._write_note("calls_noted", str(noted))
        return noted

    def _tell_acks(self) -> None:
        """After a commit: what it has made of the numbers of boxes that name their journals."""
        touched, self._journals.touched = self._journals.touched, set()
        for box, journal in touched if self._acks is not None else ():
            present = self._db.execute("SELECT journal FROM boxes WHERE box = ?", (box,)).fetchone()[0]
            if present == journal and is_named(journal) and self._acks is not None:
                self._acks.put(box, journal, self._journals.coverage(box, journal, RUNS_LOOKED_AT))

    def _read(self, arrival: Arrival) -> Incoming | BadMessageError:
        try:
            return read(arrival, self._ward)
        except BadMessageError as exc:
            return exc

    def _take(self, arrival: Arrival, incoming: Incoming | BadMessageError, now_ms: int) -> bool:
        """Store one message; return whether it was new."""
        self._counters.add("", "messages")
        if isinstance(incoming, BadMessageError):
            self._refuse(arrival, incoming)
            self._count_refused(arrival, now_ms)
            return False
        self._boxes.heard(incoming.box, now_ms, arrival.retained)
        if not self._quotas.allows(incoming, len(arrival.payload), now_ms):
            count = self._counters.add(incoming.box, "over_quota")
            incidents.tell(self._db, incoming.box, IncidentKind.QUOTA, now_ms, {"refused": count})
            return False
        if isinstance(incoming, PictureIn):
            self._counters.add(incoming.box, "image_bytes", len(arrival.payload))
        else:
            self._counters.add(incoming.box, "json_bytes", len(arrival.payload))
        return self._keep(incoming, arrival.retained, now_ms)

    def _keep(self, incoming: Incoming, retained: bool, now_ms: int) -> bool:
        match incoming:
            case PictureIn():
                return self._events.picture(incoming, now_ms)
            case BirthIn():
                return self._birth(incoming, now_ms)
            case StatusIn():
                return self._boxes.status(incoming, now_ms)
            case MetricsIn():
                self._boxes.metrics(incoming, now_ms)
                return True
            case AlarmIn():
                raise AssertionError("alarms were stored in their own file")
            case _:
                return self._record(incoming, retained, now_ms)

    def _birth(self, birth: BirthIn, now_ms: int) -> bool:
        is_news = self._boxes.birth(birth, now_ms)
        if is_news:
            journal = self._boxes.journal(birth.box, birth.data.epoch or birth.envelope.epoch)
            self._suspects[birth.box, journal.name] = now_ms + _LOST_AFTER_MS
        return is_news

    def _record(self, incoming: Record, retained: bool, now_ms: int) -> bool:
        """What has a number of the box's journal. A retained one is told again at each connection."""
        box, seq = incoming.box, incoming.envelope.seq
        journal = self._boxes.journal(box, incoming.envelope.epoch)
        is_new = seq is None or self._journals.note(box, journal, seq, now_ms)
        match incoming:
            case EventRecord():
                return self._events.record(incoming, journal, now_ms)
            case ResultIn():
                return self._panels.result(incoming, now_ms)
            case TombstoneIn():
                return self._shed(incoming, journal, now_ms)
            case TimeIn():
                return self._clocks.time(incoming, now_ms)
        if not is_new and not retained:
            self._counters.add(box, "duplicates")
        match incoming:
            case PanelIn():
                return self._panels.panel(incoming, journal, now_ms)
            case LessonsIn():
                return self._boxes.lessons(incoming, journal)
            case HealthIn():
                return self._boxes.health(incoming, journal)
            case _:
                raise AssertionError("alarms were stored in their own file")

    def _shed(self, tombstone: TombstoneIn, journal: JournalState, now_ms: int) -> bool:
        """What the box gave up: it fills the holes that this leaves, and is kept for who asks."""
        is_new = False
        for it in tombstone.data.shed:
            self._journals.shed(tombstone.box, journal, it.first_seq, it.last_seq)
            is_new |= self._db.execute(
                "INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (tombstone.box, journal.name, it.first_seq, it.last_seq, it.of, tombstone.data.why,
                 it.event_id, it.sha256, now_ms)).rowcount == 1
        return is_new

    def _count_refused(self, arrival: Arrival, now_ms: int) -> None:
        """What will never be taken has come all the same: its box need not send it for ever."""
        numbers, picture = numbers_of(arrival, self._ward), picture_of(arrival, self._ward)
        if picture is not None:
            self._events.number_picture(*picture, now_ms)
        if numbers is not None and self._boxes.known(numbers.box):
            for seq in (numbers.own, *numbers.pictures):
                journal = self._boxes.journal(numbers.box, numbers.epoch)
                self._journals.note(numbers.box, journal, seq, now_ms)

    def _refuse(self, arrival: Arrival, exc: BadMessageError) -> None:
        parts = arrival.topic.split("/")
        box = "/".join(parts[3:5])
        count = self._counters.add(box if self._boxes.known(box) else "", "refused")
        if count <= 10 or count % 100 == 0:        # a mad box shall not fill the log as well
            log.warning("message refused: error=\"%s\" refused=%d", exc, count)


def _lock(folder: Path) -> int:
    """Held until closed or the process ends, however it ends."""
    path = folder / "receiver.lock"
    descriptor = durable.open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise StoreError(f"{path}: another receiver works on this folder; stop it, or name another folder "
                         "with --data") from exc
    return descriptor
