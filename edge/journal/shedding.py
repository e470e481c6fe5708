"""Room for what comes: what gives way to it is deleted and counted, as `loss.plan` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from edge.base.sqlite import Connection
from edge.journal.entry import LOSS_ORDER, MAX_PICTURES, Rank
from edge.journal.loss import Part, SheddingPlan, plan
from edge.journal.row import Row

_SHED_ROWS = 64


def make_room(db: Connection, record: Row, pictures: Sequence[Row], max_bytes: int) -> SheddingPlan:
    """Give up what has to give way to a record and its pictures; return which of these find room."""
    held = {Rank(rank): size for rank, size in
            db.execute("SELECT rank, sum(bytes) FROM held GROUP BY rank")}
    decision = plan(held, _part(record), [_part(picture) for picture in pictures], max_bytes)
    if decision.shed_bytes:
        _shed(db, decision.shed_bytes)
    return decision


def count_lost(db: Connection, ranks: Iterable[int]) -> None:
    """Count what was lost by its rank."""
    for rank in ranks:
        count(db, {f"lost_{Rank(rank).name.lower()}": 1})


def count(db: Connection, counts: Mapping[str, int]) -> None:
    """Add to the durable counters."""
    db.executemany("INSERT INTO counter VALUES (?, ?)"
                   " ON CONFLICT DO UPDATE SET value = value + excluded.value", counts.items())


def _shed(db: Connection, wanted_bytes: int) -> None:
    """Give up at least so much, in the order of loss; with a record go its pictures."""
    lost: list[int] = []
    for rank in LOSS_ORDER:
        while wanted_bytes > 0 and (oldest := db.execute(
                "SELECT row_id FROM item WHERE rank = ? ORDER BY row_id LIMIT ?",
                (rank, _SHED_ROWS)).fetchall()):
            for (row_id,) in oldest:
                gone = db.execute("DELETE FROM item WHERE row_id BETWEEN ?1 AND ?2 AND (row_id = ?1"
                                  " OR record = ?1) RETURNING rank, bytes",
                                  (row_id, row_id + MAX_PICTURES)).fetchall()
                lost += [rank for rank, _ in gone]
                wanted_bytes -= sum(size for _, size in gone)
                if wanted_bytes <= 0:
                    break
    count_lost(db, lost)


def _part(row: Row) -> Part:
    return Part(Rank(row.rank), row.size_bytes)
