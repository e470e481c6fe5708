"""The journal's database: which schema it has, and what SQLite's errors mean to whoever uses it."""

from __future__ import annotations

import contextlib
import re
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from edge.base import sqlite
from edge.base.errors import FatalError
from edge.base.sqlite import Connection, Fault, Schema
from edge.journal.files import Reservation

SCHEMA_ROWS = "SELECT rowid, type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"


class DamagedError(FatalError):
    """The file does not read back. The next start sets it aside and keeps what is readable."""


@cache
def schema() -> Schema:
    """The journal's schema without comments and line breaks: another comment is no other schema to SQLite."""
    script = (resources("edge.journal") / "schema.sql").read_text(encoding="utf-8")
    return Schema("journal", 0x65646765, 2, " ".join(re.sub(r"--.*", "", script).split()),      # "edge"
                  "install that version again, or move the file away to begin a new one")


def connect(path: Path) -> Connection:
    """Open for daily use. Raises sqlite3.DatabaseError."""
    return sqlite.connect(path, sqlite.WAL, any_thread=True)


def create(path: Path, after: Reservation) -> Connection:
    """Make an empty journal whose first number is above what was reserved. Raises sqlite3.DatabaseError.

    Not yet WAL, so that one file is all of it.
    """
    db = sqlite.connect(path, ("synchronous = FULL",))
    try:
        path.chmod(0o660)           # pictures of people; SQLite gives its log the same mode
        schema().make(db, ("INSERT INTO sequence VALUES (?1, ?1, ?2)",
                          (after.ceiling, after.epoch)))
    except (sqlite.Error, OSError):
        db.close()
        raise
    return db


def our_schema() -> list[tuple[int, str, str, str, str]]:
    """What `SCHEMA_ROWS` gives of a sound journal; SQLite believes whatever a flipped bit made of it."""
    with contextlib.closing(sqlite.in_memory()) as db:
        schema().make(db)
        return db.execute(SCHEMA_ROWS).fetchall()


def translated(path: Path, doing: str) -> contextlib.AbstractContextManager[None]:
    """Turn SQLite's errors and the file system's into ours; what is neither is our own bug."""
    return sqlite.judged(path, doing, _damaged)


def _damaged(fault: Fault) -> DamagedError:
    return DamagedError(f"{fault.path}: damaged, cannot {fault.doing}: {fault.detail}; restart `edgebox "
                        "watch` and `edgebox guard`: the first to start repairs it")
