"""Room for what comes: what gives way to it is deleted, counted and buried, as `loss.plan` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.base.sqlite import Connection
from edge.journal import acked_rows, tombstones
from edge.journal.entry import LOSS_ORDER, MAX_PICTURES, Depth, Rank
from edge.journal.loss import Part, SheddingPlan, plan
from edge.journal.row import Row

UNREADABLE = "journal_lost"         # counts rows that did not read back
_SHED_ROWS = 64


def make_room(db: Connection, record: Row, pictures: Sequence[Row], max_bytes: int) -> SheddingPlan:
    """Give up what has to give way to a record and its pictures; return which of these find room."""
    held = {Rank(rank): size for rank, size in
            db.execute("SELECT rank, sum(bytes) FROM held GROUP BY rank")}
    parts = _part(record), [_part(picture) for picture in pictures]
    over_bytes = sum(held.values()) + acked_rows.size_bytes(db) + sum(
        row.size_bytes for row in (record, *pictures)) - max_bytes
    acked_rows.make_room(db, over_bytes)        # the ward has these: they go before anything that is owed
    decision = plan(held, *parts, max_bytes)
    if decision.shed_bytes:
        _shed(db, decision.shed_bytes)
    return decision


def note_lost(db: Connection, rows: Sequence[Row]) -> None:
    """Count what finds no room by its rank, and keep what the ward is to be told of it."""
    for row in rows:
        count(db, {f"lost_{Rank(row.rank).name.lower()}": 1})
    tombstones.bury(db, rows, "full")


def count(db: Connection, counts: Mapping[str, int]) -> None:
    """Add to the durable counters."""
    db.executemany("INSERT INTO counter VALUES (?, ?)"
                   " ON CONFLICT DO UPDATE SET value = value + excluded.value", counts.items())


def depth(db: Connection) -> Depth:
    """What is held and what was lost; reads a dozen rows, whatever the depth."""
    rows = dict(db.execute("SELECT picture, sum(rows) FROM held GROUP BY picture"))
    held = db.execute("SELECT coalesce(sum(bytes), 0) FROM held").fetchone()[0]
    lost = db.execute("SELECT coalesce(sum(value), 0) FROM counter WHERE name = ? OR name GLOB 'lost_*'",
                      (UNREADABLE,)).fetchone()[0]
    return Depth(rows.get(0, 0), rows.get(1, 0), held, lost)


def is_empty(db: Connection) -> bool:
    """Whether nothing is held."""
    rows: int = db.execute("SELECT coalesce(sum(rows), 0) FROM held").fetchone()[0]
    return rows == 0


def recount(db: Connection) -> None:
    """Sum up anew what is held."""
    db.execute("DELETE FROM held")
    db.execute("INSERT INTO held SELECT rank, row_id <> record, count(*), sum(bytes) FROM item"
               " GROUP BY 1, 2")


def _shed(db: Connection, wanted_bytes: int) -> None:
    """Give up at least so much, in the order of loss; with a record go its pictures."""
    for rank in LOSS_ORDER:
        while wanted_bytes > 0 and (oldest := db.execute(
                "SELECT row_id FROM item WHERE rank = ? ORDER BY row_id LIMIT ?",
                (rank, _SHED_ROWS)).fetchall()):
            for (row_id,) in oldest:
                gone = [Row(*cells) for cells in db.execute(
                    "DELETE FROM item WHERE row_id BETWEEN ?1 AND ?2 AND (row_id = ?1 OR record = ?1)"
                    " RETURNING *", (row_id, row_id + MAX_PICTURES))]
                note_lost(db, gone)
                wanted_bytes -= sum(row.size_bytes for row in gone)
                if wanted_bytes <= 0:
                    break


def _part(row: Row) -> Part:
    return Part(Rank(row.rank), row.size_bytes)
