"""What the ward has, kept for a day all the same: its store may be put back to yesterday's backup.

An ack that no longer covers such a row says that the ward has lost it: it is owed again. What is kept goes
first when room is wanted, without a tombstone, since the ward has it; and by the ward's own time, which its
signature vouches for: a box's clock may be of any year.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from edge.base.sqlite import Connection
from edge.contract.ack import MAX_BEYOND, WardAck

_COLUMNS = ("row_id, record, rank, topic, retain, type, subject, id, time, mono_ns, boot_id, event_id, rev,"
            " bytes, checksum, payload")
_BATCH = 64
PART_ROWS, PART_BYTES = 64, 1024 * 1024     # of one transaction, since a call that comes waits for it


def keep(db: Connection, ack: WardAck, keep_for: timedelta) -> list[int]:
    """Take the first rows of what `ack` covers out of what is owed; which ones, none where all are out."""
    part = _first_covered(db, ack)
    rows = [(row_id,) for row_id in part]
    if keep_for:
        db.executemany(f"INSERT INTO acked SELECT {_COLUMNS}, {_ms(ack.ward_time)} FROM item"      # noqa: S608
                       " WHERE row_id = ?", rows)
    db.executemany("DELETE FROM item WHERE row_id = ?", rows)
    return part


def has_covered(db: Connection, ack: WardAck) -> bool:
    """Whether something is owed that `ack` covers."""
    return bool(_first_covered(db, ack))


def _first_covered(db: Connection, ack: WardAck) -> list[int]:
    found, size_bytes = list[int](), 0
    for first, last in ((1, ack.upto_seq), *ack.beyond):
        for row_id, row_bytes in db.execute("SELECT row_id, bytes FROM item WHERE row_id BETWEEN ? AND ?"
                                            " ORDER BY row_id LIMIT ?", (first, last, PART_ROWS)):
            if found and (len(found) == PART_ROWS or size_bytes + row_bytes > PART_BYTES):
                return found
            found.append(row_id)
            size_bytes += row_bytes
    return found


def forget_old(db: Connection, now: datetime, keep_for: timedelta) -> None:
    """Delete what the ward has had for longer than `keep_for`, by its own clock, which says `now`."""
    db.execute("DELETE FROM acked WHERE ward_ms < ?", (_ms(now - keep_for),))


def forget_all(db: Connection) -> None:
    """Delete all: nothing is to be kept."""
    db.execute("DELETE FROM acked")


def put_back(db: Connection, ack: WardAck) -> int:
    """Owe again the first rows of what the ward once had and `ack` no longer covers; how many, 0: no more.

    An ack tells of a hundred runs at most: of what lies above the last of so many it says nothing.
    """
    above = ack.highest_seq if len(ack.beyond) == MAX_BEYOND else None
    lost = list(islice((row_id for (row_id,) in db.execute(
        "SELECT row_id FROM acked WHERE row_id > ? AND (?2 IS NULL OR row_id <= ?2) ORDER BY row_id",
        (ack.upto_seq, above)) if not ack.covers(row_id)), PART_ROWS))
    db.executemany(f"INSERT OR IGNORE INTO item SELECT {_COLUMNS} FROM acked WHERE row_id = ?",  # noqa: S608
                   ((row_id,) for row_id in lost))
    db.executemany("DELETE FROM acked WHERE row_id = ?", ((row_id,) for row_id in lost))
    return len(lost)


def size_bytes(db: Connection) -> int:
    """How much they hold, as counted against the journal's bound."""
    return int(db.execute("SELECT bytes FROM acked_size").fetchone()[0])


def make_room(db: Connection, wanted_bytes: int) -> None:
    """Forget the oldest, until so much is free or none is left."""
    while wanted_bytes > 0 and (oldest := db.execute(
            "DELETE FROM acked WHERE row_id IN (SELECT row_id FROM acked ORDER BY row_id LIMIT ?)"
            " RETURNING bytes", (_BATCH,)).fetchall()):
        wanted_bytes -= sum(size for (size,) in oldest)


def oldest_seq(db: Connection) -> int | None:
    """The lowest number that is kept; None where none is."""
    found: int | None = db.execute("SELECT min(row_id) FROM acked").fetchone()[0]
    return found


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
