"""Writes all that boxes tell: a batch of messages in, one durable commit, then the caller acknowledges.

What the ward itself does stands beside it: `desk.py`.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from edge.base import durable
from edge.base.sqlite import transaction
from ward.store import retention
from ward.store.alarms import AlarmBook
from ward.store.boxes import BoxBook, Counters
from ward.store.database import FILE_NAME, StoreError, connect, translated
from ward.store.events import EventBook
from ward.store.intake import (
    AlarmIn,
    Arrival,
    BadMessageError,
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
    ms_of,
    read,
)
from ward.store.pictures import PictureFolder

log = logging.getLogger("store")


class Store:
    """The station's store, opened for writing. One per folder (a lock sees to it), one thread.

    Raises on opening:
        StoreError: in use, damaged, of a newer version, or of another ward.
    """

    def __init__(self, folder: Path, ward: str) -> None:
        self._path, self._ward = folder / FILE_NAME, ward
        self._db = connect(folder)
        self._lock = _lock(folder)
        self._folder = PictureFolder(folder)
        self._counters = Counters(self._db)
        self._boxes = BoxBook(self._db, self._counters)
        self._events = EventBook(self._db, self._folder, self._counters)
        self._alarms = AlarmBook(self._db, self._counters)
        with translated(self._path):
            self._belongs_to(ward)
            self._folder.remove_parts()

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> list[Incoming]:
        """Store a batch; return what in it was new. On disk when it returns: then it may be acknowledged.

        A message that breaks the contract is counted and told in one line; it stops nothing.

        Raises:
            StoreBusyError: nothing of the batch was stored.
            StoreError: the database is damaged.
        """
        with translated(self._path), transaction(self._db):
            taken = (self._take(arrival, ms_of(now)) for arrival in arrivals)
            return [incoming for incoming in taken if incoming is not None]

    def sweep(self, now: datetime, keep_days: int) -> retention.Swept:
        """Delete what is older than the law lets us keep. Raises as `take` does."""
        with translated(self._path):
            return retention.sweep(self._db, self._folder, self._counters, ms_of(now), keep_days)

    def tell_link(self, state: str, since: datetime, detail: str, now: datetime) -> None:
        """How the receiver stands with its broker, for the page. Raises as `take` does."""
        link = {"state": state, "since_ms": ms_of(since), "detail": detail, "beat_ms": ms_of(now)}
        with translated(self._path):
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('link', ?)", (json.dumps(link),))

    def _take(self, arrival: Arrival, now_ms: int) -> Incoming | None:
        self._counters.add("", "messages")
        try:
            incoming = read(arrival, self._ward)
        except BadMessageError as exc:
            self._refuse(arrival, exc)
            return None
        self._boxes.heard(incoming.box, now_ms, arrival.retained)
        if isinstance(incoming, PictureIn):
            self._counters.add(incoming.box, "image_bytes", len(arrival.payload))
        else:
            self._counters.add(incoming.box, "json_bytes", len(arrival.payload))
        return incoming if self._keep(incoming, arrival.retained, now_ms) else None

    def _keep(self, incoming: Incoming, retained: bool, now_ms: int) -> bool:
        match incoming:
            case PictureIn():
                return self._events.picture(incoming, now_ms)
            case BirthIn():
                return self._boxes.birth(incoming)
            case StatusIn():
                return self._boxes.status(incoming, now_ms)
            case MetricsIn():
                self._boxes.metrics(incoming, now_ms)
                return True
            case _:
                return self._record(incoming, retained, now_ms)

    def _record(self, incoming: Record, retained: bool, now_ms: int) -> bool:
        """What has a number of the box's journal. A retained one is told again at each connection."""
        is_new = self._boxes.note_seq(incoming.box, incoming.envelope.seq)
        match incoming:
            case EventRecord():
                return self._events.record(incoming, now_ms)
            case AlarmIn():
                return self._alarms.record(incoming, now_ms)
            case ResultIn():
                return self._alarms.result(incoming, now_ms)
            case HealthIn() | PanelIn() | LessonsIn():
                if not is_new and not retained:
                    self._counters.add(incoming.box, "duplicates")
                if isinstance(incoming, PanelIn):
                    return self._alarms.panel(incoming, now_ms)
                if isinstance(incoming, LessonsIn):
                    return self._boxes.lessons(incoming)
                return self._boxes.health(incoming)

    def _refuse(self, arrival: Arrival, exc: BadMessageError) -> None:
        parts = arrival.topic.split("/")
        box = "/".join(parts[3:5])
        count = self._counters.add(box if self._boxes.known(box) else "", "refused")
        if count <= 10 or count % 100 == 0:        # a mad box shall not fill the log as well
            log.warning("message refused: error=\"%s\" refused=%d", exc, count)

    def _belongs_to(self, ward: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('ward', ?)", (ward,))
        found = self._db.execute("SELECT value FROM meta WHERE name = 'ward'").fetchone()[0]
        if found != ward:
            raise StoreError(f"{self._path}: keeps the events of ward {found!r}, asked for {ward!r}; "
                             "name another folder with --data")


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
