"""A journal as schema 1 of it was: made by its own statements, for tests of what becomes of one."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from pathlib import Path

from edge.journal.entry import Entry, Rank
from edge.journal.row import checksum_of

RANKS = ("ALARM", "PANEL", "ANSWER", "NEW_ALERT", "NEW", "END", "ALERT_IMAGE", "HEALTH", "UPDATE", "SCENE",
         "BEFORE", "IMAGE")
SCRIPT = """
CREATE TABLE item (row_id INTEGER PRIMARY KEY, rank INTEGER NOT NULL, topic TEXT NOT NULL,
    retain INTEGER NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, id TEXT NOT NULL,
    time TEXT NOT NULL, mono_ns INTEGER NOT NULL,
    boot_id TEXT NOT NULL, event_id TEXT NOT NULL, rev INTEGER NOT NULL, bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE INDEX item_in_order ON item (rank);
CREATE TABLE sequence (last INTEGER NOT NULL, ceiling INTEGER NOT NULL) STRICT;
CREATE TABLE open_event (event_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, rev INTEGER NOT NULL,
    topic TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL,
    checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE accepted (seq INTEGER PRIMARY KEY, is_call INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,
    is_delivered INTEGER NOT NULL) STRICT;
CREATE TABLE present (topic TEXT PRIMARY KEY, seq INTEGER NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
    time TEXT NOT NULL, data TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA application_id = 0x65646765;
PRAGMA user_version = 1;
"""


def write(path: Path, entries: list[Entry]) -> None:
    """A closed journal at `path`, and its journal.seq, as that version left them."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCRIPT)
        db.execute("INSERT INTO sequence VALUES (?, 1000)", (len(entries),))
        for seq, entry in enumerate(entries, start=1):
            _insert(db, 4 * seq, entry, entry.rank, entry.topic, entry.type, entry.data.encode())
            for place, picture in enumerate(entry.pictures, start=1):
                _insert(db, 4 * seq + place, entry, picture.rank, picture.topic, "image", picture.jpeg)
            db.execute("INSERT INTO accepted VALUES (?, 0, ?, 0)", (seq, f"{entry.topic} {entry.id}"))
        db.execute("INSERT INTO counter VALUES ('frames', 7)")
    digits = b"%020d" % 1000
    path.with_name("journal.seq").write_bytes(b"%s %08x\n" % (digits, zlib.crc32(digits)))


def _insert(db: sqlite3.Connection, row_id: int, entry: Entry, rank: Rank, topic: str, kind: str,
            payload: bytes) -> None:
    cells = (row_id, RANKS.index(rank.name), topic, int(entry.retain), kind, entry.subject, entry.id,
             entry.time, entry.mono_ns, entry.boot_id, entry.event_id, entry.rev, 200 + len(payload))
    db.execute("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               (*cells, zlib.crc32(payload, checksum_of(cells)), payload))
