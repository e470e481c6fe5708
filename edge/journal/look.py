"""A look at the journal from outside, while others write it, or while nobody does. It changes nothing.

No lock is taken: who starts must be able to be alone, and to repair.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.base import sqlite
from edge.base.errors import RetryableError
from edge.base.sqlite import UNREADABLE, Connection, one_state
from edge.journal import present
from edge.journal.entry import Present, Rank
from edge.journal.files import Files

_BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class JournalSnapshot:
    """The journal at one moment."""

    records: int
    pictures: int
    bytes: int                      # of content
    last_seq: int
    by_rank: Mapping[str, int]      # records that are owed, by the name of their rank
    open_events: int
    counters: Mapping[str, int]
    present: Mapping[str, Present]  # by topic
    last_event: Present | None
    suspect: bool                   # damage was met; the next start repairs it
    acked_utc: str = ""             # RFC 3339, by the ward's clock: its last ack that was believed; "" before


def look(path: Path) -> JournalSnapshot | None:
    """The journal at `path`; None where there is none yet.

    Raises:
        RetryableError: it cannot be read now: not by this user, damaged, or of another version.
    """
    try:
        if not path.exists():
            return None
        with contextlib.closing(sqlite.look(path, _BUSY_S)) as db, one_state(db):
            return _read(db, Files(path).suspect.exists())
    except PermissionError as exc:
        raise RetryableError(f"{path}: not for this user to look at; run as root") from exc
    except UNREADABLE as exc:
        raise RetryableError(f"{path}: cannot be looked at: {exc}") from exc


def _read(db: Connection, suspect: bool) -> JournalSnapshot:
    held = db.execute("SELECT rank, picture, rows, bytes FROM held").fetchall()
    said, _ = present.TABLE.read(db)
    ranks = {rank: rows for rank, picture, rows, _ in held if not picture and rows}
    return JournalSnapshot(
        records=sum(ranks.values()), pictures=sum(rows for _, picture, rows, _ in held if picture),
        bytes=sum(size for *_, size in held),
        last_seq=int(db.execute("SELECT last FROM sequence").fetchone()[0]),
        by_rank={Rank(rank).name.lower(): rows for rank, rows in sorted(ranks.items())},
        open_events=int(db.execute("SELECT count(*) FROM open_event").fetchone()[0]),
        counters=dict(db.execute("SELECT name, value FROM counter ORDER BY name")),
        present=present.by_topic(said), last_event=present.last_event(said), suspect=suspect,
        acked_utc=_acked_utc(db))


def _acked_utc(db: Connection) -> str:
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ward_ack'").fetchone():
        return ""                   # a journal of before the ward signed
    found = db.execute("SELECT ward_time FROM ward_ack").fetchone()
    return str(found[0]) if found else ""
