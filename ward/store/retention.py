"""Personal data goes when its time is over: rows, and the pictures on disk.

In slices, over connections of its own, so that no lane waits for it: a slice holds the write lock for some
tens of milliseconds. Files go before the rows that tell of them: a crash in between leaves a row for the next
sweep to find, never a picture that nothing knows of.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.base.errors import RetryableError
from edge.base.sqlite import Connection, transaction
from edge.base.supervisor import beat
from ward.store.counts import Counters
from ward.store.database import (
    CALLS_NAME,
    FILE_NAME,
    StoreDamagedError,
    connect,
    connect_calls,
    translated,
)
from ward.store.desk import CUT_OFF_SUFFIX
from ward.store.intake import ms_of
from ward.store.pictures import PictureFolder, PictureName

log = logging.getLogger("store")

EVERY_S = 3600.0
SLICE_S = 0.025              # so long a slice aims to hold the write lock
_SLICE_MOST = 200            # events or alarms
_TURN_S = 5.0
_CUT_PATIENCE_MS = 250       # for a reader of an old state; then the log is cut off by the next sweep
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Swept:
    events: int
    pictures: int
    alarms: int


def run_sweeps(folder: Path, keep_days: int, stop: threading.Event) -> None:
    """Sweep at the start and once an hour until `stop`, in the calling thread. Raises StoreError, but for
    damage: the lanes know best what to do about that.
    """
    due_s = time.monotonic()
    while not stop.is_set():
        beat()
        if time.monotonic() >= due_s:
            due_s += EVERY_S
            try:
                swept = sweep(folder, datetime.now(UTC), keep_days, stop.is_set)
            except (RetryableError, StoreDamagedError) as exc:
                log.warning("old data not deleted: error=\"%s\" retry_in_s=%.0f", exc, EVERY_S)
            else:
                if swept.events or swept.pictures or swept.alarms:
                    log.info("old data deleted: events=%d pictures=%d alarms=%d keep_days=%d",
                             swept.events, swept.pictures, swept.alarms, keep_days)
        stop.wait(_TURN_S)


def sweep(folder: Path, now: datetime, keep_days: int, stopped: Callable[[], bool] = lambda: False) -> Swept:
    """Delete events and alarms of more than `keep_days` ago, and every picture of them or of nothing.

    What a box told whose clock was not set counts from when we received it. The log of our own commands
    stays, and the answers to them; answers to others go.

    Raises StoreBusyError, StoreError.
    """
    before_ms = ms_of(now) - keep_days * _DAY_MS
    with closing(connect_calls(folder)) as db, translated(folder / CALLS_NAME):
        alarms = _sweep_alarms(db, before_ms, stopped)
        _empty_log(db, alarms)
    with closing(connect(folder)) as db, translated(folder / FILE_NAME):
        events, pictures, others = _Sweep(db, PictureFolder(folder), before_ms, stopped).run(now)
        _empty_log(db, events + pictures + others)
    return Swept(events, pictures, alarms)


class Slices:
    """How many rows one slice may take: fewer after one that held the lock for long."""

    def __init__(self) -> None:
        self.size = 20

    def held(self, seconds: float) -> None:
        if seconds > SLICE_S:
            self.size = max(1, self.size // 2)
        elif seconds < SLICE_S / 3:
            self.size = min(_SLICE_MOST, self.size * 2)


class _Sweep:
    """One sweep of ward.db and the pictures."""

    def __init__(self, db: Connection, folder: PictureFolder, before_ms: int,
                 stopped: Callable[[], bool]) -> None:
        self._db, self._folder, self._before_ms, self._stopped = db, folder, before_ms, stopped
        self._slices, self._counters = Slices(), Counters(db)
        # Not on disk at each commit: what a power cut brings back is deleted by the next sweep.
        db.execute("PRAGMA synchronous = NORMAL")

    def run(self, now: datetime) -> tuple[int, int, int]:
        """How many events, pictures, and other rows went."""
        events = pictures = 0
        while not self._stopped():
            old = self._rows("SELECT event_id FROM events WHERE keep_from_ms < ? LIMIT ?")
            found = self._pictures_of(old) if old else self._rows(
                "SELECT event_id, rev, role, sha256 FROM images WHERE received_ms < ? AND event_id NOT IN"
                " (SELECT event_id FROM events) LIMIT ?")
            if not old and not found:
                break
            names = [PictureName.of(*row) for row in found]
            for name in names:
                self._folder.remove(name)
            self._delete([row[0] for row in old], names)
            events, pictures = events + len(old), pictures + len(names)
        pictures += self._folder.remove_leftovers(self._before_ms / 1000, now)
        return events, pictures, sum(self._sweep_by_age(table) for table in (
            "tombstones", "clocks", "command_results"))

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._db.execute(statement, (self._before_ms, self._slices.size)).fetchall()

    def _pictures_of(self, events: Iterable[Sequence[str]]) -> list[tuple[Any, ...]]:
        return [row for event in events for row in self._db.execute(
            "SELECT event_id, rev, role, sha256 FROM images WHERE event_id = ?", (event[0],))]

    def _delete(self, events: Sequence[str], names: Sequence[PictureName]) -> None:
        with _timed(self._db, self._slices):
            for table in ("events", "records", "told_pictures", "images"):
                self._db.executemany(f"DELETE FROM {table} WHERE event_id = ?",                      # noqa: S608
                                     [(event_id,) for event_id in events])
            self._db.executemany("DELETE FROM images WHERE event_id = ? AND rev = ? AND role = ?"
                                 " AND sha256 = ?", [
                (name.event_id, name.rev, name.role.value, name.sha256) for name in names])
            self._counters.add("", "expired_events", len(events))
            self._counters.add("", "expired_pictures", len(names))

    def _sweep_by_age(self, table: str) -> int:
        """Of answers to commands only those that nobody here asked for."""
        key, more = _BY_AGE[table]
        count = 0
        while not self._stopped():
            with _timed(self._db, self._slices):
                gone = self._db.execute(
                    f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table}"               # noqa: S608
                    f" WHERE received_ms < ?{more} LIMIT ?)", (self._before_ms, self._slices.size)).rowcount
            count += gone
            if not gone:
                break
        return count


_BY_AGE = {
    "tombstones": ("box, journal, first_seq, last_seq", ""),
    "clocks": ("box, boot_id, from_mono_ns, record_id", ""),
    "command_results": ("box, record_id", " AND (cmd_id IS NULL OR cmd_id NOT IN"
                                          " (SELECT cmd_id FROM command_signings))")}


def _sweep_alarms(db: Connection, before_ms: int, stopped: Callable[[], bool]) -> int:
    db.execute("PRAGMA synchronous = NORMAL")
    count, slices = 0, Slices()
    while not stopped():
        old = db.execute("SELECT alarm_id FROM alarms WHERE keep_from_ms < ? LIMIT ?",
                         (before_ms, slices.size)).fetchall()
        if not old:
            break
        with _timed(db, slices):
            for table in ("alarms", "alarm_records", "alarms_seen"):
                db.executemany(f"DELETE FROM {table} WHERE alarm_id = ?", old)                       # noqa: S608
            db.executemany(f"DELETE FROM alarms_seen WHERE alarm_id = ? || '{CUT_OFF_SUFFIX}'", old)     # noqa: S608
            Counters(db).add("", "expired_alarms", len(old))
        count += len(old)
    return count


def _empty_log(db: Connection, gone: int) -> None:
    """What is deleted can be read in the log: that is cut off, its bulk first, which holds nobody up."""
    if gone:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        db.execute(f"PRAGMA busy_timeout = {_CUT_PATIENCE_MS}")     # whoever writes waits as long as we do
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _timed(db: Connection, slices: Slices) -> Iterator[None]:
    """A transaction that tells `slices` how long it held the write lock."""
    beat()
    with transaction(db):
        since_s = time.monotonic()
        yield
    slices.held(time.monotonic() - since_s)
