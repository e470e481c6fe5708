"""A journal as version 1.4 of the contract wrote it: read once, to be carried over whole.

Then the row id of record N was 4 * N and those of its pictures followed, which had no number at the ward. A
record keeps its number, since the ward may have it already. A picture still has none: the record that tells
of it may have left long ago. It leaves the journal with the broker's PUBACK, as it did then.
"""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path

from edge.base import sqlite
from edge.base.sqlite import UNREADABLE, Connection
from edge.journal.row import Row, checksum_of, sealed

_IDS = 4                # row ids of one record and its pictures
_CELLS = 15
_CHECKSUM, _RANK = 13, 1
_FIRST_MOVED = 3        # ranks from here on come two later now: tombstones and times are before them


def is_it(path: Path) -> bool:
    """Whether the file at `path` is one. What cannot be read is none."""
    with contextlib.suppress(*UNREADABLE), contextlib.closing(sqlite.connect(path)) as db:
        return sqlite.application_id(db) == 0x65646765 and sqlite.version(db) == 1 and (
            db.execute("SELECT sql FROM sqlite_master WHERE name = 'sequence'").fetchone() is not None)
    return False


def sequence(db: Connection) -> tuple[int, int] | None:
    """The highest number given and the highest reserved; None where that cannot be read."""
    with contextlib.suppress(*UNREADABLE):
        found = db.execute("SELECT last, ceiling FROM sequence").fetchone()
        if found is not None and all(isinstance(number, int) and 0 <= number < 2**53 for number in found):
            return found[0], found[1]
    return None


def highest_row(db: Connection) -> int:
    """The highest number of a record that is still held; 0 where that cannot be read."""
    with contextlib.suppress(*UNREADABLE):
        found = db.execute("SELECT coalesce(max(row_id), 0) FROM item").fetchone()[0]
        return found // _IDS if isinstance(found, int) and found < 2**53 else 0
    return 0


def fetch(db: Connection, row_id: int) -> Row | None:
    """The row as it is now; None where it does not read back as it was written."""
    with contextlib.suppress(*UNREADABLE):
        cells = db.execute("SELECT * FROM item WHERE row_id = ?", (row_id,)).fetchone()
        if cells and len(cells) == _CELLS and isinstance(cells[-1], bytes) and (
                cells[_CHECKSUM] == zlib.crc32(cells[-1], checksum_of(cells[:_CHECKSUM]))):
            return _moved(cells)
    return None


def _moved(cells: tuple[object, ...]) -> Row:
    old_id, rank, *middle = cells[:_CHECKSUM - 1]
    assert isinstance(old_id, int)
    assert isinstance(rank, int)
    record = old_id // _IDS
    new_id = -old_id if old_id % _IDS else record
    return sealed(Row._make((new_id, record, rank + 2 if rank >= _FIRST_MOVED else rank, *middle, 0, 0,
                             cells[-1])))
