"""What is the case now: the latest retained record of each topic, whether or not the ward has it.

Kept apart from what is owed, since a record leaves with its delivery, and the page of the group wants to
know of each camera what was said last. Beside it, for whoever looks at the box, the event told last.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import NamedTuple

from edge.journal.database import UNREADABLE
from edge.journal.entry import Entry, Present
from edge.journal.row import checksum_of

LAST_EVENT = "last-event"       # no topic is called so
MAX_PRESENT = 1000      # topics; far more than a box has, a bound should their names ever change


class _Row(NamedTuple):
    """The columns of table `present`, in their order."""

    topic: str
    seq: int
    type: str
    subject: str
    time: str
    data: str
    checksum: int = 0

    def sealed(self) -> _Row:
        return self._replace(checksum=checksum_of(self[:-1]))


def note(db: sqlite3.Connection, entry: Entry, seq: int) -> None:
    """Keep `entry` where it is retained, in place of what its topic said before; and any event."""
    topic = entry.topic if entry.retain else None if entry.ongoing is None else LAST_EVENT
    if topic is None:
        return
    _put(db, _Row(topic, seq, entry.type, entry.subject, entry.time, entry.data).sealed())
    db.execute("DELETE FROM present WHERE topic IN (SELECT topic FROM present ORDER BY seq DESC"
               " LIMIT -1 OFFSET ?)", (MAX_PRESENT,))


def present(db: sqlite3.Connection) -> dict[str, Present]:
    """By topic; those that do not read back as written are left out until they are told again."""
    return {row.topic: _told(row) for row in _read(db) if row.topic != LAST_EVENT}


def last_event(db: sqlite3.Connection) -> Present | None:
    """What an event said last, whichever it was of; None before the first."""
    return next((_told(row) for row in _read(db) if row.topic == LAST_EVENT), None)


def salvage(damaged: sqlite3.Connection, into: sqlite3.Connection) -> None:
    """Copy them where the table can be read, else none: each is told again with its next change."""
    rows: list[_Row] = []
    with contextlib.suppress(*UNREADABLE):
        rows = _read(damaged)
    for row in rows:
        _put(into, row)


def _read(db: sqlite3.Connection) -> list[_Row]:
    rows = (_Row(*cells) for cells in db.execute(
        "SELECT topic, seq, type, subject, time, data, checksum FROM present ORDER BY seq"))
    return [row for row in rows if row == row.sealed()]


def _told(row: _Row) -> Present:
    return Present(row.topic, row.type, row.subject, row.data, row.time)


def _put(db: sqlite3.Connection, row: _Row) -> None:
    db.execute("INSERT OR REPLACE INTO present VALUES (?,?,?,?,?,?,?)", row)
