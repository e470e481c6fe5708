"""Which events are open: begun by a record, and not yet ended by one.

Kept apart from what is owed, since a record leaves with its delivery, and its event may last for hours.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import NamedTuple

from edge.journal.database import UNREADABLE
from edge.journal.entry import Entry, OpenEvent
from edge.journal.row import checksum_of

MAX_OPEN_EVENTS = 1000      # far more than cameras can have; a bound, should ends never come


class _Row(NamedTuple):
    """The columns of table `open_event`, in their order."""

    event_id: str
    seq: int
    rev: int
    topic: str
    type: str
    subject: str
    data: str
    checksum: int = 0

    def sealed(self) -> _Row:
        return self._replace(checksum=checksum_of(self[:-1]))


def note(db: sqlite3.Connection, entry: Entry, seq: int) -> None:
    """Keep what `entry` says of its event; of too many, the newest stay."""
    if entry.ongoing is None:
        return
    assert entry.event_id, "only an event is ongoing or ends"
    if not entry.ongoing:
        db.execute("DELETE FROM open_event WHERE event_id = ?", (entry.event_id,))
        return
    begun = db.execute("SELECT seq FROM open_event WHERE event_id = ?", (entry.event_id,)).fetchone()
    _put(db, _Row(entry.event_id, seq if begun is None else begun[0], entry.rev, entry.topic, entry.type,
                  entry.subject, entry.data).sealed())
    db.execute("DELETE FROM open_event WHERE seq IN (SELECT seq FROM open_event ORDER BY seq DESC"
               " LIMIT -1 OFFSET ?)", (MAX_OPEN_EVENTS,))


def open_events(db: sqlite3.Connection) -> list[OpenEvent]:
    """In the order of their first records; those that do not read back as written are left out."""
    return [OpenEvent(row.event_id, row.rev, row.topic, row.type, row.subject, row.data) for row in _read(db)]


def salvage(damaged: sqlite3.Connection, into: sqlite3.Connection) -> None:
    """Copy them where the table can be read, else none: a lost one is an event whose end is never told."""
    rows: list[_Row] = []
    with contextlib.suppress(*UNREADABLE):
        rows = _read(damaged)
    for row in rows:
        _put(into, row)


def _read(db: sqlite3.Connection) -> list[_Row]:
    rows = (_Row(*cells) for cells in db.execute(
        "SELECT event_id, seq, rev, topic, type, subject, data, checksum FROM open_event ORDER BY seq"))
    return [row for row in rows if row == row.sealed()]


def _put(db: sqlite3.Connection, row: _Row) -> None:
    db.execute("INSERT OR REPLACE INTO open_event VALUES (?,?,?,?,?,?,?,?)", row)
