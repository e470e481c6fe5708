"""Which new events ask for the alarm, and were not answered yet.

Kept apart from what is owed: the ward may have an event, or the journal may have shed it, before guard
has looked.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from edge.contract.messages import AlarmWish, Severity
from edge.journal.database import UNREADABLE
from edge.journal.entry import Entry, Wish
from edge.journal.row import checksum_of

MAX_WISHES = 1000       # guard answers within seconds; a bound, should it never come


class _Row(NamedTuple):
    """The columns of table `wish`, in their order."""

    seq: int
    wish: str
    camera: str
    rule: str
    severity: str
    event_id: str
    mono_ns: int
    boot_id: str
    checksum: int = 0

    def sealed(self) -> _Row:
        return self._replace(checksum=checksum_of(self[:-1]))


def note(db: sqlite3.Connection, entry: Entry, seq: int) -> None:
    """Keep what `entry` asks for; of too many, the newest stay."""
    if entry.wish is None:
        return
    assert entry.ongoing, "only a new event asks for the alarm"
    data = json.loads(entry.data)
    _put(db, _Row(seq, entry.wish.value, entry.subject, data["rule"], Severity(data["severity"]).value,
                  entry.event_id, entry.mono_ns, entry.boot_id).sealed())
    db.execute("DELETE FROM wish WHERE seq IN (SELECT seq FROM wish ORDER BY seq DESC LIMIT -1 OFFSET ?)",
               (MAX_WISHES,))


def read(db: sqlite3.Connection) -> tuple[list[Wish], list[int]]:
    """Those that read back as they were written, oldest first, and the seqs of those that do not."""
    rows, bad = _read(db)
    return [Wish(row.seq, AlarmWish(row.wish), row.camera, row.rule, Severity(row.severity), row.event_id,
                 row.mono_ns, row.boot_id) for row in rows], bad


def delete(db: sqlite3.Connection, seqs: Iterable[int]) -> None:
    db.executemany("DELETE FROM wish WHERE seq = ?", ((seq,) for seq in seqs))


def salvage(damaged: sqlite3.Connection, into: sqlite3.Connection) -> int:
    """Copy them where the table can be read; return how many are known to be lost."""
    rows: list[_Row] = []
    bad: list[int] = []
    with contextlib.suppress(*UNREADABLE):
        rows, bad = _read(damaged)
    for row in rows:
        _put(into, row)
    return len(bad)


def _read(db: sqlite3.Connection) -> tuple[list[_Row], list[int]]:
    rows = [_Row(*cells) for cells in db.execute(
        "SELECT seq, wish, camera, rule, severity, event_id, mono_ns, boot_id, checksum FROM wish"
        " ORDER BY seq")]
    return [row for row in rows if row == row.sealed()], [row.seq for row in rows if row != row.sealed()]


def _put(db: sqlite3.Connection, row: _Row) -> None:
    db.execute("INSERT INTO wish VALUES (?,?,?,?,?,?,?,?,?)", row)
