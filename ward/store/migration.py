"""A store of the version before becomes one of this; after a crash at any point it is taken over once more.

Version 2 had alarms in the same file, and a count of ours for each life of a box's journal. Alarms are copied
into the file of alarms and only then taken away here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.base import sqlite
from edge.base.sqlite import Connection, Schema, transaction

log = logging.getLogger("store")

_OLDEST = 2
_MOVED = ("alarm_records", "alarms", "alarms_seen")
_JOURNALS = (
    "ALTER TABLE boxes ADD COLUMN journal TEXT",
    "UPDATE boxes SET journal = epoch",
    "INSERT INTO journals (box, journal, place, owed_from, born, given)"
    " SELECT box, epoch, epoch, owed_from, given, given FROM boxes",
    "INSERT INTO births (box, birth_id, boot_id)"
    " SELECT box, birth_id, coalesce(boot_id, '') FROM boxes WHERE birth_id IS NOT NULL",
    "INSERT INTO seq_runs SELECT box, CAST(epoch AS TEXT), first_seq, last_seq FROM old_seq_runs",
    "INSERT OR IGNORE INTO journals (box, journal, place)"
    " SELECT box, CAST(epoch AS TEXT), epoch FROM old_seq_runs",
    "DROP TABLE old_seq_runs",
    "DROP INDEX IF EXISTS events_by_time",
    *(f"ALTER TABLE boxes DROP COLUMN {name}" for name in ("epoch", "owed_from", "given")),
    "ALTER TABLE told_pictures ADD COLUMN journal TEXT",
    *(f"ALTER TABLE told_pictures ADD COLUMN {name} INTEGER" for name in ("seq", "width", "height")),
    *(f"ALTER TABLE images ADD COLUMN {name} INTEGER" for name in ("width", "height")),
    "ALTER TABLE images ADD COLUMN is_broken INTEGER NOT NULL DEFAULT 0")


def migrate(db: Connection, schema: Schema, path: Path, open_calls: Callable[[], Connection]) -> None:
    """Bring the database at `path` to `schema`, where it is of a version from which we know the way.

    `open_calls` opens the file of alarms, in the same folder.
    """
    if not _is_older(db, schema):
        return
    with transaction(db):
        if not _is_older(db, schema):       # somebody else was quicker
            return
        with closing(open_calls()) as calls:
            count = _copy_alarms(db, calls)
        for table in _MOVED:
            db.execute(f"DROP TABLE {table}")
        db.execute("ALTER TABLE seq_runs RENAME TO old_seq_runs")
        schema.lay_missing(db)
        for statement in _JOURNALS:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {schema.version}")
    log.info("store brought to a newer version: path=%s schema=%d alarms_moved=%d", path,
             schema.version, count)


def _is_older(db: Connection, schema: Schema) -> bool:
    return schema.is_ours(db) and _OLDEST <= sqlite.version(db) < schema.version


def _copy_alarms(db: Connection, calls: Connection) -> int:
    """All of them, once, however often it is done; durable when it returns."""
    with transaction(calls):
        for table in _MOVED:
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
            rows = db.execute(f"SELECT {columns} FROM {table}")                                      # noqa: S608
            places = ", ".join("?" * len(rows.description))
            calls.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608
        calls.execute("INSERT OR REPLACE INTO counters SELECT '', 'changes', coalesce(max(change), 0)"
                      " FROM alarms")
    return int(db.execute("SELECT count(*) FROM alarms").fetchone()[0])
