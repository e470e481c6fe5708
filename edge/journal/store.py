"""The journal: what is owed to the ward, durable, bounded and in order of importance.

What it promises:
- `append` returns when the record and its pictures are on the disk, all or none (SQLite, WAL,
  synchronous=FULL), and a kill or a power cut at any moment takes back nothing that was acknowledged.
- Numbers rise by one for each record and each picture and are never given twice: not after a restart, not
  when every row is gone, not when the file is lost or damaged (then they jump above what `journal.seq` has
  reserved). What found no room has a number as well, so at the ward every loss is a gap, which a tombstone
  explains: what is lost is noted in the same transaction. Where file and `journal.seq` are both lost, numbers
  begin anew under another `epoch`.
- The bound is on content, `max_bytes`, what the ward has included, which is kept for a while and goes
  first; the file itself gets up to a tenth larger, and 4 MB of log.
- Two processes may use it at once; in each, one Journal may be used by any thread: there is one connection
  behind one lock, since SQLite has one writer anyway and reads take well below a millisecond.

Wanted from the file system: flock, fsync and mmap that work; so not NFS.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from edge.base import sqlite
from edge.base.errors import FatalError, RetryableError
from edge.base.sqlite import Connection, transaction
from edge.contract.ack import WardAck, refuse_unfit
from edge.journal import (
    accepted,
    acked_rows,
    numbers,
    ongoing,
    present,
    shedding,
    tombstones,
    unsent,
    ward_word,
)
from edge.journal.database import DamagedError, connect, translated
from edge.journal.entry import Depth, Entry, OpenEvent, Pending, Present, Rank
from edge.journal.files import Files, Lock
from edge.journal.repair import prepare, refuse_other, refuse_suspect
from edge.journal.row import Row, numbers_of, owed_of, rows_of
from edge.journal.side_table import SideTable
from edge.journal.tombstones import ShedRun
from edge.journal.ward_word import Covered, WardWord

log = logging.getLogger("journal")

OPEN_TIMEOUT_S = 60.0
V = TypeVar("V")


class Journal:
    """The durable store of one box. Any thread; see the module's promises."""

    def __init__(self, at: Files, lock: Lock, db: Connection, max_bytes: int, keep_acked: timedelta) -> None:
        """Use `Journal.open`."""
        self._at, self._lock, self._db, self._max_bytes = at, lock, db, max_bytes
        self._keep_acked = keep_acked
        self._mutex = threading.Lock()
        self._suspect, self._inode = at.suspect, at.database.stat().st_ino
        self._version = self._version_seen = 0
        self._data_version = self._read_data_version()
        if not keep_acked and acked_rows.size_bytes(db):
            with self._changing("forget what the ward has") as changing:
                acked_rows.forget_all(changing)

    @classmethod
    def open(cls, path: Path, max_bytes: int, keep_acked: timedelta = timedelta(0)) -> Journal:
        """Open the journal at `path`; make it where there is none, rebuild it where it is damaged.

        `keep_acked`: how long what the ward has is kept, where there is room, in case its store is put back.

        Raises:
            FatalError: from another version; damaged while another process has it open; no such folder.
            RetryableError: the disk is full or fails; another process has been repairing for a minute.
        """
        at = Files(path)
        lock = Lock(at.lock)
        with contextlib.ExitStack() as undo:
            undo.callback(lock.close)
            alone = lock.enter(OPEN_TIMEOUT_S)
            if alone:
                prepare(at, lock.noted())
            refuse_suspect(path, at.suspect)
            with translated(path, "open the journal"):
                db = connect(path)
                undo.callback(db.close)
                refuse_other(db, path)
                journal = cls(at, lock, db, max_bytes, keep_acked)
            lock.share()
            undo.pop_all()
        return journal

    def append(self, entry: Entry) -> int:
        """Store `entry` durably and return its seq. About one fsync.

        Where it does not fit, what is least important is lost and counted, be it the entry itself; whether
        its event is open and, where it is retained, what it says is kept all the same. One that came before
        (by its topic and id; `accepted.MAX_ACCEPTED` are remembered) is not stored again: it has its seq.

        Raises:
            RetryableError: the disk is full, fails or is busy; nothing was written, no seq was given.
            FatalError: the file is damaged or was replaced; restart to repair.
        """
        return self.append_all([entry])[0]

    def append_all(self, entries: Sequence[Entry], *, renew_calls: bool = False) -> list[int]:
        """Store all of `entries` or none, as `append` does each, for one fsync together.

        `renew_calls`: an alarm's record that came before and is held no more is stored anew, with a new seq.
        """
        with self._changing("append") as db:
            seqs = [self._append(db, entry, renew_calls) for entry in entries]
            last = numbers.last(db)
        if last > self._lock.noted():       # not so where all of them came before
            self._lock.note(last)
            self._version += 1
        return seqs

    def owed(self, limit: int, *, exclude: Collection[int] = (),
             ranks: Collection[Rank] = tuple(Rank)) -> list[Pending]:
        """What to deliver next: by rank, then by seq, a record before its pictures.

        Args:
            limit: how many at most.
            exclude: row_ids to leave out, those in flight.
            ranks: only these.

        Rows that do not read back as they were written are dropped, counted and told, never delivered.
        """
        with self._using("read"):
            found = [Row(*cells) for cells in self._db.execute(
                "SELECT item.* FROM unsent CROSS JOIN item USING (row_id)"
                " WHERE unsent.rank IN (SELECT value FROM json_each(?))"
                " AND unsent.row_id NOT IN (SELECT value FROM json_each(?))"
                " ORDER BY unsent.rank, unsent.row_id LIMIT ?",
                (json.dumps(sorted(ranks)), json.dumps(list(exclude)), limit))]
        bad = [row for row in found if not row.intact]
        if bad:
            log.error("journal rows unreadable: dropped=%d first_row=%d", len(bad), bad[0].row_id)
            with self._changing("drop unreadable rows") as db:
                self._delete(db, (row.row_id for row in bad))
                accepted.forget(db, (row.record for row in bad))
                tombstones.bury_unknown(db, (row.row_id for row in bad), numbers.last(db))
                shedding.recount(db)            # their sizes may have been misread as well
                shedding.count(db, {shedding.UNREADABLE: len(bad)})
        return [owed_of(row) for row in found if row.intact]

    def settle(self, row_ids: Iterable[int]) -> None:
        """The ward has these: delete them. One transaction; ids that are gone already do not matter."""
        gone = list(row_ids)
        if gone:
            with self._changing("settle") as db:
                self._delete(db, gone)
                accepted.note_delivered(db, gone)
                empty = shedding.is_empty(db)
            if empty:
                self._empty_log()

    def owes(self, rank: Rank) -> bool:
        """Whether anything of this rank is to be published."""
        with self._using("read"):
            return unsent.has(self._db, rank)

    def note_published(self, row_ids: Iterable[int]) -> list[tuple[int, Rank]]:
        """The broker has these: they are owed no more, and held until the ward's ack covers them. What the
        ward cannot name, since it has no number, is deleted. Returns what is held, with its rank.
        """
        ids = list(row_ids)
        with self._changing("note what was published") as db:
            self._delete(db, [row_id for row_id in ids if row_id < 0])
            accepted.note_delivered(db, ids)
            return unsent.take_off(db, ids)

    def publish_again(self, row_ids: Collection[int]) -> None:
        """These are owed again, where they are still held."""
        with self._changing("publish again") as db:
            unsent.put_back(db, row_ids)
        self._version += 1

    def published(self) -> list[tuple[int, Rank]]:
        """What is held and not owed, since it was published, with its rank."""
        with self._using("read"):
            return unsent.published(self._db)

    def believe(self, ack: WardAck) -> Covered:
        """Owe no more what the ward has, and again what it once had and has no more. Of much, a part: call
        again until `Covered.is_whole`, so that whoever appends meanwhile waits for one part alone.

        Raises AckError: the ack does not fit this journal as it stands.
        """
        with self._changing("believe the ward's ack") as db:
            word = ward_word.newest(db)
            refuse_unfit(ack, numbers.epoch(db), numbers.last(db), word.ward_time if word else None)
            covered = ward_word.believe(db, ack, self._keep_acked)
            accepted.note_delivered(db, covered.row_ids)
            empty = shedding.is_empty(db)
        if covered.lost_held:
            self._version += 1
        if covered.row_ids and empty:
            self._empty_log()
        return covered

    def ward_word(self) -> WardWord | None:
        """What the ward said last of what it has; None before it ever did."""
        with self._using("read"):
            return ward_word.newest(self._db)

    def shed(self) -> list[ShedRun]:
        """What was given up and no tombstone has told yet, in order."""
        with self._using("read"):
            return tombstones.runs(self._db)

    def shed_count(self) -> int:
        """How many runs of numbers wait for a tombstone, about. 0 while many tombstones are held already:
        where nobody takes them, what is given up meanwhile is joined, and they fill no card.
        """
        with self._using("read"):
            return tombstones.untold(self._db)

    def bury(self, tombstone: Callable[[Sequence[ShedRun]], Entry]) -> None:
        """Store the record that `tombstone` makes of the oldest of what was given up, in their place."""
        with self._changing("bury what was given up") as db:
            if runs := tombstones.take(db):
                self._append(db, tombstone(runs), False)
            last = numbers.last(db)
        self._lock.note(last)
        self._version += 1

    def open_events(self) -> list[OpenEvent]:
        """Events whose latest record was `ongoing`, oldest first; after a kill, the next start ends them.

        The newest `ongoing.MAX_OPEN_EVENTS` at most. They stay whatever happens to their records, and do
        not count against the bound.
        """
        return self._read(ongoing.TABLE)

    def delivered(self, topic: str, ids: Collection[str]) -> list[str]:
        """Those of `ids`, of records on `topic`, that the broker has had; see `accepted`."""
        with self._using("read"):
            return accepted.delivered(self._db, topic, ids)

    def present(self) -> dict[str, Present]:
        """The latest retained record of each topic, by topic, delivered or not.

        The newest `present.MAX_PRESENT` at most. They do not count against the bound.
        """
        return present.by_topic(self._read(present.TABLE))

    def said_last(self, topic: str) -> Present | None:
        """What the last retained record of `topic` said; None where there was none."""
        return self.present().get(topic)

    def last_seq(self) -> int:
        """The highest number given so far; 0 before the first."""
        with self._using("read"):
            return numbers.last(self._db)

    def oldest_seq(self) -> int:
        """The lowest number that could still be sent, owed or kept; `last_seq() + 1` where none could."""
        with self._using("read"):
            held = self._db.execute("SELECT min(row_id) FROM item WHERE row_id > 0").fetchone()[0]
            oldest = [seq for seq in (held, tombstones.oldest_seq(self._db), acked_rows.oldest_seq(self._db))
                      if seq is not None]
            return min(oldest, default=numbers.last(self._db) + 1)

    def epoch(self) -> str:
        """The name of these numbers: another one where they were begun anew."""
        with self._using("read"):
            return numbers.epoch(self._db)

    def depth(self) -> Depth:
        """What is held and what was lost; reads a dozen rows, whatever the depth."""
        with self._using("read"):
            return shedding.depth(self._db)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a durable counter that both processes share. An fsync: collect before you call."""
        self.count_all({name: by})

    def count_all(self, counts: Mapping[str, int]) -> None:
        """Add to several counters in one transaction."""
        with self._changing("count") as db:
            shedding.count(db, counts)

    def counters(self) -> dict[str, int]:
        """All durable counters by name: `lost_<rank>`, `journal_lost`, `journal_salvaged`, the callers'."""
        with self._using("read"):
            return dict(self._db.execute("SELECT name, value FROM counter ORDER BY name"))

    def version(self) -> int:
        """A number that changes whenever any process has added something; for a poll, some microseconds.

        It may also change when nothing was added. Each reader compares with the number it saw last.
        """
        with self._using("read"):
            now = self._read_data_version()
            if now != self._data_version:
                self._data_version = now
                self._version += 1
            return self._version

    def changed(self) -> bool:
        """Whether `version` has changed since this was called last; for the one reader of a process."""
        version = self.version()
        before, self._version_seen = self._version_seen, version
        return version != before

    def close(self) -> None:
        """Let go of the file. The Journal cannot be used afterwards; closing twice is fine."""
        with self._mutex:
            self._db.close()
            self._lock.close()

    def _read(self, table: SideTable[V]) -> list[V]:
        """What is of use; the rest is dropped, counted and logged, never returned."""
        with self._using("read"):
            values, bad = table.read(self._db)
        if bad:
            log.error("journal rows unreadable: table=%s dropped=%d first=%s", table.name, len(bad), bad[0])
            with self._changing("drop unreadable rows") as db:
                table.delete(db, bad)
                shedding.count(db, {shedding.UNREADABLE: len(bad)})
        return values

    def _append(self, db: Connection, entry: Entry, renew_calls: bool) -> int:
        if (known := accepted.seq_of(db, entry)) is not None:
            if not (renew_calls and entry.rank is Rank.ALARM) or self._holds(db, known):
                return known
            accepted.forget(db, [known])
        seq = numbers.give(db, self._at.sequence, numbers_of(entry))
        record, pictures = rows_of(entry, seq)
        decision = shedding.make_room(db, record, pictures, self._max_bytes)
        stored = (decision.store_record, *decision.store_pictures)
        for row, wanted in zip((record, *pictures), stored, strict=True):
            if wanted:
                db.execute("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", row)
            else:
                shedding.note_lost(db, [row])
        for keeper in (accepted, ongoing, present):
            keeper.note(db, entry, seq)
        return seq

    @staticmethod
    def _delete(db: Connection, row_ids: Iterable[int]) -> None:
        db.executemany("DELETE FROM item WHERE row_id = ?", ((row_id,) for row_id in row_ids))

    @staticmethod
    def _holds(db: Connection, row_id: int) -> bool:
        return db.execute("SELECT 1 FROM item WHERE row_id = ?", (row_id,)).fetchone() is not None

    def _read_data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    @contextlib.contextmanager
    def _changing(self, doing: str) -> Iterator[Connection]:
        with self._using(doing), transaction(self._db) as db:
            yield db

    @contextlib.contextmanager
    def _using(self, doing: str) -> Iterator[None]:
        """The one way to the connection: one thread at a time, errors made ours, damage marked."""
        with self._mutex:
            try:
                with translated(self._at.database, doing):
                    refuse_suspect(self._at.database, self._suspect)
                    self._refuse_replaced()
                    yield
            except DamagedError:
                self._suspect.touch()
                raise
            except RetryableError:
                # A log moved into the file may leave room in itself for the next attempt on a full disk.
                with contextlib.suppress(sqlite.Error):
                    self._db.execute("PRAGMA wal_checkpoint(RESTART)")
                raise

    def _empty_log(self) -> None:
        """Deleted pictures stay readable in the log until it is moved into the file. Best effort."""
        with self._mutex, contextlib.suppress(sqlite.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _refuse_replaced(self) -> None:
        """A journal deleted under us would take our rows to nowhere without a word."""
        try:
            inode = self._at.database.stat().st_ino
        except FileNotFoundError:
            inode = None
        if inode != self._inode:
            raise FatalError(f"{self._at.database}: was moved or deleted while in use; restart "
                             "`edgebox watch` and `edgebox guard`, and leave the file alone")
