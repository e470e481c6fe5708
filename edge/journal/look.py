"""A look at the journal from outside, while others write it, or while nobody does. It changes nothing.

No lock is taken: who starts must be able to be alone, and to repair.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.base.durable import Files
from edge.base.errors import RetryableError
from edge.journal import present
from edge.journal.database import UNREADABLE, readable
from edge.journal.entry import Present, Rank

_BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class Look:
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


def look(path: Path) -> Look | None:
    """The journal at `path`; None where there is none yet.

    Raises:
        RetryableError: it cannot be read now: not by this user, damaged, or of another version.
    """
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True,
                                                timeout=_BUSY_S, isolation_level=None)) as db:
            db.text_factory = readable
            db.execute("BEGIN")             # one moment for all that follows
            return _read(db, Files(path).suspect.exists())
    except UNREADABLE as exc:
        raise RetryableError(f"{path}: cannot be looked at: {exc}; are you of the group edgebox?") from exc


def _read(db: sqlite3.Connection, suspect: bool) -> Look:
    held = db.execute("SELECT rank, picture, rows, bytes FROM held").fetchall()
    ranks = {rank: rows for rank, picture, rows, _ in held if not picture and rows}
    return Look(
        records=sum(ranks.values()), pictures=sum(rows for _, picture, rows, _ in held if picture),
        bytes=sum(size for *_, size in held),
        last_seq=int(db.execute("SELECT last FROM sequence").fetchone()[0]),
        by_rank={Rank(rank).name.lower(): rows for rank, rows in sorted(ranks.items())},
        open_events=int(db.execute("SELECT count(*) FROM open_event").fetchone()[0]),
        counters=dict(db.execute("SELECT name, value FROM counter ORDER BY name")),
        present=present.present(db), last_event=present.last_event(db), suspect=suspect)
