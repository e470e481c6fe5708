"""The journal's one count of numbers, which records and pictures have in common."""

from __future__ import annotations

from pathlib import Path

from edge.base.sqlite import Connection
from edge.journal import files
from edge.journal.files import Reservation

SEQ_STEP = 1000             # reserved at a time: one write of journal.seq per so many numbers


def give(db: Connection, reserved_at: Path, count: int) -> int:
    """The first of the next `count` numbers; their ceiling is on the disk before any is given.

    `reserved_at`: journal.seq. Raises OSError where it cannot be written.
    """
    last, ceiling, epoch = db.execute("UPDATE sequence SET last = last + ? RETURNING last, ceiling, epoch",
                                      (count,)).fetchall()[0]
    seq = int(last) - count + 1
    if last > ceiling:
        above = seq + SEQ_STEP - 1
        files.write_reservation(reserved_at, Reservation(above, epoch))
        db.execute("UPDATE sequence SET ceiling = ?", (above,))
    return seq


def last(db: Connection) -> int:
    """The highest number given; 0 before the first."""
    return int(db.execute("SELECT last FROM sequence").fetchone()[0])


def epoch(db: Connection) -> str:
    """The name of these numbers."""
    return str(db.execute("SELECT epoch FROM sequence").fetchone()[0])
