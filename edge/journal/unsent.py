"""Which rows are to be published: all that came in, until they were; and again, where that was in vain."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from edge.base.sqlite import Connection
from edge.journal.entry import Rank


def take_off(db: Connection, row_ids: Iterable[int]) -> list[tuple[int, Rank]]:
    """These were published; returns those that are still held, with their ranks."""
    found = [row for row_id in row_ids for row in db.execute(
        "DELETE FROM unsent WHERE row_id = ?1 AND rank = (SELECT rank FROM item WHERE row_id = ?1)"
        " RETURNING row_id, rank", (row_id,))]
    return [(int(row_id), Rank(rank)) for row_id, rank in found]


def put_back(db: Connection, row_ids: Collection[int]) -> None:
    """Those of these that are held are to be published again."""
    db.executemany("INSERT OR IGNORE INTO unsent SELECT rank, row_id FROM item WHERE row_id = ?",
                   ((row_id,) for row_id in row_ids))


def has(db: Connection, rank: Rank) -> bool:
    """Whether anything of this rank is to be published."""
    return db.execute("SELECT 1 FROM unsent WHERE rank = ? LIMIT 1", (rank,)).fetchone() is not None


def published(db: Connection) -> list[tuple[int, Rank]]:
    """What is held and was published, with its rank."""
    return [(int(row_id), Rank(rank)) for row_id, rank in db.execute(
        "SELECT row_id, rank FROM item INDEXED BY item_in_order WHERE NOT EXISTS (SELECT 1 FROM unsent"
        " WHERE unsent.rank = item.rank AND unsent.row_id = item.row_id) ORDER BY rank, row_id")]
